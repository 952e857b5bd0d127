package guide

import (
	"context"
	"fmt"
	"math"

	"reverie/gpu/clip"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/weights"
)

// drawnTokens draws n codes for a use at a step, from those that the model starts with or, where it names none, from all.
func drawnTokens(seed uint64, step, use uint32, n int, c weights.VQGANConfig) []int32 {
	random := ops.NewDraws(seed, step, 0, use)
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

// startTokens are the codes that a candidate begins with where it consists of tokens, and their size.
func (s *Session) startTokens(candidate int) (codes []int32, h, w int) {
	if given := recipe.StartTokens.In(s.now); len(given.Codes) > 0 {
		for _, code := range given.Codes {
			codes = append(codes, int32(code))
		}
		return codes, given.Rows, given.Columns
	}
	h, w = s.tokens()
	return drawnTokens(recipe.Seed.In(s.now), uint32(candidate), drawTokens, h*w, s.model.manifest.VQGAN), h, w
}

// gathered are the codebook's rows of codes of that size.
func (m *Model) gathered(ctx context.Context, codes []int32, h, w int) ([]float32, error) {
	t := ops.NewTape(m.device)
	defer t.Close()
	z := t.Keep(t.Gather(clip.Indices(t, codes), 1, h, w, t.NewCodebook(m.decoder.Codebook)))
	return computed(ctx, t, z)
}

// computed runs a tape once and reads a tensor of it, which is kept.
func computed(ctx context.Context, t *ops.Tape, x *ops.Tensor) ([]float32, error) {
	if err := t.Compile(ctx, nil); err != nil {
		return nil, err
	}
	if err := t.Plan.Run(); err != nil {
		return nil, err
	}
	return t.Read(ctx, x)
}

// enlarged is a latent x [h, w, c] in another size, each row between its neighbours by their distance.
func enlarged(x []float32, h, w, c, toH, toW int) []float32 {
	if h == toH && w == toW {
		return x
	}
	between := func(i, from, to int) (low, high int, share float32) {
		at := min(max((float64(i)+0.5)*float64(from)/float64(to)-0.5, 0), float64(from-1))
		low = int(at)
		return low, min(low+1, from-1), float32(at - float64(low))
	}
	y := make([]float32, 0, toH*toW*c)
	for i := range toH {
		top, bottom, down := between(i, h, toH)
		for j := range toW {
			left, right, along := between(j, w, toW)
			for k := range c {
				at := func(row, column int) float32 { return x[(row*w+column)*c+k] }
				upper := at(top, left) + along*(at(top, right)-at(top, left))
				lower := at(bottom, left) + along*(at(bottom, right)-at(bottom, left))
				y = append(y, upper+down*(lower-upper))
			}
		}
	}
	return y
}

// start makes the first latent.
func (s *Session) start(ctx context.Context, progress Progress) ([]float32, error) {
	if err := s.model.wait(ctx, weights.PartDecoder); err != nil {
		return nil, err
	}
	progress(PhaseStart, 0, 0)
	if name := recipe.InitImage.In(s.now); name != "" && s.config.Init == nil {
		return nil, fmt.Errorf("The run starts from the picture %.60q: open its file, or remove it.", name)
	}
	return s.candidate(ctx, 0, progress)
}

// candidate is one of the latents that the run may start from, all drawn alike.
func (s *Session) candidate(ctx context.Context, i int, progress Progress) ([]float32, error) {
	strength := recipe.InitStrength.In(s.now)
	if s.config.Init == nil {
		return s.withoutPicture(ctx, i, progress)
	}
	z, err := s.encoded(ctx, s.initPixels(), progress)
	if err != nil || strength >= 1 {
		return z, err
	}
	under, err := s.withoutPicture(ctx, i, progress)
	if err != nil {
		return nil, err
	}
	for k := range z {
		z[k] = float32(strength)*z[k] + float32(1-strength)*under[k]
	}
	return z, nil
}

// withoutPicture is a candidate without the start picture: of tokens, of uniform numbers, or of pixels that are drawn.
func (s *Session) withoutPicture(ctx context.Context, i int, progress Progress) ([]float32, error) {
	kind, seed := recipe.Start.In(s.now), recipe.Seed.In(s.now)
	width, height := s.Size()
	h, w := s.tokens()
	switch given := len(recipe.StartTokens.In(s.now).Codes) > 0; {
	case given || kind == startTokens:
		return s.startOfTokens(ctx, i)
	case kind == startUniform:
		return uniformLatent(seed, i, h*w*s.model.manifest.VQGAN.EmbedDim), nil
	default:
		pixels := startDrawn(kind, seed, i, width, height)
		for k := range pixels {
			pixels[k] = 2*pixels[k] - 1
		}
		return s.encoded(ctx, pixels, progress)
	}
}

// encoded is the latent of a picture of the run's size, in [-1, 1].
func (s *Session) encoded(ctx context.Context, pixels []float32, progress Progress) ([]float32, error) {
	m := s.model
	if err := m.needEncoder(ctx, "a start picture needs: start from tokens", progress); err != nil {
		return nil, err
	}
	t := ops.NewTape(m.device)
	defer t.Close()
	width, _ := s.Size()
	h, w := s.tokens()
	f, c := m.Factor(), m.manifest.VQGAN.EmbedDim
	rows, columns := m.Drawing(s.now).window(h, w)
	x := t.Input(1, rows*f, columns*f, 3, false)
	_, z, _ := Encode(t, m.encoder, x, t.NewCodebook(m.decoder.Codebook))
	t.Keep(z)
	if err := t.Compile(ctx, nil); err != nil {
		return nil, err
	}
	return assembled(h, w, rows, columns, 1, c, func(at window) ([]float32, error) {
		part := make([]float32, 0, rows*columns*f*f*3)
		for row := range rows * f {
			first := ((at.top*f+row)*width + at.left*f) * 3
			part = append(part, pixels[first:first+columns*f*3]...)
		}
		t.Write(x, part)
		if err := t.Plan.Run(); err != nil {
			return nil, err
		}
		return t.Read(ctx, z)
	}, mixFloats)
}

// startOfTokens is the latent of a candidate that consists of tokens.
func (s *Session) startOfTokens(ctx context.Context, i int) ([]float32, error) {
	codes, rows, columns := s.startTokens(i)
	if given := recipe.StartTokens.In(s.now).Codes; len(given) > 0 {
		if err := s.model.checkTokens(rows, columns, given); err != nil {
			return nil, err
		}
	}
	z, err := s.model.gathered(ctx, codes, rows, columns)
	if err != nil {
		return nil, err
	}
	h, w := s.tokens()
	return enlarged(z, rows, columns, s.model.manifest.VQGAN.EmbedDim, h, w), nil
}

// best makes the run start from the best of its candidates: that whose prompts' losses are least, with the cutouts of the first update.
func (s *Session) best(ctx context.Context, progress Progress) error {
	n := recipe.BestOf.In(s.now)
	count, least := s.count, math.Inf(1)
	var chosen []float32
	for i := range n {
		progress(PhaseStart, int64(i), int64(n))
		z, err := s.candidate(ctx, i, progress)
		if err != nil {
			return err
		}
		s.step.tape.Write(s.step.Z, z)
		in, err := s.inputs()
		if err != nil {
			return err
		}
		out, err := s.step.Run(ctx, in, false)
		if err != nil {
			return err
		}
		loss := 0.0
		for _, l := range out.Losses[len(s.step.spec.pulls()):] {
			loss += l
		}
		if loss < least || i == 0 {
			least, chosen = loss, z
		}
		s.count, s.averaged = count, 0
	}
	s.z0 = chosen
	s.step.restart(chosen)
	return s.setFirst(ctx)
}

// restart puts a latent into the step as that of a fresh start.
func (s *Step) restart(z []float32) {
	s.SetZ(z)
	for _, m := range s.memory {
		s.tape.Write(m, make([]float32, m.Rows()*m.C))
	}
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
	v := newView(t, latent, m.decoder, m.Drawing(s.now))
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
