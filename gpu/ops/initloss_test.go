package ops

import (
	"fmt"
	"math"
	"testing"

	"reverie/gpu"
)

func initLossCases() []lossCase {
	var cases []lossCase
	for _, s := range []struct {
		h, w, c, step int
		weight        float64
		target        bool
	}{{1, 1, 1, 0, 1, true}, {7, 3, 5, 3, 0.2, true}, {7, 9, 333, 0, 1.5, false}, {3, 3, 48, 17, 0.5, false}} {
		name := fmt.Sprintf("init loss %+v", s)
		var target []float64
		if s.target {
			target = normals(name+" target", s.h*s.w*s.c)
		}
		cases = append(cases, lossCase{
			name: name, shape: [4]int{1, s.h, s.w, s.c},
			losses: func(z []float64) []float64 { return []float64{RefInitLoss(z, target, s.weight, s.step)} },
			back:   func(z []float64) []float64 { return RefInitLossBackward(z, target, s.weight, s.step) },
			record: func(t *Tape, z *Tensor, losses *gpu.Buffer, first int) {
				var to *Tensor
				if target != nil {
					to = t.Input(1, s.h, s.w, s.c, false)
					t.Write(to, float32s(target))
				}
				state, weight := testBytes(t, State{Step: s.step}.Encode()), testBytes(t, EncodeFloats([]float32{float32(s.weight)}))
				t.InitLoss(z, to, state, weight, losses, first)
			},
		})
	}
	return cases
}

func TestInitLossValues(t *testing.T) {
	z := []float64{1, 3}
	for _, c := range []struct {
		name   string
		target []float64
		step   int
		want   float64
	}{
		{"towards a target", []float64{0, 1}, 7, 0.8 / 2 * 2.5},
		{"to zero at first", nil, 0, 0.8 / 2 * 5},
		{"to zero, decaying", nil, 3, 0.8 / 2 * 5 / 7},
	} {
		if got := RefInitLoss(z, c.target, 0.8, c.step); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s: loss %g, want %g", c.name, got, c.want)
		}
	}
}
