package guide

import (
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// cutouts makes views of the picture [1, h, w, 3] for CLIP to judge: [n, side, side, 3].
var cutouts = stage{
	name:  StageCutouts,
	bytes: perCutout(ops.BoxSize),
	record: func(s *Step, picture *ops.Tensor, boxes *gpu.Buffer) *ops.Tensor {
		t, n, side := s.tape, s.spec.Cutouts, s.side
		var x *ops.Tensor
		switch {
		case s.spec.Preset.Pooled:
			x = t.Pool(picture, boxes, n, side, s.coherent)
		case s.spec.Preset.Averaged:
			x = t.Average(picture, boxes, n, side, s.coherent)
		default:
			x = t.Cutouts(picture, boxes, n, side, s.coherent)
		}
		if s.spec.Preset.Clamp {
			x = t.ClampWithGrad(x, 1, 0, 0, 1)
		}
		return x
	},
	draw: func(m moment) []byte {
		return ops.EncodeBoxes(eachCutout(m, func(cutout int) ops.Box {
			box, border := m.crop(cutout), borderOf(m.recipe)
			if border.pads() {
				box.X, box.Y = box.X+border.of(m.width), box.Y+border.of(m.height)
			}
			return box
		}))
	},
}

// coherence weakens the picture's gradient where cutouts do not agree.
var coherence = stage{
	name:  StageCoherence,
	bytes: func(StepSpec) int { return 4 },
	record: func(s *Step, picture *ops.Tensor, strength *gpu.Buffer) *ops.Tensor {
		s.coherent = strength
		return picture
	},
	draw: func(m moment) []byte { return ops.EncodeFloats([]float32{float32(recipe.Coherence.In(m.recipe))}) },
}

// border is how far cutouts reach beyond the picture, as a share of its sides, and what they see there.
type border struct {
	share float64
	mode  string // of the option border_mode
}

// borderOf is that of a recipe.
func borderOf(r recipe.Recipe) border {
	b := border{recipe.CutoutBorder.In(r), recipe.BorderMode.In(r)}
	if b.share == 0 || presetOf(r).Pooled {
		return border{}
	}
	return b
}

// pads says whether the picture gets margins.
func (b border) pads() bool { return b.share > 0 && b.mode != "clamp" }

// of is the border's width in pixels at a side of so many.
func (b border) of(side int) int { return int(b.share * float64(side)) }

// margins are what cutouts see beyond the picture.
var margins = stage{
	name:  StageMargins,
	bytes: func(StepSpec) int { return 4 },
	record: func(s *Step, picture *ops.Tensor, _ *gpu.Buffer) *ops.Tensor {
		how := map[string]ops.Margin{"mirror": ops.MirrorMargin, "wrap": ops.WrapMargin, "smear": ops.SmearMargin}[s.spec.Border.mode]
		return s.tape.Pad(picture, s.spec.Border.of(picture.W), s.spec.Border.of(picture.H), how)
	},
	draw: func(moment) []byte { return nil },
}

// crop draws a square: its side is U^cut power of the way from the smaller of the picture and a cutout to the picture's shorter
// side, where the preset says so from a share of it on, or of the shorter side a share of mean 0.8 and deviation 0.3, to the cut power, bounded as pytti's; its place uniform, within the border where there is one. Pooled cutouts see the whole picture.
func (m moment) crop(cutout int) ops.Box {
	if m.preset.Pooled {
		return ops.Box{W: m.width, H: m.height}
	}
	r := m.random(cutout, drawCrop)
	largest := min(m.width, m.height)
	smallest := min(largest, m.side)
	if least := m.preset.Least; least > 0 {
		smallest = int(least * float64(largest))
	}
	size := int(math.Pow(r.Uniform(), recipe.CutPow.In(m.recipe))*float64(largest-smallest) + float64(smallest))
	if m.preset.Normal {
		share := max(float64(smallest)/float64(largest), min(0.8+0.3*r.Normal(), 1))
		size = int(float64(largest) * math.Pow(share, recipe.CutPow.In(m.recipe)))
	}
	size = max(1, size)
	border := borderOf(m.recipe)
	place := func(side int) int {
		at := r.Intn(side-size+1+2*border.of(side)) - border.of(side)
		if border.mode == "clamp" {
			at = max(0, min(side-size, at))
		}
		return at
	}
	return ops.Box{X: place(m.width), Y: place(m.height), W: size, H: size}
}
