//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// The parts of small's segment, by where they begin in it.
const (
	smallCount  = 140 // functions, of 16 buckets each
	smallTable  = 16
	smallFacts  = 16384
	smallFinder = smallFacts + 32
	smallModule = smallFinder + 16*smallCount*bucketSize
	smallBase   = 1 << 16 // its address
)

// small is a program's data with a table of functions and what belongs to it. The first function has facts of its own at 0, 8 and 16, of which the last two are
// dropped; the second one has a kept fact at 24, which the others have in the place of one that is dropped.
func small() segment {
	data := make([]byte, smallModule+8*moduleNumbers)
	table := data[smallTable:]
	copy(table, tableMagic)
	put := func(b []byte, v int) { binary.LittleEndian.PutUint64(b, uint64(v)) }
	put(table[headerFuncs:], smallCount)
	for i, at := range []int{headerSize, headerSize, headerSize, headerSize + 8} {
		put(table[headerUnits+8*i:], at)
	}
	funcs := table[headerSize+8:]
	for i := range smallCount {
		at := smallCount*entrySize + i*(funcSize+4*6)
		binary.LittleEndian.PutUint32(funcs[i*entrySize+4:], uint32(at))
		e := funcs[at:]
		e[funcFacts] = 6
		facts := []uint32{noFact, noFact, noFact, 24, noFact, noFact}
		switch i {
		case 0:
			facts = []uint32{0, noFact, noFact, 8, noFact, 16}
		case 1:
			facts[1], facts[3] = 24, noFact
		}
		for j, fact := range facts {
			binary.LittleEndian.PutUint32(e[funcSize+4*j:], fact)
		}
		for bucket := range 16 {
			binary.LittleEndian.PutUint32(data[smallFinder+(16*i+bucket)*bucketSize:], uint32(i))
		}
	}
	copy(data[smallFacts:smallFinder], bytes.Repeat([]byte{0xaa}, 32))
	module := data[smallModule:]
	for i, at := range map[int]int{0: smallBase + smallTable, moduleNames: smallBase + smallTable + headerSize, moduleFinder: smallBase + smallFinder,
		moduleFirst: 1 << 28, moduleLast: 1<<28 + smallCount<<16 - 5, moduleFacts: smallBase + smallFacts} {
		put(module[8*i:], at)
	}
	return segment{smallBase, data}
}

// Of what lies beside the table those facts go that no function has any more, and the finder's buckets say less, but nothing wrong; also where the
// module's own data lies behind so many zeros that it is a segment of its own.
func TestWhatBelongsToTheTable(t *testing.T) {
	whole, parts := small(), small()
	t.Run("one segment", func(t *testing.T) { testBelongings(t, whole, whole) })
	t.Run("two segments", func(t *testing.T) {
		testBelongings(t, parts, segment{smallBase, parts.data[:smallModule]}, segment{smallBase + smallModule, parts.data[smallModule:]})
	})
}

// testBelongings drops traces from segments, in which s lies.
func testBelongings(t *testing.T, s segment, segments ...segment) {
	dropTraces(segments)
	want := append(bytes.Repeat([]byte{0xaa}, 8), append(make([]byte, 16), bytes.Repeat([]byte{0xaa}, 8)...)...)
	if got := s.data[smallFacts:smallFinder]; !bytes.Equal(got, want) {
		t.Errorf("the facts are %x, want %x", got, want)
	}
	places := map[uint32]bool{}
	for i := range 16 * smallCount {
		place := binary.LittleEndian.Uint32(s.data[smallFinder+i*bucketSize:])
		if own := uint32(i / 16); place > own || own-place >= coarse {
			t.Errorf("bucket %d leads to function %d, whose own is %d", i, place, own)
		}
		places[place] = true
	}
	if len(places) != 3 {
		t.Errorf("the buckets lead to %d functions, want 3", len(places))
	}
}

// What is otherwise than it is known stays; the table itself is another matter.
func TestUnknownModulesStay(t *testing.T) {
	put := func(i int, v uint64) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint64(b[smallModule+8*i:], v) }
	}
	for name, spoil := range map[string]func(data []byte){
		"no module":          put(moduleNames, 0),
		"facts behind":       put(moduleFacts, smallBase+smallModule),
		"a finder outside":   put(moduleFinder, 1<<40),
		"too many addresses": put(moduleLast, 1<<40),
		"addresses reversed": put(moduleLast, 0),
		"a bucket outside":   func(b []byte) { binary.LittleEndian.PutUint32(b[smallFinder:], smallCount) },
	} {
		s := small()
		spoil(s.data)
		want := slices.Clone(s.data[smallFacts:])
		if dropTraces([]segment{s}); !bytes.Equal(s.data[smallFacts:], want) {
			t.Errorf("%s: it is changed", name)
		}
	}
}
