//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
)

// Go's linker leaves zeros out of a program's data and so writes about 100,000 segments, each with an address and a length of its own. Those
// hardly compress, and zeros do.

// maxGap is how many zeros are written to join two segments. More are cheaper to leave out, in a browser's memory as well as in the file.
const maxGap = 4096

// What the binary format calls these (https://webassembly.github.io/spec/core/binary/modules.html).
const (
	preamble    = 8 // bytes before the first section: a magic number and the version
	dataSection = 11
	countedData = 12 // the section that repeats the number of segments
	activeData  = 0  // a segment that is copied to an address of memory 0 when the program starts
	opConst     = 0x41
	opEnd       = 0x0b
)

var errNoProgram = errors.New("it is not a WebAssembly program as Go writes them")

// segment is what a program's memory holds from an address on.
type segment struct {
	address int64
	data    []byte
}

// shrink writes the program in the file again, with its segments joined and without traces. One that has been through it stays as it is.
func shrink(path string) error {
	program, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	smaller, err := joined(program)
	if err != nil {
		return fmt.Errorf("shrinking %s: %w", path, err)
	}
	return replace(path, smaller)
}

// joined returns the program with segments joined that lie close together in memory. What memory holds stays the same but for what dropTraces drops.
func joined(program []byte) ([]byte, error) {
	if !bytes.HasPrefix(program, []byte("\x00asm\x01\x00\x00\x00")) {
		return nil, errNoProgram
	}
	out := slices.Clone(program[:preamble])
	for r := (reader{rest: program[preamble:]}); len(r.rest) > 0; {
		id, content := r.byte(), r.bytes()
		if r.short || id == countedData {
			return nil, errNoProgram
		}
		if id == dataSection {
			segments, err := readSegments(content)
			if err != nil {
				return nil, err
			}
			segments = join(segments)
			dropTraces(segments)
			content = writeSegments(segments)
		}
		out = append(binary.AppendUvarint(append(out, id), uint64(len(content))), content...)
	}
	return out, nil
}

// join joins neighbours, in the order of their addresses.
func join(segments []segment) []segment {
	slices.SortStableFunc(segments, func(a, b segment) int { return int(a.address - b.address) })
	var list []segment
	for _, s := range segments {
		if n := len(list) - 1; n >= 0 {
			last := &list[n]
			if gap := s.address - last.address - int64(len(last.data)); gap >= 0 && gap < maxGap {
				last.data = append(append(last.data, make([]byte, gap)...), s.data...)
				continue
			}
		}
		list = append(list, segment{s.address, slices.Clone(s.data)})
	}
	return list
}

func readSegments(content []byte) ([]segment, error) {
	r := reader{rest: content}
	list := make([]segment, 0, min(r.uint(), uint64(len(content))))
	for len(r.rest) > 0 && !r.short {
		kind, op, address, end := r.byte(), r.byte(), r.int(), r.byte()
		if kind != activeData || op != opConst || end != opEnd {
			return nil, errNoProgram
		}
		list = append(list, segment{address, r.bytes()})
	}
	if r.short {
		return nil, errNoProgram
	}
	return list, nil
}

func writeSegments(list []segment) []byte {
	content := binary.AppendUvarint(nil, uint64(len(list)))
	for _, s := range list {
		content = append(appendInt(append(content, activeData, opConst), s.address), opEnd)
		content = append(binary.AppendUvarint(content, uint64(len(s.data))), s.data...)
	}
	return content
}

// reader reads the format's numbers. Once there are not enough bytes it is short, and gives zeros.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.short = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// uint reads an unsigned number: seven bits a byte, the lowest first, and a bit that says that more follow. Go's varints are the same.
func (r *reader) uint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.short = true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// int reads a number whose sign is the highest bit of its last seven, which Go's varints have elsewhere.
func (r *reader) int() int64 {
	var n int64
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		n |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 && shift < 57 {
				n |= -1 << (shift + 7)
			}
			return n
		}
	}
	r.short = true
	return 0
}

// bytes reads bytes that have their number before them.
func (r *reader) bytes() []byte {
	n := r.uint()
	if n > uint64(len(r.rest)) {
		r.short = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// appendInt is what int reads.
func appendInt(b []byte, n int64) []byte {
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}
