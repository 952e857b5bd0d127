//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"testing"
)

// ownTable is the table of this test's own program, whose form is that of the browser's.
func ownTable(t *testing.T) []byte {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(program, tableMagic)
	for ; at >= 0; at += len(tableMagic) { // the magic stands in the program for its own sake, too
		next := bytes.Index(program[at:], tableMagic)
		if next < 0 {
			break
		}
		at += next
		if _, ok := openFunctions(program[at:]); ok {
			return slices.Clone(program[at:])
		}
	}
	t.Skip("this machine's programs have a table of another form")
	return nil
}

// What only a report shows goes, and with it most of the tables' bytes; the tables by which stacks are walked and scanned stay as they are.
func TestTracesAreDropped(t *testing.T) {
	data := ownTable(t)
	before, _ := openFunctions(slices.Clone(data))
	dropTraces([]segment{{0, data}})
	after, ok := openFunctions(data)
	if !ok || after.count < 1000 {
		t.Fatalf("the table is not sound any more, or has %d functions", after.count)
	}
	number := binary.LittleEndian.Uint32
	facts := 0
	for i := range after.count {
		old, e := before.entry(i), after.entry(i)
		if !bytes.Equal(e[:funcFile], old[:funcFile]) || !bytes.Equal(e[funcFacts-3:funcSize], old[funcFacts-3:funcSize]) || number(e[funcTables:]) != number(old[funcTables:]) {
			t.Fatalf("function %d is another one", i)
		}
		if unit, line := number(e[funcUnit:]), number(e[funcStart:]); unit != 0 || line != 0 {
			t.Fatalf("function %d has unit %d and begins at line %d", i, unit, line)
		}
		for field, dropped := range after.tables(e) {
			at, was := number(e[field:]), number(old[field:])
			if dropped && at != 0 || !dropped && at != was {
				t.Fatalf("function %d names a table at %d, before at %d; dropped: %t", i, at, was, dropped)
			}
			if n := before.size(at); at > 0 && !bytes.Equal(after.values[at:int(at)+n], before.values[at:int(at)+n]) {
				t.Fatalf("a table of function %d is another one", i)
			}
		}
		list := funcSize + 4*int(number(e[funcTables:]))
		for fact := range int(e[funcFacts]) {
			at, was := number(e[list+4*fact:]), number(old[list+4*fact:])
			if slices.Contains(droppedFacts, fact) {
				facts++
				was = noFact
			}
			if at != was {
				t.Fatalf("fact %d of function %d is %d, want %d", fact, i, at, was)
			}
		}
	}
	zeros := func(b []byte) int { return bytes.Count(b, []byte{0}) }
	if gone := zeros(after.values) - zeros(before.values); gone < len(after.values)/3 || facts < 1000 || zeros(after.files) != len(after.files) {
		t.Errorf("%d of %d bytes of tables are gone, want a third; %d facts, want 1000; and %d of %d bytes of names of files", gone, len(after.values), facts, zeros(after.files), len(after.files))
	}
}

// A table that is cut, or names what is not there, stays as it is.
func TestUnknownTablesStay(t *testing.T) {
	data := ownTable(t)
	for name, spoil := range map[string]func(b []byte) []byte{
		"cut":              func(b []byte) []byte { return b[:headerSize-1] },
		"no functions":     func(b []byte) []byte { return b[:binary.LittleEndian.Uint64(b[headerParts+8:])] },
		"too many":         func(b []byte) []byte { binary.LittleEndian.PutUint64(b[headerFuncs:], 1<<60); return b },
		"parts in reverse": func(b []byte) []byte { binary.LittleEndian.PutUint64(b[headerParts:], 1<<60); return b },
		"an entry outside": func(b []byte) []byte {
			list := b[binary.LittleEndian.Uint64(b[headerParts+8:]):]
			binary.LittleEndian.PutUint32(list[4:], 1<<31)
			return b
		},
	} {
		spoilt := spoil(slices.Clone(data))
		want := slices.Clone(spoilt)
		if dropTraces([]segment{{0, spoilt}}); !bytes.Equal(spoilt, want) {
			t.Errorf("%s: it is changed", name)
		}
	}
}
