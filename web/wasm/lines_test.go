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
		if _, ok := openLines(program[at:]); ok {
			return slices.Clone(program[at:])
		}
	}
	t.Skip("this machine's programs have a table of another form")
	return nil
}

// Lines go, and with them most of the tables' bytes; the tables by which stacks are walked and scanned stay as they are.
func TestLinesAreDropped(t *testing.T) {
	data := ownTable(t)
	before, _ := openLines(slices.Clone(data))
	dropLines([]segment{{0, data}})
	after, ok := openLines(data)
	if !ok || after.count < 1000 {
		t.Fatalf("the table is not sound any more, or has %d functions", after.count)
	}
	for i := range after.count {
		old, e := before.entry(i), after.entry(i)
		if file, line := binary.LittleEndian.Uint32(e[funcFile:]), binary.LittleEndian.Uint32(e[funcLine:]); file != 0 || line != 0 {
			t.Fatalf("function %d has its lines at %d and %d", i, file, line)
		}
		if !bytes.Equal(e[:funcFile], old[:funcFile]) || !slices.Equal(others(e), others(old)) {
			t.Fatalf("function %d is another one", i)
		}
		for _, at := range others(e) {
			if n := before.size(at); at > 0 && !bytes.Equal(after.values[at:int(at)+n], before.values[at:int(at)+n]) {
				t.Fatalf("a table of function %d is another one", i)
			}
		}
	}
	zeros := func(b []byte) int { return bytes.Count(b, []byte{0}) }
	if gone := zeros(after.values) - zeros(before.values); gone < len(after.values)/3 {
		t.Errorf("%d of %d bytes are gone, want a third", gone, len(after.values))
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
		if dropLines([]segment{{0, spoilt}}); !bytes.Equal(spoilt, want) {
			t.Errorf("%s: it is changed", name)
		}
	}
}
