package guide

import (
	"context"
	"encoding/binary"
	"slices"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
)

// window is a part of a latent, in tokens.
type window struct{ top, left, rows, columns int }

// Drawing is how the model draws by a recipe.
func (m *Model) Drawing(r recipe.Recipe) Drawing {
	d := DrawingOf(r)
	if pixels, f := recipe.Window.In(r), m.Factor(); pixels > 0 {
		d.Window = max(1, (pixels+f/2)/f)
	}
	return d
}

// window is the size in tokens of what is drawn at a time of h×w tokens: all of it, unless it is drawn in windows.
func (d Drawing) window(h, w int) (rows, columns int) {
	if d.Window == 0 {
		return h, w
	}
	return min(d.Window, h), min(d.Window, w)
}

// windowed says whether updates work on windows of the latent.
func (spec StepSpec) windowed() bool {
	rows, columns := spec.Drawing.window(spec.Height, spec.Width)
	return rows < spec.Height || columns < spec.Width
}

// windowsAlong is how many windows of a round lie along a side.
func windowsAlong(side, window int) int {
	if window == side {
		return 1
	}
	return (side + 2*window - 2) / window
}

// windowsOf is how many updates make a round, in which each token has one at least.
func windowsOf(h, w, rows, columns int) int { return windowsAlong(h, rows) * windowsAlong(w, columns) }

// windowAt is the window of the update after step updates. The windows of a round lie side by side, all moved by less than a window, which is drawn, so
// that no edge stays where it is; those that would reach beyond the picture are moved inside. They come in an order that is drawn, too.
func windowAt(seed uint64, step, h, w, rows, columns int) window {
	n, across := windowsOf(h, w, rows, columns), windowsAlong(w, columns)
	random := ops.NewDraws(seed, uint32(step/n), 0, drawWindow)
	down, right := random.Intn(rows), random.Intn(columns)
	order := make([]int, n)
	for i := range order {
		j := random.Intn(i + 1)
		order[i], order[j] = order[j], i
	}
	place := func(k, side, window, shift int) int { return max(0, min(side-window, k*window-shift)) }
	k := order[step%n]
	return window{place(k/across, h, rows, down), place(k%across, w, columns, right), rows, columns}
}

// windowAt is where the update after step updates works.
func (s *Session) windowAt(r recipe.Recipe, step int) window {
	h, w := s.tokens()
	rows, columns := s.model.Drawing(r).window(h, w)
	return windowAt(recipe.Seed.In(r), step, h, w, rows, columns)
}

// completes says whether the update after step updates is the last of a round. A round counts as one update of the latent.
func (s *Session) completes(step int) bool {
	h, w := s.tokens()
	rows, columns := s.step.spec.Drawing.window(h, w)
	return (step+1)%windowsOf(h, w, rows, columns) == 0
}

// framed takes the window out of the codebook's rows of the whole latent; those beside it get no gradient.
var framed = stage{
	name:  StageWindow,
	bytes: func(StepSpec) int { return ops.WindowSize },
	record: func(s *Step, zq *ops.Tensor, at *gpu.Buffer) *ops.Tensor {
		rows, columns := s.spec.Drawing.window(s.spec.Height, s.spec.Width)
		return s.tape.Window(zq, at, rows, columns)
	},
	draw: func(m moment) []byte { return ops.EncodeWindow(m.frame.top, m.frame.left) },
}

// held tells which tokens do not move: those that a person holds, and those beside the window.
func (m moment) held() []byte {
	held := m.places.held
	if m.frame.rows*m.frame.columns == m.h*m.w {
		return held
	}
	held = slices.Clone(held)
	for i := range m.h * m.w {
		if row, column := i/m.w-m.frame.top, i%m.w-m.frame.left; min(row, column) < 0 || row >= m.frame.rows || column >= m.frame.columns {
			binary.LittleEndian.PutUint32(held[4*i:], 1)
		}
	}
	return held
}

// overlap is by how many tokens at least a window of so many reaches over the next one where pictures are made of windows.
func overlap(window int) int { return max(window/4, min(2, window/2)) }

