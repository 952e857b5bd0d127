package guide

import (
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// perspective shows cutouts aslant, on black, as kornia's does in the notebooks.
var perspective = augmentation(stage{
	name:  preset.Perspective,
	bytes: perCutout(ops.HomographySize),
	record: func(s *Step, x *ops.Tensor, maps *gpu.Buffer) *ops.Tensor {
		return s.tape.Warp(x, maps, ops.Zeros)
	},
	draw: func(m moment) []byte { return ops.EncodeHomographies(eachCutout(m, m.perspective)) },
})

// mostAslant is the largest scale: at 1, corners may meet in the middle.
const mostAslant = 0.9

// perspective moves each corner inwards by up to half of the scale and maps the picture's corners there.
func (m moment) perspective(cutout int) ops.Homography {
	a := m.augmentation(preset.Perspective)
	return m.slanted(m.random(cutout, drawPerspective), a.P, a.Scale*recipe.Perspective.In(m.recipe))
}

// slanted draws whether a cutout is slanted, and how.
func (m moment) slanted(r *ops.Draws, p, scale float64) ops.Homography {
	if r.Uniform() >= p {
		return ops.Identity
	}
	last := float64(m.side - 1)
	reach := min(scale, mostAslant) * float64(m.side) / 2
	var to [4][2]float64
	corners := [4][2]float64{{0, 0}, {last, 0}, {last, last}, {0, last}}
	for i, c := range corners {
		for axis := range 2 {
			inwards := r.Uniform() * reach
			if c[axis] > 0 {
				inwards = -inwards
			}
			to[i][axis] = c[axis] + inwards
		}
	}
	return quadToQuad(to, corners)
}

// quadToQuad is the homography that takes each corner of from to the like corner of to: the solution of the eight linear
// equations that u·(gx+hy+1) = ax+by+c and v·(gx+hy+1) = dx+ey+f give.
func quadToQuad(from, to [4][2]float64) ops.Homography {
	var m [8][9]float64
	for i := range 4 {
		x, y, u, v := from[i][0], from[i][1], to[i][0], to[i][1]
		m[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		m[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	solution := solved(m)
	h := ops.Homography{8: 1}
	copy(h[:], solution[:])
	return h
}

// solved is the solution of eight linear equations, whose right sides are the last column.
func solved(m [8][9]float64) (x [8]float64) {
	for col := range 8 {
		pivot := col
		for row := col; row < 8; row++ {
			if math.Abs(m[row][col]) > math.Abs(m[pivot][col]) {
				pivot = row
			}
		}
		m[col], m[pivot] = m[pivot], m[col]
		for row := range 8 {
			if row == col {
				continue
			}
			f := m[row][col] / m[col][col]
			for k := col; k < 9; k++ {
				m[row][k] -= f * m[col][k]
			}
		}
	}
	for i := range 8 {
		x[i] = m[i][8] / m[i][i]
	}
	return x
}
