package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The element types of stored tensors.
const (
	TypeF32 = "f32"
	TypeF16 = "f16"
	TypeQ8  = "q8"
)

// Alignment of every tensor and of the planes inside one, in bytes.
const Alignment = 16

// BlockSize is the number of q8 elements that share a scale.
const BlockSize = 32

// ErrRange says that a type cannot hold a value: f16 ends at 65504, and so does a q8 scale.
var ErrRange = errors.New("value out of range")

// Align rounds up to a multiple of Alignment.
func Align(n int64) int64 { return (n + Alignment - 1) &^ (Alignment - 1) }

// EncodedSize is the number of bytes that n elements of a type take, or -1 for an unknown type.
func EncodedSize(typ string, n int) int64 {
	switch typ {
	case TypeF32:
		return 4 * int64(n)
	case TypeF16:
		return 2 * int64(n)
	case TypeQ8:
		return Align(int64(n)) + Align(2*int64(blocks(n)))
	}
	return -1
}

func blocks(n int) int { return (n + BlockSize - 1) / BlockSize }

// Append encodes values as one tensor of a type and appends its bytes to dst. A value that the type cannot hold is an error
// that wraps ErrRange; NaN and infinity are errors for every type.
func Append(dst []byte, typ string, values []float32) ([]byte, error) {
	size := EncodedSize(typ, len(values))
	if size < 0 {
		return dst, fmt.Errorf("weights: there is no element type %q", typ)
	}
	for i, v := range values {
		if v-v != 0 {
			return dst, fmt.Errorf("weights: element %d is %v", i, v)
		}
	}
	start := len(dst)
	dst = append(dst, make([]byte, size)...)
	out := dst[start:]
	switch typ {
	case TypeF32:
		for i, v := range values {
			binary.LittleEndian.PutUint32(out[4*i:], math.Float32bits(v))
		}
	case TypeF16:
		for i, v := range values {
			h := F16(v)
			if h&0x7fff == 0x7c00 {
				return dst[:start], fmt.Errorf("weights: f16 cannot hold %v: %w", v, ErrRange)
			}
			binary.LittleEndian.PutUint16(out[2*i:], h)
		}
	case TypeQ8:
		scales := out[Align(int64(len(values))):]
		for b := 0; b*BlockSize < len(values); b++ {
			from, to := b*BlockSize, min((b+1)*BlockSize, len(values))
			scale, err := quantise(out[from:to], values[from:to])
			if err != nil {
				return dst[:start], err
			}
			binary.LittleEndian.PutUint16(scales[2*b:], scale)
		}
	}
	return dst, nil
}

// quantise writes one block of int8 quants and returns its float16 scale, largest magnitude / 127. The quants are those of the
// rounded scale, so that its rounding costs at most one step at the ends.
func quantise(quants []byte, values []float32) (uint16, error) {
	var largest float32
	for _, v := range values {
		largest = max(largest, v, -v)
	}
	if largest > 127*maxF16 {
		return 0, fmt.Errorf("weights: q8 cannot hold %v: %w", largest, ErrRange)
	}
	scale := F16(largest / 127)
	step := F32(scale)
	if step == 0 { // all values are under 4e-6: they become zero
		return 0, nil
	}
	for i, v := range values {
		q := math.RoundToEven(float64(v / step))
		quants[i] = byte(int8(max(-127, min(127, q))))
	}
	return scale, nil
}

// Decode fills dst with the elements from, from+1, … of a tensor of n elements that is stored in data.
func Decode(dst []float32, typ string, data []byte, n, from int) error {
	size := EncodedSize(typ, n)
	if size < 0 {
		return fmt.Errorf("weights: there is no element type %q", typ)
	}
	if n < 0 || int64(len(data)) != size {
		return fmt.Errorf("weights: %d elements of %s are %d bytes, not %d", n, typ, size, len(data))
	}
	if from < 0 || from > n || len(dst) > n-from {
		return fmt.Errorf("weights: elements %d to %d are outside a tensor of %d", from, from+len(dst), n)
	}
	switch typ {
	case TypeF32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*(from+i):]))
		}
	case TypeF16:
		for i := range dst {
			dst[i] = F32(binary.LittleEndian.Uint16(data[2*(from+i):]))
		}
	case TypeQ8:
		scales := data[Align(int64(n)):]
		for i := range dst {
			scale := binary.LittleEndian.Uint16(scales[2*((from+i)/BlockSize):])
			dst[i] = float32(int8(data[from+i])) * F32(scale)
		}
	}
	return nil
}
