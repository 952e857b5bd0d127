package guide

import (
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// chosen is an update of cutouts of 64×64 with one chosen augmentation.
func chosen(name string, cutouts int, set ...recipe.Setting) moment {
	return momentOf(preset.ZQ, cutouts, 3, 0, append([]recipe.Setting{recipe.Augmentations.Is(name)}, set...)...)
}

// Every word of the menu has numbers, a stage of its name and a strength.
func TestMenu(t *testing.T) {
	for _, name := range recipe.Augmentations.Kind.(recipe.Words).Of {
		m := chosen(name, 2)
		if len(m.preset.Augmentations) != 1 || m.preset.Augmentations[0].Name != name || m.preset.Augmentations[0].P == 0 {
			t.Errorf("%s chooses %+v", name, m.preset.Augmentations)
		}
		if augmentations[name].name != name {
			t.Errorf("there is no stage %s", name)
		}
		if _, ok := recipe.Named("aug_" + name); !ok {
			t.Errorf("%s has no strength", name)
		}
	}
	// Its order is that of the stages, after the preset's own numbers and before its noise.
	m := momentOf(preset.Upd, 2, 3, 0, recipe.Augmentations.Is("jitter elastic perspective"))
	var names []string
	for _, stage := range (StepSpec{Preset: m.preset}).views() {
		names = append(names, stage.name)
	}
	if got := strings.Join(names, " "); got != "cutouts jitter elastic perspective noise" || m.augmentation(preset.Perspective).Scale != 0.2 {
		t.Errorf("upd with chosen augmentations is made of %s", got)
	}
}

// The presets of the notebooks' heirs, and our own, have just these.
func TestHeirs(t *testing.T) {
	for name, want := range map[string]string{
		preset.Latest: "affine perspective jitter erase noise", preset.NRUpdated: "affine perspective jitter erase noise",
		preset.Pytti: "affine perspective jitter erase noise", preset.Pixray: "views jitter noise",
		preset.Reverie: "affine perspective noise",
	} {
		m := momentOf(name, 2, 3, 0)
		var names []string
		for _, a := range m.preset.Augmentations {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
	}
	latest, updated := presetOf(recipe.New(recipe.Preset.Is(preset.Latest), recipe.Augment.Is("all"))), presetOf(recipe.New(recipe.Preset.Is(preset.NRUpdated), recipe.Augment.Is("all")))
	if a, b := latest.Augmentations, updated.Augmentations; a[0].Degrees != 15 || b[0].Degrees != 30 || a[1].Scale != 0.7 || b[1].Scale != 0.5 || !latest.Pooled || updated.Pooled || !a[0].Zeros {
		t.Errorf("%+v and %+v", latest, updated)
	}
}

func TestRotated(t *testing.T) {
	const n = 1000
	turned := 0.0
	for _, h := range eachCutout(chosen(preset.Rotation, n), func(i int) ops.Homography { return chosen(preset.Rotation, n).rotated(i) }) {
		if u, v := h.At(31.5, 31.5); math.Hypot(u-31.5, v-31.5) > 1e-9 || angleOf(h) > 15 {
			t.Fatalf("the centre goes to (%g, %g) by %g degrees", u, v, angleOf(h))
		}
		if h != ops.Identity {
			turned++
		}
	}
	near(t, "turned", turned/n, 0.7, n)
}

// A crop lies inside the cutout and is as large as its numbers say.
func TestCropped(t *testing.T) {
	const n = 2000
	for _, c := range []struct {
		name         string
		strength     float64
		least        float64 // of the area
		longest      float64 // ratio
		draw         func(moment, int) ops.Homography
		option       recipe.Of[float64]
		share, bound float64
	}{
		{preset.Crop, 1, 0.49, 1, moment.cropped, recipe.Crop, 0.5, 0.55},
		{preset.Crop, 0.5, 0.7225, 1, moment.cropped, recipe.Crop, 0.5, 0.75},
		{preset.Resized, 1, 0.1, 1.334, moment.resized, recipe.Resized, 0.5, 0.15},
	} {
		m := chosen(c.name, n, c.option.Is(c.strength))
		changed, smallest := 0.0, 1.0
		for i := range n {
			h := c.draw(m, i)
			left, top := h.At(-0.5, -0.5)
			right, bottom := h.At(63.5, 63.5)
			area, ratio := (right-left)*(bottom-top)/(64*64), (right-left)/(bottom-top)
			if min(left, top) < -0.5-1e-9 || max(right, bottom) > 63.5+1e-9 || area < c.least-1e-9 || max(ratio, 1/ratio) > c.longest+1e-3 {
				t.Fatalf("%s: cutout %d shows (%g, %g) to (%g, %g)", c.name, i, left, top, right, bottom)
			}
			if h != ops.Identity {
				changed++
			}
			smallest = min(smallest, area)
		}
		near(t, c.name, changed/n, c.share, n)
		if smallest > c.bound {
			t.Errorf("%s: no area below %g", c.name, smallest)
		}
	}
}

// Pixray's views: three of five show a part, the others the whole within a frame.
func TestViewed(t *testing.T) {
	const n = 2000
	m := momentOf(preset.Pixray, n, 3, 0, recipe.Perspective.Is(0))
	zoomed := 0.0
	for i := range n {
		h := m.viewed(i)
		left, top := h.At(-0.5, -0.5)
		right, bottom := h.At(63.5, 63.5)
		if area := (right - left) * (bottom - top) / (64 * 64); area < 1 {
			if zoomed++; area < 0.25-1e-9 || min(left, top) < -0.5-1e-9 || max(right, bottom) > 63.5+1e-9 {
				t.Fatalf("cutout %d zooms to (%g, %g) to (%g, %g)", i, left, top, right, bottom)
			}
		} else if area > 4+1e-9 || max(left, top) > -0.5+1e-9 || min(right, bottom) < 63.5-1e-9 {
			t.Fatalf("cutout %d shrinks to (%g, %g) to (%g, %g)", i, left, top, right, bottom)
		}
	}
	near(t, "zoomed", zoomed/n, 0.6, n)
}

// The nodes of elastic cutouts move as far as kornia's pixels do: the deviation follows from the weights of its blur.
func TestElastic(t *testing.T) {
	squares, sum := 0.0, 0.0
	for i := -31; i <= 31; i++ {
		w := math.Exp(-float64(i*i) / (2 * 32 * 32))
		squares, sum = squares+w*w, sum+w
	}
	want := squares / (sum * sum) / math.Sqrt(3) * 32 // of ±1, in halves of a side of 64
	const n = 400
	square, moved := 0.0, 0.0
	for i := range n {
		mesh := chosen(preset.Elastic, n).elastic(i)
		at := mesh[(ops.MeshCells+1)*8+8] // in the middle
		if at == [2]float64{31.5, 31.5} {
			continue
		}
		moved++
		square += (at[0]-31.5)*(at[0]-31.5) + (at[1]-31.5)*(at[1]-31.5)
	}
	near(t, "bent", moved/n, 0.7, n)
	if got := math.Sqrt(square / (2 * moved)); math.Abs(got-want) > 0.2*want { // its cut-off is a few pixels shorter, and 280 draws tell some per cent
		t.Errorf("elastic cutouts move by %g pixels, want about %g", got, want)
	}
}

// A thin plate goes through its points, and without moves it is flat.
func TestThinPlate(t *testing.T) {
	moved := [5][2]float64{{0.1, -0.2}, {0.3, 0}, {-0.1, 0.2}, {0.05, -0.4}, {0.5, 0.25}}
	for axis := range 2 {
		p := plateThrough(moved, axis)
		for i, q := range platePoints {
			if got := p.at(q[0], q[1]); math.Abs(got-moved[i][axis]) > 1e-9 {
				t.Errorf("point %d moves by %g, want %g", i, got, moved[i][axis])
			}
		}
	}
	slope := plateThrough([5][2]float64{{-1}, {-1}, {1}, {1}, {0}}, 0) // x itself bends nothing
	if got := slope.at(0.3, -0.7); math.Abs(got-0.3) > 1e-9 {
		t.Errorf("a plate through a plane is %g at 0.3", got)
	}
	m := chosen(preset.ThinPlate, 3)
	if !slices.Equal(m.thinPlate(0), m.thinPlate(2)) {
		t.Error("cutouts are bent by different plates")
	}
}
