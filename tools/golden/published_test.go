//go:build !js

package main

import (
	"math"
	"testing"
)

// Values and gradients are told apart, and lines that are no tensor's do not count.
func TestSummarise(t *testing.T) {
	s := summarise("adapter: x\nm/decode 1e-3 2.0e-06 ok\nm/decode_grad_z 1 4.0e-05 ok\nm/indices 0 0.000e+00 ok\nm/synth 1 5.0e-01 FAIL\n3 passed, 1 failed\n")
	if s.tensors != 3 || s.values != 2e-6 || s.gradients != 4e-5 || s.way() != "4e-05" {
		t.Errorf("%+v", s)
	}
	if s := summarise("m/text_embeddings 1 1e-6 ok\n"); !math.IsNaN(s.gradients) || s.way() != "not compared" {
		t.Errorf("without gradients: %+v", s)
	}
}
