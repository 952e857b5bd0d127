package guide

import (
	"context"
	"math"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

// A run that is held by its edges, drawn to a picture's style and transparent in part tells these losses, as changes weigh them, of its picture.
func TestEdgesStyleAndTransparency(t *testing.T) {
	ctx := context.Background()
	const edges, clear, styled = 0, 1, 2 // the places of the losses
	r := small("a red apple", preset.ZQ, 7, recipe.LearningRate.Is(3), recipe.InitEdges.Is(2), recipe.ImageLoss.Is("style"),
		recipe.ImagePrompts.Is([]prompt.Image{pull("p", 0.5)}), recipe.Transparent.Is("fffff0"), recipe.TransparentWidth.Is(0.5))
	c := config(r)
	c.Images = map[string]Picture{"p": gradual}
	s := open(t, c)
	if got := s.step.spec.pulls(); got[edges].name != StageEdges || got[styled].name != StageImageStyle+" 0" {
		t.Fatalf("the losses are %v", got)
	}
	pixels := func() (list []float64) {
		p, err := s.Picture(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range scaled(p.rgb(), 1.0/255, 0) {
			list = append(list, float64(v))
		}
		for i := range list[:len(list)/3] { // what is transparent is near the key, and what is opaque is not
			opacity := DrawingOf(r).Key.Opacity([3]float64(list[3*i:]))
			if math.Abs(255*opacity-float64(p.Pix[4*i+3])) > 10 {
				t.Fatalf("pixel %v has alpha %d", list[3*i:3*i+3], p.Pix[4*i+3])
			}
		}
		return list
	}
	first := pixels()
	var run trace
	run.goOn(t, s, 1)
	if run.losses[edges] > 1e-9 {
		t.Errorf("at the start the edges' loss is %g, want 0", run.losses[edges])
	}
	if _, err := s.Change(ctx, recipe.Settings{recipe.InitEdges.Is(50.0), recipe.TransparentWeight.Is(3.0), recipe.ImagePrompts.Is([]prompt.Image{pull("p", 1.5)})}, nil, quiet); err != nil {
		t.Fatal(err)
	}
	now := pixels()
	run.losses = nil
	run.goOn(t, s, 2)
	w, h := s.Size()
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.05*want || want < 0.01 { // the pictures' pixels are rounded
			t.Errorf("%s: the loss is %g, want %g", what, got, want)
		}
	}
	near("edges", run.losses[edges], ops.RefEdgeLoss(now, first, h, w, 50))
	near("transparency", run.losses[clear], ops.RefVignette(now, h, w, 0.5, [3]float64{1, 1, 240.0 / 255}, 3))

	texture := func(step uint32, colours []float32) (g []float64) {
		t.Helper()
		tape := ops.NewTape(s.model.device)
		defer tape.Close()
		x, boxes := tape.Input(1, h, w, 3, false), tape.Buffer("pieces", styleCrops*ops.BoxSize)
		tape.Write(x, colours)
		s.model.device.Write(boxes, 0, s.moment(s.now, step).pieces())
		found := tape.Keep(s.model.image.Texture(tape, tape.Cutouts(x, boxes, styleCrops, s.model.manifest.CLIP.ImageSize, nil)))
		values, err := computed(ctx, tape, found)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			g = append(g, float64(v))
		}
		return ops.RefGram(g, found.C)
	}
	goal := Picture{Width: w, Height: h, Pix: fittedRGBA(gradual, w, h, "stretch")}
	var shown []float32
	for _, v := range now {
		shown = append(shown, float32(v))
	}
	near("style", run.losses[styled], ops.RefStyleLoss(texture(1, shown), texture(imagePromptStep(0), scaled(goal.rgb(), 1.0/255, 0)), 1.5))
	for _, l := range run.losses[styled+2:] {
		if l != 0 {
			t.Errorf("what CLIP sees in the picture pulls, too: %v", run.losses)
		}
	}
}

// The style of a run's picture comes nearer to that of the picture that it is drawn to.
func TestStyleIsTaken(t *testing.T) {
	c := config(small("", preset.ZQ, 7, recipe.ImageLoss.Is("style"), recipe.ImagePrompts.Is([]prompt.Image{pull("p", 1)})))
	c.Images = map[string]Picture{"p": red}
	var run trace
	run.goOn(t, open(t, c), 12)
	if first, last := run.losses[0], run.losses[len(run.losses)-2]; last > 0.7*first {
		t.Errorf("the style's loss is %g after it was %g", last, first)
	}
}
