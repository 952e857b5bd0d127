//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// program has a section of code and one of data.
func program(segments ...segment) []byte {
	data := writeSegments(segments)
	code := []byte("\x00asm\x01\x00\x00\x00\x0a\x03abc\x0b")
	return append(binary.AppendUvarint(code, uint64(len(data))), data...)
}

// Memory is the same before and after, and what joins is what lies close together.
func TestSegmentsAreJoined(t *testing.T) {
	far := int64(1<<31 - 7)
	for name, c := range map[string]struct{ given, want []segment }{
		"none":            {nil, nil},
		"one":             {[]segment{{5, []byte{1}}}, []segment{{5, []byte{1}}}},
		"beside":          {[]segment{{64, []byte{1, 2}}, {66, []byte{3}}}, []segment{{64, []byte{1, 2, 3}}}},
		"a gap":           {[]segment{{63, []byte{1}}, {67, []byte{2}}}, []segment{{63, []byte{1, 0, 0, 0, 2}}}},
		"out of order":    {[]segment{{8191, []byte{2}}, {8190, []byte{1}}}, []segment{{8190, []byte{1, 2}}}},
		"the longest gap": {[]segment{{0, []byte{1}}, {maxGap, []byte{2}}}, []segment{{0, append(append([]byte{1}, make([]byte, maxGap-1)...), 2)}}},
		"too long a gap":  {[]segment{{0, []byte{1}}, {maxGap + 1, []byte{2}}}, []segment{{0, []byte{1}}, {maxGap + 1, []byte{2}}}},
		"far apart":       {[]segment{{1, []byte{1}}, {far, []byte{2}}}, []segment{{1, []byte{1}}, {far, []byte{2}}}},
		// The later one is copied over the earlier.
		"over another": {[]segment{{7, []byte{1, 1}}, {8, []byte{2}}}, []segment{{7, []byte{1, 1}}, {8, []byte{2}}}},
		"empty":        {[]segment{{7, nil}, {9, []byte{3}}}, []segment{{7, []byte{0, 0, 3}}}},
	} {
		got, err := joined(program(c.given...))
		if want := program(c.want...); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
		if again, err := joined(got); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: joined again it is %v, %v; was %v", name, again, err, got)
		}
	}
}

func TestNumbersOfTheFormat(t *testing.T) {
	for _, c := range []struct {
		n     int64
		bytes []byte
	}{{0, []byte{0}}, {63, []byte{63}}, {64, []byte{0xc0, 0}}, {-1, []byte{0x7f}}, {-64, []byte{0x40}}, {-65, []byte{0xbf, 0x7f}}, {624485, []byte{0xe5, 0x8e, 0x26}}} {
		r := reader{rest: c.bytes}
		if n := r.int(); n != c.n || len(r.rest) > 0 || r.short {
			t.Errorf("%v is %d, want %d", c.bytes, n, c.n)
		}
		if got := appendInt(nil, c.n); !bytes.Equal(got, c.bytes) {
			t.Errorf("%d is %v, want %v", c.n, got, c.bytes)
		}
	}
}

// What is cut anywhere, or is of another kind, is refused and not written wrongly.
func TestOtherProgramsAreRefused(t *testing.T) {
	whole := program(segment{5, []byte{1, 2, 3}})
	const code = preamble + 5 // a program may end after a section
	for n := range whole {
		if _, err := joined(whole[:n]); (err == nil) != (n == preamble || n == code) {
			t.Errorf("cut after %d bytes: %v", n, err)
		}
	}
	passive := slices.Clone(whole)
	passive[len(whole)-8] = 1
	counted := append(slices.Clone(whole), countedData, 1, 1)
	for name, p := range map[string][]byte{"a passive segment": passive, "segments that are counted": counted} {
		if _, err := joined(p); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
