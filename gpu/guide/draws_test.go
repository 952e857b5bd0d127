package guide

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe/preset"
	"reverie/weights"
)

func augmentationOf(t *testing.T, name string, cutouts int) augmentation {
	t.Helper()
	p, ok := preset.Named(name)
	if !ok {
		t.Fatalf("there is no preset %s", name)
	}
	return augmentation{Preset: p, cutouts: cutouts, side: 64, cutPow: 1}
}

func TestDrawsDependOnTheirNamesOnly(t *testing.T) {
	for _, name := range []string{preset.Upd, preset.ZQ, preset.Pool} {
		few, many := augmentationOf(t, name, 3), augmentationOf(t, name, 8)
		a, b := few.draw(7, 5, 128, 96), many.draw(7, 5, 128, 96)
		if !reflect.DeepEqual(a.Boxes, b.Boxes[:3]) {
			t.Errorf("%s: the first boxes change with the number of cutouts: %v and %v", name, a.Boxes, b.Boxes[:3])
		}
		if c := many.draw(7, 6, 128, 96); name != preset.Pool && reflect.DeepEqual(b.Boxes, c.Boxes) {
			t.Errorf("%s: two steps draw the same boxes", name)
		}
		if c := many.draw(8, 5, 128, 96); many.Noise > 0 && reflect.DeepEqual(b.Sigmas, c.Sigmas) {
			t.Errorf("%s: two seeds draw the same noise", name)
		}
	}
}

func TestCropsStayInsideAndReachTheirLimits(t *testing.T) {
	a := augmentationOf(t, preset.ZQ, 4000)
	const w, h = 128, 96
	smallest, largest := math.MaxInt, 0
	for i, b := range a.draw(1, 0, w, h).Boxes {
		if b.X < 0 || b.Y < 0 || b.X+b.W > w || b.Y+b.H > h || b.W != b.H {
			t.Fatalf("crop %d is %+v in %d×%d", i, b, w, h)
		}
		smallest, largest = min(smallest, b.W), max(largest, b.W)
	}
	// int(U·(96−64)+64) is 64 to 95, each with a chance of 1/32.
	if smallest != 64 || largest != 95 {
		t.Errorf("crops are %d to %d pixels wide, want 64 to 95", smallest, largest)
	}
}

func TestCropOfAPictureSmallerThanACutout(t *testing.T) {
	a := augmentationOf(t, preset.ZQ, 10)
	for _, b := range a.draw(1, 0, 40, 56).Boxes {
		if b.W != 40 || b.X != 0 {
			t.Errorf("crop %+v, want the full width of 40", b)
		}
	}
}

func TestPerspectiveMapsCornersToCorners(t *testing.T) {
	to := [4][2]float64{{3, 5}, {60, 2}, {58, 61}, {1, 50}}
	corners := [4][2]float64{{0, 0}, {63, 0}, {63, 63}, {0, 63}}
	m := quadToQuad(to, corners)
	for i := range 4 {
		u, v := m.At(to[i][0], to[i][1])
		if math.Hypot(u-corners[i][0], v-corners[i][1]) > 1e-9 {
			t.Errorf("corner %d goes to (%g, %g), want %v", i, u, v, corners[i])
		}
	}
}

func TestAffineKeepsTheCentreAndDistances(t *testing.T) {
	a := augmentationOf(t, preset.Upd, 1)
	a.AffineTranslate, a.AffineP = 0, 1
	moved, flipped := false, false
	for cut := range uint32(40) {
		m := a.drawAffine(ops.NewDraws(3, 0, cut, drawFlip), ops.NewDraws(3, 0, cut, drawAffine))
		if u, v := m.At(31.5, 31.5); math.Hypot(u-31.5, v-31.5) > 1e-9 {
			t.Fatalf("the centre goes to (%g, %g)", u, v)
		}
		u0, v0 := m.At(0, 0)
		u1, v1 := m.At(30, 40)
		if d := math.Hypot(u1-u0, v1-v0); math.Abs(d-50) > 1e-9 {
			t.Fatalf("a distance of 50 becomes %g", d)
		}
		angle := math.Abs(math.Atan2(m[3], m[4])) * 180 / math.Pi
		if angle > 30 {
			t.Fatalf("an angle of %g degrees, want at most 30", angle)
		}
		moved = moved || angle > 1
		flipped = flipped || m[0] < 0
	}
	if !moved || !flipped {
		t.Errorf("rotations drawn: %v, flips drawn: %v; want both", moved, flipped)
	}
}