// placesAlong are where windows begin along a side, the last at its end.
func placesAlong(side, window int) []int {
	stride := window - overlap(window)
	n := (side - window + stride - 1) / stride
	places := make([]int, n+1)
	for k := range places {
		places[k] = k * (side - window) / max(1, n)
	}
	return places
}

// share is how much of a value comes from a window, and not from the one before, at that element of so many in which they overlap.
func share(at, overlap int) float32 {
	if overlap == 0 {
		return 1
	}
	return min(max((float32(at)+0.5)/float32(overlap), 0), 1)
}

// assembled is what is drawn of h×w tokens in windows of rows×columns of them, each of which has c·f² values in rows of f·columns·c. Where windows overlap one
// turns into the next by mix: first along the rows, then along the columns.
func assembled[T any](h, w, rows, columns, f, c int, draw func(window) ([]T, error), mix func(a, b T, share float32) T) ([]T, error) {
	downs, acrosses := placesAlong(h, rows), placesAlong(w, columns)
	if len(downs)*len(acrosses) == 1 {
		return draw(window{0, 0, rows, columns})
	}
	line := w * f * c
	all, band := make([]T, h*f*line), make([]T, rows*f*line)
	over := func(to, from []T, share float32) {
		if share == 1 {
			copy(to, from)
			return
		}
		for i, v := range from {
			to[i] = mix(to[i], v, share)
		}
	}
	for i, top := range downs {
		for j, left := range acrosses {
			part, err := draw(window{top, left, rows, columns})
			if err != nil {
				return nil, err
			}
			overlap := 0
			if j > 0 {
				overlap = (acrosses[j-1] + columns - left) * f
			}
			for y := range rows * f {
				to, from := band[y*line+left*f*c:], part[y*columns*f*c:(y+1)*columns*f*c]
				for x := range overlap {
					over(to[x*c:], from[x*c:(x+1)*c], share(x, overlap))
				}
				copy(to[overlap*c:], from[overlap*c:])
			}
		}
		overlap := 0
		if i > 0 {
			overlap = (downs[i-1] + rows - top) * f
		}
		for y := range rows * f {
			weight := float32(1)
			if y < overlap {
				weight = share(y, overlap)
			}
			over(all[(top*f+y)*line:], band[y*line:(y+1)*line], weight)
		}
	}
	return all, nil
}

// mixBytes and mixFloats are between two values.
func mixBytes(a, b byte, share float32) byte {
	return byte(float32(a) + (float32(b)-float32(a))*share + 0.5)
}

func mixFloats(a, b, share float32) float32 { return a + (b-a)*share }

// assembledPicture is the picture of h×w tokens, f pixels along each one's side, drawn in windows of rows×columns.
func assembledPicture(h, w, rows, columns, f int, draw func(window) ([]byte, error)) (Picture, error) {
	pix, err := assembled(h, w, rows, columns, f, 4, draw, mixBytes)
	return Picture{w * f, h * f, pix}, err
}

// around lays a window's picture, which the update after step updates has told, into what was shown of the whole, and gives a copy of that. So a preview costs no
// more than the update; each window's edge turns into what is beside it.
func (s *Session) around(ctx context.Context, step int, pixels []byte) ([]byte, error) {
	if pixels == nil || !s.step.spec.windowed() {
		return pixels, nil
	}
	width, height := s.Size()
	if len(s.canvas) != 4*width*height {
		whole, err := s.view.Render(ctx)
		if err != nil {
			return nil, err
		}
		s.canvas = whole.Pix
	}
	f, at := s.model.Factor(), s.windowAt(s.now, step)
	w, h := at.columns*f, at.rows*f
	toEdge := func(i, n, begin, side int) int { // how far inside the window, where that has an edge within the picture
		distance := n
		if begin > 0 {
			distance = i
		}
		if begin+n < side {
			distance = min(distance, n-1-i)
		}
		return distance
	}
	for y := range h {
		for x := range w {
			inside := share(min(toEdge(x, w, at.left*f, width), toEdge(y, h, at.top*f, height)), 2*f)
			for c := range 4 {
				to := &s.canvas[4*((at.top*f+y)*width+at.left*f+x)+c]
				*to = mixBytes(*to, pixels[4*(y*w+x)+c], inside)
			}
		}
	}
	return slices.Clone(s.canvas), nil
}
