package guide

import (
	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/recipe"
)

// Drawing says how codes become a picture, besides the model.
type Drawing struct {
	Tile   ops.Axes `json:"tile,omitzero"`   // along which the edges meet
	Mirror ops.Axes `json:"mirror,omitzero"` // along which the second half is the first one's mirror image
}

// DrawingOf is that of a recipe.
func DrawingOf(r recipe.Recipe) Drawing {
	along := func(word string) ops.Axes {
		return ops.Axes{X: word == "x" || word == "both", Y: word == "y" || word == "both"}
	}
	return Drawing{along(recipe.Tile.In(r)), along(recipe.Mirror.In(r))}
}

// draw records rows of the codebook [1, h, w, channels] to their picture, in [0, 1].
func (d Drawing) draw(t *ops.Tape, decoder *vqgan.Decoder, zq *ops.Tensor) *ops.Tensor {
	x := zq
	if d.Tile.Any() {
		x = decoder.DecodeWrapped(t, x, d.Tile)
	} else {
		x = decoder.Decode(t, x)
	}
	x = t.ClampWithGrad(x, 0.5, 0.5, 0, 1)
	if d.Mirror.Any() {
		x = t.Mirror(x, d.Mirror)
	}
	return x
}

// roll moves a picture whose edges meet around them, so that cutouts see across.
var roll = stage{
	name:  StageRoll,
	bytes: func(StepSpec) int { return ops.RollSize },
	record: func(s *Step, picture *ops.Tensor, by *gpu.Buffer) *ops.Tensor {
		return s.tape.Roll(picture, by)
	},
	draw: func(m moment) []byte { return ops.EncodeRoll(m.rolled()) },
}

// rolled draws by how many pixels the picture is moved, along the axes along which its edges meet.
func (m moment) rolled() (right, down int) {
	r, along := m.random(0, drawRoll), DrawingOf(m.recipe).Tile
	right, down = r.Intn(m.width), r.Intn(m.height)
	if !along.X {
		right = 0
	}
	if !along.Y {
		down = 0
	}
	return right, down
}
