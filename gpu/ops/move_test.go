package ops

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
)

var (
	samplings = []Sampling{Nearest, Bilinear, Bicubic}
	infills   = []Infill{MirrorInfill, WrapInfill, EdgeInfill, NoInfill}
)

func moveCases() []opCase {
	var cases []opCase
	for _, sampling := range samplings {
		for _, infill := range infills {
			how := Moving{sampling, infill}
			for _, s := range [][3]int{{1, 1, 3}, {7, 5, 3}, {4, 9, 6}} {
				h, w, c := s[0], s[1], s[2]
				maps := append(drawnMaps(3, float64(min(h, w))), Homography{1, 0, 3 * float64(w), 0, 1, -2.25 * float64(h), 0, 0, 1})
				cases = append(cases, opCase{name: fmt.Sprintf("move %v %v", how, s), shapes: [][4]int{{len(maps), h, w, c}},
					ref:    func(in [][]float64) []float64 { return RefMove(in[0], len(maps), h, w, c, maps, how) },
					record: func(t *Tape, in []*Tensor) *Tensor { return t.Move(in[0], testBytes(t, EncodeHomographies(maps)), how) },
					tol:    2e-5}) // places beyond the edges are rounded to some 2^-20 of an element
			}
		}
	}
	held := []bool{true, false, false, true, false, false}
	return append(cases, opCase{name: "replace", shapes: [][4]int{{1, 2, 3, 5}, {1, 2, 3, 5}},
		ref: func(in [][]float64) []float64 { return RefReplace(in[0], in[1], 5, held) },
		record: func(t *Tape, in []*Tensor) *Tensor {
			var words []byte
			for _, h := range held {
				word := uint32(0)
				if h {
					word = 1
				}
				words = binary.LittleEndian.AppendUint32(words, word)
			}
			t.Replace(in[0], in[1], testBytes(t, words))
			return in[0]
		}}, opCase{name: "clear", shapes: [][4]int{{1, 2, 3, 5}},
		ref: func(in [][]float64) []float64 { return make([]float64, len(in[0])) },
		record: func(t *Tape, in []*Tensor) *Tensor {
			t.Clear(in[0])
			return in[0]
		}})
}

// A row of four, moved by whole and by half elements.
func TestMoveValues(t *testing.T) {
	x := []float64{1, 2, 4, 8}
	by := func(u float64) []Homography { return []Homography{{1, 0, u, 0, 1, 0, 0, 0, 1}} }
	for _, c := range []struct {
		name string
		how  Moving
		by   float64
		want []float64
	}{
		{"mirrored at the left", Moving{Nearest, MirrorInfill}, -2, []float64{2, 1, 1, 2}},
		{"mirrored at the right", Moving{Bilinear, MirrorInfill}, 2, []float64{4, 8, 8, 4}},
		{"mirrored twice", Moving{Bilinear, MirrorInfill}, 8, []float64{1, 2, 4, 8}},
		{"around", Moving{Bicubic, WrapInfill}, -1, []float64{8, 1, 2, 4}},
		{"drawn out", Moving{Bilinear, EdgeInfill}, 3, []float64{8, 8, 8, 8}},
		{"into nothing", Moving{Bilinear, NoInfill}, 2.5, []float64{6, 4, 0, 0}},
		{"nearest of two", Moving{Nearest, EdgeInfill}, 0.5, []float64{2, 4, 8, 8}},
		// Keys' kernel with a = -0.75 has -0.09375 and 0.59375 at one and a half and at a half.
		{"of sixteen", Moving{Bicubic, WrapInfill}, 0.5, []float64{3*0.59375 - 12*0.09375, 6*0.59375 - 9*0.09375, 12*0.59375 - 3*0.09375, 9*0.59375 - 6*0.09375}},
	} {
		got := RefMove(x, 1, 1, 4, 1, by(c.by), c.how)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Bilinear sampling agrees with Warp, which is held to PyTorch's grid_sample.
func TestMoveIsWarp(t *testing.T) {
	maps := drawnMaps(4, 6)
	x := normals("move", 4*6*6*3)
	for infill, padding := range map[Infill]Padding{EdgeInfill: Border, NoInfill: Zeros} {
		got, want := RefMove(x, 4, 6, 6, 3, maps, Moving{Bilinear, infill}), RefWarp(x, 4, 6, 6, 3, maps, padding)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9 {
				t.Fatalf("%s: element %d is %g, by Warp %g", infill, i, got[i], want[i])
			}
		}
	}
}
