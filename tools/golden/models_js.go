package main

import (
	"context"
	"encoding/binary"
	"math"
	"strings"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/guide"
	"reverie/gpu/guide/resample"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/store"
	"reverie/gpu/vqgan"
	"reverie/weights"
)

// vqgan runs a decoder and an encoder from each of the case's files.
func (r *runner) vqgan(ctx context.Context, name string, c goldenCase) error {
	for _, file := range c.Files {
		at := func(array string) string { return label(c, name, array, file) }
		w, m, err := r.part(ctx, file, weights.PartDecoder)
		if err != nil {
			return err
		}
		decoder, err := vqgan.LoadDecoder(w, m.VQGAN)
		if err != nil {
			return err
		}
		if err := r.decode(ctx, name, at, decoder, m.VQGAN, c.ZHW); err != nil {
			return err
		}
		we, _, err := r.part(ctx, file, weights.PartEncoder)
		if err != nil {
			return err
		}
		encoder, err := vqgan.LoadEncoder(we, m.VQGAN)
		if err != nil {
			return err
		}
		if err := r.encode(ctx, name, at, encoder, decoder, m.VQGAN); err != nil {
			return err
		}
		w.Close()
		we.Close()
	}
	return nil
}

func (r *runner) decode(ctx context.Context, name string, at func(string) string, decoder *vqgan.Decoder, v weights.VQGANConfig, hw [2]int) error {
	z, err := r.folder.array(name + "/z")
	if err != nil {
		return err
	}
	dy, err := r.folder.array(name + "/decode_grad_out")
	if err != nil {
		return err
	}
	h, w, f := hw[0], hw[1], v.Factor()
	t := ops.NewTape(r.device)
	defer t.Close()
	latent := t.Input(1, h, w, v.EmbedDim, true)
	t.Write(latent, channelsLast(z.floats, 1, v.EmbedDim, h, w))
	y := t.Keep(decoder.Decode(t, latent))
	t.Write(t.Seed(y), channelsLast(dy.floats, 1, 3, h*f, w*f))
	t.Backward()
	if err := r.runTape(ctx, t); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, y, at("decode"), name+"/decode"); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, latent.D(), at("decode_grad_z"), name+"/decode_grad_z"); err != nil {
		return err
	}
	return r.synth(ctx, name, at, decoder, v, z, hw)
}

// synth quantises z and decodes it to a picture in [0, 1].
func (r *runner) synth(ctx context.Context, name string, at func(string) string, decoder *vqgan.Decoder, v weights.VQGANConfig, z array, hw [2]int) error {
	h, w := hw[0], hw[1]
	t := ops.NewTape(r.device)
	defer t.Close()
	latent := t.Input(1, h, w, v.EmbedDim, false)
	t.Write(latent, channelsLast(z.floats, 1, v.EmbedDim, h, w))
	zq, indices := t.Quantise(latent, t.NewCodebook(decoder.Codebook))
	picture := t.Keep(t.ClampWithGrad(decoder.Decode(t, zq), 0.5, 0.5, 0, 1))
	if err := r.runTape(ctx, t); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, picture, at("synth"), name+"/synth"); err != nil {
		return err
	}
	if err := r.indices(ctx, indices, h*w, at("indices"), name+"/indices"); err != nil {
		return err
	}
	rows, err := r.readMatrix(ctx, decoder.Codebook)
	if err != nil {
		return err
	}
	lowest, highest := guide.Range(rows, v.EmbedDim)
	for array, got := range map[string][]float32{"z_min": lowest, "z_max": highest} {
		want, err := r.folder.array(name + "/" + array)
		if err != nil {
			return err
		}
		r.report.floats(at(array), got, want.floats)
	}
	return nil
}

func (r *runner) readMatrix(ctx context.Context, m ops.Matrix) ([]float32, error) {
	data, err := r.device.Read(ctx, m.Buf, 0, 4*m.Out*ops.Pad4(m.In))
	if err != nil {
		return nil, err
	}
	return ops.Unpad(data, m.Out, m.In), nil
}

