package guide

import (
	"context"

	"reverie/gpu"
)

// Picture is an image of 8-bit RGBA pixels, rows from the top.
type Picture struct {
	Width, Height int
	Pix           []byte
}

// rgb drops the alpha: what is transparent counts as it is coloured, as in the notebooks.
func (p Picture) rgb() []byte {
	out := make([]byte, 0, len(p.Pix)/4*3)
	for i := 0; i+3 < len(p.Pix); i += 4 {
		out = append(out, p.Pix[i], p.Pix[i+1], p.Pix[i+2])
	}
	return out
}

// scaled maps bytes to numbers.
func scaled(bytes []byte, factor, offset float32) []float32 {
	out := make([]float32, len(bytes))
	for i, b := range bytes {
		out[i] = float32(b)*factor + offset
	}
	return out
}

// EmbedPicture embeds the cutouts that the spec and the inputs ask for of an RGB picture of w×h pixels.
func EmbedPicture(ctx context.Context, d *gpu.Device, spec StepSpec, rgb []byte, w, h int, in Inputs) ([][]float32, error) {
	spec.HalfPrecision = false // once, and for the whole run
	s := newStep(d, spec)
	defer s.Close()
	x := s.tape.Input(1, h, w, 3, false)
	s.tape.Write(x, scaled(rgb, 1.0/255, 0))
	e := s.tape.Keep(spec.Image.Encode(s.tape, s.record(spec.views(), x)))
	if err := s.tape.Compile(ctx, nil); err != nil {
		return nil, err
	}
	s.write(in)
	if err := s.tape.Plan.Run(); err != nil {
		return nil, err
	}
	flat, err := s.tape.Read(ctx, e)
	if err != nil {
		return nil, err
	}
	var rows [][]float32
	for i := 0; i < len(flat); i += e.C {
		rows = append(rows, flat[i:i+e.C])
	}
	return rows, nil
}
