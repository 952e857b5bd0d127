package main

import (
	"context"
	"fmt"
	"math"

	"reverie/gpu/blob"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/ops"
	"reverie/weights"
	"reverie/weights/vocab"
)

// unit runs single ops.
func (r *runner) unit(ctx context.Context, name string, c goldenCase) error {
	for _, f := range []func(context.Context, string, goldenCase) error{r.clamp, r.promptLoss, r.lanczos, r.adam} {
		if err := f(ctx, name, c); err != nil {
			return err
		}
	}
	return nil
}

// arrays reads several arrays of a case.
func (r *runner) arrays(name string, arrays ...string) ([]array, error) {
	out := make([]array, len(arrays))
	for i, a := range arrays {
		var err error
		if out[i], err = r.folder.array(name + "/" + a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *runner) clamp(ctx context.Context, name string, _ goldenCase) error {
	a, err := r.arrays(name, "clamp_x", "clamp_g")
	if err != nil {
		return err
	}
	t := ops.NewTape(r.device)
	defer t.Close()
	x := t.Input(1, 1, 1, len(a[0].floats), true)
	t.Write(x, a[0].floats)
	y := t.Keep(t.ClampWithGrad(x, 1, 0, 0, 1))
	t.Write(t.Seed(y), a[1].floats)
	t.Backward()
	if err := r.runTape(ctx, t); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, y, name+"/clamp_y", name+"/clamp_y"); err != nil {
		return err
	}
	return r.tensor(ctx, t, x.D(), name+"/clamp_dx", name+"/clamp_dx")
}

func (r *runner) promptLoss(ctx context.Context, name string, c goldenCase) error {
	a, err := r.arrays(name, "prompt_emb", "prompt_embed")
	if err != nil {
		return err
	}
	emb, embed := a[0], a[1]
	width := emb.shape[1]
	loss := func(targets []float32, weight, stop float64) (float32, []float32, error) {
		t := ops.NewTape(r.device)
		defer t.Close()
		e := t.Input(1, 1, emb.shape[0], width, true)
		t.Write(e, emb.floats)
		to := t.Input(1, 1, len(targets)/width, width, false)
		t.Write(to, targets)
		losses := t.Buffer("losses", 16)
		t.PromptLoss(e, to, []ops.Prompt{{Count: len(targets) / width, Weight: weight, Stop: stop}}, nil, losses, 0)
		t.Backward()
		if err := r.runTape(ctx, t); err != nil {
			return 0, nil, err
		}
		data, err := r.device.Read(ctx, losses, 0, 16)
		if err != nil {
			return 0, nil, err
		}
		grad, err := t.Read(ctx, e.D())
		return ops.Unpad(data, 1, 1)[0], grad, err
	}
	for i, p := range c.PromptCases {
		value, grad, err := loss(embed.floats, *p[0], stopOf(p[1]))
		if err != nil {
			return err
		}
		want, err := r.arrays(name, fmt.Sprintf("prompt_%d_loss", i), fmt.Sprintf("prompt_%d_grad", i))
		if err != nil {
			return err
		}
		r.report.floats(fmt.Sprintf("%s/prompt_%d_loss", name, i), []float32{value}, want[0].floats)
		r.report.floats(fmt.Sprintf("%s/prompt_%d_grad", name, i), grad, want[1].floats)
	}
	// A vector's distance to itself: one row against the same row.
	want, err := r.folder.array(name + "/prompt_same")
	if err != nil {
		return err
	}
	emb.floats, emb.shape = emb.floats[:width], []int{1, width}
	value, grad, err := loss(emb.floats, 1, math.Inf(-1))
	if err != nil {
		return err
	}
	r.report.floats(name+"/prompt_same", []float32{value}, want.floats)
	for _, g := range grad {
		if math.IsNaN(float64(g)) {
			return fmt.Errorf("golden: the gradient of a vector's distance to itself is not a number")
		}
	}
	return nil
}

// lanczos compares the taps of every array lanczos_DST_SRC.
func (r *runner) lanczos(_ context.Context, name string, _ goldenCase) error {
	for full := range r.golden.Arrays {
		var dst, src int
		if n, _ := fmt.Sscanf(full, name+"/lanczos_%d_%d", &dst, &src); n != 2 {
			continue
		}
		want, err := r.folder.array(full)
		if err != nil {
			return err
		}
		var got []float32
		for _, v := range ops.LanczosTaps(dst, src) {
			got = append(got, float32(v))
		}
		r.report.floats(full, got, want.floats)
	}
	return nil
}

func (r *runner) adam(ctx context.Context, name string, c goldenCase) error {
	a, err := r.arrays(name, "adam_z0", "adam_g")
	if err != nil {
		return err
	}
	n := len(a[0].floats)
	steps := len(a[1].floats) / n
	t := ops.NewTape(r.device)
	defer t.Close()
	z := t.Input(1, 1, 1, n, true)
	t.Write(z, a[0].floats)
	g := t.Seed(z)
	factors := t.Buffer("factors", ops.FactorsSize)
	optimiser, _ := ops.NamedOptimiser(ops.Adam)
	t.Update(z, factors, optimiser, nil, nil, nil)
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	var count ops.Count
	for i := range steps {
		t.Write(g, a[1].floats[i*n:(i+1)*n])
		r.device.Write(factors, 0, optimiser.Next(&count, c.AdamLR, 0).Encode())
		if err := t.Plan.Run(); err != nil {
			return err
		}
		array := fmt.Sprintf("%s/adam_z%d", name, i+1)
		want, err := r.folder.array(array)
		if err != nil {
			return err
		}
		got, err := t.Read(ctx, z)
		if err != nil {
			return err
		}
		r.report.floats(array, got, want.floats)
	}
	return nil
}

// cutouts runs both methods over the case's boxes.
func (r *runner) cutouts(ctx context.Context, name string, c goldenCase) error {
	grad, err := r.folder.array(name + "/grad_out")
	if err != nil {
		return err
	}
	for _, method := range []string{"original", "pooling"} {
		image, err := r.folder.array(name + "/image_" + method)
		if err != nil {
			return err
		}
		h, w := image.shape[2], image.shape[3]
		list := boxes(c.BoxList, w, h)
		if err := r.cut(ctx, name+"/"+method, method == "pooling", c.Cut, image, list, &grad); err != nil {
			return err
		}
		if method == "pooling" && r.folder.has(name+"/pooling_whole") {
			if err := r.cut(ctx, name+"/pooling_whole", true, c.Cut, image, []ops.Box{{W: w, H: h}}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) cut(ctx context.Context, name string, pooled bool, side int, image array, list []ops.Box, grad *array) error {
	h, w := image.shape[2], image.shape[3]
	t := ops.NewTape(r.device)
	defer t.Close()
	x := t.Input(1, h, w, 3, grad != nil)
	t.Write(x, channelsLast(image.floats, 1, 3, h, w))
	b := t.Buffer("boxes", 16*len(list))
	r.device.Write(b, 0, ops.EncodeBoxes(list))
	var y *ops.Tensor
	if pooled {
		y = t.Pool(x, b, len(list), side, nil)
	} else {
		cut := t.Cutouts(x, b, len(list), side, nil)
		y = t.ClampWithGrad(cut, 1, 0, 0, 1)
	}
	t.Keep(y)
	if grad != nil {
		t.Write(t.Seed(y), channelsLast(grad.floats, len(list), 3, side, side))
		t.Backward()
	}
	if err := r.runTape(ctx, t); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, y, name, name); err != nil || grad == nil {
		return err
	}
	return r.tensor(ctx, t, x.D(), name+"_grad", name+"_grad")
}

// tokens compares the tokeniser with every string of tokens.json.
func (r *runner) tokens(ctx context.Context) error {
	var file tokenFile
	if err := r.folder.json(ctx, "tokens.json", &file); err != nil {
		return err
	}
	const contextLength, vocabSize = 77, 49408 // the official model's
	merges, err := blob.Of(vocab.CLIP).Gunzip(ctx, weights.MaxVocabText)
	if err != nil {
		return err
	}
	tokenizer, err := bpe.New(merges, vocabSize, contextLength)
	if err != nil {
		return err
	}
	repaired, repairable := 0, 0
	for i, s := range file.Tokens {
		got := tokenizer.Encode(s.Text).IDs
		if s.SameWithTidy {
			r.report.integers(fmt.Sprintf("tokens/%d", i), got, s.IDs, 0)
			continue
		}
		repairable++
		if fmt.Sprint(got) == fmt.Sprint(s.IDs) {
			repaired++
		}
	}
	fmt.Printf("tokens: %d of %d mis-decoded strings repaired\n", repaired, repairable)
	return nil
}
