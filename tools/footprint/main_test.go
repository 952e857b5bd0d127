//go:build !js

package main

import (
	"context"
	"testing"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/vqgan"
	"reverie/weights"
	"reverie/weights/published"
)

// What modest graphics cards must hold: float16 or float32 matrices, at the limits of every device.
func TestOfficialPairFits(t *testing.T) {
	for _, c := range []struct {
		side   int
		thrift guide.Thrift
		half   bool
		most   int64
	}{
		{256, guide.Thrift{Part: 8}, false, 1_200_000_000}, {512, guide.Thrift{}, false, 3_000_000_000},
		{256, guide.Thrift{Part: 8}, true, 900_000_000}, {512, guide.Thrift{}, true, 1_800_000_000},
	} {
		for _, software := range []bool{false, true} {
			info := defaults
			info.Software = software
			p, err := planned(info, workload{official, c.side, 32, c.half}, c.thrift)
			if err != nil {
				t.Fatal(err)
			}
			if p.all > c.most {
				t.Errorf("%d×%d with %s (half precision: %t, weights as float32: %t) takes %d bytes, want at most %d",
					c.side, c.side, describe(c.thrift), c.half, software, p.all, c.most)
			}
		}
	}
}

// A step that asks for nothing besides its prompt is as it was before there were masks, further losses, perceptors and motion: not one dispatch or
// multiplication more, and no more memory.
func TestPlainStepCostsWhatItDid(t *testing.T) {
	embedded, err := miniPair()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		workload
		dispatches int
		work       float64
		all        int64
	}{
		{workload{embedded, 128, 16, false}, 278, 14_050_243_024, 55_986_560},
		{workload{official, 256, 32, false}, 772, 1_037_704_493_728, 1_326_119_296},
	} {
		p, err := planned(defaults, c.workload, guide.Thrift{})
		if err != nil {
			t.Fatal(err)
		}
		if p.dispatches > c.dispatches || p.work > c.work || p.all > c.all {
			t.Errorf("%s at %d×%d: %d dispatches, %.0f FLOP and %d bytes, want at most %d, %.0f and %d", c.name, c.side, c.side, p.dispatches, p.work, p.all, c.dispatches, c.work, c.all)
		}
	}
}

// Every published model runs within what every WebGPU device binds, with its weights as float32, which is the longest form: its parts are loaded, and a step
// with one cutout is recorded.
func TestPublishedModelsFitEveryDevice(t *testing.T) {
	pairs := map[string]pair{}
	for id, c := range published.CLIPs {
		pairs[id] = pair{id, c, weights.ImageNetF16, weights.TypeF32}
	}
	for id, c := range published.VQGANs {
		pairs[id] = pair{id, weights.ViTB32, c, weights.TypeF32}
	}
	info := defaults
	info.Software = true
	ctx := context.Background()
	for id, p := range pairs {
		d := gpu.NewPlanner(info)
		if _, err := clip.LoadText(load.BlankAs(ctx, d, weights.PartText, p.clip.TextTensors(), p.quant), p.clip); err != nil {
			t.Errorf("%s's text tower: %v", id, err)
		}
		if _, err := vqgan.LoadEncoder(load.BlankAs(ctx, d, weights.PartEncoder, p.vqgan.EncoderTensors(), p.quant), p.vqgan); err != nil {
			t.Errorf("%s's encoder: %v", id, err)
		}
		if _, err := planned(info, workload{p, 256, 1, false}, guide.Thrift{Part: 1}); err != nil {
			t.Errorf("%s's step: %v", id, err)
		}
	}
}
