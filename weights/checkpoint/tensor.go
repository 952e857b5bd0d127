package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"sync"

	"reverie/weights"
	"reverie/weights/foreign"
)

// storage is a run of numbers in a file.
type storage struct {
	r      io.ReaderAt
	offset int64 // in r
	kind   kind
	// In a zip file the offset is that of a header, whose length is known when it is read: locate tells where the numbers begin, at most margin bytes
	// behind the offset.
	locate  func() (int64, error)
	margin  int64
	n       int64 // elements
	problem error // why it cannot be read
}

// Tensor is a strided view of a storage, not read yet: element (i, j, …) is number offset + i·stride[0] + j·stride[1] + …
type Tensor struct {
	Shape   []int
	stride  []int64 // nil: row by row without gaps
	offset  int64
	from    *storage
	problem error
}

// Problem is why the tensor cannot be read, or nil. A checkpoint may hold such ones as long as nobody needs them.
func (t Tensor) Problem() error { return t.problem }

// maxElements bounds a tensor that is read: four times CLIP's largest published table.
const maxElements = 1 << 28

// newTensor checks that the view lies inside its storage.
func newTensor(s *storage, offset int64, shape []int, stride []int64) Tensor {
	t := Tensor{Shape: shape, stride: stride, offset: offset, from: s}
	if s.problem != nil {
		t.problem = s.problem
	} else if !s.kind.readable() {
		t.problem = unreadable(s.kind)
	} else {
		t.problem = t.checkBounds()
	}
	return t
}

func unreadable(k kind) error {
	return fmt.Errorf("its numbers are of type %s, and weights are plain floats or integers; save the model in float32", k)
}

func (t Tensor) checkBounds() error {
	elements, last := uint64(1), uint64(t.offset)
	if t.offset < 0 {
		return fmt.Errorf("a tensor begins at %d", t.offset)
	}
	for i, d := range t.Shape {
		if d < 0 || t.stride[i] < 0 {
			return fmt.Errorf("a tensor has shape %v and strides %v", t.Shape, t.stride)
		}
		if d == 0 {
			return fmt.Errorf("a tensor of shape %v is empty", t.Shape)
		}
		var over [3]uint64
		var step, carry uint64
		over[0], elements = bits.Mul64(elements, uint64(d))
		over[1], step = bits.Mul64(uint64(d-1), uint64(t.stride[i]))
		last, carry = bits.Add64(last, step, 0)
		over[2] = carry
		if over != [3]uint64{} || elements > math.MaxInt64 {
			return fmt.Errorf("a tensor of shape %v and strides %v is larger than any file", t.Shape, t.stride)
		}
	}
	if last >= uint64(t.from.n) {
		return fmt.Errorf("a tensor of shape %v reaches number %d of a storage that holds %d", t.Shape, last, t.from.n)
	}
	return nil
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

// Transposed returns the view with its dimensions in the opposite order.
func (t Tensor) Transposed() Tensor {
	t.stride = slices.Clone(t.strides())
	t.Shape = slices.Clone(t.Shape)
	slices.Reverse(t.Shape)
	slices.Reverse(t.stride)
	return t
}

func (t Tensor) strides() []int64 {
	if t.stride == nil {
		return contiguous(t.Shape)
	}
	return t.stride
}

// Elements is the number of elements.
func (t Tensor) Elements() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// span is how many numbers of its storage lie from the tensor's first to its last.
func (t Tensor) span() int {
	n := 1
	for i, stride := range t.strides() {
		n += (t.Shape[i] - 1) * int(stride)
	}
	return n
}

// Cost is how many numbers are read or made to read the tensor, which has no problem.
func (t Tensor) Cost() int { return max(t.Elements(), t.span()) }

// Append reads the tensor row by row and appends its elements to dst.
func (t Tensor) Append(dst []float32) ([]float32, error) {
	if t.problem != nil {
		return dst, fmt.Errorf("checkpoint: %w", t.problem)
	}
	n := t.Elements()
	if n > maxElements {
		return dst, fmt.Errorf("checkpoint: a tensor of shape %v is larger than any that is known", t.Shape)
	}
	if t.isContiguous() {
		return t.from.append(slices.Grow(dst, n), t.offset, n)
	}
	span := t.span()
	if span > maxElements {
		return dst, fmt.Errorf("checkpoint: a tensor of shape %v is spread over more than any that is known", t.Shape)
	}
	raw, err := t.from.append(nil, t.offset, span)
	if err != nil {
		return dst, err
	}
	return gather(slices.Grow(dst, n), raw, t.Shape, t.stride), nil
}

func (t Tensor) isContiguous() bool {
	if t.stride == nil {
		return true
	}
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

// Place is where in its file the bytes lie that reading the tensor reads, which has no problem.
func (t Tensor) Place() (from, to int64) {
	size := int64(t.from.kind.size())
	from = t.from.offset + t.offset*size
	to = from + t.from.margin + int64(t.span())*size
	if t.from.locate != nil {
		from = t.from.offset // the header is read, too
	}
	return from, to
}

// piece is how many bytes are read at a time: so many that a network is not asked often, and so few that they cost little beside a tensor.
const piece = 4 << 20

// buffers are used again, because a buffer for each tensor would be more garbage than all the rest.
var buffers = sync.Pool{New: func() any { b := make([]byte, piece); return &b }}

// append reads n numbers from number first on, a piece at a time.
func (s *storage) append(dst []float32, first int64, n int) ([]float32, error) {
	start := s.offset
	if s.locate != nil {
		var err error
		if start, err = s.locate(); err != nil {
			return dst, fmt.Errorf("checkpoint: %w", err)
		}
	}
	size := s.kind.size()
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for n > 0 {
		b := (*buffer)[:min(n*size, len(*buffer)/size*size)]
		if _, err := io.ReadFull(io.NewSectionReader(s.r, start+first*int64(size), int64(len(b))), b); err != nil {
			return dst, fmt.Errorf("checkpoint: the numbers of a tensor cannot be read: %w", foreign.Problem(err))
		}
		dst = s.kind.append(dst, b)
		first += int64(len(b) / size)
		n -= len(b) / size
	}
	return dst, nil
}

// kind is the type of the numbers in a storage, under safetensors' names where it has one.
type kind string

func (k kind) size() int {
	switch k {
	case "C128":
		return 16
	case "F64", "I64", "U64", "C64":
		return 8
	case "F32", "I32", "U32", "QI32":
		return 4
	case "F16", "BF16", "I16", "U16":
		return 2
	}
	return 1
}

// readable reports whether numbers of this kind can be weights.
func (k kind) readable() bool {
	switch k {
	case "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL":
		return true
	}
	return false
}

func (k kind) append(dst []float32, b []byte) []float32 {
	le := binary.LittleEndian
	if k == "F32" { // most are, and a browser's program feels the choice below
		first, n := len(dst), len(b)/4
		dst = slices.Grow(dst, n)[:first+n]
		for i := range n {
			dst[first+i] = math.Float32frombits(le.Uint32(b[4*i:]))
		}
		return dst
	}
	size := k.size()
	for ; len(b) > 0; b = b[size:] {
		var v float32
		switch k {
		case "F64":
			v = float32(math.Float64frombits(le.Uint64(b)))
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
