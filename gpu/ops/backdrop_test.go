package ops

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// green is a key, and near makes pixels that it leaves transparent, opaque and something between.
var green = Key{true, [3]float64{0.25, 0.75, 0.5}}

func near(_ int, r *rand.Rand) float64 { return green.Colour[1] + 0.2*r.NormFloat64() }

func backdropCases() []opCase {
	var cases []opCase
	key, behind := Key{true, [3]float64{0.75, 0.75, 0.75}}, [3]float64{0.125, 1, 0.5}
	for _, s := range pictureSizes {
		cases = append(cases, opCase{
			name: fmt.Sprintf("backdrop %v", s), shapes: [][4]int{{1, s[0], s[1], 3}}, values: near,
			ref: func(in [][]float64) []float64 { return RefBackdrop(in[0], key, behind) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefBackdropBackward(in[0], dy, key, behind)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Backdrop(in[0], testBytes(t, EncodeBackdrop(key, behind)))
			},
		})
	}
	return cases
}

func TestOpacity(t *testing.T) {
	for _, c := range []struct {
		pixel [3]float64
		want  float64
	}{
		{green.Colour, 0}, {[3]float64{0.25, 0.79, 0.5}, 0}, {[3]float64{0.25, 0.75, 0.65}, 0.5}, {[3]float64{0.25, 0.45, 0.5}, 1}, {[3]float64{1, 0, 0}, 1},
	} {
		if got := green.Opacity(c.pixel); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("the opacity of %v is %g, want %g", c.pixel, got, c.want)
		}
	}
	if got := (Key{Colour: green.Colour}).Opacity(green.Colour); got != 1 {
		t.Errorf("without a key the opacity is %g", got)
	}
	if got, want := RefPixels([]float32{0.25, 0.75, 0.5, 1, 0, 0}, green), []byte{63, 191, 127, 0, 255, 0, 0, 255}; !bytes.Equal(got, want) {
		t.Errorf("pixels %v, want %v", got, want)
	}
}
