package weights

import (
	"math"
	"testing"
)

func TestF16RoundTrip(t *testing.T) {
	for h := 0; h < 1<<16; h++ {
		f := F32(uint16(h))
		if f != f {
			if F32(F16(f)) == F32(F16(f)) {
				t.Errorf("NaN %#04x became %#04x", h, F16(f))
			}
			continue
		}
		if got := F16(f); got != uint16(h) {
			t.Fatalf("%#04x is %v, which became %#04x", h, f, got)
		}
	}
}

func TestF16Rounds(t *testing.T) {
	tests := []struct {
		in   float64
		want uint16
	}{
		{1, 0x3c00}, {-2, 0xc000}, {0.5, 0x3800}, {65504, 0x7bff},
		{1 + 0x1p-11, 0x3c00},           // tie to even, down
		{1 + 3*0x1p-11, 0x3c02},         // tie to even, up
		{1 + 0x1p-11 + 0x1p-20, 0x3c01}, // just over a tie
		{65519.99, 0x7bff},              // under half a step over the largest
		{65520, 0x7c00}, {-1e9, 0xfc00}, // infinity
		{0x1p-24, 1}, {0x1p-25, 0}, // smallest subnormal; tie to even
		{0x1.8p-24, 2}, {3 * 0x1p-25, 2}, // ties between subnormals
		{0x1p-14 - 0x1p-26, 0x400}, // a subnormal that rounds up to a normal
		{math.Copysign(0, -1), 0x8000}, {1e-30, 0},
	}
	for _, tt := range tests {
		if got := F16(float32(tt.in)); got != tt.want {
			t.Errorf("F16(%v) = %#04x, want %#04x", tt.in, got, tt.want)
		}
	}
}

// Between any two neighbours the nearer one must be chosen.
func TestF16IsNearest(t *testing.T) {
	for h := uint16(0); h < 0x7bff; h++ {
		low, high := float64(F32(h)), float64(F32(h+1))
		for _, part := range []float64{0.25, 0.49, 0.51, 0.75} {
			v := low + part*(high-low)
			want := h
			if part > 0.5 {
				want++
			}
			if got := F16(float32(v)); got != want {
				t.Fatalf("F16(%v) = %#04x, want %#04x", v, got, want)
			}
		}
	}
}
