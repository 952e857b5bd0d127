package ops

import (
	"math"
	"testing"
)

// The known answers that Random123 publishes for philox4x32-10.
func TestPhiloxKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		key           uint64
		counter, want [4]uint32
	}{
		{0, [4]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{math.MaxUint64, [4]uint32{math.MaxUint32, math.MaxUint32, math.MaxUint32, math.MaxUint32},
			[4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{0x299f31d0_a4093822, [4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := Philox(c.key, c.counter); got != c.want {
			t.Errorf("philox(%#x, %#x) is %#x, want %#x", c.key, c.counter, got, c.want)
		}
	}
}

func TestDrawsDependOnEveryPartOfTheirName(t *testing.T) {
	first := NewDraws(1, 2, 3, 4).Uint32()
	if again := NewDraws(1, 2, 3, 4).Uint32(); again != first {
		t.Errorf("the same name drew %d and %d", first, again)
	}
	for _, d := range []*Draws{NewDraws(9, 2, 3, 4), NewDraws(1|1<<32, 2, 3, 4), NewDraws(1, 9, 3, 4), NewDraws(1, 2, 9, 4), NewDraws(1, 2, 3, 9)} {
		if d.Uint32() == first {
			t.Errorf("seed %#x, counter %v draws what another name draws", d.seed, d.counter)
		}
	}
}

func TestDrawsGoThroughTheBlocks(t *testing.T) {
	d := NewDraws(5, 6, 7, 8)
	for n := range uint32(3) {
		for _, want := range Philox(5, [4]uint32{n, 7, 6, 8}) {
			if got := d.Uint32(); got != want {
				t.Fatalf("block %d: drew %#x, want %#x", n, got, want)
			}
		}
	}
}

// Moments of 40,000 draws: each bound is about five standard errors.
func TestDistributions(t *testing.T) {
	const n = 40000
	d := NewDraws(42, 0, 0, 0)
	for _, c := range []struct {
		name           string
		draw           func() float64
		mean, variance float64
		meanErr, vErr  float64
	}{
		{"uniform", d.Uniform, 0.5, 1.0 / 12, 0.0075, 0.002},
		{"normal", d.Normal, 0, 1, 0.025, 0.036},
		{"one of seven", func() float64 { return float64(d.Intn(7)) }, 3, 4, 0.05, 0.09},
		{"the pair's other normal", func() float64 {
			a := d.Uint32()
			_, y := boxMuller(a, d.Uint32())
			return y
		}, 0, 1, 0.025, 0.036},
	} {
		sum, squares := 0.0, 0.0
		for range n {
			v := c.draw()
			sum += v
			squares += v * v
		}
		mean := sum / n
		if math.Abs(mean-c.mean) > c.meanErr {
			t.Errorf("%s: mean %g, want %g", c.name, mean, c.mean)
		}
		if v := squares/n - mean*mean; math.Abs(v-c.variance) > c.vErr {
			t.Errorf("%s: variance %g, want %g", c.name, v, c.variance)
		}
	}
}

func TestIntnStaysInRange(t *testing.T) {
	d := NewDraws(7, 0, 0, 0)
	for _, n := range []int{1, 2, 3, 1 << 31, math.MaxUint32} {
		for range 100 {
			if v := d.Intn(n); v < 0 || v >= n {
				t.Fatalf("drew %d of %d", v, n)
			}
		}
	}
}

func TestBoxMullerIsFinite(t *testing.T) {
	for _, a := range []uint32{0, math.MaxUint32} {
		for _, b := range []uint32{0, math.MaxUint32} {
			x, y := boxMuller(a, b)
			if math.IsNaN(x+y) || math.IsInf(x+y, 0) || math.Hypot(x, y) > 5.8 {
				t.Errorf("words %#x and %#x give %g and %g", a, b, x, y)
			}
		}
	}
}
