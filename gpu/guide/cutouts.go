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
		t, n, side := s.tape, s.spec.Cutouts, s.spec.CLIP.ImageSize
		var x *ops.Tensor
		switch {
		case s.spec.Preset.Pooled:
			x = t.Pool(picture, boxes, n, side)
		case s.spec.Preset.Averaged:
			x = t.Average(picture, boxes, n, side)
		default:
			x = t.Cutouts(picture, boxes, n, side)
		}
		if s.spec.Preset.Clamp {
			x = t.ClampWithGrad(x, 1, 0, 0, 1)
		}
		return x
	},
	draw: func(m moment) []byte { return ops.EncodeBoxes(eachCutout(m, m.crop)) },
}

// crop draws a square: its side is U^cut power of the way from the smaller of the picture and a cutout to the picture's shorter
// side, or of the shorter side a share of mean 0.8 and deviation 0.3, to the cut power, bounded as pytti's; its place uniform. Pooled cutouts see the whole picture.
func (m moment) crop(cutout int) ops.Box {
	if m.preset.Pooled {
		return ops.Box{W: m.width, H: m.height}
	}
	r := m.random(cutout, drawCrop)
	largest := min(m.width, m.height)
	smallest := min(largest, m.side)
	size := int(math.Pow(r.Uniform(), recipe.CutPow.In(m.recipe))*float64(largest-smallest) + float64(smallest))
	if m.preset.Normal {
		share := max(float64(smallest)/float64(largest), min(0.8+0.3*r.Normal(), 1))
		size = int(float64(largest) * math.Pow(share, recipe.CutPow.In(m.recipe)))
	}
	size = max(1, size)
	return ops.Box{X: r.Intn(m.width - size + 1), Y: r.Intn(m.height - size + 1), W: size, H: size}
}
