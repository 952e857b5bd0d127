//go:build !js

// Command footprint prints what runs take of a device's memory, planned without one.
//
//	go run ./tools/footprint
//
// The limits are those that every WebGPU device has: bindings of 128 MiB, buffers of 256 MiB.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/recipe/preset"
	"reverie/weights"
	"reverie/weights/mini"
)

// defaults are the limits of a device that asks for nothing.
var defaults = gpu.Info{MaxBinding: 128 << 20, MaxBuffer: 256 << 20}

// pair is a model to plan for.
type pair struct {
	name  string
	clip  weights.CLIPConfig
	vqgan weights.VQGANConfig
	quant string // of its files
}

// workload is a run of a pair.
type workload struct {
	pair
	side, cutouts int  // pixels
	half          bool // precision
}

var official = pair{"ViT-B/32 + imagenet_f16_16384", weights.ViTB32, weights.ImageNetF16, weights.TypeF16}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	embedded, err := miniPair()
	if err != nil {
		return err
	}
	for _, w := range []workload{{embedded, 128, 16, false}, {official, 256, 32, false}, {official, 512, 32, false}} {
		thrifty := w
		thrifty.half = true
		for _, err := range []error{table(w, false), table(thrifty, false), table(w, true)} {
			if err != nil {
				return err
			}
		}
	}
	fmt.Println("MiB. weights: decoder, codebook and image tower as they lie on the device; the text tower is there only until the prompts are")
	fmt.Println("embedded. scratch: all tensors between the buffers that the host writes or reads. in use: the most at one dispatch, which no")
	fmt.Println("placement can undercut. all: weights, scratch, everything else, and the view that renders the final picture.")
	return nil
}

func miniPair() (pair, error) {
	text, err := fs.ReadFile(mini.FS, weights.ManifestFile)
	if err != nil {
		return pair{}, err
	}
	m, err := weights.Parse(text)
	if err != nil {
		return pair{}, err
	}
	return pair{"mini", m.CLIP, m.VQGAN, weights.TypeF16}, nil
}

// table prints every way to save memory for a workload.
func table(w workload, software bool) error {
	device, kind := defaults, "on a GPU"
	if software {
		device.Software, kind = true, "on a processor, matrices as float32"
	}
	if w.half {
		kind += ", half precision"
	}
	fmt.Printf("%s, %d×%d, %d cutouts, %s\n", w.name, w.side, w.side, w.cutouts, kind)
	fmt.Printf("  %-36s %8s %8s %8s %8s %8s %10s %8s\n", "plan", "weights", "scratch", "in use", "largest", "all", "dispatches", "GFLOP")
	for _, thrift := range guide.Thrifts(w.cutouts) {
		p, err := planned(device, w, thrift)
		if err != nil {
			return err
		}
		fmt.Printf("  %-36s %8.0f %8.0f %8.0f %8.0f %8.0f %10d %8.0f\n", describe(thrift), mib(p.weights), mib(p.scratch.Total), mib(p.scratch.Live),
			mib(p.scratch.Largest), mib(p.all), p.dispatches, p.work/1e9)
	}
	fmt.Println()
	return nil
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

func describe(t guide.Thrift) string {
	s := "all cutouts at once"
	if t.Part > 0 {
		s = fmt.Sprintf("%d cutouts at once", t.Part)
	}
	switch {
	case t.CLIP:
		return s + ", all recomputed"
	case t.Decoder:
		return s + ", decoder recomputed"
	}
	return s
}

// plan is what a workload takes.
type plan struct {
	weights, all int64
	scratch      gpu.Memory
	dispatches   int
	work         float64
}

// planned records a workload as guide's runs do, on a device of such limits.
func planned(info gpu.Info, w workload, thrift guide.Thrift) (plan, error) {
	ctx := context.Background()
	d := gpu.NewPlanner(info)
	decoder, err := vqgan.LoadDecoder(load.BlankAs(ctx, d, weights.PartDecoder, w.vqgan.DecoderTensors(), w.quant), w.vqgan)
	if err != nil {
		return plan{}, err
	}
	image, err := clip.LoadImage(load.BlankAs(ctx, d, weights.PartImage, w.clip.ImageTensors(), w.quant), w.clip)
	if err != nil {
		return plan{}, err
	}
	var p plan
	p.weights, _ = d.Used()
	tokens := w.side / w.vqgan.Factor()
	adam, _ := ops.NamedOptimiser(ops.Adam)
	usual, _ := preset.Named(preset.Upd)
	cut := usual.Moving()
	cut.Clamp = true // as another preset does
	s, err := guide.NewStep(d, guide.StepSpec{
		VQGAN: w.vqgan, CLIP: w.clip, Decoder: decoder, Image: image, Height: tokens, Width: tokens, Cutouts: w.cutouts,
		Preset: cut, Thrift: thrift, HalfPrecision: w.half, Optimiser: adam,
		Targets: []guide.Target{{Embeddings: [][]float32{make([]float32, w.clip.EmbedDim)}, Weight: 1}},
		Lowest:  make([]float32, w.vqgan.EmbedDim), Highest: make([]float32, w.vqgan.EmbedDim),
	})
	if err != nil {
		return plan{}, err
	}
	if err := s.Compile(ctx, func(guide.Phase, int64, int64) {}); err != nil {
		return plan{}, err
	}
	if _, err := guide.NewView(ctx, s); err != nil {
		return plan{}, err
	}
	tape := s.Tape()
	p.scratch, p.dispatches, p.work = tape.Plan.Memory(), tape.Plan.Len(), tape.Plan.Work()
	p.all, _ = d.Used()
	return p, nil
}
