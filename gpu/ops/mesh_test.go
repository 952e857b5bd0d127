package ops

import (
	"fmt"
	"math"
	"testing"
)

// wavy bends images of w×h pixels; strongly enough, cells fold over each other.
func wavy(w, h int, strength float64) Mesh {
	d := NewDraws(5, 0, uint32(w), uint32(h))
	return MeshOf(w, h, func(x, y float64) (u, v float64) { return x + strength*d.Normal(), y + strength*d.Normal() })
}

func meshCases() []opCase {
	var cases []opCase
	for _, s := range []struct {
		h, w, c  int
		strength []float64
	}{{1, 1, 3, []float64{0.3}}, {7, 5, 3, []float64{0, 0.5}}, {17, 18, 1, []float64{2}}, {40, 37, 3, []float64{0.3, 3, 20}}} {
		n := len(s.strength)
		var meshes []Mesh
		for _, strength := range s.strength {
			meshes = append(meshes, wavy(s.w, s.h, strength))
		}
		cases = append(cases, opCase{name: fmt.Sprintf("mesh %+v", s), shapes: [][4]int{{n, s.h, s.w, s.c}}, tol: 3e-5, gradTol: 3e-5, // as warps
			ref: func(in [][]float64) []float64 { return RefWarpMesh(in[0], n, s.h, s.w, s.c, meshes) },
			back: func(_ [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefWarpMeshBackward(dy, n, s.h, s.w, s.c, meshes)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.WarpMesh(in[0], testBytes(t, EncodeMeshes(meshes))) }})
	}
	return cases
}

// The mesh of a homography that bends no line is that homography: both warps agree.
func TestMeshesAreMaps(t *testing.T) {
	const h, w = 20, 23
	x := normals("mesh", h*w)
	turn := rotation(20, 1.1, 11, 9)
	got := RefWarpMesh(x, 1, h, w, 1, []Mesh{MeshOf(w, h, turn.At)})
	for i, want := range RefWarp(x, 1, h, w, 1, []Homography{turn}, Zeros) {
		if math.Abs(got[i]-want) > 1e-9 {
			t.Fatalf("pixel %d is %g, want %g", i, got[i], want)
		}
	}
}
