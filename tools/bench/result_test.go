package main

import (
	"math"
	"regexp"
	"strings"
	"testing"
)

func TestSummarise(t *testing.T) {
	r := summarise("w", 4, []float64{30, 10, 20, 100})
	if r.Median != 25 || r.Min != 10 || r.Max != 100 || r.Runs != 4 {
		t.Errorf("got %+v, want median 25, min 10, max 100 of 4", r)
	}
	if got := r.rate(); got != 160 {
		t.Errorf("4 GFLOP in 25 ms is %g GFLOP/s, want 160", got)
	}
}

func of(peer, workload string, ms float64, sample ...float32) measurement {
	m := measurement{result: summarise(workload, 1, []float64{ms}), Sample: sample}
	m.Peer = peer
	return m
}

func TestReport(t *testing.T) {
	broken := of("tfjs", "quarter", 1)
	broken.Failure = "out of memory\nat some place"
	absent := of("ort-web", "", 0)
	absent.Failure = "no such module"
	r := newReport("an adapter", []measurement{
		of(self, peakWorkload, 100),
		of(self, "half", 200, 1, 2), of("jax-js", "half", 600, 1, 2), of("tfjs", "half", 100, 1, 2.1),
		of(self, "quarter", 400, 1), of("jax-js", "quarter", 600, 1), broken, absent,
	})
	var b strings.Builder
	r.print(&b)
	for _, line := range []string{
		`half +1\.00 +200\.00 +200\.00–200\.00 +5\.00 +50 % +600\.00 \(3\.00×\) +failed`,
		`quarter +1\.00 +400\.00 .* 25 % +600\.00 \(1\.50×\) +failed`,
		`jax-js: geometric mean 2\.12× over 2 workloads, lowest 1\.50× \(quarter\)`,
		`ort-web did not start: no such module`,
		`tfjs on half: its result differs from Reverie's by 0\.063`,
		`tfjs on quarter: out of memory\n`,
	} {
		if !regexp.MustCompile(line).MatchString(b.String()) {
			t.Errorf("no line %s in\n%s", line, b.String())
		}
	}
	if strings.Contains(b.String(), "tfjs: geometric") {
		t.Error("a peer that did other work has a ratio")
	}
	if n := len(r.results()); n != 5 {
		t.Errorf("%d results stand, want Reverie's three and jax-js's two", n)
	}
}

// The research behind the engine counted these by another program, over PyTorch's own modules.
func TestNominalGFLOP(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"f16 decoder at 256²", decoderGFLOP(officialVQGAN, 16), 253},
		{"ViT-B/32 per cutout", imageGFLOP(vitB32, 1), 8.8},
		{"the mini pair's ResNet per cutout", imageGFLOP(miniCLIP, 1), 0.154},
	} {
		if math.Abs(c.got/c.want-1) > 0.01 {
			t.Errorf("%s: %.4g GFLOP, want %g to a hundredth", c.name, c.got, c.want)
		}
	}
}

func TestValuesFillTheirRange(t *testing.T) {
	v := array{Shape: []int{10000}, Seed: 7, Scale: 0.5, Offset: 1}.values()
	sum, squares := 0.0, 0.0
	for _, x := range v {
		if x < 0.5 || x >= 1.5 {
			t.Fatalf("%g is outside of 1 ± 0.5", x)
		}
		sum += float64(x - 1)
		squares += float64(x-1) * float64(x-1)
	}
	// A uniform number in ±0.5 has variance 1/12; ten thousand of them keep the mean within 4·0.29/100.
	if math.Abs(sum/1e4) > 0.012 || math.Abs(squares/1e4-1.0/12) > 0.003 {
		t.Errorf("mean %g, mean square %g", sum/1e4, squares/1e4)
	}
}
