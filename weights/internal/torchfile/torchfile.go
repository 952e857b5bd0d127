// Package torchfile writes checkpoints as torch.save does, for tests.
package torchfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Dict is a Python dict in its order: a key, which is a string, its value, and so on. A value is a Dict, List, Tensor, string, int, Raw or nil.
type Dict []any

// List is a Python list.
type List []any

// Tensor is one of float32.
type Tensor struct {
	Shape  []int
	Values []float32 // row by row
}

// NewTensor is a tensor of a shape.
func NewTensor(values []float32, shape ...int) Tensor { return Tensor{Shape: shape, Values: values} }

// Raw is instructions of pickle, protocol 2, that leave one value on the stack.
type Raw string

// Encode is the file that torch.save would write.
func Encode(value any) []byte {
	var w writer
	w.WriteString("\x80\x02")
	w.value(value)
	w.WriteByte('.')
	var file bytes.Buffer
	z := zip.NewWriter(&file)
	put := func(name string, data []byte) {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = entry.Write(data)
		}
		if err != nil {
			panic(err) // a bytes.Buffer takes all
		}
	}
	put("archive/data.pkl", w.Bytes())
	put("archive/version", []byte("3\n"))
	for i, s := range w.storages {
		put(fmt.Sprintf("archive/data/%d", i), s)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return file.Bytes()
}

type writer struct {
	bytes.Buffer
	storages [][]byte
}

// Text is the instruction for a text.
func Text(s string) Raw {
	return Raw("X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s)
}

// Int is the instruction for a number of 32 bits.
func Int(n int) Raw { return Raw("J" + string(binary.LittleEndian.AppendUint32(nil, uint32(n)))) }

// Call is a call of a function or the making of an object.
func Call(module, name string, arguments ...Raw) Raw {
	r := "c" + Raw(module) + "\n" + Raw(name) + "\n("
	for _, a := range arguments {
		r += a
	}
	return r + "tR"
}

func (w *writer) value(v any) {
	switch v := v.(type) {
	case nil:
		w.WriteByte('N')
	case Raw:
		w.WriteString(string(v))
	case string:
		w.WriteString(string(Text(v)))
	case int:
		w.WriteString(string(Int(v)))
	case List:
		w.WriteString("](")
		for _, item := range v {
			w.value(item)
		}
		w.WriteByte('e')
	case Dict:
		w.WriteString("}(")
		for _, item := range v {
			w.value(item)
		}
		w.WriteByte('u')
	case Tensor:
		w.tensor(v)
	default:
		panic(fmt.Sprintf("torchfile: %T", v))
	}
}

func (w *writer) tensor(t Tensor) {
	var data []byte
	for _, v := range t.Values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	size, stride, step := Raw("("), Raw(""), len(t.Values)
	for _, d := range t.Shape {
		step /= max(d, 1)
		size, stride = size+Int(d), stride+Int(step)
	}
	storage := Raw("(") + Text("storage") + "ctorch\nFloatStorage\n" + Text(fmt.Sprint(len(w.storages))) + Text("cpu") + Int(len(t.Values)) + "tQ"
	w.storages = append(w.storages, data)
	w.value(Call("torch._utils", "_rebuild_tensor_v2", storage, Int(0), size+"t", "("+stride+"t", "\x89", "N"))
}
