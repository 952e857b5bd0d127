package ops

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"reverie/gpu"
)

// pictureAndLatentCases are those of the losses of the picture and of z besides total variation and the start loss.
func pictureAndLatentCases() []lossCase {
	return slices.Concat(pixelLossCases(), borderCases(), paletteCases(), symmetryCases(), saturationCases(), latentVariationCases(), angleLossCases(), vignetteCases(), edgeLossCases(), styleLossCases())
}

// pictureSizes are of one part, of several, and with and without a pixel in the middle.
var pictureSizes = [][2]int{{1, 1}, {1, 7}, {8, 6}, {37, 29}, {259, 3}}

// grid makes elements that lie at least 1/32 from each other's mirror images, neighbours and targets of half a step, if they are not equal.
func grid(_ int, r *rand.Rand) float64 { return float64(r.IntN(16)) / 16 }

// pictureCase is a case of a loss of a picture.
func pictureCase(name string, h, w int, losses func(x []float64) float64, back func(x []float64) []float64,
	record func(t *Tape, x *Tensor, losses *gpu.Buffer, first int)) lossCase {
	return lossCase{name: name, shape: [4]int{1, h, w, 3}, back: back, record: record,
		losses: func(x []float64) []float64 { return []float64{losses(x)} }}
}

func pixelLossCases() []lossCase {
	var cases []lossCase
	for _, s := range pictureSizes {
		h, w := s[0], s[1]
		name := fmt.Sprintf("pixel loss %v", s)
		target := make([]float64, 3*h*w)
		r := opCase{name: name + " target"}.rand()
		for i := range target {
			target[i] = grid(0, r) + 1./32
		}
		c := pictureCase(name, h, w,
			func(x []float64) float64 { return RefPixelLoss(x, target, 0.75) },
			func(x []float64) []float64 { return RefPixelLossBackward(x, target, 0.75) },
			func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
				to := t.Input(1, h, w, 3, false)
				t.Write(to, float32s(target))
				t.PixelLoss(x, to, testBytes(t, EncodePixelScale(h, w, 0.75)), losses, first)
			})
		c.values = grid
		cases = append(cases, c)
	}
	return cases
}

func borderCases() []lossCase {
	var cases []lossCase
	colour := [3]float64{1, 0.25, 0.5}
	for _, s := range pictureSizes {
		for _, thickness := range []int{1, 2, 20} {
			h, w := s[0], s[1]
			cases = append(cases, pictureCase(fmt.Sprintf("border %v of %d", s, thickness), h, w,
				func(x []float64) float64 { return RefBorder(x, h, w, thickness, colour, 2) },
				func(x []float64) []float64 { return RefBorderBackward(x, h, w, thickness, colour, 2) },
				func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
					t.Border(x, testBytes(t, EncodeBorder(h, w, thickness, colour, 2)), losses, first)
				}))
		}
	}
	return cases
}

func vignetteCases() []lossCase {
	var cases []lossCase
	colour := [3]float64{1, 0.25, 0.5}
	for _, s := range pictureSizes {
		for _, deviation := range []float64{0.05, 0.4} {
			h, w := s[0], s[1]
			cases = append(cases, pictureCase(fmt.Sprintf("vignette %v of %g", s, deviation), h, w,
				func(x []float64) float64 { return RefVignette(x, h, w, deviation, colour, 2) },
				func(x []float64) []float64 { return RefVignetteBackward(x, h, w, deviation, colour, 2) },
				func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
					t.Vignette(x, testBytes(t, EncodeVignette(h, w, deviation, colour, 2)), losses, first)
				}))
		}
	}
	return cases
}

func edgeLossCases() []lossCase {
	var cases []lossCase
	for _, s := range pictureSizes {
		h, w := s[0], s[1]
		name := fmt.Sprintf("edge loss %v", s)
		target := normals(name+" target", 3*h*w)
		cases = append(cases, pictureCase(name, h, w,
			func(x []float64) float64 { return RefEdgeLoss(x, target, h, w, 3) },
			func(x []float64) []float64 { return RefEdgeLossBackward(x, target, h, w, 3) },
			func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
				to := t.Input(1, h, w, 3, false)
				t.Write(to, float32s(target))
				t.EdgeLoss(x, to, testBytes(t, EncodeEdgeScale(h, w, 3)), losses, first)
			}))
	}
	return cases
}

func paletteCases() []lossCase {
	var cases []lossCase
	for _, s := range pictureSizes {
		for _, n := range []int{1, 3, MaxPalette} {
			h, w := s[0], s[1]
			name := fmt.Sprintf("palette %v of %d", s, n)
			var colours [][3]float64
			for c := range slices.Chunk(normals(name+" colours", 3*n), 3) {
				colours = append(colours, [3]float64(c))
			}
			cases = append(cases, pictureCase(name, h, w,
				func(x []float64) float64 { return RefPalette(x, colours, 2) },
				func(x []float64) []float64 { return RefPaletteBackward(x, colours, 2) },
				func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
					t.Palette(x, testBytes(t, EncodePalette(h, w, colours, 2)), losses, first)
				}))
		}
	}
	return cases
}

func symmetryCases() []lossCase {
	var cases []lossCase
	for _, s := range pictureSizes {
		h, w := s[0], s[1]
		cases = append(cases, pictureCase(fmt.Sprintf("symmetry %v", s), h, w,
			func(x []float64) float64 { return RefSymmetry(x, h, w, 0.5) },
			func(x []float64) []float64 { return RefSymmetryBackward(x, h, w, 0.5) },
			func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
				t.Symmetry(x, testBytes(t, EncodeSymmetry(h, w, 0.5)), losses, first)
			}))
	}
	return cases
}

