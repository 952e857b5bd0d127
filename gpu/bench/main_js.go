package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/weights"
)

func main() {
	only := ""
	if len(os.Args) > 1 {
		only = os.Args[1]
	}
	if err := run(context.Background(), only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// bench measures on one device.
type bench struct {
	device *gpu.Device
	host   string
	only   string
}

func run(ctx context.Context, only string) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	b := &bench{device: d, host: d.Info().Architecture, only: only}
	if b.host == "" {
		b.host = d.Info().String()
	}
	fmt.Println("adapter:", d.Info())
	for _, measure := range []func(context.Context) error{b.peak, b.kernels, b.models, b.steps} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// The least number of runs and the time after which a workload has had enough.
const (
	leastRuns = 3
	enough    = 3 * time.Second
)

// measure records a workload on a fresh tape and times its replays. What record returns is not part of what is timed.
func (b *bench) measure(ctx context.Context, workload string, record func(t *ops.Tape)) error {
	if !strings.Contains(workload, b.only) {
		return nil
	}
	t := ops.NewTape(b.device)
	defer t.Close()
	record(t)
	if err := t.Compile(ctx, nil); err != nil {
		return fmt.Errorf("bench: %s: %w", workload, err)
	}
	return b.time(ctx, workload, t.Plan.Work()/1e9, func() error { return t.Plan.Run() })
}

// time replays, after one run that is not counted, until there is enough.
func (b *bench) time(ctx context.Context, workload string, gflop float64, replay func() error) error {
	fence := b.device.NewBuffer("fence", 16)
	defer fence.Destroy()
	once := func() (float64, error) {
		begin := time.Now()
		if err := replay(); err != nil {
			return 0, err
		}
		_, err := b.device.Read(ctx, fence, 0, 16)
		return float64(time.Since(begin)) / float64(time.Millisecond), err
	}
	if _, err := once(); err != nil {
		return err
	}
	var times []float64
	for begin := time.Now(); len(times) < leastRuns || time.Since(begin) < enough; {
		ms, err := once()
		if err != nil {
			return err
		}
		times = append(times, ms)
	}
	r := summarise(workload, gflop, times)
	r.Host = b.host
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	return nil
}

// peak runs eight chains of multiply-adds in registers.
func (b *bench) peak(ctx context.Context) error {
	const invocations, rounds = 1 << 14, 1 << 12
	p := b.device.NewPlan()
	defer p.Close()
	y := b.device.NewBuffer("peak", 4*invocations)
	defer y.Destroy()
	p.Dispatch(b.device.Kernel("peak.wgsl", nil), gpu.Workgroups(invocations, 64), 0, struct{ Rounds uint32 }{rounds}, y)
	if err := p.Compile(ctx, nil); err != nil {
		return err
	}
	return b.time(ctx, peakWorkload, 2*8*float64(rounds)*invocations/1e9, func() error { return p.Run() })
}

// kernels are the shapes of ViT-B/32 with eight cutouts and of VQGAN f16's decoder.
func (b *bench) kernels(ctx context.Context) error {
	for _, w := range []struct {
		name          string
		rows, in, out int
	}{{"linear 400x768 to 3072", 400, 768, 3072}, {"linear 400x3072 to 768", 400, 3072, 768}} {
		if err := b.measure(ctx, w.name, func(t *ops.Tape) {
			t.Linear(t.Input(1, 1, w.rows, w.in, false), blankMatrix(t, 1, w.out, w.in), ops.LinearOptions{})
		}); err != nil {
			return err
		}
	}
	for _, w := range []struct {
		name     string
		side, c  int
		gradient bool
	}{
		{"conv 3x3 128 to 128 at 64x64", 64, 128, false}, {"conv 3x3 128 to 128 at 64x64, input gradient", 64, 128, true},
		{"conv 3x3 256 to 256 at 32x32", 32, 256, false}, {"conv 3x3 256 to 256 at 32x32, input gradient", 32, 256, true},
	} {
		if err := b.measure(ctx, w.name, func(t *ops.Tape) {
			y := t.Conv(t.Input(1, w.side, w.side, w.c, w.gradient), blankMatrix(t, 9, w.c, w.c), nil, ops.Conv3x3, nil)
			if w.gradient {
				b.gradientOnly(t, y)
			}
		}); err != nil {
			return err
		}
	}
	return b.measure(ctx, "attention 8x50 tokens, width 768, both ways", func(t *ops.Tape) {
		y := t.Attention(t.Input(8, 1, 50, 3*768, true), 12, false)
		t.Seed(y)
		t.Backward()
	})
}

// gradientOnly keeps the backward kernels of what is recorded so far.
func (b *bench) gradientOnly(t *ops.Tape, y *ops.Tensor) {
	t.Seed(y)
	t.Plan = b.device.NewPlan()
	t.Backward()
}

func blankMatrix(t *ops.Tape, taps, out, in int) ops.Matrix {
	return ops.Matrix{Taps: taps, Out: out, In: in, Buf: t.Buffer("weight", 4*taps*ops.Pad4(out)*ops.Pad4(in))}
}

var (
	smallDecoder = weights.VQGANConfig{Ch: 32, ChMult: []int{1, 1, 2, 2, 4}, NumResBlocks: 2, AttnResolutions: []int{16}, Resolution: 256,
		ZChannels: 256, InChannels: 3, OutCh: 3, EmbedDim: 256, NEmbed: 1024}
	officialVQGAN = weights.VQGANConfig{Ch: 128, ChMult: []int{1, 1, 2, 2, 4}, NumResBlocks: 2, AttnResolutions: []int{16}, Resolution: 256,
		ZChannels: 256, InChannels: 3, OutCh: 3, EmbedDim: 256, NEmbed: 16384}
	vitB32 = weights.CLIPConfig{ImageSize: 224, PatchSize: 32, VisionWidth: 768, VisionLayers: 12, VisionHeads: 12, TextWidth: 512, TextLayers: 12,
		TextHeads: 8, ContextLength: 77, VocabSize: 49408, EmbedDim: 512, Activation: weights.QuickGELU, Mean: weights.CLIPMean, Std: weights.CLIPStd}
	miniVQGAN = weights.VQGANConfig{Ch: 64, ChMult: []int{1, 1, 1, 1}, Resolution: 64, ZChannels: 64, InChannels: 3, OutCh: 3, EmbedDim: 64, NEmbed: 1024}
	miniCLIP  = weights.CLIPConfig{ImageSize: 64, PatchSize: 8, VisionWidth: 256, VisionLayers: 5, VisionHeads: 4, TextWidth: 192, TextLayers: 3,
		TextHeads: 3, ContextLength: 32, VocabSize: 8192, EmbedDim: 256, Activation: weights.QuickGELU, Mean: weights.CLIPMean, Std: weights.CLIPStd}
)

// models are parts of models, forward and with input gradient.
func (b *bench) models(ctx context.Context) error {
	block := vitB32
	block.VisionLayers = 1
	if err := b.imageTower(ctx, "ViT-B/32 of one block, 8 cutouts", block, 8); err != nil {
		return err
	}
	return b.decoder(ctx, "decoder ch 32, 64x64", smallDecoder, 4)
}

func (b *bench) imageTower(ctx context.Context, name string, c weights.CLIPConfig, cutouts int) error {
	w := load.Blank(ctx, b.device, weights.PartImage, c.ImageTensors())
	defer w.Close()
	tower, err := clip.LoadImage(w, c)
	if err != nil {
		return err
	}
	return b.bothWays(ctx, name, func(t *ops.Tape, gradient bool) *ops.Tensor {
		return tower.Encode(t, t.Input(cutouts, c.ImageSize, c.ImageSize, 3, gradient))
	})
}

func (b *bench) decoder(ctx context.Context, name string, c weights.VQGANConfig, side int) error {
	w := load.Blank(ctx, b.device, weights.PartDecoder, c.DecoderTensors())
	defer w.Close()
	decoder, err := vqgan.LoadDecoder(w, c)
	if err != nil {
		return err
	}
	return b.bothWays(ctx, name, func(t *ops.Tape, gradient bool) *ops.Tensor {
		return decoder.Decode(t, t.Input(1, side, side, c.EmbedDim, gradient))
	})
}

// bothWays measures a model forward, and forward with the gradient of its input.
func (b *bench) bothWays(ctx context.Context, name string, record func(t *ops.Tape, gradient bool) *ops.Tensor) error {
	if err := b.measure(ctx, name+", forward", func(t *ops.Tape) { record(t, false) }); err != nil {
		return err
	}
	return b.measure(ctx, name+", forward + gradient", func(t *ops.Tape) {
		t.Seed(record(t, true))
		t.Backward()
	})
}

// steps are whole guided steps.
func (b *bench) steps(ctx context.Context) error {
	if err := b.step(ctx, "guided step, mini, 64x64, 4 cutouts", miniVQGAN, miniCLIP, 8, 4); err != nil {
		return err
	}
	return b.step(ctx, "guided step, ViT-B/32 + f16_16384, 64x64, 2 cutouts", officialVQGAN, vitB32, 4, 2)
}

func (b *bench) step(ctx context.Context, name string, v weights.VQGANConfig, c weights.CLIPConfig, side, cutouts int) error {
	if !strings.Contains(name, b.only) {
		return nil
	}
	wv := load.Blank(ctx, b.device, weights.PartDecoder, v.DecoderTensors())
	defer wv.Close()
	wc := load.Blank(ctx, b.device, weights.PartImage, c.ImageTensors())
	defer wc.Close()
	decoder, err := vqgan.LoadDecoder(wv, v)
	if err != nil {
		return err
	}
	image, err := clip.LoadImage(wc, c)
	if err != nil {
		return err
	}
	spec := guide.StepSpec{VQGAN: v, CLIP: c, Decoder: decoder, Image: image, Height: side, Width: side, Cutouts: cutouts, Clamp: true,
		Targets: []guide.Target{{Embeddings: [][]float32{make([]float32, c.EmbedDim)}, Weight: 1}}, Adam: ops.DefaultAdam,
		Lowest: make([]float32, v.EmbedDim), Highest: make([]float32, v.EmbedDim)}
	s, err := guide.NewStep(b.device, spec)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Compile(ctx, func(string, int64, int64) {}); err != nil {
		return err
	}
	pixels := side * v.Factor()
	in := guide.Inputs{Boxes: make([]ops.Box, cutouts), Rate: 0.1}
	for i := range in.Boxes {
		in.Boxes[i] = ops.Box{W: pixels, H: pixels}
	}
	return b.time(ctx, name, s.Tape().Plan.Work()/1e9, func() error {
		_, _, err := s.Run(ctx, in, false)
		return err
	})
}
