package ops

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func rotation(degrees, scale, cx, cy float64) Homography {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	sin, cos = sin*scale, cos*scale
	return Homography{cos, sin, cx - cos*cx - sin*cy, -sin, cos, cy + sin*cx - cos*cy, 0, 0, 1}
}

// drawnMaps are homographies near and far from the identity whose horizon stays outside images of that side.
func drawnMaps(n int, side float64) []Homography {
	d := NewDraws(11, 0, 0, 0)
	maps := make([]Homography, n)
	for i := range maps {
		h := rotation(360*d.Uniform(), math.Exp(d.Normal()/2), side*d.Uniform(), side*d.Uniform())
		h = h.After(Homography{1, d.Normal() / 4, 4 * d.Normal(), d.Normal() / 4, 1, 4 * d.Normal(), 0, 0, 1})
		maps[i] = h.After(Homography{1, 0, 0, 0, 1, 0, 0.9 * (d.Uniform() - 0.5) / side, 0.9 * (d.Uniform() - 0.5) / side, 1})
	}
	return maps
}

func warpCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		name    string
		h, w, c int
		maps    []Homography
		horizon bool // crosses the image
	}{
		{"one pixel", 1, 1, 3, []Homography{Identity, {1, 0, 0.25, 0, 1, -0.5, 0, 0, 1}}, false},
		{"flips", 7, 5, 3, []Homography{Identity, {-1, 0, 4, 0, 1, 0, 0, 0, 1}, {1, 0, 0, 0, -1, 6, 0, 0, 1}, {0, 1, 0, 1, 0, 0, 0, 0, 1}}, false},
		{"shifts", 9, 7, 5, []Homography{{1, 0, 3, 0, 1, -2, 0, 0, 1}, {1, 0, -1.25, 0, 1, 0.75, 0, 0, 1}, {1, 0, 50, 0, 1, 0, 0, 0, 1}}, false},
		{"rotations", 33, 31, 3, []Homography{rotation(30, 1, 15, 16), rotation(90, 1, 15, 15), rotation(-137, 1.3, 12, 18)}, false},
		{"zooms", 17, 23, 1, []Homography{rotation(0, 3.7, 11, 8), rotation(10, 0.2, 11, 8), rotation(0, 0.001, 4.5, 3.5)}, false},
		{"shears", 16, 19, 3, []Homography{{1, 0.4, -3, 0, 1, 0, 0, 0, 1}, {1.1, -0.2, 0.3, 0.7, 0.9, -5, 0, 0, 1}}, false},
		{"perspectives", 32, 32, 3, []Homography{{1.2, 0.1, -2, 0.05, 1.1, -1, 0.004, 0.002, 1}, {1, 0.3, -6, 0.1, 1.2, -4, -0.006, 0.012, 0.9},
			{1.4, 0, -6, 0.2, 1.3, -8, 0.01, 0, 0.7}}, false},
		{"horizons", 32, 32, 3, []Homography{{1, 0, -14, 0.1, 1, -15, 0, 0.0625, -0.3}, {1, 0, -20, 0, 1.5, -20, 0.05, 0.05, -1.01}}, true},
		{"drawn", 40, 40, 1, drawnMaps(40, 40), false},
		{"a plane seen from its edge", 9, 9, 3, []Homography{{1, 1, 0, 1, 1, 0, 0, 0, 1}}, false},
	} {
		for _, padding := range []Padding{Border, Zeros} {
			if s.horizon && padding == Border {
				continue
			}
			n := len(s.maps)
			cases = append(cases, opCase{
				name: fmt.Sprintf("warp %s %s", s.name, padding), shapes: [][4]int{{n, s.h, s.w, s.c}},
				// A place is known to some 2^-22 of the image's side, and weights change with it as fast as the picture.
				tol: 3e-5, gradTol: 3e-5,
				ref: func(in [][]float64) []float64 { return RefWarp(in[0], n, s.h, s.w, s.c, s.maps, padding) },
				back: func(in [][]float64, dy []float64) [][]float64 {
					return [][]float64{RefWarpBackward(dy, n, s.h, s.w, s.c, s.maps, padding)}
				},
				record: func(t *Tape, in []*Tensor) *Tensor {
					return t.Warp(in[0], testBytes(t, EncodeHomographies(s.maps)), padding)
				},
			})
		}
	}
	return cases
}

func TestWarpPadding(t *testing.T) {
	x := []float64{1, 2, 3}
	shift := []Homography{{1, 0, 1.5, 0, 1, 0, 0, 0, 1}} // pixel 0 looks halfway between 1 and 2
	for padding, want := range map[Padding][]float64{Border: {2.5, 3, 3}, Zeros: {2.5, 1.5, 0}} {
		if got := RefWarp(x, 1, 1, 3, 1, shift, padding); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", padding, got, want)
		}
	}
}

func TestAfterAppliesTheFirstFirst(t *testing.T) {
	shift, double := Homography{1, 0, 1, 0, 1, 0, 0, 0, 1}, Homography{2, 0, 0, 0, 2, 0, 0, 0, 1}
	if u, _ := double.After(shift).At(1, 0); u != 4 {
		t.Errorf("shifted, then doubled: %g, want 4", u)
	}
	if u, _ := shift.After(double).At(1, 0); u != 3 {
		t.Errorf("doubled, then shifted: %g, want 3", u)
	}
}

func fillCases() []opCase {
	maps := []Homography{rotation(30, 1.6, 5, 4), Identity, rotation(-100, 0.7, 3, 6)}
	fills := []float64{0.5, 0.25, 1}
	n, h, w := len(maps), 9, 11
	return []opCase{{name: "warp filled", shapes: [][4]int{{n, h, w, 3}}, tol: 3e-5, gradTol: 3e-5,
		ref: func(in [][]float64) []float64 { return RefFilled(in[0], n, h, w, maps, fills) },
		back: func(_ [][]float64, dy []float64) [][]float64 {
			return [][]float64{RefWarpBackward(dy, n, h, w, 3, maps, Zeros)}
		},
		record: func(t *Tape, in []*Tensor) *Tensor {
			return t.Warp(in[0], testBytes(t, FillHomographies(maps, fills)), Filled)
		}}}
}
