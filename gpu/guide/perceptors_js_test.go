package guide

import (
	"context"
	"math"
	"slices"
	"testing"

	"reverie/gpu/load"
	"reverie/gpu/store"
	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

// eye is a small CLIP of random weights, whose cutouts are of another size than the embedded pair's.
func eye(t *testing.T) *Model {
	t.Helper()
	m, err := OpenPerceptor(context.Background(), model.device, load.From("/weights/testdata/eye/", store.Nothing{}), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	if m.manifest.CLIP.ImageSize == model.manifest.CLIP.ImageSize {
		t.Fatal("the test wants cutouts of two sizes")
	}
	return m
}

// A further perceptor adds the gradient of its losses times its weight, and a prompt's loss is the sum of all.
func TestPerceptorsAdd(t *testing.T) {
	small := eye(t)
	r := smallRecipe()
	p := presetOf(r)
	plain := pictureGradient(t, r, p)
	for _, c := range []struct {
		name    string
		further *Model
	}{{"the same CLIP", model}, {"another size", small}} {
		once := pictureGradient(t, r.With(recipe.Perceptors.Is("x")), p, c.further)
		twice := pictureGradient(t, r.With(recipe.Perceptors.Is("x:2")), p, c.further)
		if !slices.Equal(once.cutouts, plain.cutouts) {
			t.Errorf("%s: the model's own CLIP sees other cutouts", c.name)
		}
		most, off := 0.0, 0.0
		for i, g := range plain.gradient {
			more := once.gradient[i] - g
			most, off = max(most, math.Abs(more)), max(off, math.Abs(twice.gradient[i]-g-2*more))
			if c.further == model {
				off = max(off, math.Abs(more-g))
			}
		}
		if most == 0 || off > 1e-5*most { // sums of float32 in another order
			t.Errorf("%s: it adds a gradient of up to %g, and off by up to %g", c.name, most, off)
		}
		for i, l := range plain.losses {
			more := once.losses[i] - l
			if more == 0 || math.Abs(twice.losses[i]-l-2*more) > 1e-6*math.Abs(l) || c.further == model && math.Abs(more-l) > 1e-6*math.Abs(l) {
				t.Errorf("%s: loss %d is %g alone, %g with it and %g with twice its weight", c.name, i, l, once.losses[i], twice.losses[i])
			}
		}
	}
}

func smallRecipe() recipe.Recipe { return small("a red apple | a blue heart:-0.5", preset.Upd, 7) }

// All perceptors' losses fall, and each is told.
func TestPerceptorsLowerTheirLosses(t *testing.T) {
	const steps = 16
	ctx := context.Background()
	c := config(small("a red apple", preset.ZQ, 1, recipe.Cutouts.Is(4), recipe.LearningRate.Is(0.2), recipe.Perceptors.Is("eye")))
	c.Perceptors = []*Model{eye(t)}
	s := open(t, c)
	var told [2][]float64
	for range steps {
		if err := s.Submit(false); err != nil {
			t.Fatal(err)
		}
		report, err := s.Report(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Perceptors) != 2 || math.Abs(report.Perceptors[0]+report.Perceptors[1]-report.Losses[len(report.Losses)-1]) > 1e-6 {
			t.Fatalf("losses %v, of the perceptors %v", report.Losses, report.Perceptors)
		}
		for i := range told {
			told[i] = append(told[i], report.Perceptors[i])
		}
	}
	mean := func(v []float64) (sum float64) {
		for _, x := range v {
			sum += x / float64(len(v))
		}
		return sum
	}
	for i, losses := range told {
		if first, last := mean(losses[:4]), mean(losses[steps-4:]); last > 0.99*first {
			t.Errorf("the loss of perceptor %d went from %g to %g: %v", i, first, last, losses)
		}
	}
}

// Parts of the cutouts change nothing, and a run with perceptors goes on where it was, with what each has seen of its image prompts.
func TestPerceptorsGoOnWhereTheyWere(t *testing.T) {
	const steps, half = 5, 2
	c := config(smallRecipe().With(recipe.Perceptors.Is("eye:0.5 mini"), recipe.Regions.Is([]recipe.Region{{Prompt: 1, Mask: left}}),
		recipe.ImagePrompts.Is([]prompt.Image{pull("p", 0.5)}), recipe.NoisePrompts.Is("3:0.2")))
	c.Perceptors, c.Images = []*Model{eye(t), model}, map[string]Picture{"p": gradual}
	want, before, got, parts := trace{}, trace{}, trace{}, trace{}
	s := open(t, c)
	before.goOn(t, s, half)
	before.end(t, s)
	want.goOn(t, s, steps)
	want.end(t, s)
	s.Close()
	c.Images = nil // the state has what came of them
	s = reopen(t, c, before.state)
	got.goOn(t, s, steps)
	got.end(t, s)
	got.same(t, "interrupted", want)
	s.Close()

	c.Images, c.Thrift = map[string]Picture{"p": gradual}, Thrift{Part: 1, Decoder: true, CLIP: true}
	s = open(t, c)
	parts.goOn(t, s, half)
	if !slices.Equal(parts.losses, before.losses) {
		t.Errorf("in parts the losses are %v, whole they are %v", parts.losses, before.losses)
	}
}