// What is done to colours and details is drawn besides, and changes no other draw.
func TestColoursLeaveOtherDraws(t *testing.T) {
	for _, name := range []string{preset.Upd, preset.ZQ, preset.Pool} {
		a := augmentationOf(t, name, 5)
		all := a.draw(7, 5, 128, 96)
		a.Preset = a.Moving()
		moving := a.draw(7, 5, 128, 96)
		if !reflect.DeepEqual(all.Boxes, moving.Boxes) || !reflect.DeepEqual(all.Warps, moving.Warps) || !reflect.DeepEqual(all.Sigmas, moving.Sigmas) {
			t.Errorf("%s: boxes, warps and noise change with sharpness, colours and erasing", name)
		}
		for i := range moving.Factors {
			if moving.Factors[i] != 1 || moving.Jitters[i] != (ops.Jitter{}) || moving.Erased[i] != (ops.Box{}) {
				t.Errorf("%s: cutout %d is sharpened by %g, jittered by %v, erased in %v; want none of these", name, i, moving.Factors[i], moving.Jitters[i], moving.Erased[i])
			}
		}
	}
}

// near fails unless got is want up to five standard deviations of a share of n draws.
func near(t *testing.T, what string, got, want float64, n int) {
	t.Helper()
	if math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/float64(n)) {
		t.Errorf("%s: a share of %g of %d, want about %g", what, got, n, want)
	}
}

func TestSharpnessDraws(t *testing.T) {
	const n = 4000
	a := augmentationOf(t, preset.Upd, n)
	chosen, weak := 0.0, 0.0
	for i, f := range a.draw(1, 0, 128, 96).Factors {
		switch {
		case f == 1:
		case f < 0 || f > 0.3:
			t.Fatalf("cutout %d has the factor %g, want 1 or 0 to 0.3", i, f)
		default:
			chosen++
			if f < 0.15 {
				weak++
			}
		}
	}
	near(t, "sharpened", chosen/n, 0.4, n)
	near(t, "below the middle", weak/chosen, 0.5, int(chosen))
}

func TestJitterDraws(t *testing.T) {
	const n = 4000
	for name, reach := range map[string]float64{preset.Upd: 0.01, preset.Pool: 0.1} {
		a := augmentationOf(t, name, n)
		var order [4]ops.JitterStep
		chosen, more, forwards := 0.0, 0.0, 0.0
		for i, j := range a.draw(1, 0, 128, 96).Jitters {
			if j == (ops.Jitter{}) {
				continue
			}
			if chosen == 0 {
				order = j.Steps
			}
			if chosen++; j.Steps != order {
				t.Fatalf("%s: cutout %d has the steps %v where others have %v", name, i, j.Steps, order)
			}
			amounts := map[ops.JitterStep]float64{}
			for k, step := range j.Steps {
				amounts[step] = j.Amounts[k]
			}
			saturation, hue := amounts[ops.Saturation]-1, amounts[ops.Hue]
			if len(amounts) != 4 || amounts[ops.Brightness] != 0 || amounts[ops.Contrast] != 1 || math.Abs(saturation) > reach || math.Abs(hue) > reach {
				t.Fatalf("%s: cutout %d is changed by %v", name, i, j)
			}
			if saturation > 0.5*reach {
				more++
			}
			if hue > 0 {
				forwards++
			}
		}
		near(t, name+": jittered", chosen/n, 0.7, n)
		near(t, name+": much more saturated", more/chosen, 0.25, int(chosen))
		near(t, name+": hue turned forwards", forwards/chosen, 0.5, int(chosen))
	}
}

func TestJitterOrders(t *testing.T) {
	const n = 4800
	a := augmentationOf(t, preset.Upd, 1)
	seen := map[[4]ops.JitterStep]float64{}
	for step := range uint32(n) {
		seen[a.drawJitterOrder(ops.NewDraws(3, step, 0, drawJitterOrder))]++
	}
	if len(seen) != 24 {
		t.Errorf("%d orders in %d steps, want 24", len(seen), n)
	}
	for order, times := range seen {
		near(t, fmt.Sprint("order ", order), times/n, 1.0/24, n)
	}
}

