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
	Key    ops.Key  `json:"key,omitzero"`    // the colour that is transparent in its pixels
	Window int      `json:"window,omitzero"` // the most tokens along a side of what is drawn at a time; 0 is all
}

// DrawingOf is that of a recipe, but for its window, which depends on the model.
func DrawingOf(r recipe.Recipe) Drawing {
	along := func(word string) ops.Axes {
		return ops.Axes{X: word == "x" || word == "both", Y: word == "y" || word == "both"}
	}
	d := Drawing{Tile: along(recipe.Tile.In(r)), Mirror: along(recipe.Mirror.In(r))}
	if colours := recipe.ColoursOf(recipe.Transparent.In(r)); len(colours) > 0 {
		d.Key = ops.Key{On: true, Colour: colours[0]}
	}
	return d
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

// backdrop puts a picture of which some is transparent before a colour that is another one in each update, so that CLIP finds there what lies behind and
// never the colour that stands for it.
var backdrop = stage{
	name:  StageBackdrop,
	bytes: func(StepSpec) int { return ops.BackdropSize },
	record: func(s *Step, picture *ops.Tensor, numbers *gpu.Buffer) *ops.Tensor {
		return s.tape.Backdrop(picture, numbers)
	},
	draw: func(m moment) []byte {
		r := m.random(0, drawBackdrop)
		return ops.EncodeBackdrop(DrawingOf(m.recipe).Key, [3]float64{r.Uniform(), r.Uniform(), r.Uniform()})
	},
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
