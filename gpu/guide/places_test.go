package guide

import (
	"math"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// A cutout sees of a region as much of it as its crop covers.
func TestSeesWhatTheCropCovers(t *testing.T) {
	m := momentOf(preset.ZQ, 50, 7, 0, recipe.CutPow.Is(1))
	r := rasterOf(left, m.width, m.height)
	for cutout := range m.cutouts() {
		box := m.crop(cutout)
		want := float64(max(0, min(64-box.X, box.W))) / float64(box.W)
		if got := m.sees(&r, cutout); math.Abs(got-want) > 1.0/sightSide {
			t.Errorf("cutout %+v sees %g of the left half, want %g", box, got, want)
		}
	}
}

// Turned and slanted, a cutout sees what its pixels show: the mean of the mask, cropped and warped like the picture.
func TestSeesWhatTheWarpsShow(t *testing.T) {
	m := momentOf(preset.Upd, 40, 7, 0, recipe.Perspective.Is(2), recipe.Affine.Is(3))
	corner := recipe.Mask{{Rectangle: []float64{-1, -1, 0.5, 0.5}}}
	r := rasterOf(corner, m.width, m.height)
	less := 0
	for cutout := range m.cutouts() {
		box := m.crop(cutout)
		var shown []float64
		for i := range m.side * m.side {
			x := (float64(box.X) + (float64(i%m.side)+0.5)/float64(m.side)*float64(box.W)) / float64(m.width)
			y := (float64(box.Y) + (float64(i/m.side)+0.5)/float64(m.side)*float64(box.H)) / float64(m.height)
			shown = append(shown, corner.At(x, y, m.width, m.height))
		}
		cropped := mean(shown)
		shown = ops.RefWarp(shown, 1, m.side, m.side, 1, []ops.Homography{m.affine(cutout)}, ops.Border)
		shown = ops.RefWarp(shown, 1, m.side, m.side, 1, []ops.Homography{m.perspective(cutout)}, ops.Zeros)
		want := mean(shown)
		// Points and samples miss an edge by a sixteenth of a cutout at most, and by half of that as a rule.
		if got := m.sees(&r, cutout); math.Abs(got-want) > 0.04 {
			t.Errorf("cutout %d sees %g, and its pixels show %g", cutout, got, want)
		}
		if math.Abs(cropped-want) > 0.08 {
			less++
		}
	}
	if less < 5 {
		t.Errorf("%d cutouts show something else than their crops: too few to tell", less)
	}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func TestEnlarged(t *testing.T) {
	x := []float32{0, 10, 1, 20, 2, 30, 3, 40} // 2×2 of two channels
	if got := enlarged(x, 2, 2, 2, 2, 2); !slices.Equal(got, x) {
		t.Errorf("the same size gives %v", got)
	}
	got := enlarged(x, 2, 2, 2, 4, 4)
	if want := []float32{0, 10, 0.25, 12.5, 0.75, 17.5, 1, 20}; !slices.Equal(got[:8], want) || len(got) != 32 {
		t.Errorf("the first row is %v, want %v", got[:8], want)
	}
	if want := []float32{0.5, 15, 0.75, 17.5, 1.25, 22.5, 1.5, 25}; !slices.Equal(got[8:16], want) {
		t.Errorf("the second row is %v, want %v", got[8:16], want)
	}
}
