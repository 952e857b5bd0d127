package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"reverie/gpu/clip"
	"reverie/gpu/guide"
	"reverie/gpu/guide/resample"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
	"reverie/recipe/preset"
	"reverie/weights"
)

// loop runs whole optimisations from given codes with given boxes.
func (r *runner) loop(ctx context.Context, name string, c goldenCase) error {
	l := &loop{runner: r, name: name, c: c}
	defer l.close()
	if err := l.load(ctx); err != nil {
		return err
	}
	if err := l.prompts(ctx); err != nil {
		return err
	}
	if err := l.initLoss(); err != nil {
		return err
	}
	return l.run(ctx)
}

type loop struct {
	*runner
	name       string
	c          goldenCase
	spec       guide.StepSpec
	initWeight float32
	loaded     []*load.Weights
}

func (l *loop) close() {
	for _, w := range l.loaded {
		w.Close()
	}
}

func (l *loop) load(ctx context.Context) error {
	if len(l.c.Files) != 2 {
		return fmt.Errorf("golden: a loop names a VQGAN and a CLIP, this one %d files", len(l.c.Files))
	}
	w, m, err := l.part(ctx, l.c.Files[0], weights.PartDecoder)
	if err != nil {
		return err
	}
	l.loaded = append(l.loaded, w)
	l.spec.VQGAN = m.VQGAN
	if l.spec.Decoder, err = vqgan.LoadDecoder(w, m.VQGAN); err != nil {
		return err
	}
	if w, m, err = l.part(ctx, l.c.Files[1], weights.PartImage); err != nil {
		return err
	}
	l.loaded = append(l.loaded, w)
	l.spec.CLIP = withHeads(m.CLIP, l.c.Heads)
	if l.spec.Image, err = clip.LoadImage(w, l.spec.CLIP); err != nil {
		return err
	}
	l.spec.Height, l.spec.Width = l.c.ZHW[0], l.c.ZHW[1]
	l.spec.Cutouts = len(l.c.BoxList)
	pooled := l.c.CutMethod == "pooling"
	l.spec.Preset = preset.Preset{Pooled: pooled, Clamp: !pooled}
	l.spec.Optimiser = ops.Optimiser{Name: ops.Adam, Beta1: l.c.Betas[0], Beta2: l.c.Betas[1], Eps: l.c.Eps}
	l.spec.Inspect = true
	rows, err := l.readMatrix(ctx, l.spec.Decoder.Codebook)
	l.spec.Lowest, l.spec.Highest = guide.Range(rows, l.spec.VQGAN.EmbedDim)
	return err
}

// prompts embeds the text prompts and the image prompt, and reports what they give.
func (l *loop) prompts(ctx context.Context) error {
	list := make([]prompt, len(l.c.Prompts))
	texts := make([]string, len(list))
	for i, data := range l.c.Prompts {
		if err := json.Unmarshal(data, &list[i]); err != nil {
			return fmt.Errorf("golden: prompt %s: %w", data, err)
		}
		texts[i] = list[i].text
	}
	embeddings, ids, err := l.embedTexts(ctx, l.c.Files[1], l.c.Heads, texts)
	if err != nil {
		return err
	}
	if err := l.ints("tokens", ids, 0); err != nil {
		return err
	}
	if err := l.floats("text_embeddings", flatten(embeddings)); err != nil {
		return err
	}
	for i, p := range list {
		l.spec.Targets = append(l.spec.Targets, guide.Target{Embeddings: embeddings[i : i+1], Weight: p.weight, Stop: stopOf(p.stop)})
	}
	if l.c.ImagePromptBoxes == nil {
		return nil
	}
	return l.imagePrompt(ctx)
}

// stopOf is the stop, null meaning none.
func stopOf(s *float64) float64 {
	if s == nil {
		return math.Inf(-1)
	}
	return *s
}

func (l *loop) imagePrompt(ctx context.Context) error {
	source, err := l.folder.array(l.name + "/image_prompt_u8")
	if err != nil {
		return err
	}
	want, err := l.folder.array(l.name + "/image_prompt_resized_u8")
	if err != nil {
		return err
	}
	h, w := want.shape[0], want.shape[1]
	f := l.spec.VQGAN.Factor()
	if gotW, gotH := resample.FitArea(source.shape[1], source.shape[0], l.spec.Width*f, l.spec.Height*f); gotW != w || gotH != h {
		l.report.fail(l.name+"/image_prompt_resized_u8", fmt.Errorf("size %d×%d, want %d×%d", gotW, gotH, w, h))
		return nil
	}
	got := resample.Lanczos(source.bytes(), source.shape[1], source.shape[0], w, h)
	l.report.bytes(l.name+"/image_prompt_resized_u8", got, want.bytes())
	spec := l.spec
	spec.Cutouts = len(l.c.ImagePromptBoxes)
	e, err := guide.EmbedPicture(ctx, l.device, spec, want.bytes(), w, h, guide.Inputs{Numbers: map[string][]byte{guide.StageCutouts: ops.EncodeBoxes(boxes(l.c.ImagePromptBoxes, w, h))}})
	if err != nil {
		return err
	}
	l.spec.Targets = append(l.spec.Targets, guide.Target{Embeddings: e, Weight: l.c.ImagePromptWeight[0], Stop: math.Inf(-1)})
	return l.floats("image_prompt_embeddings", flatten(e))
}

