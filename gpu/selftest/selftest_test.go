package selftest

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"reverie/weights"
)

func TestFiguresOf(t *testing.T) {
	b32 := &weights.Manifest{CLIP: weights.ViTB32, Parts: []weights.Part{{Name: weights.PartText}, {Name: weights.PartImage}}}
	if f := figuresOf(b32); f == nil || f.model != "OpenAI's CLIP ViT-B/32" {
		t.Errorf("ViT-B/32 is taken for %+v", f)
	}
	b32.CLIP.Activation = weights.GELU // as OpenCLIP's of that shape are
	if f := figuresOf(b32); f != nil {
		t.Errorf("another model is taken for %s", f.model)
	}
	if f := figuresOf(&weights.Manifest{CLIP: weights.ViTB32}); f != nil {
		t.Error("a VQGAN alone has figures of a CLIP")
	}
}

// What is said follows from how far the worst value is off, relative to the largest.
func TestChecks(t *testing.T) {
	got := []float32{0.5, -2, 1}
	for _, c := range []struct {
		want []float32
		ok   bool
		says string
	}{
		{[]float32{0.5, -2}, true, "x: as published (y)"},
		{[]float32{0.5, -2.001}, true, "x: as published to 1e-3 (y)"},
		{[]float32{0.51, -2}, true, "x: as published to 1e-2 (y)"},
		{[]float32{0.5, -2.5}, false, "x: differs by 0.2 of the largest value (y)"},
		{[]float32{0.5, float32(math.NaN())}, false, "x: differs by NaN of the largest value (y)"},
	} {
		check := Check{What: "x", Source: "y", Off: off(got, c.want)}
		if check.OK() != c.ok || check.String() != c.says {
			t.Errorf("%v: %t, %q, want %t, %q", c.want, check.OK(), check, c.ok, c.says)
		}
	}
	if c := (Check{What: "x", Source: "y", Lacks: "CLIP.png"}); !c.OK() || !strings.Contains(c.String(), "not compared, for want of CLIP.png") {
		t.Errorf("%q", c)
	}
}

// A report in short says the widest tolerance that was needed, or the first thing that differs.
func TestSummary(t *testing.T) {
	check := func(off float64) Check { return Check{What: fmt.Sprint("x", off), Off: off} }
	for _, c := range []struct {
		checks          []Check
		within, differs string
	}{
		{[]Check{check(0), check(1e-3)}, "1e-3", ""},
		{[]Check{check(2e-3), check(0)}, "1e-2", ""},
		{[]Check{check(2e-3), check(0.25), check(1)}, "", "x0.25 differs by 0.25 of the largest value"},
		{[]Check{check(math.NaN())}, "", "xNaN differs by NaN of the largest value"},
		{[]Check{check(0), {What: "y", Lacks: "CLIP.png"}}, "1e-3", ""},
	} {
		if within, differs := (Report{Checks: c.checks}).Summary(); within != c.within || differs != c.differs {
			t.Errorf("%v: %q, %q", c.checks, within, differs)
		}
	}
}

// The middle is what is left of a picture when its longer side is cut on both ends alike.
func TestMiddle(t *testing.T) {
	p := Picture{Width: 8, Height: 2}
	for y := range 2 {
		for x := range 8 {
			p.RGB = append(p.RGB, byte(x), byte(y), 7)
		}
	}
	if got, want := middle(p, 2), []byte{3, 0, 7, 4, 0, 7, 3, 1, 7, 4, 1, 7}; string(got) != string(want) {
		t.Errorf("%v, want %v", got, want)
	}
	p.Width, p.Height = 2, 8
	if got := middle(p, 2); len(got) != 12 {
		t.Errorf("%d bytes", len(got))
	}
}

// Probabilities are the softmax of scaled cosines.
func TestChances(t *testing.T) {
	s := &sight{scale: math.Log(4), labels: map[string][]float32{"a": {1, 0}, "b": {0, 1}}}
	if got := s.chances([]float32{1, 0}, []string{"a", "b"}); math.Abs(float64(got[0])-0.8) > 1e-6 || math.Abs(float64(got[1])-0.2) > 1e-6 {
		t.Errorf("%v, want 0.8 and 0.2", got)
	}
}
