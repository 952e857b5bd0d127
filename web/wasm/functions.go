//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math"
	"slices"
)

// Go's linker writes for each function what WebAssembly has no use for, and what only a crash's report shows: which lines of which file its instructions
// come from, which of them were inlined, where its arguments lie, and where it could be preempted at any instruction. That is a tenth of a program as Brotli
// packs it; the report still names the functions, and a native build of the same source tells the rest.

// The table of functions as runtime.pcHeader and runtime._func have it on a 64-bit little-endian machine, which Go takes WebAssembly for.
const (
	headerSize  = 72
	headerFuncs = 8  // the number of functions
	headerUnits = 40 // the offsets of the table's parts follow one another: for each unit that was compiled the names of its files,
	headerFiles = 48 // the names,
	headerParts = 56 // the tables of values by address, and the functions

	entrySize  = 8  // of the list that begins the functions: an address and where the function's entry is
	funcStack  = 16 // four tables of values by address: how the stack grows,
	funcFile   = 20 // the file,
	funcLine   = 24 // and the line
	funcTables = 28 // the number of the others, which are listed at the entry's end
	funcUnit   = 32 // in which unit it was compiled
	funcStart  = 36 // the line at which it starts
	funcFacts  = 43 // the number of what else is known, which is listed behind the tables
	funcSize   = 44
)

// The tables and facts of a function that are dropped, by their places in its lists (internal/abi): where it could be preempted, which of its instructions
// were inlined, what was inlined, and where its arguments lie.
var (
	droppedTables = []int{0, 2}
	droppedFacts  = []int{3, 5, 6}
)

// noFact stands for a fact that is not known.
const noFact = math.MaxUint32

// tableMagic begins the table since Go 1.20: its number, two zeros, an instruction's least size and a pointer's size.
var tableMagic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}

// dropTraces takes out of a program's data what WebAssembly has no use for and what only a crash's report shows, and leaves zeros in its place. Where the
// table is not as it is known it stays.
func dropTraces(segments []segment) {
	for _, s := range segments {
		if at := bytes.Index(s.data, tableMagic); at >= 0 {
			if t, ok := openFunctions(s.data[at:]); ok {
				if m, ok := openModule(segments, s, at, t); ok {
					m.coarsen()
					m.drop(t)
				}
				t.drop()
				return
			}
		}
	}
}

// functionTable is the table of functions.
type functionTable struct {
	files  []byte // their names, and which belong to which unit
	values []byte // the tables of values by address, one behind another
	funcs  []byte // the list of functions, and what is known of each
	count  int
}

func openFunctions(data []byte) (functionTable, bool) {
	if len(data) < headerSize {
		return functionTable{}, false
	}
	units, files := binary.LittleEndian.Uint64(data[headerUnits:]), binary.LittleEndian.Uint64(data[headerFiles:])
	values, funcs := binary.LittleEndian.Uint64(data[headerParts:]), binary.LittleEndian.Uint64(data[headerParts+8:])
	count := binary.LittleEndian.Uint64(data[headerFuncs:])
	if units < headerSize || units > files || files > values || values > funcs || funcs > uint64(len(data)) || count > (uint64(len(data))-funcs)/entrySize {
		return functionTable{}, false
	}
	t := functionTable{files: data[units:values], values: data[values:funcs], funcs: data[funcs:], count: int(count)}
	return t, t.sound()
}

// entry is what is known of a function.
func (t functionTable) entry(i int) []byte {
	at := binary.LittleEndian.Uint32(t.funcs[i*entrySize+4:])
	if uint64(at)+funcSize > uint64(len(t.funcs)) {
		return nil
	}
	return t.funcs[at:]
}

// sound says whether all entries lie in the table, with all tables that they name.
func (t functionTable) sound() bool {
	for i := range t.count {
		e := t.entry(i)
		if e == nil || funcSize+4*(uint64(binary.LittleEndian.Uint32(e[funcTables:]))+uint64(e[funcFacts])) > uint64(len(e)) {
			return false
		}
		for field := range t.tables(e) {
			if at := binary.LittleEndian.Uint32(e[field:]); at > 0 && t.size(at) == 0 {
				return false
			}
		}
	}
	return true
}

// tables are the places in an entry that name its tables, each with whether it is dropped.
func (t functionTable) tables(entry []byte) iter.Seq2[int, bool] {
	return func(yield func(int, bool) bool) {
		if !yield(funcStack, false) || !yield(funcFile, true) || !yield(funcLine, true) {
			return
		}
		for i := range int(binary.LittleEndian.Uint32(entry[funcTables:])) {
			if !yield(funcSize+4*i, slices.Contains(droppedTables, i)) {
				return
			}
		}
	}
}

// size is how many bytes a table of values has: pairs of numbers in seven bits a byte, of which a first one that is zero is the last. It is 0 for
// one that does not end.
func (t functionTable) size(at uint32) int {
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

// facts are what else is known of an entry's function, by place: offsets of facts, or noFact.
func (t functionTable) facts(entry []byte) iter.Seq2[int, uint32] {
	list := entry[funcSize+4*int(binary.LittleEndian.Uint32(entry[funcTables:])):]
	return func(yield func(int, uint32) bool) {
		for i := range int(entry[funcFacts]) {
			if !yield(i, binary.LittleEndian.Uint32(list[4*i:])) {
				return
			}
		}
	}
}

// drop leaves a function without what is dropped: offset 0 stands for no table. Tables are shared, so those that something else names stay.
func (t functionTable) drop() {
	dropped, kept := map[uint32]bool{}, make([]bool, len(t.values))
	for i := range t.count {
		e := t.entry(i)
		for field, drop := range t.tables(e) {
			at := binary.LittleEndian.Uint32(e[field:])
			if drop {
				dropped[at] = true
				binary.LittleEndian.PutUint32(e[field:], 0)
			} else if at > 0 {
				for j := range t.size(at) {
					kept[int(at)+j] = true
				}
			}
		}
		binary.LittleEndian.PutUint32(e[funcStart:], 0)
		binary.LittleEndian.PutUint32(e[funcUnit:], 0)
		facts := funcSize + 4*int(binary.LittleEndian.Uint32(e[funcTables:]))
		for _, fact := range droppedFacts {
			if fact < int(e[funcFacts]) {
				binary.LittleEndian.PutUint32(e[facts+4*fact:], noFact)
			}
		}
	}
	clear(t.files)
	delete(dropped, 0)
	for at := range dropped {
		for j := range t.size(at) {
			if !kept[int(at)+j] {
				t.values[int(at)+j] = 0
			}
		}
	}
}
