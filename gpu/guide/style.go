package guide

import (
	"context"
	"fmt"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// styleCrops is how many pieces of a picture tell its style.
//
// The style is the Gram matrix of what the first filters of the model's CLIP find in them: one layer tells textures well (Ustyuzhaninov et al., "Texture
// Synthesis Using Shallow Convolutional Networks with Random Filters", arXiv:1606.00021), is there for every run, and takes a hundredth of its cutouts' way
// through CLIP. VQGAN's encoder would have to be fetched, and its first level takes as long as half of the decoder.
const styleCrops = 8

// styles is how many image prompts of a recipe pull by their style.
func styles(r recipe.Recipe) int {
	if recipe.ImageLoss.In(r) != "style" {
		return 0
	}
	return len(recipe.ImagePrompts.In(r))
}

// style makes the texture of pieces of the picture, which image prompts pull by their style.
var style = stage{
	name:  StageStyle,
	bytes: func(StepSpec) int { return styleCrops * ops.BoxSize },
	record: func(s *Step, picture *ops.Tensor, boxes *gpu.Buffer) *ops.Tensor {
		s.texture = s.spec.texture(s.tape, picture, boxes)
		return picture
	},
	draw: moment.pieces,
}

// texture records the Gram matrix of pieces of a picture.
func (spec StepSpec) texture(t *ops.Tape, picture *ops.Tensor, boxes *gpu.Buffer) *ops.Tensor {
	return t.Gram(spec.Image.Texture(t, t.Cutouts(picture, boxes, styleCrops, spec.CLIP.ImageSize, nil)))
}

// pieces draws squares anywhere in the picture, whose sides are between half of its shorter side and all of it.
func (m moment) pieces() []byte {
	boxes, largest := make([]ops.Box, styleCrops), min(m.width, m.height)
	for i := range boxes {
		r := m.random(i, drawStyle)
		size := largest - r.Intn(largest/2+1)
		boxes[i] = ops.Box{X: r.Intn(m.width - size + 1), Y: r.Intn(m.height - size + 1), W: size, H: size}
	}
	return ops.EncodeBoxes(boxes)
}

// imageStyle draws the picture to the style of image prompt i, by the prompt's weight.
func imageStyle(i int) stage {
	return stage{
		name:  fmt.Sprintf("%s %d", StageImageStyle, i),
		bytes: func(StepSpec) int { return 4 },
		record: func(s *Step, picture *ops.Tensor, weight *gpu.Buffer) *ops.Tensor {
			goal := s.tape.Input(1, 1, s.texture.W, s.texture.C, false)
			s.styles = append(s.styles, goal)
			s.tape.StyleLoss(s.texture, goal, weight, s.losses, s.nextLoss())
			return picture
		},
		draw: func(m moment) []byte {
			return ops.EncodeFloats([]float32{float32(recipe.ImagePrompts.In(m.recipe)[i].Weight)})
		},
	}
}

// styleOf is the texture of image prompt i, of which the colours are given in the run's size. It needs no more than what stays the same throughout a run,
// so that a run that is taken up again finds the same.
func (s *Session) styleOf(ctx context.Context, i int, colours []float32) ([]float32, error) {
	t := ops.NewTape(s.model.device)
	defer t.Close()
	t.Plan.Borrow(s.step.tape.Plan)
	w, h := s.Size()
	x := t.Input(1, h, w, 3, false)
	t.Write(x, colours)
	drawn := s.moment(s.now, imagePromptStep(i)).pieces()
	boxes := t.Buffer("pieces", len(drawn))
	s.model.device.Write(boxes, 0, drawn)
	return computed(ctx, t, t.Keep(s.step.spec.texture(t, x, boxes)))
}
