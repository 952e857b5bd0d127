package guide

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"reverie/gpu/guide/preset"
	"reverie/gpu/ops"
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
		if !reflect.DeepEqual(a.boxes, b.boxes[:3]) {
			t.Errorf("%s: the first boxes change with the number of cutouts: %v and %v", name, a.boxes, b.boxes[:3])
		}
		if c := many.draw(7, 6, 128, 96); name != preset.Pool && reflect.DeepEqual(b.boxes, c.boxes) {
			t.Errorf("%s: two steps draw the same boxes", name)
		}
		if c := many.draw(8, 5, 128, 96); many.Noise > 0 && reflect.DeepEqual(b.sigmas, c.sigmas) {
			t.Errorf("%s: two seeds draw the same noise", name)
		}
	}
}

func TestCropsStayInsideAndReachTheirLimits(t *testing.T) {
	a := augmentationOf(t, preset.ZQ, 4000)
	const w, h = 128, 96
	smallest, largest := math.MaxInt, 0
	for i, b := range a.draw(1, 0, w, h).boxes {
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
	for _, b := range a.draw(1, 0, 40, 56).boxes {
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
