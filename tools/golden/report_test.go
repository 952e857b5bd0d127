//go:build !js

package main

import (
	"errors"
	"math"
	"strings"
	"testing"
)

var nan = float32(math.NaN())

func TestDifference(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want []float32
		abs, rel  float64
	}{
		{"equal", []float32{1, -4}, []float32{1, -4}, 0, 0},
		{"relative to the largest magnitude", []float32{1, -4}, []float32{2, -4}, 1, 0.25},
		{"expected zeros", []float32{0.5, 0}, []float32{0, 0}, 0.5, 0.5},
		{"not a number", []float32{nan, 9}, []float32{1, 1}, math.NaN(), math.NaN()},
		{"not a number is not hidden by what follows", []float32{9, nan, 9}, []float32{1, 1, 1}, math.NaN(), math.NaN()},
	} {
		same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
		if abs, rel := difference(c.got, c.want); !same(abs, c.abs) || !same(rel, c.rel) {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, abs, rel, c.abs, c.rel)
		}
	}
}

func TestCosine(t *testing.T) {
	for _, c := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{3, 4}, []float32{6, 8}, 1},
		{[]float32{1, 0}, []float32{0, 2}, 0},
		{[]float32{1, 1}, []float32{-2, -2}, -1},
		{[]float32{0, 0}, []float32{0, 0}, 1},
	} {
		if got := cosine(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("cosine(%v, %v) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
	if got := cosine([]float32{0, 0}, []float32{1, 0}); got >= gradientCosine {
		t.Errorf("a gradient of zeros has the cosine %v with one that is not", got)
	}
}

// filled is n times v, the first elements replaced.
func filled(n int, v float32, first ...float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = v
	}
	copy(out, first)
	return out
}

func TestFloats(t *testing.T) {
	for _, c := range []struct {
		name, array string
		got, want   []float32
		ok          bool
	}{
		{"value within", "c/decode", []float32{1.00005, 1}, []float32{1, 1}, true},
		{"value beyond", "c/decode", []float32{1.0002, 1}, []float32{1, 1}, false},
		{"value not a number", "c/decode", []float32{nan, 1}, []float32{1, 1}, false},
		{"too few", "c/decode", []float32{1}, []float32{1, 1}, false},
		{"gradient within", "c/grad_z", []float32{1.0005, 1}, []float32{1, 1}, true},
		{"gradient beyond", "c/grad_z", []float32{1.002, 1}, []float32{1, 1}, false},
		{"gradient of small parts that point elsewhere", "c/grad_z", filled(1000, 0.0009, 1), filled(1000, 0, 1), false},
		{"gradient not a number", "c/clamp_dx", []float32{nan, 1}, []float32{1, 1}, false},
		{"the case's name does not make a gradient", "grad/decode", []float32{1.0005, 1}, []float32{1, 1}, false},
		{"run's losses within", "c/losses_per_step", []float32{1.0005, 1}, []float32{1, 1}, true},
		{"run's losses beyond", "c/losses_per_step", []float32{1.002, 1}, []float32{1, 1}, false},
		{"run's losses not a number", "c/losses_per_step", []float32{nan, 1}, []float32{1, 1}, false},
		{"latent: few off", "c/z_after_1", filled(1000, 1, 2, 2, 2, 2, 2), filled(1000, 1), true},
		{"latent: too many off", "c/z_after_1", filled(1000, 1, 2, 2, 2, 2, 2, 2), filled(1000, 1), false},
		{"latent not a number", "c/z_after_1", filled(1000, nan), filled(1000, 1), false},
		{"picture after: few off", "c/image_after_5", filled(1000, 1, 2, 2, 2, 2, 2), filled(1000, 1), true},
		{"picture after: too many off", "c/image_after_5", filled(1000, 1, 2, 2, 2, 2, 2, 2), filled(1000, 1), false},
		{"picture after not a number", "c/image_after_5", filled(1000, nan), filled(1000, 1), false},
	} {
		check(t, c.name, c.ok, func(r *report) { r.floats(c.array, c.got, c.want) })
	}
}

func TestIntegers(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want []int32
		share     float64
		ok        bool
	}{
		{"equal", []int32{1, 2}, []int32{1, 2}, 0, true},
		{"one differs", []int32{1, 3}, []int32{1, 2}, 0, false},
		{"as many as may", []int32{1, 3}, []int32{1, 2}, 0.5, true},
		{"more than may", []int32{0, 3}, []int32{1, 2}, 0.5, false},
		{"too many", []int32{1, 2, 3}, []int32{1, 2}, 1, false},
	} {
		check(t, c.name, c.ok, func(r *report) { r.integers("c/indices", c.got, c.want, c.share) })
	}
}

func TestBytes(t *testing.T) {
	with := func(first ...byte) []byte { return append(first, make([]byte, 2000-len(first))...) }
	for _, c := range []struct {
		name string
		got  []byte
		ok   bool
	}{
		{"equal", with(), true},
		{"few off by one", with(1, 1), true},
		{"too many off by one", with(1, 1, 1), false},
		{"one off by two", with(2), false},
		{"off by 255, which is one the other way round", with(255), false},
		{"too few", with()[1:], false},
	} {
		check(t, c.name, c.ok, func(r *report) { r.bytes("c/image_u8", c.got, with()) })
	}
}

func TestFail(t *testing.T) {
	check(t, "a tensor that was not computed", false, func(r *report) { r.fail("c/decode", errors.New("lost")) })
}

// check expects one line of the report with the verdict, and that it is counted.
func check(t *testing.T, name string, ok bool, compare func(*report)) {
	t.Helper()
	var out strings.Builder
	r := report{out: &out}
	compare(&r)
	verdict, passed, failed := " FAIL", 0, 1
	if ok {
		verdict, passed, failed = " ok", 1, 0
	}
	if r.passed != passed || r.failed != failed || !strings.HasSuffix(strings.SplitN(out.String(), "\n", 2)[0], verdict) {
		t.Errorf("%s: %d passed, %d failed, printed %q; want one line with%s", name, r.passed, r.failed, out.String(), verdict)
	}
}