func TestErasedDraws(t *testing.T) {
	const n = 4000
	a := augmentationOf(t, preset.Pool, 3)
	erased, high, left, wide := 0.0, 0.0, 0.0, 0.0
	for step := range uint32(n) {
		boxes := a.draw(5, step, 128, 96).Erased
		b := boxes[0]
		if boxes[1] != b || boxes[2] != b {
			t.Fatalf("step %d erases %v, want the same of each cutout", step, boxes)
		}
		if b == (ops.Box{}) {
			continue
		}
		erased++
		if b.X < 0 || b.Y < 0 || b.W < 1 || b.H < 1 || b.X+b.W > 64 || b.Y+b.H > 64 {
			t.Fatalf("step %d erases %+v of 64×64", step, b)
		}
		// Sides are rounded, and none is longer than the cutout's: 0.4 of it at a ratio of 3.33 would be 74 pixels high.
		area, ratio := float64(b.W*b.H)/(64*64), float64(b.H)/float64(b.W)
		if area < 0.09 || area > 0.41 || ratio < 0.27 || ratio > 3.7 {
			t.Fatalf("step %d erases %+v: %.2g of the area at a ratio of %.2g", step, b, area, ratio)
		}
		if b.H > b.W {
			high++
		}
		if area > 0.25 {
			wide++
		}
		if 2*b.X < 64-b.W {
			left++
		}
	}
	near(t, "erased", erased/n, 0.7, n)
	// Squares count as neither high nor broad, and half of the places are left only nearly: some hundredths are allowed for that.
	for what, share := range map[string]float64{"high": high, "more than a quarter": wide, "left": left} {
		if share /= erased; math.Abs(share-0.5) > 0.05 {
			t.Errorf("%s: a share of %.3g, want about a half", what, share)
		}
	}
}

// These are the numbers of the first builds, by which old pictures are reproduced.
func TestDrawsNeverChange(t *testing.T) {
	upd := augmentationOf(t, preset.Upd, 2).draw(7, 5, 128, 96)
	more := augmentationOf(t, preset.Upd, 4).draw(7, 6, 128, 96)
	pool := augmentationOf(t, preset.Pool, 2).draw(7, 5, 128, 96)
	for _, c := range []struct{ name, got, want string }{
		{"boxes", fmt.Sprint(upd.Boxes), `[{30 3 93 93} {36 4 82 82}]`},
		{"affine maps", fmt.Sprintf("%.5g", upd.Warps[0]), `[[-0.89799 0.44001 44.188 0.44001 0.89799 -14.195 0 0 1] [-1 0 63 0 1 0 0 0 1]]`},
		{"perspective maps", fmt.Sprintf("%.5g", pool.Warps[1]), `[[1.8526 0.17562 -12.43 0.46165 1.6802 -32.111 0.0078824 0.0011845 1] [1 0 0 0 1 0 0 0 1]]`},
		{"noise", fmt.Sprintf("%.5g", upd.Sigmas), `[0.059905 0.073107]`},
		{"sharpness", fmt.Sprintf("%.5g", more.Factors), `[0.16313 1 0.019419 0.20333]`},
		{"jitter's order", fmt.Sprint(pool.Jitters[0].Steps), `[4 1 2 3]`},
		{"jitter's amounts", fmt.Sprintf("%.5g", pool.Jitters[0].Amounts), `[-0.049193 0 1 1.0949]`},
		{"erased", fmt.Sprint(pool.Erased), `[{13 12 37 24} {13 12 37 24}]`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestFirstTokensAreStartCodes(t *testing.T) {
	all := weights.VQGANConfig{NEmbed: 50}
	quiet := weights.VQGANConfig{NEmbed: 50, StartCodes: []int{3, 49}}
	seen := map[int32]int{}
	for _, token := range firstTokens(7, 100, quiet) {
		seen[token]++
	}
	if len(seen) != 2 || seen[3] == 0 || seen[49] == 0 {
		t.Errorf("drawn %v from the codes 3 and 49", seen)
	}
	if a, b := firstTokens(7, 100, all), firstTokens(8, 100, all); slices.Equal(a, b) || slices.Max(a) < 25 {
		t.Errorf("two seeds draw %v and %v", a, b)
	}
}
