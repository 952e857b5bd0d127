// Package checkpoint opens the files in which models are published and lists their tensors, without executing anything and without
// reading a tensor before it is asked for.
//
// It knows PyTorch's zip files (state_dict or TorchScript archive), PyTorch's older files without zip, and safetensors.
package checkpoint

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// TorchScript is the format of OpenAI's published models.
const TorchScript = "TorchScript archive"

// File is an open checkpoint. Its tensors can be read until it is closed.
type File struct {
	Path    string
	Format  string   // in words, for reports
	Names   []string // in the file's order
	tensors map[string]Tensor
	file    *os.File
}

// Open recognises a file by its first bytes and lists its tensors.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := open(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("checkpoint: %s: %w", filepath.Base(path), err)
	}
	c.Path, c.file = path, f
	return c, nil
}

func open(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is not a file")
	}
	return read(f, info.Size())
}

// read is Open without the file system.
func read(r io.ReaderAt, size int64) (*File, error) {
	head := make([]byte, 512)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	head = head[:n]
	var list *tensorList
	c := new(File)
	switch {
	case size == 0:
		return nil, fmt.Errorf("it is empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		list, c.Format, err = readZip(r, size)
	case len(head) > 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5:
		list, err = readLegacy(r, size)
		c.Format = "PyTorch file without zip"
	case len(head) > 8 && head[8] == '{':
		list, err = readSafetensors(r, size)
		c.Format = "safetensors"
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return nil, fmt.Errorf("it is a web page, not a checkpoint; the download link probably no longer works")
	default:
		return nil, fmt.Errorf("it is none of the known formats (PyTorch .pt or .ckpt, TorchScript .pt, .safetensors)")
	}
	if err != nil {
		return nil, err
	}
	if len(list.names) == 0 {
		return nil, fmt.Errorf("it holds no tensors")
	}
	for _, name := range list.names { // they stand in reports and errors
		if strings.ContainsFunc(name, unicode.IsControl) {
			return nil, fmt.Errorf("it holds a tensor called %.100q, which is no name of a model's", name)
		}
	}
	c.Names, c.tensors = list.names, list.tensors
	return c, nil
}

// Close closes the file.
func (c *File) Close() error { return c.file.Close() }

// Tensor returns the tensor of that name.
func (c *File) Tensor(name string) (Tensor, bool) {
	t, ok := c.tensors[name]
	return t, ok
}

// StripPrefix keeps the tensors whose names begin with the prefix, under names without it. It returns how many were dropped.
func (c *File) StripPrefix(prefix string) (dropped int) {
	kept := new(tensorList)
	for _, name := range c.Names {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			kept.add(short, c.tensors[name])
		}
	}
	dropped = len(c.Names) - len(kept.names)
	c.Names, c.tensors = kept.names, kept.tensors
	return dropped
}

// Has reports whether a tensor's name begins with the prefix.
func (c *File) Has(prefix string) bool {
	return slices.ContainsFunc(c.Names, func(name string) bool { return strings.HasPrefix(name, prefix) })
}

// tensorList is tensors in order.
type tensorList struct {
	names   []string
	tensors map[string]Tensor
}

func (l *tensorList) add(name string, t Tensor) {
	if l.tensors == nil {
		l.tensors = map[string]Tensor{}
	}
	if _, again := l.tensors[name]; !again {
		l.names = append(l.names, name)
	}
	l.tensors[name] = t
}
