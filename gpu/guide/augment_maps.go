package guide

import (
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// mapped is an augmentation that shows each cutout through a homography of its own.
func mapped(name string, padding ops.Padding, draw func(m moment, cutout int) ops.Homography) stage {
	return augmentation(stage{
		name:  name,
		bytes: perCutout(ops.HomographySize),
		record: func(s *Step, x *ops.Tensor, maps *gpu.Buffer) *ops.Tensor {
			return s.tape.Warp(x, maps, padding)
		},
		draw: func(m moment) []byte {
			return ops.EncodeHomographies(eachCutout(m, func(cutout int) ops.Homography { return draw(m, cutout) }))
		},
	})
}

var (
	_ = mapped(preset.Flip, ops.Border, moment.flipped)
	_ = mapped(preset.Rotation, ops.Zeros, moment.rotated)
	_ = mapped(preset.Crop, ops.Border, moment.cropped)
	_ = mapped(preset.Resized, ops.Border, moment.resized)
)

// flipped mirrors a cutout, or not, by the draws with which affine maps do.
func (m moment) flipped(cutout int) ops.Homography {
	if m.random(cutout, drawFlip).Uniform() < m.augmentation(preset.Flip).P*recipe.Flip.In(m.recipe) {
		return ops.Homography{-1, 0, float64(m.side - 1), 0, 1, 0, 0, 0, 1}
	}
	return ops.Identity
}

// rotated draws a turn about the centre.
func (m moment) rotated(cutout int) ops.Homography {
	r, a := m.random(cutout, drawRotation), m.augmentation(preset.Rotation)
	if r.Uniform() >= a.P {
		return ops.Identity
	}
	sin, cos := math.Sincos((2*r.Uniform() - 1) * (a.Degrees * recipe.Rotation.In(m.recipe)) * math.Pi / 180)
	c := float64(m.side-1) / 2
	return ops.Homography{cos, sin, c - cos*c - sin*c, -sin, cos, c + sin*c - cos*c, 0, 0, 1}
}

// cropped draws a square within a cutout, which is enlarged to the cutout's size.
func (m moment) cropped(cutout int) ops.Homography {
	r, a := m.random(cutout, drawCropped), m.augmentation(preset.Crop)
	if r.Uniform() >= a.P {
		return ops.Identity
	}
	share := 1 - r.Uniform()*min((1-a.Least)*recipe.Crop.In(m.recipe), mostCropped)
	return m.window(share, share, r.Uniform(), r.Uniform())
}

// mostCropped is the largest share of a side that a crop leaves out.
const mostCropped = 0.95

// resized draws a rectangle within a cutout, which is stretched to the cutout's size, as kornia's RandomResizedCrop: its share of the area, then
// its ratio of width to height, evenly by its logarithm.
func (m moment) resized(cutout int) ops.Homography {
	r, a := m.random(cutout, drawResized), m.augmentation(preset.Resized)
	if r.Uniform() >= a.P {
		return ops.Identity
	}
	least := 1 - min((1-a.Area[0])*recipe.Resized.In(m.recipe), mostCropped)
	return m.resizedBy(r, a, least)
}

// resizedBy draws such a rectangle of an area from least on.
func (m moment) resizedBy(r *ops.Draws, a preset.Augmentation, least float64) ops.Homography {
	area := least + r.Uniform()*(max(a.Area[1], least)-least)
	ratio := math.Exp(math.Log(a.Ratio[0]) + r.Uniform()*(math.Log(a.Ratio[1])-math.Log(a.Ratio[0])))
	return m.window(min(1, math.Sqrt(area*ratio)), min(1, math.Sqrt(area/ratio)), r.Uniform(), r.Uniform())
}

// window shows a part of a cutout, of so large a share of its width and height, in the whole of it; x and y say where it lies in the rest.
func (m moment) window(width, height, x, y float64) ops.Homography {
	side := float64(m.side)
	// The edges of the pixels at the border go to the window's edges.
	left, top := (1-width)*x*side, (1-height)*y*side
	return ops.Homography{width, 0, left + width/2 - 0.5, 0, height, top + height/2 - 0.5, 0, 0, 1}
}

// views are pixray's: three of five cutouts are slanted and zoomed into, the others shrunk into a frame of a grey that is drawn, and slanted less.
// Outside is that grey for both.
var _ = augmentation(stage{
	name:  preset.Views,
	bytes: perCutout(ops.HomographySize),
	record: func(s *Step, x *ops.Tensor, maps *gpu.Buffer) *ops.Tensor {
		return s.tape.Warp(x, maps, ops.Filled)
	},
	draw: func(m moment) []byte {
		greys := eachCutout(m, func(cutout int) float64 { return m.random(cutout, drawView).Uniform() })
		return ops.FillHomographies(eachCutout(m, m.viewed), greys)
	},
})

// The numbers of pixray's views.
const (
	zoomedShare = 0.6
	zoomedScale = 0.4 // of perspective
	wideScale   = 0.2
	widest      = 0.5 // the least share of a cutout's side that a wide view takes
)

// viewed draws how one cutout is seen. Its first draw is the grey.
func (m moment) viewed(cutout int) ops.Homography {
	r, a := m.random(cutout, drawView), m.augmentation(preset.Views)
	r.Uniform()
	strength := recipe.Perspective.In(m.recipe)
	if r.Uniform() < zoomedShare {
		slant := m.slanted(r, a.P, zoomedScale*strength)
		return slant.After(m.resizedBy(r, a, a.Area[0]))
	}
	share := widest + r.Uniform()*(1-widest)
	frame := m.window(1/share, 1/share, r.Uniform(), r.Uniform())
	return frame.After(m.slanted(r, a.P, wideScale*strength))
}