func saturationCases() []lossCase {
	var cases []lossCase
	for _, s := range pictureSizes {
		h, w := s[0], s[1]
		cases = append(cases, pictureCase(fmt.Sprintf("saturation %v", s), h, w,
			func(x []float64) float64 { return RefSaturation(x, 0.5) },
			func(x []float64) []float64 { return RefSaturationBackward(x, 0.5) },
			func(t *Tape, x *Tensor, losses *gpu.Buffer, first int) {
				t.Saturation(x, testBytes(t, EncodeSaturation(0.5)), losses, first)
			}))
	}
	return cases
}

func latentVariationCases() []lossCase {
	var cases []lossCase
	for _, s := range [][3]int{{1, 1, 5}, {1, 4, 1}, {5, 3, 7}, {17, 19, 33}} {
		h, w, c := s[0], s[1], s[2]
		cases = append(cases, lossCase{name: fmt.Sprintf("latent variation %v", s), shape: [4]int{1, h, w, c},
			losses: func(z []float64) []float64 { return []float64{RefLatentVariation(z, h, w, c, 0.5)} },
			back:   func(z []float64) []float64 { return RefLatentVariationBackward(z, h, w, c, 0.5) },
			record: func(t *Tape, z *Tensor, losses *gpu.Buffer, first int) {
				t.LatentVariation(z, testBytes(t, EncodeFloats([]float32{0.5})), losses, first)
			}})
	}
	return cases
}

func angleLossCases() []lossCase {
	var cases []lossCase
	for _, s := range [][3]int{{1, 1, 2}, {5, 3, 7}, {9, 11, 33}} {
		for _, cosine := range []bool{false, true} {
			name := fmt.Sprintf("angle loss %v cosine %t", s, cosine)
			target := normals(name+" target", s[0]*s[1]*s[2])
			cases = append(cases, lossCase{name: name, shape: [4]int{1, s[0], s[1], s[2]},
				losses: func(z []float64) []float64 { return []float64{RefAngleLoss(z, target, cosine, 1.5)} },
				back:   func(z []float64) []float64 { return RefAngleLossBackward(z, target, cosine, 1.5) },
				record: func(t *Tape, z *Tensor, losses *gpu.Buffer, first int) {
					to := t.Input(1, s[0], s[1], s[2], false)
					t.Write(to, float32s(target))
					t.AngleLoss(z, to, cosine, testBytes(t, EncodeFloats([]float32{1.5})), losses, first)
				}})
		}
	}
	return cases
}

// The references give what PyTorch does for the formulas as they are written elsewhere: testdata/losses.py.
func TestLossesAreThePublished(t *testing.T) {
	b, err := os.ReadFile("testdata/losses.json")
	if err != nil {
		t.Fatal(err)
	}
	var published []struct {
		Name      string
		H, W, C   int
		X, Target []float64
		Palette   [][3]float64
		Weight    float64
		Loss      float64
		Gradient  []float64
	}
	if err := json.Unmarshal(b, &published); err != nil {
		t.Fatal(err)
	}
	for _, p := range published {
		var loss float64
		var gradient []float64
		switch p.Name {
		case "pixel":
			loss, gradient = RefPixelLoss(p.X, p.Target, p.Weight), RefPixelLossBackward(p.X, p.Target, p.Weight)
		case "border":
			loss, gradient = RefBorder(p.X, p.H, p.W, 2, p.Palette[0], p.Weight), RefBorderBackward(p.X, p.H, p.W, 2, p.Palette[0], p.Weight)
		case "palette":
			loss, gradient = RefPalette(p.X, p.Palette, p.Weight), RefPaletteBackward(p.X, p.Palette, p.Weight)
		case "symmetry":
			loss, gradient = RefSymmetry(p.X, p.H, p.W, p.Weight), RefSymmetryBackward(p.X, p.H, p.W, p.Weight)
		case "saturation":
			loss, gradient = RefSaturation(p.X, p.Weight), RefSaturationBackward(p.X, p.Weight)
		case "latent variation":
			loss, gradient = RefLatentVariation(p.X, p.H, p.W, p.C, p.Weight), RefLatentVariationBackward(p.X, p.H, p.W, p.C, p.Weight)
		case "spherical":
			loss, gradient = RefAngleLoss(p.X, p.Target, false, p.Weight), RefAngleLossBackward(p.X, p.Target, false, p.Weight)
		case "cosine":
			loss, gradient = RefAngleLoss(p.X, p.Target, true, p.Weight), RefAngleLossBackward(p.X, p.Target, true, p.Weight)
		case "vignette":
			loss, gradient = RefVignette(p.X, p.H, p.W, 0.25, p.Palette[0], p.Weight), RefVignetteBackward(p.X, p.H, p.W, 0.25, p.Palette[0], p.Weight)
		case "style":
			g, goal := RefGram(p.X, p.C), RefGram(p.Target, p.C)
			loss, gradient = RefStyleLoss(g, goal, p.Weight), RefGramBackward(p.X, RefStyleLossBackward(g, goal, p.Weight), p.C)
		case "edges":
			loss, gradient = RefEdgeLoss(p.X, p.Target, p.H, p.W, p.Weight), RefEdgeLossBackward(p.X, p.Target, p.H, p.W, p.Weight)
		default:
			t.Errorf("no loss %q", p.Name)
			continue
		}
		near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
		if !near(loss, p.Loss) || !slices.EqualFunc(gradient, p.Gradient, near) {
			t.Errorf("%s: %.12g with gradient %.9g, want %.12g and %.9g", p.Name, loss, gradient, p.Loss, p.Gradient)
		}
	}
	if len(published) != 11 {
		t.Errorf("%d losses are compared, want 11", len(published))
	}
}
