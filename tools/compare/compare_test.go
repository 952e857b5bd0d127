package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestPrompts(t *testing.T) {
	list := prompts()
	slices.Sort(list)
	if n := len(slices.Compact(list)); n != 64 {
		t.Errorf("%d different prompts, want 64", n)
	}
}

// Two sizes of a picture show the same scene; two scenes differ.
func TestPicture(t *testing.T) {
	small, large, other := picture(3, 8), picture(3, 24), picture(4, 8)
	same, differ := 0, 0
	for i := range 8 * 8 {
		middle := ((i/8*3+1)*24 + i%8*3 + 1) * 3
		if math.Abs(float64(small[3*i]-large[middle])) < 1e-6 {
			same++
		}
		if small[3*i] != other[3*i] {
			differ++
		}
	}
	if same != 64 || differ < 60 {
		t.Errorf("%d of 64 pixels are the same at another size, %d differ in another scene", same, differ)
	}
	if least, most := slices.Min(small), slices.Max(small); least < 0 || most > 1 {
		t.Errorf("values from %v to %v", least, most)
	}
}

func TestPrint(t *testing.T) {
	a := measured{name: "f32", texts: [][]float32{{1, 0}, {0, 2}}, decoded: [][]float32{{0.5, 0.5}}, codes: [][]int32{{1, 2, 3, 4}}}
	b := measured{name: "q4", texts: [][]float32{{1, 0}, {2, 2}}, decoded: [][]float32{{0.75, 0.25}}, codes: [][]int32{{1, 2, 3, 5}}}
	var out strings.Builder
	print(&out, a, b)
	want := `q4 against f32
text embeddings   cosine       least  0.707107  mean  0.853553  of 2 prompts
decoder           PSNR dB      least 12.041200  mean 12.041200  of 1 pictures
encoder           equal codes  least  0.750000  mean  0.750000  of 1 pictures
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
	if p := psnr([]float32{1}, []float32{1}); p != mostPSNR {
		t.Errorf("equal pictures have %v dB", p)
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		o               options
		paintings, runs int
	}{{options{64, 16}, 6, 3}, {options{2, 16}, 6, 2}, {options{64, 1}, 1, 1}} {
		if tt.o.paintings() != tt.paintings || tt.o.runs() != tt.runs {
			t.Errorf("%+v: %d pictures through VQGAN and %d gradients, want %d and %d", tt.o, tt.o.paintings(), tt.o.runs(), tt.paintings, tt.runs)
		}
	}
}
