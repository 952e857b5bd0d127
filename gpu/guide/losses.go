package guide

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// initLoss pulls z: to where it started, or, with NerdyRodent's formula, to zero, less and less.
var initLoss = stage{
	name:  StageInitLoss,
	bytes: func(StepSpec) int { return 4 },
	record: func(s *Step, picture *ops.Tensor, weight *gpu.Buffer) *ops.Tensor {
		target := (*ops.Tensor)(nil)
		if s.spec.InitLoss == InitLossNotebook {
			target = s.latentStart()
		}
		s.tape.InitLoss(s.Z, target, s.state, weight, s.losses, s.nextLoss())
		return picture
	},
	draw: func(m moment) []byte {
		return m.startWeight(recipe.InitWeight)
	},
}

// latentStart is where z started.
func (s *Step) latentStart() *ops.Tensor {
	if s.z0 == nil {
		s.z0 = s.tape.Input(1, s.spec.Height, s.spec.Width, s.spec.VQGAN.EmbedDim, false)
	}
	return s.z0
}

// decay is what remains of the start weights.
func (m moment) decay() float64 {
	switch recipe.InitDecay.In(m.recipe) {
	case "harmonic":
		return 1 / (2*float64(m.step) + 1)
	case "drops": // as the MSE-regularised notebook's mse_decay_rate and mse_epoches
		return max(0, 1-float64(int(m.step)/recipe.InitDecaySteps.In(m.recipe))/float64(recipe.InitDecayDrops.In(m.recipe)))
	}
	return 1
}

// startWeight lays out what remains of a start weight.
func (m moment) startWeight(o recipe.Of[float64]) []byte {
	return ops.EncodeFloats([]float32{float32(o.In(m.recipe) * m.decay())})
}

// weightedLoss is a loss of the picture or of z besides the start loss and smoothness, and the option that is its weight.
type weightedLoss struct {
	stage
	weight recipe.Of[float64]
	to     recipe.Of[string] // the colours that it draws to, which another option names; without them there is no loss
}

// wanted says whether a recipe has the loss.
func (l weightedLoss) wanted(r recipe.Recipe) bool {
	return l.weight.In(r) > 0 && (l.to.Option == nil || l.to.In(r) != "")
}

// pulls are all of them, in the order in which their losses are told: a new one goes to the end.
var pulls = []weightedLoss{
	{stage: startAngle(StageSpherical, recipe.InitSpherical, false), weight: recipe.InitSpherical},
	{stage: startAngle(StageCosine, recipe.InitCosine, true), weight: recipe.InitCosine},
	{stage: startPixels, weight: recipe.InitPixel},
	{stage: latentVariation, weight: recipe.LatentSmoothness},
	{stage: ofPicture(StageSaturation, 4, (*ops.Tape).Saturation, func(m moment) []byte { return ops.EncodeSaturation(recipe.Saturation.In(m.recipe)) }), weight: recipe.Saturation},
	{stage: ofPicture(StageSymmetry, 4, (*ops.Tape).Symmetry, func(m moment) []byte {
		return ops.EncodeSymmetry(m.height, m.width, recipe.SymmetryWeight.In(m.recipe))
	}), weight: recipe.SymmetryWeight},
	{stage: ofPicture(StageBorder, ops.BorderSize, (*ops.Tape).Border, moment.border), weight: recipe.BorderWeight},
	{stage: ofPicture(StagePalette, ops.PaletteSize, (*ops.Tape).Palette, func(m moment) []byte {
		return ops.EncodePalette(m.height, m.width, recipe.ColoursOf(recipe.Palette.In(m.recipe)), recipe.PaletteWeight.In(m.recipe))
	}), weight: recipe.PaletteWeight, to: recipe.Palette},
	{stage: ofPicture(StageVignette, ops.VignetteSize, (*ops.Tape).Vignette, func(m moment) []byte {
		return ops.EncodeVignette(m.height, m.width, recipe.VignetteWidth.In(m.recipe), recipe.ColoursOf(recipe.VignetteColor.In(m.recipe))[0], recipe.VignetteWeight.In(m.recipe))
	}), weight: recipe.VignetteWeight},
	{stage: startEdges, weight: recipe.InitEdges},
	{stage: ofPicture(StageTransparent, ops.VignetteSize, (*ops.Tape).Vignette, moment.clears), weight: recipe.TransparentWeight, to: recipe.Transparent},
}

// startAngle holds z's direction to that of its start.
func startAngle(name string, weight recipe.Of[float64], cosine bool) stage {
	return stage{
		name:  name,
		bytes: func(StepSpec) int { return 4 },
		record: func(s *Step, picture *ops.Tensor, numbers *gpu.Buffer) *ops.Tensor {
			s.tape.AngleLoss(s.Z, s.latentStart(), cosine, numbers, s.losses, s.nextLoss())
			return picture
		},
		draw: func(m moment) []byte { return m.startWeight(weight) },
	}
}

// firstPicture is the picture that z started from.
func (s *Step) firstPicture() *ops.Tensor {
	if s.first == nil {
		s.first = s.tape.Input(1, s.Picture.H, s.Picture.W, 3, false)
	}
	return s.first
}

// startEdges holds the picture's edges to those of the one that z started from, and startPixels its pixels.
var (
	startEdges  = heldToFirst(StageEdges, (*ops.Tape).EdgeLoss, ops.EncodeEdgeScale, recipe.InitEdges.In)
	startPixels = heldToFirst(StagePixels, (*ops.Tape).PixelLoss, ops.EncodePixelScale, recipe.InitPixel.In)
)