func (r *runner) encode(ctx context.Context, name string, at func(string) string, encoder *vqgan.Encoder, decoder *vqgan.Decoder, v weights.VQGANConfig) error {
	source, err := r.folder.array(name + "/init_u8")
	if err != nil {
		return err
	}
	resized, err := r.folder.array(name + "/init_resized_u8")
	if err != nil {
		return err
	}
	h, w := resized.shape[0], resized.shape[1]
	got := resample.Lanczos(source.bytes(), source.shape[1], source.shape[0], w, h)
	r.report.bytes(at("init_resized_u8"), got, resized.bytes())

	t := ops.NewTape(r.device)
	defer t.Close()
	x := t.Input(1, h, w, 3, false)
	t.Write(x, signed(resized.bytes()))
	latent, zq, indices := guide.Encode(t, encoder, x, t.NewCodebook(decoder.Codebook))
	t.Keep(latent)
	t.Keep(zq)
	if err := r.runTape(ctx, t); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, latent, at("encoder_prequant"), name+"/encoder_prequant"); err != nil {
		return err
	}
	if err := r.tensor(ctx, t, zq, at("encode_z"), name+"/encode_z"); err != nil {
		return err
	}
	return r.indices(ctx, indices, latent.Rows(), at("encode_indices"), name+"/encode_indices")
}

// signed maps bytes to [-1, 1].
func signed(b []byte) []float32 {
	out := make([]float32, len(b))
	for i, v := range b {
		out[i] = float32(v)/255*2 - 1
	}
	return out
}

// runTape compiles and runs a tape once.
func (r *runner) runTape(ctx context.Context, t *ops.Tape) error {
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	return t.Plan.Run()
}

// tensor compares x, channels last, with an array, channels first or a plain matrix.
func (r *runner) tensor(ctx context.Context, t *ops.Tape, x *ops.Tensor, name, array string) error {
	want, err := r.folder.array(array)
	if err != nil {
		return err
	}
	got, err := t.Read(ctx, x)
	if err != nil {
		return err
	}
	if len(want.shape) == 4 {
		got = channelsFirst(got, x.N, x.C, x.H, x.W)
	}
	r.report.floats(name, got, want.floats)
	return nil
}

// clip runs both towers from each of the case's files.
func (r *runner) clip(ctx context.Context, name string, c goldenCase) error {
	for _, file := range c.Files {
		at := func(array string) string { return label(c, name, array, file) }
		texts, err := r.texts(ctx, name, at, file, c)
		if err != nil {
			return err
		}
		w, m, err := r.part(ctx, file, weights.PartImage)
		if err != nil {
			return err
		}
		config := withHeads(m.CLIP, c.Heads)
		image, err := clip.LoadImage(w, config)
		if err != nil {
			return err
		}
		pictures, err := r.images(ctx, name, at, image, config)
		if err != nil {
			return err
		}
		w.Close()
		if err := r.logits(ctx, name, at, file, pictures, texts, config.EmbedDim); err != nil {
			return err
		}
	}
	return nil
}

// withHeads applies a case's numbers of heads; null leaves the official rule.
func withHeads(c weights.CLIPConfig, heads []*int) weights.CLIPConfig {
	if len(heads) == 2 && heads[0] != nil {
		c.VisionHeads = *heads[0]
	}
	if len(heads) == 2 && heads[1] != nil {
		c.TextHeads = *heads[1]
	}
	return c
}

// textTower loads the tower and the tokeniser of a converted checkpoint.
func (r *runner) textTower(ctx context.Context, file string, heads []*int) (*clip.Text, *bpe.Tokenizer, *load.Weights, error) {
	w, m, err := r.part(ctx, file, weights.PartText)
	if err != nil {
		return nil, nil, nil, err
	}
	tower, err := clip.LoadText(w, withHeads(m.CLIP, heads))
	if err != nil {
		return nil, nil, nil, err
	}
	merges, err := load.From("/models/"+modelFolder(file)+"/", store.Nothing{}).Vocabulary(ctx, m)
	if err != nil {
		return nil, nil, nil, err
	}
	tokenizer, err := bpe.New(merges, m.CLIP.VocabSize, m.CLIP.ContextLength)
	return tower, tokenizer, w, err
}

