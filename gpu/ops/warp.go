package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// Homography is a 3×3 matrix, row by row, that takes the place (x, y, 1) of a pixel in a warped image to the place in the image
// that it shows there: (u, v) = (u', v')/w'. Places are counted from the first pixel's centre.
type Homography [9]float64

// Identity leaves every pixel where it is.
var Identity = Homography{1, 0, 0, 0, 1, 0, 0, 0, 1}

// After is the homography that applies first and then h.
func (h Homography) After(first Homography) Homography {
	var product Homography
	for i := range 3 {
		for j := range 3 {
			for k := range 3 {
				product[3*i+j] += h[3*i+k] * first[3*k+j]
			}
		}
	}
	return product
}

// Inverse takes places back. It is for maps that take no two places to one.
func (h Homography) Inverse() Homography {
	minor := func(i, j, k, l int) float64 { return h[i]*h[l] - h[j]*h[k] }
	inverse := Homography{minor(4, 5, 7, 8), -minor(1, 2, 7, 8), minor(1, 2, 4, 5),
		-minor(3, 5, 6, 8), minor(0, 2, 6, 8), -minor(0, 2, 3, 5),
		minor(3, 4, 6, 7), -minor(0, 1, 6, 7), minor(0, 1, 3, 4)}
	det := h[0]*inverse[0] + h[1]*inverse[3] + h[2]*inverse[6]
	for i := range inverse {
		inverse[i] /= det
	}
	return inverse
}

// At is where pixel (x, y) of the warped image looks. What lies beyond the horizon, where w' is not positive, looks far away.
func (h Homography) At(x, y float64) (u, v float64) {
	w := max(h[6]*x+h[7]*y+h[8], horizon)
	return (h[0]*x + h[1]*y + h[2]) / w, (h[3]*x + h[4]*y + h[5]) / w
}

// horizon is the least w' that is divided by; warp.wgsl has the same.
const horizon = 1e-6

// HomographySize is the number of bytes of one encoded Homography.
const HomographySize = 48

// EncodeHomographies lays homographies out as the kernels read them.
func EncodeHomographies(list []Homography) []byte {
	return FillHomographies(list, make([]float64, len(list)))
}

// Padding is what a warp shows outside the image.
type Padding string

const (
	Border Padding = "BORDER" // the nearest pixel of the image
	Zeros  Padding = "ZEROS"  // zero
	Filled Padding = "FILL"   // what FillHomographies tells for the image, in each of three channels
)

// FillHomographies are EncodeHomographies with what Filled shows outside each image.
func FillHomographies(list []Homography, fills []float64) []byte {
	out := make([][3][4]float32, len(list))
	for i, h := range list {
		for j, v := range h {
			out[i][j/3][j%3] = float32(v)
		}
		out[i][0][3] = float32(fills[i])
	}
	return encode(out)
}

// RefFilled is RefWarp of images of three channels, each before a ground of its own.
func RefFilled(x []float64, n, h, w int, maps []Homography, fills []float64) []float64 {
	y, seen := make([]float64, len(x)), make([]float64, n*h*w)
	eachWarpWeight(n, h, w, maps, Zeros, func(from, to int, weight float64) {
		seen[to] += weight
		for j := range 3 {
			y[to*3+j] += weight * x[from*3+j]
		}
	})
	for i := range y {
		y[i] += (1 - seen[i/3]) * fills[i/3/(h*w)]
	}
	return y
}

// RefWarp looks each image of x [n, h, w, c] up through its homography, bilinearly: PyTorch's grid_sample without aligned corners.
func RefWarp(x []float64, n, h, w, c int, maps []Homography, padding Padding) []float64 {
	y := make([]float64, len(x))
	eachWarpWeight(n, h, w, maps, padding, func(from, to int, weight float64) {
		for j := range c {
			y[to*c+j] += weight * x[from*c+j]
		}
	})
	return y
}

// RefWarpBackward is dx for RefWarp.
func RefWarpBackward(dy []float64, n, h, w, c int, maps []Homography, padding Padding) []float64 {
	dx := make([]float64, len(dy))
	eachWarpWeight(n, h, w, maps, padding, func(from, to int, weight float64) {
		for j := range c {
			dx[from*c+j] += weight * dy[to*c+j]
		}
	})
	return dx
}

func eachWarpWeight(n, h, w int, maps []Homography, padding Padding, visit func(from, to int, weight float64)) {
	for img := range n {
		for y := range h {
			for x := range w {
				u, v := maps[img].At(float64(x), float64(y))
				if padding == Border {
					u, v = min(max(u, 0), float64(w-1)), min(max(v, 0), float64(h-1))
				}
				for corner := range 4 {
					cu, cv := math.Floor(u)+float64(corner%2), math.Floor(v)+float64(corner/2)
					if cu >= 0 && cv >= 0 && cu < float64(w) && cv < float64(h) {
						visit((img*h+int(cv))*w+int(cu), (img*h+y)*w+x, (1-math.Abs(u-cu))*(1-math.Abs(v-cv)))
					}
				}
			}
		}
	}
}

type warpParams struct{ Vecs, H, W, C4 uint32 }

// Warp looks each image of x up through its homography, bilinearly. Maps holds N encoded homographies, which the host may
// overwrite before each run. With Border the horizon must not cross an image.
func (t *Tape) Warp(x *Tensor, maps *gpu.Buffer, padding Padding) *Tensor {
	y := t.like(x)
	defines := shaders.Defines{string(padding): ""}
	if padding == Filled {
		if x.C != 3 {
			panic(fmt.Sprintf("ops: a filled warp of %v", x))
		}
		defines[string(Zeros)] = ""
	}
	p := warpParams{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4)}
	t.Plan.Dispatch("warp.wgsl", defines, workgroupsOf(x), float64(16*x.Len()), p, x.Buf, maps, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("warp.wgsl", with(accumulate, defines, shaders.Defines{"BACKWARD": ""}), workgroupsOf(x),
			float64(200*x.Len()), p, dy.Buf, maps, dx.Buf)
	}, x)
	return y
}
