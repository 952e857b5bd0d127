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
	Indices *gpu.Buffer // the codes of the last Render; of a picture that is drawn in windows those of the last window
	Picture *ops.Tensor // in [0, 1], or the last window of it

	pixels *gpu.Buffer
	window window      // that is drawn at a time
	h, w   int         // of the latent, in tokens
	at     *gpu.Buffer // where the window begins, nil where there is but one
	codes  []byte      // of the last Render in windows
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
	h, w := z.H, z.W
	var at *gpu.Buffer
	if rows, columns := how.window(h, w); rows < h || columns < w {
		at = t.Buffer("window", align16(ops.WindowSize))
		z = t.Window(z, at, rows, columns)
	}
	zq, indices := t.Quantise(z, t.NewCodebook(d.Codebook))
	v := viewOf(t, zq, indices, d, how)
	v.h, v.w, v.at = h, w, at
	return v
}

// viewOf is the view of rows of the codebook, whose codes are indices.
func viewOf(t *ops.Tape, zq *ops.Tensor, indices *gpu.Buffer, d *vqgan.Decoder, how Drawing) *View {
	picture := t.Keep(how.draw(t, d, zq))
	return &View{Tape: t, Indices: indices, Picture: picture, pixels: t.KeyedPixels(picture, how.Key), window: window{rows: zq.H, columns: zq.W}, h: zq.H, w: zq.W}
}

// Close gives the view's memory back.
func (v *View) Close() { v.Tape.Close() }

// Render computes the picture of the latent as it is now.
func (v *View) Render(ctx context.Context) (Picture, error) {
	if v.at == nil {
		pix, err := v.pass(ctx)
		return Picture{v.Picture.W, v.Picture.H, pix}, err
	}
	d := v.Tape.Plan.Device()
	rows, columns := v.window.rows, v.window.columns
	v.codes = make([]byte, 4*v.h*v.w)
	return assembledPicture(v.h, v.w, rows, columns, v.Picture.W/columns, func(at window) ([]byte, error) {
		d.Write(v.at, 0, ops.EncodeWindow(at.top, at.left))
		pix, err := v.pass(ctx)
		if err != nil {
			return nil, err
		}
		codes, err := d.Read(ctx, v.Indices, 0, 4*rows*columns)
		for row := range len(codes) / (4 * columns) {
			copy(v.codes[4*((at.top+row)*v.w+at.left):], codes[4*row*columns:4*(row+1)*columns])
		}
		return pix, err
	})
}

// Codes are those of the last Render, one uint32 a token.
func (v *View) Codes(ctx context.Context) ([]byte, error) {
	if v.at != nil {
		return v.codes, nil
	}
	return v.Tape.Plan.Device().Read(ctx, v.Indices, 0, 4*v.h*v.w)
}

// pass draws once, and returns the pixels.
func (v *View) pass(ctx context.Context) ([]byte, error) {
	if err := v.Tape.Plan.Run(); err != nil {
		return nil, err
	}
	return v.Tape.Plan.Device().Read(ctx, v.pixels, 0, 4*v.Picture.Rows())
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