// heldToFirst is the stage of a loss that holds the picture to the one that z started from, with a weight that decays.
func heldToFirst(name string, loss func(t *ops.Tape, picture, first *ops.Tensor, scale, losses *gpu.Buffer, at int), encode func(h, w int, weight float64) []byte,
	weight func(recipe.Recipe) float64) stage {
	return stage{
		name:  name,
		bytes: func(StepSpec) int { return 4 },
		record: func(s *Step, picture *ops.Tensor, scale *gpu.Buffer) *ops.Tensor {
			loss(s.tape, picture, s.firstPicture(), scale, s.losses, s.nextLoss())
			return picture
		},
		draw: func(m moment) []byte { return encode(m.height, m.width, weight(m.recipe)*m.decay()) },
	}
}

// imagePixels draws the picture to the pixels of image prompt i: the mean absolute difference times the prompt's weight.
func imagePixels(i int) stage {
	return stage{
		name:  fmt.Sprintf("%s %d", StageImagePixels, i),
		bytes: func(StepSpec) int { return 4 },
		record: func(s *Step, picture *ops.Tensor, scale *gpu.Buffer) *ops.Tensor {
			to := s.tape.Input(1, picture.H, picture.W, 3, false)
			s.pictures = append(s.pictures, to)
			s.tape.PixelLoss(picture, to, scale, s.losses, s.nextLoss())
			return picture
		},
		draw: func(m moment) []byte {
			return ops.EncodePixelScale(m.height, m.width, 2*recipe.ImagePrompts.In(m.recipe)[i].Weight)
		},
	}
}

// pictures is how many image prompts of a recipe pull by their pixels.
func pictures(r recipe.Recipe) int {
	if how := recipe.ImageLoss.In(r); how != "pixels" && how != "both" {
		return 0
	}
	return len(recipe.ImagePrompts.In(r))
}

// latentVariation holds neighbouring tokens alike.
var latentVariation = stage{
	name:  StageLatent,
	bytes: func(StepSpec) int { return 4 },
	record: func(s *Step, picture *ops.Tensor, weight *gpu.Buffer) *ops.Tensor {
		s.tape.LatentVariation(s.Z, weight, s.losses, s.nextLoss())
		return picture
	},
	draw: func(m moment) []byte {
		return ops.EncodeFloats([]float32{float32(recipe.LatentSmoothness.In(m.recipe))})
	},
}

// ofPicture is a loss of the picture, with so many bytes of numbers.
func ofPicture(name string, bytes int, loss func(t *ops.Tape, x *ops.Tensor, numbers, losses *gpu.Buffer, first int), draw func(moment) []byte) stage {
	return stage{
		name:  name,
		bytes: func(StepSpec) int { return bytes },
		record: func(s *Step, picture *ops.Tensor, numbers *gpu.Buffer) *ops.Tensor {
			loss(s.tape, picture, numbers, s.losses, s.nextLoss())
			return picture
		},
		draw: draw,
	}
}

// border is at least one pixel thick.
func (m moment) border() []byte {
	thickness := max(1, int(math.Round(recipe.BorderWidth.In(m.recipe)*float64(min(m.width, m.height)))))
	return ops.EncodeBorder(m.height, m.width, thickness, recipe.ColoursOf(recipe.BorderColor.In(m.recipe))[0], recipe.BorderWeight.In(m.recipe))
}

// leastDeviation makes the middle of a vignette, which is left free, less than a pixel.
const leastDeviation = 1e-6

// clears are the numbers of what draws the picture to the colour that is transparent in it.
func (m moment) clears() []byte {
	return ops.EncodeVignette(m.height, m.width, max(leastDeviation, recipe.TransparentWidth.In(m.recipe)), DrawingOf(m.recipe).Key.Colour, recipe.TransparentWeight.In(m.recipe))
}

// smoothness is the picture's total variation, which keeps stray strokes off plain grounds.
var smoothness = stage{
	name:  StageSmoothness,
	bytes: func(StepSpec) int { return ops.VariationSize },
	record: func(s *Step, picture *ops.Tensor, scales *gpu.Buffer) *ops.Tensor {
		s.tape.TotalVariation(picture, scales, s.losses, s.nextLoss())
		return picture
	},
	draw: func(m moment) []byte { return ops.EncodeVariation(m.height, m.width, recipe.Smoothness.In(m.recipe)) },
}

// update moves z by its gradient.
var update = stage{
	name:  StageUpdate,
	bytes: func(StepSpec) int { return ops.FactorsSize },
	record: func(s *Step, picture *ops.Tensor, factors *gpu.Buffer) *ops.Tensor {
		s.memory = s.tape.Update(s.Z, factors, s.spec.Optimiser, s.spec.Lowest, s.spec.Highest, s.held)
		return picture
	},
	draw: func(m moment) []byte { return m.factors.Encode() },
}

// average moves the mean that is shown towards the latent.
var average = stage{
	name:  StageAverage,
	bytes: func(StepSpec) int { return 4 },
	record: func(s *Step, picture *ops.Tensor, share *gpu.Buffer) *ops.Tensor {
		s.tape.RunningMean(s.Shown, s.Z, share, s.held)
		return picture
	},
	draw: func(m moment) []byte { return ops.EncodeFloats([]float32{float32(m.share)}) },
}