// embedTexts gives each text's embedding and its ids padded with zeros to the context's length.
func (r *runner) embedTexts(ctx context.Context, file string, heads []*int, texts []string) (embeddings [][]float32, ids []int32, err error) {
	tower, tokenizer, w, err := r.textTower(ctx, file, heads)
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	lists := make([][]int32, len(texts))
	for i, text := range texts {
		lists[i] = tokenizer.Encode(text).IDs
		ids = append(ids, lists[i]...)
		for range tokenizer.ContextLength() - len(lists[i]) {
			ids = append(ids, 0)
		}
	}
	embeddings, err = tower.Embed(ctx, r.device, lists)
	return embeddings, ids, err
}

func (r *runner) texts(ctx context.Context, name string, at func(string) string, file string, c goldenCase) ([][]float32, error) {
	embeddings, ids, err := r.embedTexts(ctx, file, c.Heads, c.Texts)
	if err != nil {
		return nil, err
	}
	tokens, err := r.folder.array(name + "/tokens")
	if err != nil {
		return nil, err
	}
	r.report.integers(at("tokens"), ids, tokens.ints, 0)
	want, err := r.folder.array(name + "/text_embeddings")
	if err != nil {
		return nil, err
	}
	r.report.floats(at("text_embeddings"), flatten(embeddings), want.floats)
	return embeddings, nil
}

func flatten(rows [][]float32) []float32 {
	var out []float32
	for _, row := range rows {
		out = append(out, row...)
	}
	return out
}

func (r *runner) images(ctx context.Context, name string, at func(string) string, tower *clip.Image, config weights.CLIPConfig) ([]float32, error) {
	x, err := r.folder.array(name + "/image01")
	if err != nil {
		return nil, err
	}
	n, size := x.shape[0], config.ImageSize
	t := ops.NewTape(r.device)
	defer t.Close()
	wantsGrad := r.folder.has(name + "/grad_image")
	pictures := t.Input(n, size, size, 3, wantsGrad)
	t.Write(pictures, channelsLast(x.floats, n, 3, size, size))
	e := t.Keep(tower.Encode(t, pictures))
	if wantsGrad {
		dy, err := r.folder.array(name + "/grad_out")
		if err != nil {
			return nil, err
		}
		t.Write(t.Seed(e), dy.floats)
		t.Backward()
	}
	if err := r.runTape(ctx, t); err != nil {
		return nil, err
	}
	if err := r.tensor(ctx, t, e, at("image_embeddings"), name+"/image_embeddings"); err != nil {
		return nil, err
	}
	if wantsGrad {
		if err := r.tensor(ctx, t, pictures.D(), at("grad_image"), name+"/grad_image"); err != nil {
			return nil, err
		}
	}
	return t.Read(ctx, e)
}

// logits are exp(logit_scale) times the cosines of pictures and texts.
func (r *runner) logits(ctx context.Context, name string, at func(string) string, file string, pictures []float32, texts [][]float32, width int) error {
	w, _, err := r.part(ctx, file, weights.PartText)
	if err != nil {
		return err
	}
	defer w.Close()
	scale, err := w.Scalar(ctx, "logit_scale")
	if err != nil {
		return err
	}
	var got []float32
	for i := 0; i < len(pictures); i += width {
		for _, text := range texts {
			got = append(got, float32(math.Exp(float64(scale))*float64(cosine(pictures[i:i+width], text))))
		}
	}
	want, err := r.folder.array(name + "/logits_per_image")
	if err != nil {
		return err
	}
	r.report.floats(at("logits_per_image"), got, want.floats)
	return nil
}

// indices compares a buffer of uint32 with an array of integers; ties of float32 may fall otherwise.
func (r *runner) indices(ctx context.Context, b *gpu.Buffer, n int, name, array string) error {
	want, err := r.folder.array(array)
	if err != nil {
		return err
	}
	data, err := r.device.Read(ctx, b, 0, (4*n+15)/16*16)
	if err != nil {
		return err
	}
	got := make([]int32, n)
	for i := range got {
		got[i] = int32(binary.LittleEndian.Uint32(data[4*i:]))
	}
	share := integerShare
	if strings.Contains(array, "_after_") {
		share = latentIndices
	}
	r.report.integers(name, got, want.ints, share)
	return nil
}
