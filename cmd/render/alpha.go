package main

import (
	"fmt"
	"image"
	"os"
	"strconv"
	"strings"

	"reverie/recipe"
)

// masks are parts of the picture that files show by what is not transparent in them.
type masks struct {
	regions []recipe.Region
	hold    recipe.Mask
}

// region reads N=FILE: where prompt N pulls.
func (m *masks) region(text string) error {
	number, path, _ := strings.Cut(text, "=")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return fmt.Errorf("write a prompt's number, from 0, and a file: 0=left.png")
	}
	mask, err := opaque(path)
	m.regions = append(m.regions, recipe.Region{Prompt: int(n), Mask: mask})
	return err
}

func (m *masks) held(path string) (err error) {
	m.hold, err = opaque(path)
	return err
}

// apply adds the masks to a recipe's.
func (m masks) apply(r recipe.Recipe) recipe.Recipe {
	if len(m.regions) > 0 {
		r = r.With(recipe.Regions.Is(append(recipe.Regions.In(r), m.regions...)))
	}
	if len(m.hold) > 0 {
		r = r.With(recipe.Hold.Is(append(recipe.Hold.In(r), m.hold...)))
	}
	return r
}

// cells is how many cells a mask of a picture has along each side: so few that links hold it, and as many as tokens of most runs.
const cells = 32

// opaque is the mask of what is not transparent in a picture: of its cells whose middle is opaque by half or more, runs of a row that are alike in
// rows one below the other as one rectangle.
func opaque(path string) (recipe.Mask, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	m, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s is no PNG with transparent parts: choose another file", path)
	}
	var mask recipe.Mask
	above := map[[2]int]int{} // the rectangles of the row above, by where they begin and end
	for row := range cells {
		here := map[[2]int]int{}
		for _, run := range runs(m, row) {
			if i, ok := above[run]; ok {
				mask[i].Rectangle[3] = float64(row+1) / cells
				here[run] = i
				continue
			}
			here[run] = len(mask)
			mask = append(mask, recipe.Shape{Rectangle: []float64{float64(run[0]) / cells, float64(row) / cells, float64(run[1]) / cells, float64(row+1) / cells}})
		}
		above = here
	}
	if len(mask) == 0 {
		return nil, fmt.Errorf("%s is transparent all over: choose a picture that shows something", path)
	}
	return mask, nil
}

// runs are where opaque cells of a row begin and end.
func runs(m image.Image, row int) (list [][2]int) {
	b := m.Bounds()
	middle := func(cell, side int) int { return (2*cell + 1) * side / (2 * cells) }
	begin := -1
	for column := range cells + 1 {
		on := false
		if column < cells {
			_, _, _, alpha := m.At(b.Min.X+middle(column, b.Dx()), b.Min.Y+middle(row, b.Dy())).RGBA()
			on = alpha >= 0x8000
		}
		switch {
		case on && begin < 0:
			begin = column
		case !on && begin >= 0:
			list, begin = append(list, [2]int{begin, column}), -1
		}
	}
	return list
}
