package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/recipe/preset"
	"reverie/weights"
)

// reverie is this engine.
type reverie struct{ *bench }

func (r reverie) name() string { return self }

// recorded is a workload on a tape.
type recorded struct {
	bench   *bench
	tape    *ops.Tape
	weights *load.Weights
	result  *ops.Tensor
}

func (r reverie) prepare(ctx context.Context, w workload) (job, error) {
	record, kept, err := r.load(ctx, w)
	if err != nil {
		return nil, err
	}
	t := ops.NewTape(r.device)
	if r.half {
		t.HalfPrecision()
	}
	x := t.Input(w.Input.Shape[0], w.Input.Shape[1], w.Input.Shape[2], w.Input.Shape[3], w.Direction != forward)
	t.Write(x, w.Input.values())
	y := t.Keep(record(t, x))
	j := &recorded{bench: r.bench, tape: t, weights: kept, result: y}
	if w.Direction != forward {
		t.Write(t.Seed(y), w.Gradient.values())
		if w.Direction == gradient {
			t.Plan = r.device.NewPlan() // drops what is recorded so far, the forward kernels
		}
		t.Backward()
		j.result = x.D()
	}
	if err := t.Compile(ctx, nil); err != nil {
		j.close()
		return nil, err
	}
	return j, nil
}

// load puts a workload's weights on the device and returns what records it.
func (r reverie) load(ctx context.Context, w workload) (record func(*ops.Tape, *ops.Tensor) *ops.Tensor, kept *load.Weights, err error) {
	var specs []weights.Spec
	for _, a := range w.Weights {
		specs = append(specs, weights.Spec{Name: a.Name, Shape: a.Shape})
	}
	kept = load.Blank(ctx, r.device, w.Kind, specs)
	for _, a := range w.Weights {
		kept.Fill(a.Name, a.values())
	}
	switch w.Kind {
	case kindLinear:
		m := kept.Linear("weight")
		record = func(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return t.Linear(x, m, ops.LinearOptions{}) }
		err = kept.Finish()
	case kindConv:
		m := kept.Linear("weight")
		record = func(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return t.Conv(x, m, nil, ops.Conv3x3, nil) }
		err = kept.Finish()
	case kindAttention:
		record = func(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return t.Attention(x, w.Heads, false) }
	case kindBlock:
		var b *clip.Blocks
		b, err = clip.LoadBlocks(kept, *w.CLIP)
		record = func(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return b.Forward(t, x) }
	case kindDecoder:
		var d *vqgan.Decoder
		d, err = vqgan.LoadDecoder(kept, *w.VQGAN)
		record = func(t *ops.Tape, x *ops.Tensor) *ops.Tensor { return d.Decode(t, x) }
	default:
		err = fmt.Errorf("bench: no workload of kind %s", w.Kind)
	}
	return record, kept, err
}

func (j *recorded) run(ctx context.Context) error {
	if err := j.tape.Plan.Run(); err != nil {
		return err
	}
	return j.bench.wait(ctx)
}

func (j *recorded) output(ctx context.Context) ([]float32, error) { return j.tape.Read(ctx, j.result) }

func (j *recorded) close() {
	j.tape.Close()
	j.weights.Close()
}

// step measures a whole guided step, and then its parts.
func (b *bench) step(ctx context.Context, s stepWorkload) error {
	wv := load.Blank(ctx, b.device, weights.PartDecoder, s.VQGAN.DecoderTensors())
	defer wv.Close()
	wc := load.Blank(ctx, b.device, weights.PartImage, s.CLIP.ImageTensors())
	defer wc.Close()
	decoder, err := vqgan.LoadDecoder(wv, s.VQGAN)
	if err != nil {
		return err
	}
	image, err := clip.LoadImage(wc, s.CLIP)
	if err != nil {
		return err
	}
	adam, _ := ops.NamedOptimiser(ops.Adam)
	spec := guide.StepSpec{VQGAN: s.VQGAN, CLIP: s.CLIP, Decoder: decoder, Image: image, Height: s.Side, Width: s.Side, Cutouts: s.Cutouts, HalfPrecision: b.half,
		Preset: preset.Preset{Clamp: true}, Targets: []guide.Target{{Embeddings: [][]float32{make([]float32, s.CLIP.EmbedDim)}, Weight: 1}}, Optimiser: adam,
		Lowest: make([]float32, s.VQGAN.EmbedDim), Highest: make([]float32, s.VQGAN.EmbedDim)}
	step, err := guide.NewStep(b.device, spec)
	if err != nil {
		return err
	}
	defer step.Close()
	if err := step.Compile(ctx, func(guide.Phase, int64, int64) {}); err != nil {
		return err
	}
	pixels := s.Side * s.VQGAN.Factor()
	in := guide.Inputs{Numbers: map[string][]byte{
		guide.StageCutouts: ops.EncodeBoxes(slices.Repeat([]ops.Box{{W: pixels, H: pixels}}, s.Cutouts)),
		guide.StageUpdate:  adam.Next(&ops.Count{}, 0.1, 0).Encode(),
	}}
	if b.kernels {
		return b.profile(ctx, s.Name, step.Tape().Plan)
	}
	if err := b.alone(ctx, s.Name, stepGFLOP(s), func() error {
		_, err := step.Run(ctx, in, false)
		return err
	}); err != nil {
		return err
	}
	return b.parts(ctx, s, step.Tape().Plan)
}

// parts measures a step's parts by waiting for the device after each. Each run of all parts is one whole step.
func (b *bench) parts(ctx context.Context, s stepWorkload, p *gpu.Plan) error {
	gflop := map[string]float64{guide.PartDecoder: decoderGFLOP(s.VQGAN, s.Side), guide.PartCLIP: imageGFLOP(s.CLIP, s.Cutouts)}
	var order []string
	times := map[string][]float64{}
	for run := range b.leastRuns {
		for _, stretch := range p.Stretches() {
			begin := time.Now()
			if err := p.RunStretch(stretch); err != nil {
				return err
			}
			if err := b.wait(ctx); err != nil {
				return err
			}
			if !slices.Contains(order, stretch.Part) {
				order = append(order, stretch.Part)
			}
			if len(times[stretch.Part]) <= run {
				times[stretch.Part] = append(times[stretch.Part], 0)
			}
			times[stretch.Part][run] += float64(time.Since(begin)) / float64(time.Millisecond)
		}
	}
	for _, part := range order {
		work := gflop[strings.TrimSuffix(part, ops.PartGradient(""))]
		b.emit(measurement{result: summarise(s.Name+partSeparator+part, work, times[part])})
	}
	return nil
}
