package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
)

// The element types of stored tensors.
const (
	TypeF32 = "f32"
	TypeF16 = "f16"
	TypeQ8  = "q8"
	TypeQ6  = "q6"
	TypeQ5  = "q5"
	TypeQ4  = "q4"
)

// Types is all of them in words, for messages.
const Types = "f32, f16, q8, q6, q5 or q4"

// Alignment of every tensor and of the planes inside one, in bytes.
const Alignment = 16

// BlockSize is the number of elements of a block type (q4 to q8) that share a scale.
const BlockSize = 32

// ErrRange says that a type cannot hold a value: f16 ends at 65504, and so do the block types.
var ErrRange = errors.New("value out of range")

// Align rounds up to a multiple of Alignment.
func Align(n int64) int64 { return (n + Alignment - 1) &^ (Alignment - 1) }

// bitsOf is the bits of a block type's quants, in two's complement, or 0 for another type.
func bitsOf(typ string) int {
	switch typ {
	case TypeQ8:
		return 8
	case TypeQ6:
		return 6
	case TypeQ5:
		return 5
	case TypeQ4:
		return 4
	}
	return 0
}

// Planes says where the planes of n elements of a block type begin, in bytes, and where the last ends. The quants come first: all
// bits of q8 and q4, the low four of q5 and q6, whose other bits follow in the plane high. Both are packed from the least bit of each
// byte on. The float16 scales come last.
func Planes(typ string, n int) (high, scales, end int64) {
	bits := int64(bitsOf(typ))
	low := bits
	if bits < 8 {
		low = 4
	}
	high = Align((int64(n)*low + 7) / 8)
	scales = high + Align((int64(n)*(bits-low)+7)/8)
	return high, scales, scales + Align(2*int64(blocks(n)))
}

// EncodedSize is the number of bytes that n elements of a type take, or -1 for an unknown type.
func EncodedSize(typ string, n int) int64 {
	switch typ {
	case TypeF32:
		return 4 * int64(n)
	case TypeF16:
		return 2 * int64(n)
	}
	if bitsOf(typ) == 0 {
		return -1
	}
	_, _, end := Planes(typ, n)
	return end
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
	default:
		if err := encodeBlocks(out, typ, values); err != nil {
			return dst[:start], err
		}
	}
	return dst, nil
}

// turn is how many blocks are encoded before others get a turn: a twentieth of a second in a browser.
const turn = 1 << 13

// encodeBlocks fills the planes of a block type, which are zero. Blocks share no byte of any plane, so all processors work.
func encodeBlocks(out []byte, typ string, values []float32) error {
	n := blocks(len(values))
	for first := 0; first < n; first += turn {
		if err := encodeTurn(out, typ, values, first, min(first+turn, n)); err != nil {
			return err
		}
		giveTurn()
	}
	return nil
}

func encodeTurn(out []byte, typ string, values []float32, first, end int) error {
	workers := runtime.GOMAXPROCS(0)
	share, failed := (end-first+workers-1)/workers, make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		from := first + w*share
		wait.Go(func() { failed[w] = encodeSomeBlocks(out, typ, values, from, min(from+share, end)) })
	}
	wait.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

func encodeSomeBlocks(out []byte, typ string, values []float32, first, end int) error {
	bits := bitsOf(typ)
	high, scales, _ := Planes(typ, len(values))
	var quants [BlockSize]int
	for b := first; b < end; b++ {
		from, to := b*BlockSize, min((b+1)*BlockSize, len(values))
		scale, err := quantise(quants[:to-from], values[from:to], bits)
		if err != nil {
			return fmt.Errorf("weights: %s cannot hold %w", typ, err)
		}
		binary.LittleEndian.PutUint16(out[scales+2*int64(b):], scale)
		for i, q := range quants[:to-from] {
			put(out, out[high:], from+i, q, bits)
		}
	}
	return nil
}

// put writes quant i into planes that hold zero there.
func put(low, high []byte, i, q, bits int) {
	if bits == 8 {
		low[i] = byte(q)
		return
	}
	low[i/2] |= byte(q&15) << (4 * (i % 2))
	if rest := bits - 4; rest > 0 {
		per := 8 / rest
		high[i/per] |= byte(q>>4&(1<<rest-1)) << (rest * (i % per))
	}
}

// get reads quant i.
func get(low, high []byte, i, bits int) int {
	if bits == 8 {
		return int(int8(low[i]))
	}
	u := int(low[i/2] >> (4 * (i % 2)) & 15)
	if rest := bits - 4; rest > 0 {
		per := 8 / rest
		u |= int(high[i/per]>>(rest*(i%per))&(1<<rest-1)) << 4
	}
	return u - u>>(bits-1)<<bits
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
	default:
		bits := bitsOf(typ)
		high, scales, _ := Planes(typ, n)
		for i := range dst {
			scale := binary.LittleEndian.Uint16(data[scales+2*int64((from+i)/BlockSize):])
			dst[i] = float32(get(data, data[high:], from+i, bits)) * F32(scale)
		}
	}
	return nil
}
