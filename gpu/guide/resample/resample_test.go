package resample

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"testing"
)

// pillow holds pictures before and after Pillow's resize; testdata/make.py wrote it.
//
//go:embed testdata/pillow.bin
var pillow []byte

// bicubic is the same with the other filter.
//
//go:embed testdata/bicubic.bin
var bicubic []byte

func TestPillow(t *testing.T) {
	t.Run("Lanczos", func(t *testing.T) { agrees(t, pillow, Lanczos) })
	t.Run("bicubic", func(t *testing.T) { agrees(t, bicubic, Bicubic) })
}

func agrees(t *testing.T, data []byte, resize func(src []byte, w, h, dstW, dstH int) []byte) {
	cases := 0
	for rest := data; len(rest) > 0; cases++ {
		var side [4]int
		for i := range side {
			side[i] = int(binary.LittleEndian.Uint16(rest[2*i:]))
		}
		n, m := 3*side[0]*side[1], 3*side[2]*side[3]
		src, want := rest[8:8+n], rest[8+n:8+n+m]
		rest = rest[8+n+m:]
		before := bytes.Clone(src)
		got := resize(src, side[0], side[1], side[2], side[3])
		if !bytes.Equal(src, before) {
			t.Errorf("%v: the source changed", side)
		}
		differ := 0
		for i := range want {
			if got[i] != want[i] {
				differ++
			}
		}
		if len(got) != m || differ > 0 {
			t.Errorf("%v: %d of %d bytes differ", side, differ, m)
		}
	}
	if cases != 8 {
		t.Errorf("%d cases, want 8", cases)
	}
}

func TestSameSize(t *testing.T) {
	src := []byte{1, 2, 3, 4, 5, 6}
	got := Lanczos(src, 2, 1, 2, 1)
	if !bytes.Equal(got, src) || &got[0] == &src[0] {
		t.Errorf("%v, want a copy of %v", got, src)
	}
}

func TestFitArea(t *testing.T) {
	for _, test := range []struct{ w, h, targetW, targetH, wantW, wantH int }{
		{90, 120, 56, 40, 41, 55},  // shrunk to the target's area
		{30, 20, 256, 256, 30, 20}, // never grown
		{4000, 1, 16, 16, 1012, 1}, // a line keeps one pixel
		{300, 300, 480, 100, 219, 219},
	} {
		w, h := FitArea(test.w, test.h, test.targetW, test.targetH)
		if w != test.wantW || h != test.wantH {
			t.Errorf("%dx%d into %dx%d: %dx%d, want %dx%d", test.w, test.h, test.targetW, test.targetH, w, h, test.wantW, test.wantH)
		}
	}
}

func BenchmarkLanczos(b *testing.B) {
	src := make([]byte, 3*1024*768)
	for b.Loop() {
		Lanczos(src, 1024, 768, 256, 256)
	}
}
