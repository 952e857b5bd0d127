package guide

import (
	"context"
	"fmt"

	"reverie/gpu/clip"
	"reverie/gpu/guide/resample"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/weights"
)

// firstTokens draws n codes, from those that the model starts with or, where it names none, from all.
func firstTokens(seed uint64, n int, c weights.VQGANConfig) []int32 {
	random := ops.NewDraws(seed, 0, 0, drawTokens)
	tokens := make([]int32, n)
	for i := range tokens {
		if len(c.StartCodes) > 0 {
			tokens[i] = int32(c.StartCodes[random.Intn(len(c.StartCodes))])
		} else {
			tokens[i] = int32(random.Intn(c.NEmbed))
		}
	}
	return tokens
}

// startTokens are the codes that a run without a start picture begins with.
func (s *Session) startTokens() []int32 {
	h, w := s.tokens()
	return firstTokens(recipe.Seed.In(s.now), h*w, s.model.manifest.VQGAN)
}

// start makes the first latent: codes drawn at random, or the start picture's.
func (s *Session) start(ctx context.Context, progress Progress) ([]float32, error) {
	m := s.model
	if err := m.wait(ctx, weights.PartDecoder); err != nil {
		return nil, err
	}
	progress(PhaseStart, 0, 0)
	t := ops.NewTape(m.device)
	defer t.Close()
	var z *ops.Tensor
	if name := recipe.InitImage.In(s.now); name != "" && s.config.Init == nil {
		return nil, fmt.Errorf("The run starts from the picture %.60q: open its file, or remove it.", name)
	}
	if s.config.Init == nil {
		h, w := s.tokens()
		z = t.Gather(clip.Indices(t, s.startTokens()), 1, h, w, t.NewCodebook(m.decoder.Codebook))
	} else {
		if err := m.needEncoder(ctx, progress); err != nil {
			return nil, err
		}
		width, height := s.size()
		x := t.Input(1, height, width, 3, false)
		t.Write(x, scaled(resample.Lanczos(s.config.Init.rgb(), s.config.Init.Width, s.config.Init.Height, width, height), 2.0/255, -1))
		_, z, _ = Encode(t, m.encoder, x, t.NewCodebook(m.decoder.Codebook))
	}
	t.Keep(z)
	if err := t.Compile(ctx, nil); err != nil {
		return nil, err
	}
	if err := t.Plan.Run(); err != nil {
		return nil, err
	}
	return t.Read(ctx, z)
}

// first shows what the run starts from when the image tower keeps it waiting.
func (s *Session) first(ctx context.Context, z []float32) error {
	m, show := s.model, s.config.First
	if show == nil || m.has(weights.PartImage) {
		return nil
	}
	t := ops.NewTape(m.device)
	defer t.Close()
	h, w := s.tokens()
	latent := t.Input(1, h, w, m.manifest.VQGAN.EmbedDim, false)
	t.Write(latent, z)
	v := newView(t, latent, m.decoder)
	if t.Plan.Memory().Largest > m.device.Info().MaxBinding {
		return nil // the step will not fit either, and tells what does
	}
	if err := t.Compile(ctx, nil); err != nil {
		return err
	}
	picture, err := v.Render(ctx)
	if err == nil {
		show(picture)
	}
	return err
}
