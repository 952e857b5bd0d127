package guide

import (
	"context"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/gpu/vqgan"
)

// View turns what a step shows into its picture, without cutouts, losses or update.
type View struct {
	Tape    *ops.Tape
	Indices *gpu.Buffer // the codes of the last Render
	Picture *ops.Tensor // in [0, 1]

	pixels *gpu.Buffer
}

// NewView records and compiles the view of what a step shows, which uses the step's memory. It is closed before the step.
func NewView(ctx context.Context, s *Step) (*View, error) {
	t := ops.NewTape(s.Device())
	if s.spec.HalfPrecision {
		t.HalfPrecision()
	}
	t.Plan.Borrow(s.tape.Plan)
	v := newView(t, t.Share(s.Shown), s.spec.Decoder, s.spec.Drawing)
	if s.averages() {
		s.view = v
	}
	return v, t.Compile(ctx, nil)
}

func newView(t *ops.Tape, z *ops.Tensor, d *vqgan.Decoder, how Drawing) *View {
	zq, indices := t.Quantise(z, t.NewCodebook(d.Codebook))
	return viewOf(t, zq, indices, d, how)
}

// viewOf is the view of rows of the codebook, whose codes are indices.
func viewOf(t *ops.Tape, zq *ops.Tensor, indices *gpu.Buffer, d *vqgan.Decoder, how Drawing) *View {
	picture := t.Keep(how.draw(t, d, zq))
	return &View{Tape: t, Indices: indices, Picture: picture, pixels: t.KeyedPixels(picture, how.Key)}
}

// Close gives the view's memory back.
func (v *View) Close() { v.Tape.Close() }

// Render computes the picture of the latent as it is now.
func (v *View) Render(ctx context.Context) (Picture, error) {
	if err := v.Tape.Plan.Run(); err != nil {
		return Picture{}, err
	}
	p := Picture{Width: v.Picture.W, Height: v.Picture.H}
	var err error
	p.Pix, err = v.Tape.Plan.Device().Read(ctx, v.pixels, 0, 4*p.Width*p.Height)
	return p, err
}

// Encode records a picture x [1, h, w, 3] in [-1, 1] to its latent, the latent's nearest rows of the codebook, and their indices.
// A GumbelVQ takes the code of the highest logit, without the noise that the official code adds even then.
func Encode(t *ops.Tape, e *vqgan.Encoder, x *ops.Tensor, book ops.Codebook) (latent, zq *ops.Tensor, indices *gpu.Buffer) {
	latent = e.Encode(t, x)
	if logits, ok := e.Logits(t, latent); ok {
		indices = t.Argmax(logits)
		return latent, t.Gather(indices, latent.N, latent.H, latent.W, book), indices
	}
	zq, indices = t.Quantise(latent, book)
	return latent, zq, indices
}
