package ops

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// resNetCases are the ops that only CLIP's ResNets need.
func resNetCases() []opCase {
	var cases []opCase
	for _, s := range [][4]int{{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 9, 37, 333}} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("relu %v", s), shapes: [][4]int{s},
			// Not near the corner, where a finite difference sees both sides.
			values: func(_ int, r *rand.Rand) float64 {
				v := r.NormFloat64()
				return v + math.Copysign(0.01, v)
			},
			ref:    func(in [][]float64) []float64 { return RefReLU(in[0]) },
			back:   func(in [][]float64, dy []float64) [][]float64 { return [][]float64{RefReLUBackward(in[0], dy)} },
			record: func(t *Tape, in []*Tensor) *Tensor { return t.ReLU(in[0]) },
		})
	}
	for _, s := range []struct{ n, h, w, c, k int }{{1, 1, 1, 1, 1}, {1, 2, 2, 1, 2}, {2, 7, 5, 7, 2}, {1, 9, 11, 33, 3}, {3, 14, 14, 64, 2}} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("avgpool %+v", s), shapes: [][4]int{{s.n, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefAvgPool(in[0], s.n, s.h, s.w, s.c, s.k) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefAvgPoolBackward(dy, s.n, s.h, s.w, s.c, s.k)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.AvgPool(in[0], s.k) },
		})
	}
	for _, s := range []struct{ n, h, w, c int }{{1, 1, 1, 1}, {2, 3, 2, 7}, {3, 7, 7, 333}} {
		name := fmt.Sprintf("mean token %+v", s)
		position := normals(name+" position", (s.h*s.w+1)*s.c)
		cases = append(cases, opCase{
			name: name, shapes: [][4]int{{s.n, s.h, s.w, s.c}},
			ref: func(in [][]float64) []float64 { return RefJoinMean(in[0], position, s.n, s.h*s.w, s.c) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefJoinMeanBackward(dy, s.n, s.h*s.w, s.c)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.JoinMean(in[0], testVector(t, padRows(position, s.c))) },
		})
	}
	mean, std := [3]float32{0.48, 0.46, 0.41}, [3]float32{0.27, 0.26, 0.28}
	for _, s := range [][3]int{{1, 1, 1}, {2, 7, 3}} {
		cases = append(cases, opCase{
			name: fmt.Sprintf("normalise %v", s), shapes: [][4]int{{s[0], s[1], s[2], 3}},
			ref: func(in [][]float64) []float64 { return RefPatches(in[0], s[0], s[1], s[2], 1, mean, std) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefPatchesBackward(dy, s[0], s[1], s[2], 1, std)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Normalise(in[0], mean, std) },
		})
	}
	return cases
}
