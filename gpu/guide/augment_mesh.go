package guide

import (
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// bent is an augmentation that shows each cutout through a mesh of its own.
func bent(name string, draw func(m moment, cutout int) ops.Mesh) stage {
	return augmentation(stage{
		name:  name,
		bytes: perCutout(ops.MeshSize),
		record: func(s *Step, x *ops.Tensor, meshes *gpu.Buffer) *ops.Tensor {
			return s.tape.WarpMesh(x, meshes)
		},
		draw: func(m moment) []byte {
			return ops.EncodeMeshes(eachCutout(m, func(cutout int) ops.Mesh { return draw(m, cutout) }))
		},
	})
}

var (
	_ = bent(preset.Elastic, moment.elastic)
	_ = bent(preset.ThinPlate, moment.thinPlate)
)

// Kornia's elastic transform: numbers from −1 to 1 of each pixel, blurred by a Gaussian of so many pixels that is cut off, move it by so many halves of a side.
const (
	elasticSigma = 32.0
	elasticReach = 31
)

// elastic draws kornia's elastic transform, at the nodes of a mesh: the mean of the numbers of a cell, which is nearly normal, stands for its
// pixels. Cutouts of another size than 224 are bent alike.
func (m moment) elastic(cutout int) ops.Mesh {
	r, a := m.random(cutout, drawElastic), m.augmentation(preset.Elastic)
	if r.Uniform() >= a.P {
		return m.bend(func(int, int) (x, y float64) { return 0, 0 })
	}
	const cell = 223.0 / ops.MeshCells // pixels, of a cutout of 224
	const reach = elasticReach * ops.MeshCells / 223
	const side = ops.MeshCells + 1 + 2*reach
	sigma := 1 / (cell * math.Sqrt(3)) // of a cell's mean
	var cells [side * side][2]float64
	for i := range cells {
		cells[i] = [2]float64{sigma * r.Normal(), sigma * r.Normal()}
	}
	var weights [2*reach + 1]float64
	total := 0.0
	for i := range weights {
		d := float64(i-reach) * cell / elasticSigma
		weights[i] = math.Exp(-d * d / 2)
		total += weights[i]
	}
	half := recipe.Elastic.In(m.recipe) * float64(m.side) / 2
	return m.bend(func(row, column int) (x, y float64) {
		for i, down := range weights {
			for j, along := range weights {
				weight := down * along / (total * total) * half
				x += weight * cells[(row+i)*side+column+j][0]
				y += weight * cells[(row+i)*side+column+j][1]
			}
		}
		return x, y
	})
}

// bend is the mesh that moves each node by so many pixels.
func (m moment) bend(by func(row, column int) (x, y float64)) ops.Mesh {
	last := float64(m.side - 1)
	mesh := ops.MeshOf(m.side, m.side, func(x, y float64) (u, v float64) { return x, y })
	for i := range mesh {
		row, column := i/(ops.MeshCells+1), i%(ops.MeshCells+1)
		x, y := by(row, column)
		mesh[i] = [2]float64{float64(column)/ops.MeshCells*last + x, float64(row)/ops.MeshCells*last + y}
	}
	return mesh
}

// platePoints are those that a thin plate is held by, in halves of a side from the middle.
var platePoints = [5][2]float64{{-1, -1}, {-1, 1}, {1, -1}, {1, 1}, {0, 0}}

// thinPlate draws where five points of a cutout go, the same of all cutouts, and bends it between as a thin plate does: see Bookstein, "Principal
// warps: thin-plate splines and the decomposition of deformations", 1989.
func (m moment) thinPlate(int) ops.Mesh {
	r, a := m.random(0, drawThinPlate), m.augmentation(preset.ThinPlate)
	if r.Uniform() >= a.P {
		return m.bend(func(int, int) (x, y float64) { return 0, 0 })
	}
	var moved [5][2]float64
	for i := range moved {
		for axis := range 2 {
			moved[i][axis] = (2*r.Uniform() - 1) * a.Scale * recipe.ThinPlate.In(m.recipe)
		}
	}
	plates := [2]plate{plateThrough(moved, 0), plateThrough(moved, 1)}
	half := float64(m.side) / 2
	return m.bend(func(row, column int) (x, y float64) {
		u, v := 2*float64(column)/ops.MeshCells-1, 2*float64(row)/ops.MeshCells-1
		return half * plates[0].at(u, v), half * plates[1].at(u, v)
	})
}

// plate is a thin plate's height: the weights of its points, then a constant and two slopes.
type plate [8]float64

// plateThrough is the plate that has an axis of the moves at the points.
func plateThrough(moved [5][2]float64, axis int) plate {
	var rows [8][9]float64
	for i, p := range platePoints {
		for j, q := range platePoints {
			rows[i][j] = bending(p[0]-q[0], p[1]-q[1])
		}
		for k, v := range [3]float64{1, p[0], p[1]} {
			rows[i][5+k], rows[5+k][i] = v, v
		}
		rows[i][8] = moved[i][axis]
	}
	return solved(rows)
}

// at is the height at a place.
func (p plate) at(x, y float64) float64 {
	height := p[5] + p[6]*x + p[7]*y
	for i, q := range platePoints {
		height += p[i] * bending(x-q[0], y-q[1])
	}
	return height
}

// bending is r²·log r.
func bending(x, y float64) float64 {
	if square := x*x + y*y; square > 0 {
		return square * math.Log(square) / 2
	}
	return 0
}

// gauss adds normal noise of one strength to some cutouts.
var _ = augmentation(stage{
	name:  preset.Gauss,
	bytes: perCutout(4),
	record: func(s *Step, x *ops.Tensor, sigmas *gpu.Buffer) *ops.Tensor {
		return s.tape.AddNoiseOf(x, sigmas, s.state, drawGaussPixels)
	},
	draw: func(m moment) []byte {
		return ops.EncodeFloats(eachCutout(m, func(cutout int) float32 {
			a := m.augmentation(preset.Gauss)
			if m.random(cutout, drawGauss).Uniform() >= a.P {
				return 0
			}
			return float32(a.Sigma * recipe.Gauss.In(m.recipe))
		}))
	},
})
