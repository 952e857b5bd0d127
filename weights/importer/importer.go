// Package importer turns checkpoints as they are published into models under their official names: OpenAI's for CLIP and
// taming-transformers' for VQGAN. It reads the configuration that the shapes do not tell and refuses any tensor that does not fit it.
package importer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"reverie/weights"
	"reverie/weights/checkpoint"
)

// Tensor is a tensor under its official name, not read yet. It may be stacked from several of the checkpoint, its rows may be scaled,
// or its values may have been computed.
type Tensor struct {
	Shape    []int
	pieces   []checkpoint.Tensor // along the first dimension
	rowScale []float64           // per index of the first dimension; nil leaves the rows as they are
	unitRows bool                // rows of a matrix are scaled to length 1
	values   []float32           // instead of pieces
	zeros    bool                // instead of pieces
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
	if t.unitRows {
		toUnitRows(dst[first:], t.Shape[1])
	}
	if t.zeros {
		return append(dst, make([]float32, t.elements())...), nil
	}
	return append(dst, t.values...), nil
}

func (t Tensor) elements() int { return (&weights.Tensor{Shape: t.Shape}).Elements() }

// toUnitRows scales rows to length 1, as torch.nn.functional.normalize does: those of zeros stay.
func toUnitRows(values []float32, columns int) {
	const least = 1e-12
	for len(values) > 0 {
		sum := 0.0
		for _, v := range values[:columns] {
			sum += float64(v) * float64(v)
		}
		length := max(math.Sqrt(sum), least)
		for i, v := range values[:columns] {
			values[i] = float32(float64(v) / length)
		}
		values = values[columns:]
	}
}

// Span is a run of bytes of a checkpoint.
type Span struct{ From, To int64 }

// Spans are where the checkpoint's bytes lie that reading the tensor reads.
func (t Tensor) Spans() []Span {
	spans := make([]Span, len(t.pieces))
	for i, p := range t.pieces {
		spans[i].From, spans[i].To = p.Place()
	}
	return spans
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
		t := ts[spec.Name]
		for _, p := range t.pieces {
			if err := f.Claim(p.Cost()); err != nil {
				return nil, err
			}
		}
		if t.zeros {
			if err := f.Claim(t.elements()); err != nil {
				return nil, err
			}
		}
	}
	return empty, nil
}

// example names one tensor of a file, for messages that say what it is not.
func example(f *checkpoint.File) string {
	return fmt.Sprintf("%d tensors such as %.100s", len(f.Names), f.Names[0])
}

// Recognise reports which of the two a checkpoint holds by its tensors' names, before its configuration is known.
func Recognise(f *checkpoint.File) (vqgan bool, err error) {
	for _, kind := range []struct {
		vqgan   bool
		anchors []string
	}{{true, vqganAnchors}, {false, clipAnchors}} {
		for _, name := range f.Names {
			for _, a := range kind.anchors {
				if strings.HasPrefix(name, a) || strings.Contains(name, "."+a) {
					return kind.vqgan, nil
				}
			}
		}
	}
	return false, fmt.Errorf("importer: %s is neither a CLIP nor a VQGAN that is known: it holds %s", f.Name, example(f))
}
