//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
)

// Go's linker writes for each function which lines of which file its instructions come from, which only a crash's report shows. That is a
// fifteenth of a program as Brotli packs it; the report still names the functions, and a native build of the same source tells the lines.

// The table of functions as runtime.pcHeader and runtime._func have it on a 64-bit little-endian machine, which Go takes WebAssembly for.
const (
	headerSize  = 72
	headerFuncs = 8 // the number of functions; the offsets of parts follow from headerParts on
	headerParts = 56

	entrySize  = 8  // of the list that begins the table: an address and where the function's entry is
	funcFile   = 20 // three tables of values by address
	funcLine   = 24
	funcStack  = 16
	funcTables = 28 // the number of the others, which are listed at the entry's end
	funcStart  = 36 // the line at which it starts
	funcSize   = 44
)

// tableMagic begins the table since Go 1.20: its number, two zeros, an instruction's least size and a pointer's size.
var tableMagic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// dropLines takes the lines out of a program's data, and leaves zeros in their place. Where the table is not as it is known it stays.
func dropLines(segments []segment) {
	for _, s := range segments {
		if at := bytes.Index(s.data, tableMagic); at >= 0 {
			if t, ok := openLines(s.data[at:]); ok {
				t.drop()
				return
			}
		}
	}
}

// lineTable is the table of functions.
type lineTable struct {
	values []byte // the tables of values by address, one behind another
	funcs  []byte // the list of functions, and what is known of each
	count  int
}

func openLines(data []byte) (lineTable, bool) {
	if len(data) < headerSize {
		return lineTable{}, false
	}
	values, funcs := binary.LittleEndian.Uint64(data[headerParts:]), binary.LittleEndian.Uint64(data[headerParts+8:])
	count := binary.LittleEndian.Uint64(data[headerFuncs:])
	if values < headerSize || values > funcs || funcs > uint64(len(data)) || count > (uint64(len(data))-funcs)/entrySize {
		return lineTable{}, false
	}
	t := lineTable{values: data[values:funcs], funcs: data[funcs:], count: int(count)}
	return t, t.sound()
}

// entry is what is known of a function.
func (t lineTable) entry(i int) []byte {
	at := binary.LittleEndian.Uint32(t.funcs[i*entrySize+4:])
	if uint64(at)+funcSize > uint64(len(t.funcs)) {
		return nil
	}
	return t.funcs[at:]
}

// sound says whether all entries lie in the table, with all tables that they name.
func (t lineTable) sound() bool {
	for i := range t.count {
		e := t.entry(i)
		if e == nil {
			return false
		}
		n := uint64(binary.LittleEndian.Uint32(e[funcTables:]))
		if funcSize+4*n > uint64(len(e)) {
			return false
		}
		for _, at := range append(others(e), binary.LittleEndian.Uint32(e[funcFile:]), binary.LittleEndian.Uint32(e[funcLine:])) {
			if at > 0 && t.size(at) == 0 {
				return false
			}
		}
	}
	return true
}

// others are the tables of an entry that are no lines.
func others(entry []byte) []uint32 {
	list := []uint32{binary.LittleEndian.Uint32(entry[funcStack:])}
	for i := range binary.LittleEndian.Uint32(entry[funcTables:]) {
		list = append(list, binary.LittleEndian.Uint32(entry[funcSize+4*i:]))
	}
	return list
}

// size is how many bytes a table of values has: pairs of numbers in seven bits a byte, of which a first one that is zero is the last. It is 0 for
// one that does not end.
func (t lineTable) size(at uint32) int {
	rest := t.values[min(int(at), len(t.values)):]
	for first := true; len(rest) > 0; first = false {
		if rest[0] == 0 && !first {
			return len(t.values) - int(at) - len(rest) + 1
		}
		for range 2 {
			_, n := binary.Uvarint(rest)
			if n <= 0 {
				return 0
			}
			rest = rest[n:]
		}
	}
	return 0
}

// drop leaves a function without lines: offset 0 stands for no table. Tables are shared, so those that something else names stay.
func (t lineTable) drop() {
	lines, kept := map[uint32]bool{}, make([]bool, len(t.values))
	for i := range t.count {
		e := t.entry(i)
		for _, at := range others(e) {
			if at > 0 {
				for j := range t.size(at) {
					kept[int(at)+j] = true
				}
			}
		}
		for _, field := range []int{funcFile, funcLine} {
			lines[binary.LittleEndian.Uint32(e[field:])] = true
			binary.LittleEndian.PutUint32(e[field:], 0)
		}
		binary.LittleEndian.PutUint32(e[funcStart:], 0)
	}
	for at := range lines {
		if at == 0 {
			continue
		}
		for j := range t.size(at) {
			if !kept[int(at)+j] {
				t.values[int(at)+j] = 0
			}
		}
	}
}
