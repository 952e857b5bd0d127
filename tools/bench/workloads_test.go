//go:build !js

package main

import (
	"io/fs"
	"reflect"
	"testing"

	"reverie/weights"
	"reverie/weights/mini"
)

// What the table calls mini is the pair that is embedded now.
func TestMiniIsTheEmbeddedPair(t *testing.T) {
	text, err := fs.ReadFile(mini.FS, weights.ManifestFile)
	if err != nil {
		t.Fatal(err)
	}
	m, err := weights.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.CLIP, miniCLIP) {
		t.Errorf("CLIP is\n%+v, the workload's is\n%+v", m.CLIP, miniCLIP)
	}
	vqgan := miniVQGAN
	vqgan.StartCodes = m.VQGAN.StartCodes // a step's time does not depend on where it starts
	if !reflect.DeepEqual(m.VQGAN, vqgan) {
		t.Errorf("VQGAN is\n%+v, the workload's is\n%+v", m.VQGAN, vqgan)
	}
}
