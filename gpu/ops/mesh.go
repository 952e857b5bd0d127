package ops

import (
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// MeshCells is how many cells a mesh has along each side.
const MeshCells = 16

// Mesh says for the nodes of an even grid over a warped image which place of the image each shows, row by row: (MeshCells+1)² places, counted
// in pixels from the first one's centre. Between the nodes all goes evenly. It holds warps that no homography does.
type Mesh [][2]float64

// At is where pixel (x, y) of the warped image of w×h pixels looks.
func (m Mesh) At(x, y float64, w, h int) (u, v float64) {
	column, f := meshCell(x, w)
	row, g := meshCell(y, h)
	node := func(i, j int) [2]float64 { return m[(row+i)*(MeshCells+1)+column+j] }
	for axis, to := range []*float64{&u, &v} {
		top := node(0, 0)[axis]*(1-f) + node(0, 1)[axis]*f
		bottom := node(1, 0)[axis]*(1-f) + node(1, 1)[axis]*f
		*to = top*(1-g) + bottom*g
	}
	return u, v
}

// meshCell is the cell of a place along a side of n pixels, and how far in it that lies.
func meshCell(x float64, n int) (cell int, share float64) {
	at := x * MeshCells / float64(max(n-1, 1))
	cell = max(0, min(int(math.Floor(at+1e-9)), MeshCells-1))
	return cell, at - float64(cell)
}

// MeshOf is the mesh of a function of places in an image of w×h pixels.
func MeshOf(w, h int, at func(x, y float64) (u, v float64)) Mesh {
	var m Mesh
	for row := range MeshCells + 1 {
		for column := range MeshCells + 1 {
			u, v := at(float64(column)/MeshCells*float64(max(w-1, 1)), float64(row)/MeshCells*float64(max(h-1, 1)))
			m = append(m, [2]float64{u, v})
		}
	}
	return m
}

// MeshSize is the number of bytes of one encoded Mesh.
const MeshSize = 8 * (MeshCells + 1) * (MeshCells + 1)

// EncodeMeshes lays meshes out as the kernels read them.
func EncodeMeshes(list []Mesh) []byte {
	var out [][2]float32
	for _, m := range list {
		for _, node := range m {
			out = append(out, [2]float32{float32(node[0]), float32(node[1])})
		}
	}
	return encode(out)
}

// RefWarpMesh looks each image of x [n, h, w, c] up through its mesh, bilinearly; outside is zero.
func RefWarpMesh(x []float64, n, h, w, c int, meshes []Mesh) []float64 {
	y := make([]float64, len(x))
	eachMeshWeight(n, h, w, meshes, func(from, to int, weight float64) {
		for j := range c {
			y[to*c+j] += weight * x[from*c+j]
		}
	})
	return y
}

// RefWarpMeshBackward is dx for RefWarpMesh.
func RefWarpMeshBackward(dy []float64, n, h, w, c int, meshes []Mesh) []float64 {
	dx := make([]float64, len(dy))
	eachMeshWeight(n, h, w, meshes, func(from, to int, weight float64) {
		for j := range c {
			dx[from*c+j] += weight * dy[to*c+j]
		}
	})
	return dx
}

func eachMeshWeight(n, h, w int, meshes []Mesh, visit func(from, to int, weight float64)) {
	for to := range n * h * w {
		img, y, x := to/(h*w), to/w%h, to%w
		u, v := meshes[img].At(float64(x), float64(y), w, h)
		eachTap(u, v, h, w, func(pixel int, weight float64) { visit(img*h*w+pixel, to, weight) })
	}
}

// eachTap visits the pixels inside an image that a place lies between, with their bilinear weights.
func eachTap(u, v float64, h, w int, visit func(pixel int, weight float64)) {
	for corner := range 4 {
		cu, cv := math.Floor(u)+float64(corner%2), math.Floor(v)+float64(corner/2)
		if cu >= 0 && cv >= 0 && cu < float64(w) && cv < float64(h) {
			visit(int(cv)*w+int(cu), (1-math.Abs(u-cu))*(1-math.Abs(v-cv)))
		}
	}
}

type meshParams struct{ Vecs, H, W, C4, Cells uint32 }

// WarpMesh looks each image of x up through its mesh, bilinearly; outside is zero. Meshes holds N encoded meshes, which the host may overwrite
// before each run.
func (t *Tape) WarpMesh(x *Tensor, meshes *gpu.Buffer) *Tensor {
	y := t.like(x)
	p := meshParams{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4), MeshCells}
	t.Plan.Dispatch("mesh.wgsl", nil, workgroupsOf(x), float64(20*x.Len()), p, x.Buf, meshes, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("mesh.wgsl", with(accumulate, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x), float64(2000*x.Len()), p, dy.Buf, meshes, dx.Buf)
	}, x)
	return y
}
