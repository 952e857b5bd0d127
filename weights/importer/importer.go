// Package importer turns checkpoints as they are published into models under their official names: OpenAI's for CLIP and
// taming-transformers' for VQGAN. It reads the configuration that the shapes do not tell and refuses any tensor that does not fit it.
package importer

import (
	"fmt"
	"maps"
	"slices"

	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/foreign"
)

// Tensor is a tensor under its official name, not read yet. It may be stacked from several of the checkpoint, its rows may be scaled,
// or its values may have been computed.
type Tensor struct {
	Shape    []int
	pieces   []checkpoint.Tensor // along the first dimension
	rowScale []float64           // per index of the first dimension; nil leaves the rows as they are
	values   []float32           // instead of pieces
	problem  error               // why it cannot be read
	other    bool                // it is no tensor at all
}

// Append reads the tensor row by row and appends its elements to dst.
func (t Tensor) Append(dst []float32) ([]float32, error) {
	first := len(dst)
	for _, p := range t.pieces {
		var err error
		if dst, err = p.Append(dst); err != nil {
			return dst, err
		}
	}
	for i, s := range t.rowScale {
		row := (len(dst) - first) / len(t.rowScale)
		for j := range row {
			v := &dst[first+i*row+j]
			*v = float32(float64(*v) * s)
		}
	}
	return append(dst, t.values...), nil
}

// Tensors is a model's tensors by official name.
type Tensors map[string]Tensor

func (ts Tensors) add(name string, t checkpoint.Tensor) {
	ts[name] = Tensor{Shape: t.Shape, pieces: []checkpoint.Tensor{t}, problem: t.Problem()}
}

// addOther remembers that something stands under a name that is no tensor.
func (ts Tensors) addOther(name, what string) {
	ts[name] = Tensor{problem: fmt.Errorf("it is %s, which cannot be read here; open the file in PyTorch and save the state_dict() of the model "+
		"as plain tensors in float32", what), other: true}
}

// find returns a tensor that can be read.
func (ts Tensors) find(name string) (Tensor, error) {
	t, ok := ts[name]
	if !ok {
		return t, fmt.Errorf("weights: tensor %s is missing", name)
	}
	if t.problem != nil {
		return t, fmt.Errorf("tensor %s: %w", name, t.problem)
	}
	return t, nil
}

// check compares the tensors with what the configuration wants, strictly: none may be missing and none left over, but for empty ones, which
// change nothing and are returned. What a tensor has wrong matters only if it is wanted.
func (ts Tensors) check(f *checkpoint.File, want ...[]weights.Spec) (empty []string, err error) {
	specs := slices.Concat(want...)
	wanted := make(map[string]bool, len(specs))
	for _, spec := range specs {
		wanted[spec.Name] = true
		if t := ts[spec.Name]; t.problem != nil {
			return nil, fmt.Errorf("tensor %s: %w", spec.Name, t.problem)
		}
	}
	have := make([]weights.Tensor, 0, len(ts))
	for _, name := range slices.Sorted(maps.Keys(ts)) {
		switch t := ts[name]; {
		case t.other:
		case !wanted[name] && slices.Contains(t.Shape, 0):
			empty = append(empty, name)
			delete(ts, name)
		default:
			have = append(have, weights.Tensor{Name: name, Shape: t.Shape})
		}
	}
	if err := weights.Check(have, specs); err != nil {
		return nil, err
	}
	for _, spec := range specs {
		for _, p := range ts[spec.Name].pieces {
			if err := f.Claim(p.Cost()); err != nil {
				return nil, err
			}
		}
	}
	return empty, nil
}

// readFile reads a file of a configuration; foreign.ErrAbsent says that there is none.
type readFile func(path string) ([]byte, error)

func osFile(path string) ([]byte, error) { return foreign.ReadFile(path, "a configuration", maxConfig) }

// example names one tensor of a file, for messages that say what it is not.
func example(f *checkpoint.File) string {
	return fmt.Sprintf("%d tensors such as %.100s", len(f.Names), f.Names[0])
}