// boxes turns [size, x, y] into boxes; null is the whole picture.
func boxes(list []*[3]int, w, h int) []ops.Box {
	out := make([]ops.Box, len(list))
	for i, b := range list {
		out[i] = ops.Box{W: w, H: h}
		if b != nil {
			out[i] = ops.Box{X: b[1], Y: b[2], W: b[0], H: b[0]}
		}
	}
	return out
}

func (l *loop) initLoss() error {
	if l.c.Init == nil {
		return nil
	}
	if err := json.Unmarshal(l.c.Init[0], &l.spec.InitLoss); err != nil {
		return fmt.Errorf("golden: init: %w", err)
	}
	return json.Unmarshal(l.c.Init[1], &l.initWeight)
}

func (l *loop) run(ctx context.Context) error {
	s, err := guide.NewStep(l.device, l.spec)
	if err != nil {
		return err
	}
	defer s.Close()
	indices, err := l.folder.array(l.name + "/indices0")
	if err != nil {
		return err
	}
	rows, err := l.readMatrix(ctx, l.spec.Decoder.Codebook)
	if err != nil {
		return err
	}
	var z []float32
	for _, i := range indices.ints {
		z = append(z, rows[int(i)*l.spec.VQGAN.EmbedDim:(int(i)+1)*l.spec.VQGAN.EmbedDim]...)
	}
	s.SetZ(z)
	if err := s.Compile(ctx, func(guide.Phase, int64, int64) {}); err != nil {
		return err
	}
	view, err := guide.NewView(ctx, s)
	if err != nil {
		return err
	}
	defer view.Close()
	f := l.spec.VQGAN.Factor()
	in := guide.Inputs{Numbers: map[string][]byte{
		guide.StageCutouts:  ops.EncodeBoxes(boxes(l.c.BoxList, l.spec.Width*f, l.spec.Height*f)),
		guide.StageInitLoss: ops.EncodeFloats([]float32{l.initWeight}),
	}}
	var count ops.Count
	var all []float32
	for in.Step = range l.c.Steps {
		in.Numbers[guide.StageUpdate] = l.spec.Optimiser.Next(&count, l.c.LR, 0).Encode()
		out, err := s.Run(ctx, in, true)
		if err != nil {
			return err
		}
		for _, v := range out.Losses {
			all = append(all, float32(v))
		}
		if in.Step == 0 {
			if err := l.first(ctx, s, out.Losses, out.Pixels); err != nil {
				return err
			}
		}
		if err := l.after(ctx, s, view, in.Step+1); err != nil {
			return err
		}
	}
	return l.floats("losses_per_step", all)
}

// first reports what the first step computed on its way.
func (l *loop) first(ctx context.Context, s *guide.Step, losses []float64, pixels []byte) error {
	var narrow []float32
	for _, v := range losses {
		narrow = append(narrow, float32(v))
	}
	if err := l.floats("losses", narrow); err != nil {
		return err
	}
	if err := l.pixels("image_u8", pixels); err != nil {
		return err
	}
	cuts := *s.Cutouts
	cuts.N = min(cuts.N, 3) // the golden holds the first three
	for array, x := range map[string]*ops.Tensor{"image": s.Picture, "cutouts": &cuts, "image_embeddings": s.Encoded, "grad_z": s.Z.D()} {
		if err := l.tensor(ctx, s.Tape(), x, l.name+"/"+array, l.name+"/"+array); err != nil {
			return err
		}
	}
	return nil
}

// after reports the state after so many updates, where the golden has it.
func (l *loop) after(ctx context.Context, s *guide.Step, view *guide.View, steps int) error {
	at := func(array string) string { return fmt.Sprintf("%s/%s_after_%d", l.name, array, steps) }
	if l.folder.has(at("z")) {
		if err := l.tensor(ctx, s.Tape(), s.Z, at("z"), at("z")); err != nil {
			return err
		}
	}
	if !l.folder.has(at("indices")) && !l.folder.has(at("image")) {
		return nil
	}
	picture, err := view.Render(ctx)
	if err != nil {
		return err
	}
	if l.folder.has(at("indices")) {
		if err := l.indices(ctx, view.Indices, l.spec.Height*l.spec.Width, at("indices"), at("indices")); err != nil {
			return err
		}
	}
	if l.folder.has(at("image")) {
		if err := l.tensor(ctx, view.Tape, view.Picture, at("image"), at("image")); err != nil {
			return err
		}
	}
	if l.folder.has(at("image") + "_u8") {
		return l.pixels(fmt.Sprintf("image_after_%d_u8", steps), picture.Pix)
	}
	return nil
}

func (l *loop) floats(array string, got []float32) error {
	want, err := l.folder.array(l.name + "/" + array)
	if err == nil {
		l.report.floats(l.name+"/"+array, got, want.floats)
	}
	return err
}

func (l *loop) ints(array string, got []int32, share float64) error {
	want, err := l.folder.array(l.name + "/" + array)
	if err == nil {
		l.report.integers(l.name+"/"+array, got, want.ints, share)
	}
	return err
}

// pixels compares RGBA bytes with an RGB array.
func (l *loop) pixels(array string, rgba []byte) error {
	want, err := l.folder.array(l.name + "/" + array)
	if err != nil {
		return err
	}
	var rgb []byte
	for i := 0; i < len(rgba); i += 4 {
		rgb = append(rgb, rgba[i:i+3]...)
	}
	l.report.bytes(l.name+"/"+array, rgb, want.bytes())
	return nil
}
