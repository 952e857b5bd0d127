package guide

import (
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// erase blackens a rectangle, the same one of each cutout or of each another.
var erase = augmentation(stage{
	name:  preset.Erase,
	bytes: perCutout(ops.BoxSize),
	record: func(s *Step, x *ops.Tensor, boxes *gpu.Buffer) *ops.Tensor {
		return s.tape.Erase(x, boxes)
	},
	draw: func(m moment) []byte {
		box := m.erased(0)
		return ops.EncodeBoxes(eachCutout(m, func(cutout int) ops.Box {
			if m.augmentation(preset.Erase).Each {
				return m.erased(cutout)
			}
			return box
		}))
	},
})

// erased draws the rectangle that is erased, which may be none: its area, then its ratio of height to width, half the time up to 1 and
// half the time above, then its place.
func (m moment) erased(cutout int) ops.Box {
	r, a := m.random(cutout, drawErased), m.augmentation(preset.Erase)
	if r.Uniform() >= a.P*recipe.Erase.In(m.recipe) {
		return ops.Box{}
	}
	between := func(low, high float64) float64 { return low + r.Uniform()*(high-low) }
	area := between(a.Area[0], a.Area[1]) * float64(m.side*m.side)
	var ratio float64
	if r.Uniform() < 0.5 {
		ratio = between(a.Ratio[0], 1)
	} else {
		ratio = between(1, a.Ratio[1])
	}
	pixels := func(side float64) int { return min(max(int(math.RoundToEven(side)), 1), m.side) }
	box := ops.Box{W: pixels(math.Sqrt(area / ratio)), H: pixels(math.Sqrt(area * ratio))}
	box.X, box.Y = r.Intn(m.side-box.W+1), r.Intn(m.side-box.H+1)
	return box
}
