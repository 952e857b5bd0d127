// Package checkpoint opens the files in which models are published and lists their tensors, without executing anything and without
// reading a tensor before it is asked for.
//
// It knows PyTorch's zip files (state_dict or TorchScript archive), PyTorch's older files without zip, and safetensors.
package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"reverie/weights/foreign"
)

// TorchScript is the format of OpenAI's published models.
const TorchScript = "TorchScript archive"

// File is a checkpoint whose tensors are listed. They can be read as long as its source can.
type File struct {
	Name   string   // the source's
	Format string   // in words, for reports
	Names  []string // of the tensors, in the file's order
	list   *tensorList
	budget *foreign.Budget
	room   int64 // how many numbers may still be read, see Claim
}

// freeNumbers is how many numbers may be read of any file, however small.
const freeNumbers = 16 << 20

// Read recognises a file by its first bytes and lists its tensors. That and choosing among them costs at most foreign.Limit.
func Read(from foreign.Source) (*File, error) {
	c, err := read(from, from.Size)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", from.Name, err)
	}
	c.Name = from.Name
	return c, nil
}

func read(r io.ReaderAt, size int64) (*File, error) {
	head := make([]byte, foreign.HeadSize)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, foreign.Problem(err)
	}
	head = head[:n]
	c := &File{budget: new(foreign.Budget), room: 4*size + freeNumbers}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		c.list, c.Format, err = readZip(r, size, c.budget)
	case len(head) > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5:
		c.list, err = readLegacy(r, size, c.budget)
		c.Format = "PyTorch file without zip"
	case len(head) > 8 && head[8] == '{':
		c.list, err = readSafetensors(r, size, c.budget)
		c.Format = "safetensors"
	default:
		if err := foreign.RecogniseText(head, "a checkpoint"); err != nil {
			return nil, err
		}
		return nil, errors.New("it is none of the known formats (PyTorch .pt or .ckpt, TorchScript .pt, .safetensors): choose the file that the model's publisher offers")
	}
	if err != nil {
		return nil, err
	}
	if len(c.list.names) == 0 {
		return nil, errors.New("it holds no tensors")
	}
	c.Names = c.list.names
	return c, nil
}

// Tensor returns the tensor of that name.
func (c *File) Tensor(name string) (Tensor, bool) {
	t, ok := c.list.tensors[name]
	return t, ok
}

// Others lists what is no tensor that can be read, but stands where one could.
func (c *File) Others() []Other { return c.list.others }

// Spend pays for work on the file's names by the budget that listing them has begun.
func (c *File) Spend(units int) error { return c.budget.Spend(units) }

// Claim announces that so many numbers will be read. Tensors may be views of one storage, so a small file could describe a model of any size:
// in all it gives four times as many numbers as it has bytes, and freeNumbers.
func (c *File) Claim(numbers int) error {
	if int64(numbers) > c.room {
		return errors.New("its tensors repeat a few numbers to more than the file could hold, so it is no model")
	}
	c.room -= int64(numbers)
	return nil
}
