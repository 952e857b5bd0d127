package guide

import (
	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// jitter changes the colours of cutouts.
var jitter = augmentation(stage{
	name:  preset.Jitter,
	bytes: perCutout(ops.JitterSize),
	record: func(s *Step, x *ops.Tensor, jitters *gpu.Buffer) *ops.Tensor {
		return s.tape.Jitter(x, jitters)
	},
	draw: func(m moment) []byte {
		order := jitterOrder(m.random(0, drawJitterOrder)) // all cutouts share it
		return ops.EncodeJitters(eachCutout(m, func(cutout int) ops.Jitter { return m.jitter(cutout, order) }))
	},
})

// jitterOrder draws one of the 24 orders of a jitter's steps. Like kornia's, a jitter has all four, even where the notebooks ask for
// neither brightness nor contrast: these two bound colours to [0, 1].
func jitterOrder(r *ops.Draws) [4]ops.JitterStep {
	order := [4]ops.JitterStep{ops.Brightness, ops.Contrast, ops.Saturation, ops.Hue}
	for i := len(order) - 1; i > 0; i-- {
		j := r.Intn(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// jitter draws how one cutout's colours change.
func (m moment) jitter(cutout int, order [4]ops.JitterStep) ops.Jitter {
	r, a, strength := m.random(cutout, drawJitter), m.augmentation(preset.Jitter), recipe.Jitter.In(m.recipe)
	if r.Uniform() >= a.P {
		return ops.Jitter{}
	}
	saturation := 1 + (2*r.Uniform()-1)*(a.Times*strength)
	hue := (2*r.Uniform() - 1) * (a.Hue * strength)
	between := func(reach float64) float64 { // nothing is drawn for what nothing reaches
		if reach == 0 {
			return 0
		}
		return (2*r.Uniform() - 1) * (reach * strength)
	}
	bright, contrast := between(a.Bright), 1+between(a.Contrast)
	j := ops.Jitter{Steps: order}
	for i, step := range order {
		switch step {
		case ops.Brightness:
			j.Amounts[i] = bright
		case ops.Contrast:
			j.Amounts[i] = contrast
		case ops.Saturation:
			j.Amounts[i] = saturation
		case ops.Hue:
			j.Amounts[i] = hue
		}
	}
	return j
}
