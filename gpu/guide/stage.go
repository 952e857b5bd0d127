package guide

import (
	"slices"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// stage is a part of a step: what it records, and the numbers that it gets from the host before each update, in a buffer of its own. A step
// is a list of stages and knows none of them by name.
type stage struct {
	name string
	// bytes is the size of its numbers.
	bytes func(StepSpec) int
	// record appends its kernels, which read the numbers. It gets what the stage before made of the picture and returns what becomes of it.
	record func(s *Step, x *ops.Tensor, numbers *gpu.Buffer) *ops.Tensor
	// draw makes the numbers of an update. What is random is keyed by seed, step, cutout and use.
	draw func(moment) []byte
}

// moment is all that a stage's numbers may depend on.
type moment struct {
	recipe        recipe.Recipe
	preset        preset.Preset
	step          uint32 // updates made before; or a key of its own for the cutouts of an image prompt
	width, height int    // of the picture that is cut, in pixels
	frame         window // what it shows of the latent
	h, w          int    // of that, in tokens
	side          int    // of a cutout
	factors       ops.Factors
	share         float64 // of the latent in the mean that is shown
	prompts       int     // of the step
	places        *places
}

// random is a stream of draws of one use for one cutout.
func (m moment) random(cutout int, use uint32) *ops.Draws {
	return ops.NewDraws(recipe.Seed.In(m.recipe), m.step, uint32(cutout), use)
}

func (m moment) cutouts() int { return recipe.Cutouts.In(m.recipe) }

// augmentation is the preset's augmentation of that name.
func (m moment) augmentation(name string) preset.Augmentation {
	i := slices.IndexFunc(m.preset.Augmentations, func(a preset.Augmentation) bool { return a.Name == name })
	return m.preset.Augmentations[i]
}

// eachCutout draws something for every cutout.
func eachCutout[T any](m moment, draw func(cutout int) T) []T {
	list := make([]T, m.cutouts())
	for i := range list {
		list[i] = draw(i)
	}
	return list
}

// perCutout is the size of numbers of which each cutout has so many bytes.
func perCutout(bytes int) func(StepSpec) int {
	return func(spec StepSpec) int { return bytes * spec.Cutouts }
}

// augmentations are the stages between cutouts and CLIP, by name.
var augmentations = map[string]stage{}

// augmentation adds one of them.
func augmentation(s stage) stage {
	augmentations[s.name] = s
	return s
}

// What draws, one key each, so that no two draws of a run share numbers and adding one changes none of the others.
// A number must never change: pictures are reproduced by it.
const (
	drawTokens uint32 = iota + 1
	drawCrop
	drawFlip
	drawAffine
	drawPerspective
	drawNoise
	drawSharpness
	drawJitter
	drawJitterOrder
	drawErased
	drawDream
	drawRoll
	drawStart
	drawInitNoise
	drawRotation
	drawElastic
	drawThinPlate
	drawCropped
	drawResized
	drawGauss
	drawGaussPixels
	drawView
	drawNoisePrompt
	drawBackdrop
	drawStyle
	drawWindow
)

// imagePromptStep keys the one set of cutouts of image prompt i, which no step of the run shares.
func imagePromptStep(i int) uint32 { return ^uint32(0) - uint32(i) }

// Inputs are what a step gets before an update.
type Inputs struct {
	Seed    uint64
	Step    int               // updates made before
	Numbers map[string][]byte // by stage; a stage that is missing keeps what it has
}

// The stages that every step has, by name.
const (
	StageCutouts = "cutouts" // ops.EncodeBoxes
	StageUpdate  = "update"  // ops.Factors
)

// The stages that a step may have besides the augmentations.
const (
	StageInitLoss    = "init loss"        // ops.EncodeFloats of its weight
	StageSmoothness  = "smoothness"       // ops.EncodeVariation
	StageRoll        = "roll"             // ops.EncodeRoll
	StageMargins     = "margins"          // nothing
	StageCoherence   = "coherence"        // ops.EncodeFloats of its strength
	StageRegions     = "regions"          // ops.EncodeShares
	StagePixels      = "start pixels"     // ops.EncodePixelScale
	StageSpherical   = "start angle"      // ops.EncodeFloats of its weight
	StageCosine      = "start cosine"     // the same
	StageLatent      = "latent variation" // the same
	StageSaturation  = "saturation"       // ops.EncodeSaturation
	StageSymmetry    = "symmetry"         // ops.EncodeSymmetry
	StageBorder      = "border"           // ops.EncodeBorder
	StagePalette     = "palette"          // ops.EncodePalette
	StageImagePixels = "image pixels"     // with the prompt's number, as StagePixels
	StageVignette    = "vignette"         // ops.EncodeVignette
	StageEdges       = "start edges"      // ops.EncodeEdgeScale
	StageTransparent = "transparent"      // ops.EncodeVignette
	StageBackdrop    = "backdrop"         // ops.EncodeBackdrop
	StageStyle       = "style"            // ops.EncodeBoxes
	StageImageStyle  = "image style"      // with the prompt's number, ops.EncodeFloats of its weight
	StageHold        = "hold"             // one uint32 per token: whether it is held
	StageWindow      = "window"           // ops.EncodeWindow
	StageAverage     = "average"          // ops.EncodeFloats of the latent's share in the mean
)

// draw makes what a step gets at a moment, of which the side is the model's own. Cutouts of other sides are drawn alike.
func (spec StepSpec) draw(m moment) Inputs {
	in := draw(spec.stages(), m)
	for _, m.side = range spec.sides()[1:] {
		for _, s := range spec.seen() {
			in.Numbers[spec.atSide(s.name, m.side)] = s.draw(m)
		}
	}
	return in
}

// draw makes what a step of these stages gets at a moment.
func draw(stages []stage, m moment) Inputs {
	in := Inputs{Seed: recipe.Seed.In(m.recipe), Step: int(m.step), Numbers: map[string][]byte{}}
	for _, s := range stages {
		in.Numbers[s.name] = s.draw(m)
	}
	return in
}
