package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/guide"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/gpu/store"
	"reverie/gpu/vqgan"
	"reverie/recipe/preset"
	"reverie/weights"
)

func main() {
	var o options
	flag.IntVar(&o.prompts, "prompts", 0, "how many prompts")
	flag.IntVar(&o.pictures, "pictures", 0, "how many pictures")
	flag.Parse()
	if err := run(context.Background(), o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run measures the models in the folders that bases name and prints how far each is from the first.
func run(ctx context.Context, o options, bases []string) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	fmt.Println("adapter:", d.Info())
	a, err := measure(ctx, d, bases[0], o, nil)
	if err != nil {
		return err
	}
	for _, base := range bases[1:] {
		b, err := measure(ctx, d, base, o, &a)
		if err != nil {
			return err
		}
		print(os.Stdout, a, b)
	}
	return nil
}

// conversion is one of the models.
type conversion struct {
	measured
	options
	device   *gpu.Device
	source   *load.Source
	manifest *weights.Manifest
	loaded   []*load.Weights
	decoder  *vqgan.Decoder
	image    *clip.Image
	progress progress
}

// measure runs a model, with the latents of the first one where it is a later one.
func measure(ctx context.Context, d *gpu.Device, base string, o options, first *measured) (measured, error) {
	c := &conversion{options: o, device: d, source: load.From(base, store.Nothing{}), progress: progress{out: os.Stderr}}
	defer c.close()
	var err error
	if c.manifest, err = c.source.Manifest(ctx); err != nil {
		return measured{}, err
	}
	c.name = c.manifest.Quant
	c.progress.name = c.name
	if c.manifest.HasCLIP() {
		if err := c.embed(ctx); err != nil {
			return measured{}, err
		}
	}
	if c.manifest.HasVQGAN() {
		if err := c.paint(ctx, first); err != nil {
			return measured{}, err
		}
	}
	if c.manifest.HasCLIP() && c.manifest.HasVQGAN() {
		if err := c.differentiate(ctx, first); err != nil {
			return measured{}, err
		}
	}
	return c.measured, nil
}

func (c *conversion) close() {
	for _, w := range c.loaded {
		w.Close()
	}
	c.loaded = nil
}

func (c *conversion) part(ctx context.Context, name string) (*load.Weights, error) {
	w, err := c.source.Part(ctx, c.device, c.manifest.Part(name), nil)
	if err == nil {
		c.loaded = append(c.loaded, w)
	}
	return w, err
}

// batch is how many prompts or pictures go through a tower at once.
const batch = 8

// embed runs both towers of CLIP. The image tower stays.
func (c *conversion) embed(ctx context.Context) error {
	w, err := c.part(ctx, weights.PartText)
	if err != nil {
		return err
	}
	text, err := clip.LoadText(w, c.manifest.CLIP)
	if err != nil {
		return err
	}
	vocab, err := c.source.Vocabulary(ctx, c.manifest)
	if err != nil {
		return err
	}
	tokenizer, err := bpe.New(vocab, c.manifest.CLIP.VocabSize, c.manifest.CLIP.ContextLength)
	if err != nil {
		return err
	}
	texts := prompts()[:c.prompts]
	for list := range slices.Chunk(texts, batch) {
		ids := make([][]int32, len(list))
		for i, p := range list {
			ids[i] = tokenizer.Encode(p).IDs
		}
		e, err := text.Embed(ctx, c.device, ids)
		if err != nil {
			return err
		}
		c.texts = append(c.texts, e...)
		c.progress.tell("texts", len(c.texts), len(texts))
	}
	c.close()
	if w, err = c.part(ctx, weights.PartImage); err != nil {
		return err
	}
	if c.image, err = clip.LoadImage(w, c.manifest.CLIP); err != nil {
		return err
	}
	return c.look(ctx)
}

// look embeds the pictures.
func (c *conversion) look(ctx context.Context) error {
	size := c.manifest.CLIP.ImageSize
	t := ops.NewTape(c.device)
	defer t.Close()
	x := t.Input(batch, size, size, 3, false)
	e := t.Keep(c.image.Encode(t, x))
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	for len(c.images) < c.pictures {
		var pixels []float32
		for i := range batch {
			pixels = append(pixels, picture(len(c.images)+i, size)...)
		}
		t.Write(x, pixels)
		if err := t.Plan.Run(); err != nil {
			return err
		}
		flat, err := t.Read(ctx, e)
		if err != nil {
			return err
		}
		c.images = slices.AppendSeq(c.images, slices.Chunk(flat, e.C))
		c.progress.tell("pictures", len(c.images), c.pictures)
	}
	c.images = c.images[:c.pictures]
	return nil
}

// grid is the tokens along one axis of the pictures that go through VQGAN.
func (c *conversion) grid() int {
	f := c.manifest.VQGAN.Factor()
	return (side + f - 1) / f
}

// paint encodes the pictures, and decodes the codes of the first conversion. The decoder stays.
func (c *conversion) paint(ctx context.Context, first *measured) error {
	w, err := c.part(ctx, weights.PartDecoder)
	if err != nil {
		return err
	}
	if c.decoder, err = vqgan.LoadDecoder(w, c.manifest.VQGAN); err != nil {
		return err
	}
	if w, err = c.part(ctx, weights.PartEncoder); err != nil {
		return err
	}
	encoder, err := vqgan.LoadEncoder(w, c.manifest.VQGAN)
	if err != nil {
		return err
	}
	if err := c.encode(ctx, encoder); err != nil {
		return err
	}
	w.Close()
	if first == nil {
		first = &c.measured
	}
	return c.decode(ctx, first.codes)
}

func (c *conversion) encode(ctx context.Context, encoder *vqgan.Encoder) error {
	n := c.grid() * c.manifest.VQGAN.Factor()
	t := ops.NewTape(c.device)
	defer t.Close()
	x := t.Input(1, n, n, 3, false)
	_, zq, indices := guide.Encode(t, encoder, x, t.NewCodebook(c.decoder.Codebook))
	t.Keep(zq)
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	for i := range c.paintings() {
		pixels := picture(i, n)
		for j, v := range pixels {
			pixels[j] = 2*v - 1
		}
		t.Write(x, pixels)
		if err := t.Plan.Run(); err != nil {
			return err
		}
		latent, err := t.Read(ctx, zq)
		if err != nil {
			return err
		}
		data, err := c.device.Read(ctx, indices, 0, (4*zq.Rows()+15)/16*16)
		if err != nil {
			return err
		}
		codes := make([]int32, zq.Rows())
		for j := range codes {
			codes[j] = int32(binary.LittleEndian.Uint32(data[4*j:]))
		}
		c.latents, c.codes = append(c.latents, latent), append(c.codes, codes)
		c.progress.tell("encoded", len(c.codes), c.paintings())
	}
	return nil
}

func (c *conversion) decode(ctx context.Context, codes [][]int32) error {
	t := ops.NewTape(c.device)
	defer t.Close()
	indices := clip.Indices(t, codes[0])
	y := t.Keep(t.ClampWithGrad(c.decoder.Decode(t, t.Gather(indices, 1, c.grid(), c.grid(), t.NewCodebook(c.decoder.Codebook))), 0.5, 0.5, 0, 1))
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	for _, list := range codes {
		c.device.Write(indices, 0, clip.EncodeIndices(list))
		if err := t.Plan.Run(); err != nil {
			return err
		}
		pixels, err := t.Read(ctx, y)
		if err != nil {
			return err
		}
		c.decoded = append(c.decoded, pixels)
		c.progress.tell("decoded", len(c.decoded), len(codes))
	}
	return nil
}

// differentiate takes the gradients of the first steps of as many runs, from the first conversion's latents: the loss is the distance to
// the prompt, seen through the whole picture and its middle.
func (c *conversion) differentiate(ctx context.Context, first *measured) error {
	if first == nil {
		first = &c.measured
	}
	v := c.manifest.VQGAN
	n := c.grid() * v.Factor()
	boxes := []ops.Box{{W: n, H: n}, {X: n / 4, Y: n / 4, W: n / 2, H: n / 2}}
	stride := max(1, min(len(manners), c.prompts/c.runs())) // another subject each time
	optimiser, _ := ops.NamedOptimiser(ops.Adam)
	still := optimiser.Next(&ops.Count{}, 0, 0)
	wide := func(limit float32) []float32 { return slices.Repeat([]float32{limit}, v.EmbedDim) }
	for i := range c.runs() {
		s, err := guide.NewStep(c.device, guide.StepSpec{
			VQGAN: v, CLIP: c.manifest.CLIP, Decoder: c.decoder, Image: c.image,
			Height: c.grid(), Width: c.grid(), Cutouts: len(boxes), Preset: preset.Preset{Clamp: true},
			Targets:   []guide.Target{{Embeddings: c.texts[i*stride : i*stride+1], Weight: 1, Stop: math.Inf(-1)}},
			Optimiser: optimiser, Lowest: wide(-math.MaxFloat32), Highest: wide(math.MaxFloat32),
			Inspect: true,
		})
		if err != nil {
			return err
		}
		g, err := gradient(ctx, s, first.latents[i], guide.Inputs{Numbers: map[string][]byte{guide.StageCutouts: ops.EncodeBoxes(boxes), guide.StageUpdate: still.Encode()}})
		s.Close()
		if err != nil {
			return err
		}
		c.gradients = append(c.gradients, g)
		c.progress.tell("gradients", len(c.gradients), c.runs())
	}
	return nil
}

func gradient(ctx context.Context, s *guide.Step, z []float32, in guide.Inputs) ([]float32, error) {
	s.SetZ(z)
	if err := s.Compile(ctx, func(guide.Phase, int64, int64) {}); err != nil {
		return nil, err
	}
	if _, err := s.Run(ctx, in, false); err != nil {
		return nil, err
	}
	return s.Tape().Read(ctx, s.Z.D())
}
