package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/sbinet/npyio/npz"

	"reverie/gpu/blob"
)

// folder reads a golden folder over HTTP.
type folder struct {
	base   string
	arrays *npz.Reader
	data   []byte
}

func openFolder(ctx context.Context, base string) (*folder, error) {
	file, err := blob.Fetch(ctx, base+"golden.npz")
	if err != nil {
		return nil, err
	}
	f := &folder{base: base, data: file.Bytes()}
	f.arrays, err = npz.NewReader(bytes.NewReader(f.data), int64(len(f.data)))
	if err != nil {
		return nil, fmt.Errorf("golden: golden.npz: %w", err)
	}
	return f, nil
}

func (f *folder) json(ctx context.Context, name string, v any) error {
	file, err := blob.Fetch(ctx, f.base+name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(file.Bytes(), v); err != nil {
		return fmt.Errorf("golden: %s: %w", name, err)
	}
	return nil
}

// array is one array of the file: its shape and its elements as float32 or int32.
type array struct {
	shape  []int
	floats []float32
	ints   []int32
}

func (f *folder) has(name string) bool { return f.arrays.Header(name+".npy") != nil }

// array reads a whole array. An array that is not there is an error.
func (f *folder) array(name string) (array, error) {
	h := f.arrays.Header(name + ".npy")
	if h == nil {
		return array{}, fmt.Errorf("golden: golden.npz has no array %s", name)
	}
	a := array{shape: h.Descr.Shape}
	n := 1
	for _, s := range a.shape {
		n *= s
	}
	var err error
	switch kind := h.Descr.Type; kind {
	case "<f4", "float32":
		a.floats = make([]float32, n)
		err = f.arrays.Read(name+".npy", &a.floats)
	case "<f8", "float64":
		wide := make([]float64, n)
		err = f.arrays.Read(name+".npy", &wide)
		for _, v := range wide {
			a.floats = append(a.floats, float32(v))
		}
	case "|u1", "u1", "uint8":
		narrow := make([]uint8, n)
		err = f.arrays.Read(name+".npy", &narrow)
		for _, v := range narrow {
			a.ints = append(a.ints, int32(v))
		}
	case "<i4", "int32":
		a.ints = make([]int32, n)
		err = f.arrays.Read(name+".npy", &a.ints)
	case "<i2", "int16":
		narrow := make([]int16, n)
		err = f.arrays.Read(name+".npy", &narrow)
		for _, v := range narrow {
			a.ints = append(a.ints, int32(v))
		}
	case "<u2", "uint16":
		narrow := make([]uint16, n)
		err = f.arrays.Read(name+".npy", &narrow)
		for _, v := range narrow {
			a.ints = append(a.ints, int32(v))
		}
	case "<i8", "int64":
		wide := make([]int64, n)
		err = f.arrays.Read(name+".npy", &wide)
		for _, v := range wide {
			a.ints = append(a.ints, int32(v))
		}
	default:
		err = fmt.Errorf("element type %s", kind)
	}
	if err != nil {
		return a, fmt.Errorf("golden: array %s: %w", name, err)
	}
	return a, nil
}

// bytes are the array's integers as bytes.
func (a array) bytes() []byte {
	out := make([]byte, len(a.ints))
	for i, v := range a.ints {
		out[i] = byte(v)
	}
	return out
}

// channelsLast turns [n, c, h, w] into [n, h, w, c].
func channelsLast(v []float32, n, c, h, w int) []float32 {
	out := make([]float32, len(v))
	for img := range n {
		for ch := range c {
			for p := range h * w {
				out[(img*h*w+p)*c+ch] = v[(img*c+ch)*h*w+p]
			}
		}
	}
	return out
}

// channelsFirst turns [n, h, w, c] into [n, c, h, w].
func channelsFirst(v []float32, n, c, h, w int) []float32 {
	out := make([]float32, len(v))
	for img := range n {
		for ch := range c {
			for p := range h * w {
				out[(img*c+ch)*h*w+p] = v[(img*h*w+p)*c+ch]
			}
		}
	}
	return out
}
