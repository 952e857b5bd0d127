package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"reverie/weights"
)

// storage is a run of numbers in a file.
type storage struct {
	r      io.ReaderAt
	offset int64 // in r
	kind   kind
	n      int64 // elements
}

// Tensor is a strided view of a storage, not read yet: element (i, j, …) is number offset + i·stride[0] + j·stride[1] + …
type Tensor struct {
	Shape  []int
	stride []int64
	offset int64
	from   *storage
}

// maxElements bounds a tensor that is read: four times CLIP's largest published table.
const maxElements = 1 << 28

// newTensor checks that the view lies inside its storage.
func newTensor(s *storage, offset int64, shape []int, stride []int64) (Tensor, error) {
	if len(shape) != len(stride) {
		return Tensor{}, fmt.Errorf("a tensor has %d sizes but %d strides", len(shape), len(stride))
	}
	elements, last := uint64(1), uint64(offset)
	if offset < 0 {
		return Tensor{}, fmt.Errorf("a tensor begins at %d", offset)
	}
	for i, d := range shape {
		if d < 0 || stride[i] < 0 {
			return Tensor{}, fmt.Errorf("a tensor has shape %v and strides %v", shape, stride)
		}
		if d == 0 {
			return Tensor{}, fmt.Errorf("a tensor of shape %v is empty", shape)
		}
		var over [3]uint64
		var step, carry uint64
		over[0], elements = bits.Mul64(elements, uint64(d))
		over[1], step = bits.Mul64(uint64(d-1), uint64(stride[i]))
		last, carry = bits.Add64(last, step, 0)
		over[2] = carry
		if over != [3]uint64{} || elements > math.MaxInt64 {
			return Tensor{}, fmt.Errorf("a tensor of shape %v and strides %v is larger than any file", shape, stride)
		}
	}
	if last >= uint64(s.n) {
		return Tensor{}, fmt.Errorf("a tensor of shape %v reaches number %d of a storage that holds %d", shape, last, s.n)
	}
	return Tensor{Shape: shape, stride: stride, offset: offset, from: s}, nil
}

// contiguous returns the strides of a row-major tensor.
func contiguous(shape []int) []int64 {
	stride := make([]int64, len(shape))
	n := int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		stride[i] = n
		n *= int64(shape[i])
	}
	return stride
}

// Transposed returns the view with two dimensions in the opposite order.
func (t Tensor) Transposed() Tensor {
	t.Shape, t.stride = slices.Clone(t.Shape), slices.Clone(t.stride)
	slices.Reverse(t.Shape)
	slices.Reverse(t.stride)
	return t
}

// Elements is the number of elements.
func (t Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Append reads the tensor row by row and appends its elements to dst.
func (t Tensor) Append(dst []float32) ([]float32, error) {
	n := t.Elements()
	if n > maxElements {
		return dst, fmt.Errorf("checkpoint: a tensor of shape %v is larger than any that is known", t.Shape)
	}
	dst = slices.Grow(dst, n)
	if t.isContiguous() {
		return t.from.append(dst, t.offset, n)
	}
	span := 1
	for i, d := range t.Shape {
		span += (d - 1) * int(t.stride[i])
	}
	if span > maxElements {
		return dst, fmt.Errorf("checkpoint: a tensor of shape %v is spread over more than any that is known", t.Shape)
	}
	raw, err := t.from.append(nil, t.offset, span)
	if err != nil {
		return dst, err
	}
	return gather(dst, raw, t.Shape, t.stride), nil
}

func (t Tensor) isContiguous() bool {
	want := contiguous(t.Shape)
	for i, d := range t.Shape {
		if d > 1 && t.stride[i] != want[i] {
			return false
		}
	}
	return true
}

func gather(dst, raw []float32, shape []int, stride []int64) []float32 {
	if len(shape) == 0 {
		return append(dst, raw[0])
	}
	for i := range shape[0] {
		dst = gather(dst, raw[i*int(stride[0]):], shape[1:], stride[1:])
	}
	return dst
}

// append reads n numbers from number first on, a piece at a time.
func (s *storage) append(dst []float32, first int64, n int) ([]float32, error) {
	const piece = 1 << 16
	size := s.kind.size()
	buffer := make([]byte, min(n, piece)*size)
	for n > 0 {
		b := buffer[:min(n, piece)*size]
		if _, err := io.ReadFull(io.NewSectionReader(s.r, s.offset+first*int64(size), int64(len(b))), b); err != nil {
			return dst, fmt.Errorf("checkpoint: the numbers of a tensor are cut short: %w", err)
		}
		dst = s.kind.append(dst, b)
		first += int64(len(b) / size)
		n -= len(b) / size
	}
	return dst, nil
}

// kind is the type of the numbers in a storage, under safetensors' names.
type kind string

func (k kind) size() int {
	switch k {
	case "F64", "I64":
		return 8
	case "F32", "I32":
		return 4
	case "F16", "BF16", "I16":
		return 2
	}
	return 1 // I8, U8, BOOL
}

func (k kind) append(dst []float32, b []byte) []float32 {
	le := binary.LittleEndian
	for ; len(b) > 0; b = b[k.size():] {
		var v float32
		switch k {
		case "F64":
			v = float32(math.Float64frombits(le.Uint64(b)))
		case "F32":
			v = math.Float32frombits(le.Uint32(b))
		case "F16":
			v = weights.F32(le.Uint16(b))
		case "BF16":
			v = math.Float32frombits(uint32(le.Uint16(b)) << 16)
		case "I64":
			v = float32(int64(le.Uint64(b)))
		case "I32":
			v = float32(int32(le.Uint32(b)))
		case "I16":
			v = float32(int16(le.Uint16(b)))
		case "I8":
			v = float32(int8(b[0]))
		default: // U8, BOOL
			v = float32(b[0])
		}
		dst = append(dst, v)
	}
	return dst
}
