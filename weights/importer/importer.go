// Package importer turns checkpoints as they are published into models under their official names: OpenAI's for CLIP and
// taming-transformers' for VQGAN. It reads the configuration that the shapes do not tell and refuses any tensor that does not fit it.
package importer

import (
	"encoding/json"
	"fmt"
	"os"
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
	values   []float32           // instead of pieces
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
	ts[name] = Tensor{Shape: t.Shape, pieces: []checkpoint.Tensor{t}}
}

// check compares the tensors with what the configuration wants, strictly.
func (ts Tensors) check(want ...[]weights.Spec) error {
	var have []weights.Tensor
	for name, t := range ts {
		have = append(have, weights.Tensor{Name: name, Shape: t.Shape})
	}
	slices.SortFunc(have, func(a, b weights.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return weights.Check(have, slices.Concat(want...))
}

// maxConfig is how long a configuration file may be.
const maxConfig = 1 << 20

func readConfig(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxConfig {
		return nil, fmt.Errorf("importer: %s has %d bytes and is no configuration", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	return data, nil
}

func readJSON(path string, v any) error {
	data, err := readConfig(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("importer: %s is not a configuration in JSON: %w", path, err)
	}
	return nil
}

// example names one tensor of a file, for messages that say what it is not.
func example(f *checkpoint.File) string {
	return fmt.Sprintf("%d tensors such as %.100s", len(f.Names), f.Names[0])
}
