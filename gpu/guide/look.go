package guide

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/weights"
)

// look decodes codes to pictures of one size: a view whose codes the host writes.
type look struct {
	*View
	h, w int // in tokens
	half bool
	how  Drawing
}

// newLook records and compiles a look, in the memory of a compiled plan unless that is nil.
func newLook(ctx context.Context, m *Model, lender *gpu.Plan, h, w int, half bool, how Drawing) (*look, error) {
	t := ops.NewTape(m.device)
	if half {
		t.HalfPrecision()
	}
	if lender != nil {
		t.Plan.Borrow(lender)
	}
	rows, columns := how.window(h, w)
	indices := t.Buffer("indices", align16(4*rows*columns))
	v := viewOf(t, t.Gather(indices, 1, rows, columns, t.NewCodebook(m.decoder.Codebook)), indices, m.decoder, how)
	l := &look{v, h, w, half, how}
	if err := t.Compile(ctx, nil); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// at decodes h·w codes.
func (l *look) at(ctx context.Context, tokens []uint16) (Picture, error) {
	rows, columns := l.how.window(l.h, l.w)
	return assembledPicture(l.h, l.w, rows, columns, l.Picture.W/columns, func(at window) ([]byte, error) {
		var indices []byte
		for row := range rows {
			first := (at.top+row)*l.w + at.left
			for _, code := range tokens[first : first+columns] {
				indices = binary.LittleEndian.AppendUint32(indices, uint32(code))
			}
		}
		l.Tape.Plan.Device().Write(l.Indices, 0, indices)
		return l.pass(ctx)
	})
}

// Look decodes h·w codes, row by row, to their picture, in half precision if asked and as a run of that drawing does. It waits for the decoder and for nothing else, and
// keeps what it needs for the next of that size until a run begins or Unlook.
func (m *Model) Look(ctx context.Context, h, w int, half bool, how Drawing, tokens []uint16) (Picture, error) {
	if err := m.checkTokens(h, w, tokens); err != nil {
		return Picture{}, err
	}
	if err := m.wait(ctx, weights.PartDecoder); err != nil {
		return Picture{}, err
	}
	if l := m.look; l == nil || l.h != h || l.w != w || l.half != half || l.how != how {
		m.Unlook()
		made, err := newLook(ctx, m, nil, h, w, half, how)
		if err != nil {
			return Picture{}, err
		}
		m.look = made
	}
	return m.look.at(ctx, tokens)
}

// Unlook gives the memory back that Look keeps.
func (m *Model) Unlook() {
	if m.look != nil {
		m.look.Close()
		m.look = nil
	}
}

// TellsTokens says whether two bytes tell all codes of the model apart. A run with a larger codebook tells no tokens, and there is no way back
// over it.
func (m *Model) TellsTokens() bool { return m.manifest.VQGAN.NEmbed <= 1<<16 }

// checkTokens says, in a sentence, why codes are no picture of the model's, or nil.
func (m *Model) checkTokens(h, w int, tokens []uint16) error {
	if h < 1 || w < 1 || len(tokens) != h*w {
		return fmt.Errorf("guide: %d codes for %d×%d tokens", len(tokens), w, h)
	}
	if top := slices.Max(tokens); int(top) >= m.manifest.VQGAN.NEmbed {
		return fmt.Errorf("The tokens name code %d, and the model %.60q has %d: choose the model that they come from.", top, m.Name(), m.manifest.VQGAN.NEmbed)
	}
	return nil
}

// Look decodes tokens of the run's size to their picture, in the run's memory and present precision. No update may be under way, and
// none notices.
func (s *Session) Look(ctx context.Context, tokens []uint16) (Picture, error) {
	h, w := s.tokens()
	if err := s.model.checkTokens(h, w, tokens); err != nil {
		return Picture{}, err
	}
	if s.look == nil {
		made, err := newLook(ctx, s.model, s.step.tape.Plan, h, w, s.step.spec.HalfPrecision, s.step.spec.Drawing)
		if err != nil {
			return Picture{}, err
		}
		s.look = made
	}
	return s.look.at(ctx, tokens)
}
