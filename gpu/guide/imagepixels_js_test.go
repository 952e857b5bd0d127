package guide

import (
	"math"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
	"reverie/recipe/prompt"
)

// An image prompt that pulls by its pixels is a loss of their mean difference, and CLIP's counts nothing then; also when a change says so.
func TestImagePromptsByPixels(t *testing.T) {
	const weight = 0.5
	r := small("a red apple", preset.ZQ, 7, recipe.ImagePrompts.Is([]prompt.Image{pull("p", weight)}))
	c := Config{Script: recipe.Script{Recipe: r}.With(1, recipe.ImageLoss.Is("pixels")), Images: map[string]Picture{"p": red}}
	s := open(t, c)
	var before, after trace
	before.goOn(t, s, 1)
	before.end(t, s)
	if len(before.losses) != 2 || before.losses[1] == 0 {
		t.Fatalf("by CLIP the losses are %v", before.losses)
	}
	after.goOn(t, s, 2)
	sum := 0.0
	for i, v := range before.picture {
		if i%4 < 3 {
			sum += math.Abs(float64(v)-float64(red.Pix[i%4])) / 255
		}
	}
	want := weight * sum / float64(len(before.picture)/4*3)
	if len(after.losses) != 3 || math.Abs(after.losses[0]-want) > weight/255 || after.losses[2] != 0 { // the picture's pixels are rounded
		t.Errorf("the losses are %v, want a first one of %g, the text's, and nothing", after.losses, want)
	}
}
