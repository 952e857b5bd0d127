package main

import (
	"flag"
	"fmt"
	"image"
	_ "image/jpeg" // of start pictures whose shape is retained
	_ "image/png"
	"maps"
	"os"
	"slices"
	"strings"

	"reverie/recipe"
)

// easy are pixray's words for sizes and effort, for which a run has numbers.
type easy struct {
	quality, aspect, ezsize string
	scale                   float64
}

// effort is what a word of quality stands for: pixray makes its cutouts in batches, whose gradients add up as if they were one.
type effort struct {
	steps, cutouts int
	scale          float64
}

var (
	qualities = map[string]effort{"draft": {200, 32, 1}, "normal": {250, 48, 2}, "better": {300, 2 * 32, 3}, "best": {350, 8 * 10, 4}, "supreme": {400, 12 * 8, 5}}
	ezsizes   = map[string]float64{"small": 1, "medium": 2, "large": 4}
	aspects   = map[string][2]float64{"square": {144, 144}, "portrait": {128, 160}, "widescreen": {192, 108}}
)

// retain is the aspect of the start picture.
const retain = "retain"

func (e *easy) add(flags *flag.FlagSet) {
	flags.StringVar(&e.quality, "quality", "", "steps, cutouts, scale and CLIPs as pixray has them, `draft|normal|better|best|supreme`; flags of their own go before")
	flags.StringVar(&e.aspect, "aspect", "", "shape as pixray has it, `square|portrait|widescreen|retain`: the last is that of the picture of -init (default widescreen, with -ezsize, -scale or -quality)")
	flags.StringVar(&e.ezsize, "ezsize", "", "size as pixray has it, `small|medium|large`")
	flags.Float64Var(&e.scale, "scale", 0, "size as pixray has it, `N` times that of small")
}

// apply gives a recipe what the words stand for and no flag has said.
func (e easy) apply(r recipe.Recipe, said map[string]bool, initFile string) (recipe.Recipe, error) {
	if e == (easy{}) {
		return r, nil
	}
	quality, err := oneOf("quality", e.quality, "normal", qualities)
	if err != nil {
		return r, err
	}
	if e.quality != "" {
		if !said[recipe.Steps.Flag()] {
			r = r.With(recipe.Steps.Is(quality.steps))
		}
		if !said[recipe.Cutouts.Flag()] && !said["cuts"] {
			r = r.With(recipe.Cutouts.Is(quality.cutouts))
		}
	}
	scale, err := oneOf("ezsize", e.ezsize, "medium", ezsizes)
	switch {
	case err != nil:
		return r, err
	case e.scale < 0:
		return r, fmt.Errorf("-scale is %g: write a positive number", e.scale)
	case e.scale > 0:
		scale = e.scale
	case e.ezsize == "":
		scale = quality.scale
	}
	if said["size"] || said[recipe.Width.Flag()] || said[recipe.Height.Flag()] {
		return r, nil
	}
	side, err := e.shape(initFile)
	return r.With(recipe.Width.Is(int(scale*side[0])), recipe.Height.Is(int(scale*side[1]))), err
}

// shape are the sides in pixels of a picture of scale 1.
func (e easy) shape(initFile string) ([2]float64, error) {
	if e.aspect != retain {
		known := maps.Clone(aspects)
		known[retain] = [2]float64{}
		return oneOf("aspect", e.aspect, "widescreen", known)
	}
	f, err := os.Open(initFile)
	if err != nil {
		return [2]float64{}, fmt.Errorf("-aspect retain takes the shape of a picture: name one with -init")
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	if err != nil {
		return [2]float64{}, fmt.Errorf("the shape of %s cannot be read: give the picture's size with -size", initFile)
	}
	return [2]float64{144, 144 * float64(c.Height) / float64(c.Width)}, nil
}

// oneOf is what a flag's word stands for.
func oneOf[T any](name, word, byDefault string, known map[string]T) (T, error) {
	if word == "" {
		word = byDefault
	}
	v, ok := known[word]
	if !ok {
		return v, fmt.Errorf("there is no %s %.20q: write %s", name, word, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	return v, nil
}
