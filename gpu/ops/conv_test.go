package ops

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func convCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		n, h, w, in, out int
		spec             ConvSpec
		residual         bool
	}{
		{1, 1, 1, 1, 1, Conv3x3, false},
		{1, 3, 7, 3, 5, Conv3x3, true},
		{2, 9, 5, 33, 7, Conv3x3, false},
		{1, 13, 17, 32, 40, Conv3x3, true},
		{1, 7, 7, 64, 3, Conv3x3, false},
		{1, 8, 6, 5, 9, Downsample3x3, false},
		{2, 7, 9, 4, 4, Downsample3x3, false},
		{1, 8, 6, 3, 5, ConvSpec{Kernel: 3, Stride: 2, Pad: 1, PadAfter: 1}, false}, // the stem of CLIP's ResNets
		{2, 7, 9, 4, 4, ConvSpec{Kernel: 3, Stride: 2, Pad: 1, PadAfter: 1}, false},
		{1, 5, 3, 6, 10, Enlarge3x3, false},
		{1, 1, 1, 1, 1, Enlarge3x3, true},
		{2, 4, 4, 32, 32, Enlarge3x3, false},
		{1, 3, 9, 40, 33, Enlarge3x3, true},
		{2, 3, 5, 5, 6, ConvSpec{Kernel: 3, Stride: 2, Pad: 1, PadAfter: 1, Transposed: true}, false}, // phases of unlike sizes
		{1, 12, 8, 3, 6, ConvSpec{Kernel: 4, Stride: 4}, false},
		{1, 1, 1, 3, 5, wrapped(Conv3x3, true, true), false},
		{1, 3, 7, 3, 5, wrapped(Conv3x3, true, false), true},
		{2, 9, 5, 33, 7, wrapped(Conv3x3, false, true), false},
		{1, 13, 17, 32, 40, wrapped(Conv3x3, true, true), true},
		{1, 1, 1, 1, 1, wrapped(Enlarge3x3, true, true), false},
		{1, 5, 3, 6, 10, wrapped(Enlarge3x3, true, false), false},
		{1, 3, 9, 40, 33, wrapped(Enlarge3x3, true, true), true},
	} {
		// A case's numbers are drawn by its name, which says of edges that meet nothing where none do.
		name := strings.Replace(fmt.Sprintf("conv %dx%dx%d %d to %d %+v", s.n, s.h, s.w, s.in, s.out, s.spec), " Wrap:{X:false Y:false}", "", 1)
		taps := s.spec.Kernel * s.spec.Kernel
		w, b := normals(name+" w", taps*s.in*s.out), normals(name+" b", s.out)
		oh, ow := s.spec.out(s.h), s.spec.out(s.w)
		c := opCase{name: name, shapes: [][4]int{{s.n, s.h, s.w, s.in}}}
		if s.residual {
			c.shapes = append(c.shapes, [4]int{s.n, oh, ow, s.out})
		}
		c.ref = func(in [][]float64) []float64 {
			y := RefConv(in[0], w, b, s.n, s.h, s.w, s.in, s.out, s.spec)
			if s.residual {
				for i := range y {
					y[i] += in[1][i]
				}
			}
			return y
		}
		c.back = func(in [][]float64, dy []float64) [][]float64 {
			grads := [][]float64{RefConvBackward(dy, w, s.n, s.h, s.w, s.in, s.out, s.spec)}
			if s.residual {
				grads = append(grads, dy)
			}
			return grads
		}
		c.record = func(t *Tape, in []*Tensor) *Tensor {
			var residual *Tensor
			if s.residual {
				residual = in[1]
			}
			return t.Conv(in[0], testMatrix(t, w, taps, s.out, s.in), testVector(t, b), s.spec, residual)
		}
		cases = append(cases, c)
	}
	return cases
}

func wrapped(s ConvSpec, x, y bool) ConvSpec {
	s.Wrap = Axes{x, y}
	return s
}

// Where edges meet, no place is special: a picture that is moved around them gives the same, moved.
func TestWrappedConvolutionsMove(t *testing.T) {
	const h, w, in, out, right, down = 4, 5, 2, 3, 2, 1
	x := normals("wrapped x", h*w*in)
	for _, s := range []struct {
		spec  ConvSpec
		scale int
	}{{Conv3x3, 1}, {Enlarge3x3, 2}} {
		spec := wrapped(s.spec, true, true)
		weights := normals("wrapped w", spec.Kernel*spec.Kernel*out*in)
		got := RefConv(RefRoll(x, h, w, in, right, down), weights, nil, 1, h, w, in, out, spec)
		want := RefRoll(RefConv(x, weights, nil, 1, h, w, in, out, spec), s.scale*h, s.scale*w, out, s.scale*right, s.scale*down)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-13 {
				t.Fatalf("%+v: element %d is %g, want %g", spec, i, got[i], want[i])
			}
		}
	}
}

func TestEnlarge3x3(t *testing.T) {
	const n, h, w, in, out = 2, 3, 4, 2, 3
	x, weights := normals("enlarge x", n*h*w*in), normals("enlarge w", 9*out*in)
	big := make([]float64, 4*len(x))
	for i := range big {
		c, col, row := i%in, i/in%(2*w), i/in/(2*w) // images stand one above the other
		big[i] = x[(row/2*w+col/2)*in+c]
	}
	want := RefConv(big, weights, nil, n, 2*h, 2*w, in, out, Conv3x3)
	got := RefConv(x, RefEnlargedWeights(weights, out*in), nil, n, h, w, in, out, Enlarge3x3)
	if len(got) != len(want) {
		t.Fatalf("%d elements, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-13 { // sums of 18 terms of order one in float64
			t.Fatalf("element %d is %.15g, the enlarged picture's convolution gives %.15g", i, got[i], want[i])
		}
	}
}
