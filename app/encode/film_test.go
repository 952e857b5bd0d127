package encode

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"math"
	"slices"
	"strings"
	"testing"

	"reverie/app/film"
	"reverie/app/wire"
)

// plain is a picture of one colour.
func plain(w, h int, r, g, b byte) *wire.Picture {
	p := &wire.Picture{Width: w, Height: h}
	for range w * h {
		p.Pix = append(p.Pix, r, g, b, 255)
	}
	return p
}

// greys is a run whose picture i has the level 10·i. It notes what is asked.
func greys(asked *[]int) Source {
	return func(_ context.Context, i int) (*wire.Picture, error) {
		*asked = append(*asked, i)
		return plain(4, 2, byte(10*i), byte(10*i), byte(10*i)), nil
	}
}

// fake is a codec that notes the first level of each picture.
type fake struct {
	config config
	levels []byte
	keys   []int
	stream stream
	closed bool
	lose   int // so many frames
}

func (f *fake) encode(_ context.Context, p *wire.Picture, frame int, key bool) error {
	if p.Width != f.config.width || p.Height != f.config.height || len(p.Pix) != 4*p.Width*p.Height || frame != len(f.levels) {
		return fmt.Errorf("frame %d of %dx%d with %d bytes", frame, p.Width, p.Height, len(p.Pix))
	}
	f.levels = append(f.levels, p.Pix[0])
	if key {
		f.keys = append(f.keys, frame)
	}
	f.stream.chunks = append(f.stream.chunks, chunk{[]byte{p.Pix[0]}, key, frame})
	return nil
}

func (f *fake) flush(context.Context) (stream, error) {
	f.stream.chunks = f.stream.chunks[f.lose:]
	return f.stream, nil
}
func (f *fake) close() { f.closed = true }

// only opens f for codecs whose name begins so.
func (f *fake) only(begin string) opener {
	return func(_ context.Context, c config) (codec, error) {
		if !strings.HasPrefix(c.name, begin) {
			return nil, errUnsupported
		}
		f.config = c
		return f, nil
	}
}

func TestFilm(t *testing.T) {
	for _, c := range []struct {
		name     string
		options  film.Options
		pictures int
		levels   []byte
		asked    []int
	}{
		{"every picture, and the last held", film.Options{Rate: 4, Seconds: 1, Hold: 0.5}, 4, []byte{0, 10, 20, 30, 30, 30}, []int{0, 1, 2, 3}},
		{"some pictures", film.Options{Rate: 3, Seconds: 1}, 5, []byte{0, 20, 40}, []int{0, 2, 4}},
		{"mixed", film.Options{Rate: 5, Seconds: 1, Fade: true}, 3, []byte{0, 5, 10, 15, 20}, []int{0, 1, 2}},
		{"mixed over more than one picture", film.Options{Rate: 3, Seconds: 1, Fade: true}, 6, []byte{0, 25, 50}, []int{0, 2, 3, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, f, asked, done := c.options, &fake{}, []int{}, []int{}
			o.Width, o.Height = 17, 16
			made, err := filmBy(context.Background(), f.only("vp8"), o, c.pictures, greys(&asked), func(n, total int) {
				if total != len(c.levels) {
					t.Errorf("%d frames in all, want %d", total, len(c.levels))
				}
				done = append(done, n)
			})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.levels, c.levels) || !slices.Equal(asked, c.asked) {
				t.Errorf("frames %v of pictures %v, want %v of %v", f.levels, asked, c.levels, c.asked)
			}
			if made.Format != film.WebM || made.Codec != "vp8" || made.Frames != len(c.levels) || made.Width != 17 || len(made.File.Data) == 0 {
				t.Errorf("made %v %s of %d frames, %d wide", made.Format, made.Codec, made.Frames, made.Width)
			}
			if !slices.IsSorted(done) || done[0] != 0 || done[len(done)-1] != len(c.levels) {
				t.Errorf("progress %v", done)
			}
			if !f.closed {
				t.Error("the codec is left open")
			}
		})
	}
}

func TestKeyFrames(t *testing.T) {
	f, asked := &fake{}, []int{}
	o := film.Options{Width: 16, Height: 16, Rate: 2, Seconds: 4, Hold: 1}
	if _, err := filmBy(context.Background(), f.only("vp8"), o, 3, greys(&asked), func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 4, 8}; !slices.Equal(f.keys, want) {
		t.Errorf("key frames %v, want %v: every two seconds", f.keys, want)
	}
}

func TestChoice(t *testing.T) {
	for _, c := range []struct {
		format        film.Format
		supported     string
		want          film.Format
		codec         string
		width, height int
		err           string
	}{
		{film.Best, "avc1", film.MP4, "avc1.64001e", 102, 76, ""},
		{film.Best, "avc1.42", film.MP4, "avc1.42e01e", 102, 76, ""},
		{film.Best, "vp09", film.WebM, "vp09.00.30.08", 101, 75, ""},
		{film.Best, "av01", film.MP4, "av01.0.04M.08", 102, 76, ""},
		{film.Best, "none", film.GIF, "", 101, 75, ""},
		{film.WebM, "vp8", film.WebM, "vp8", 101, 75, ""},
		{film.WebM, "avc1", "", "", 0, 0, "makes no WebM"},
		{film.MP4, "vp", "", "", 0, 0, "makes no MP4"},
		{film.GIF, "avc1", film.GIF, "", 101, 75, ""},
	} {
		made, e, err := choose(context.Background(), (&fake{}).only(c.supported), film.Options{Format: c.format, Width: 101, Height: 75, Rate: 24, Seconds: 1}, 3)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q where there is %s: got %v, want an error with %q", c.format, c.supported, err, c.err)
			}
			continue
		}
		if want := (film.Made{Format: c.want, Codec: c.codec, Width: c.width, Height: c.height}); err != nil || made != want || e == nil {
			t.Errorf("%q where there is %s: got %+v, %v, want %+v", c.format, c.supported, made, err, want)
		}
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		width, height, rate int
		avc, vp9, av1       string
	}{
		{640, 480, 30, "avc1.64001e", "vp09.00.30.08", "av01.0.04M.08"},
		{1280, 720, 30, "avc1.64001f", "vp09.00.31.08", "av01.0.05M.08"},
		{1920, 1080, 30, "avc1.640028", "vp09.00.40.08", "av01.0.08M.08"},
		{3840, 2160, 60, "avc1.640034", "vp09.00.51.08", "av01.0.13M.08"},
		{4096, 4096, 60, "avc1.64003e", "vp09.00.61.08", "av01.0.17M.08"},
	} {
		o := film.Options{Width: c.width, Height: c.height, Rate: c.rate}
		if a, v, w := avcNames(o)[0], vp9Names(o)[0], av1Names(o)[0]; a != c.avc || v != c.vp9 || w != c.av1 {
			t.Errorf("%d×%d at %d: %s, %s, %s, want %s, %s, %s", c.width, c.height, c.rate, a, v, w, c.avc, c.vp9, c.av1)
		}
	}
}

func TestFilmFails(t *testing.T) {
	good := film.Options{Width: 16, Height: 16, Rate: 4, Seconds: 1}
	asked := []int{}
	gone := errors.New("The engine is gone.")
	for _, c := range []struct {
		name    string
		options film.Options
		codec   *fake
		source  Source
		want    string
	}{
		{"options that make no sense", film.Options{}, &fake{}, greys(&asked), "sides from"},
		{"a source that fails", good, &fake{}, func(context.Context, int) (*wire.Picture, error) { return nil, gone }, gone.Error()},
		{"a source without a picture", good, &fake{}, func(context.Context, int) (*wire.Picture, error) { return nil, nil }, "did not come"},
		{"half a picture", good, &fake{}, func(context.Context, int) (*wire.Picture, error) {
			return &wire.Picture{Width: 2, Height: 2, Pix: make([]byte, 8)}, nil
		}, "did not come"},
		{"a codec that loses frames", good, &fake{lose: 1}, greys(&asked), "3 of the film's 4 frames"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := filmBy(context.Background(), c.codec.only("vp8"), c.options, 4, c.source, func(int, int) {})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if c.codec.config.name != "" && !c.codec.closed {
				t.Error("the codec is left open")
			}
		})
	}
}

func TestScale(t *testing.T) {
	// Red, green; blue, white.
	four := &wire.Picture{Width: 2, Height: 2, Pix: []byte{255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9, 255, 255, 255, 9}}
	at := func(p *wire.Picture, x, y int) [4]byte { return [4]byte(p.Pix[4*(y*p.Width+x):]) }
	sharp := scale(four, 6, 4, false)
	for _, c := range []struct {
		x, y int
		want [4]byte
	}{{2, 1, [4]byte{255, 0, 0, 255}}, {3, 1, [4]byte{0, 255, 0, 255}}, {2, 2, [4]byte{0, 0, 255, 255}}, {5, 3, [4]byte{255, 255, 255, 255}}} {
		if got := at(sharp, c.x, c.y); got != c.want {
			t.Errorf("squares: %v at %d, %d, want %v", got, c.x, c.y, c.want)
		}
	}
	if small := scale(sharp, 2, 2, false); at(small, 1, 0) != [4]byte{0, 255, 0, 255} || at(small, 0, 1) != [4]byte{0, 0, 255, 255} {
		t.Errorf("and back: %v", small.Pix)
	}
	nine := &wire.Picture{Width: 3, Height: 3, Pix: make([]byte, 4*9)}
	for i := range 9 {
		nine.Pix[4*i] = byte(i)
	}
	if c := scale(nine, 2, 2, false).Pix; [4]byte{c[0], c[4], c[8], c[12]} != [4]byte{0, 2, 6, 8} {
		t.Errorf("three pixels become two by %v, and not their outer ones", c)
	}
	smooth := scale(four, 6, 6, true)
	if p := at(smooth, 3, 0); p[0] == 0 || p[0] == 255 || p[3] != 255 {
		t.Errorf("smooth: no colour lies between red and green, but %v", p)
	}
	clear := &wire.Picture{Width: 2, Height: 1, Pix: []byte{9, 9, 9, 0, 9, 9, 9, 255}}
	m, err := enlarge(film.Enlarge{Picture: clear, Times: 4})
	if err != nil {
		t.Fatal(err)
	}
	if large := m.(film.Enlarged).Picture; at(large, 0, 0) != [4]byte{9, 9, 9, 0} || at(large, 7, 3) != [4]byte{9, 9, 9, 255} || at(large, 4, 0)[3] < 128 || at(large, 3, 0)[3] > 127 {
		t.Errorf("what is transparent is enlarged to %v", large.Pix)
	}
}

// A film without codecs is a GIF, whose colours, length and words come back.
func TestGIF(t *testing.T) {
	comment := strings.Repeat("settings ", 60)
	gradient := func(_ context.Context, i int) (*wire.Picture, error) {
		p := plain(128, 128, 0, 0, 0)
		for j := range 128 * 128 {
			x, y := j%128, j/128
			p.Pix[4*j], p.Pix[4*j+1], p.Pix[4*j+2] = byte(2*x), byte(2*y), byte(40*i+y)
		}
		return p, nil
	}
	o := film.Options{Width: 128, Height: 128, Rate: 30, Seconds: 0.1, Hold: 1, Comment: comment}
	made, err := filmBy(context.Background(), (&fake{}).only("none"), o, 3, gradient, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	movie, err := gif.DecodeAll(bytes.NewReader(made.File.Data))
	if err != nil {
		t.Fatal(err)
	}
	if made.Format != film.GIF || made.Frames != 33 || !slices.Equal(movie.Delay, []int{3, 4, 103}) || movie.LoopCount != 0 {
		t.Errorf("%d frames, delays %v, %d loops", made.Frames, movie.Delay, movie.LoopCount)
	}
	for i, frame := range movie.Image {
		p, _ := gradient(context.Background(), i)
		if e := meanError(frame, p); e > 2 {
			t.Errorf("picture %d is %.1f of 255 off", i, e)
		}
	}
	if !bytes.Contains(made.File.Data, []byte(comment[:255])) || !bytes.Contains(made.File.Data, []byte(comment[510:])) {
		t.Error("it does not hold its settings")
	}
}

// meanError is the root of the mean square of the differences, of 4×4 pixels together, as eyes see dithering.
func meanError(got image.Image, want *wire.Picture) float64 {
	sum, n := 0.0, 0
	for y := 0; y < want.Height; y += 4 {
		for x := 0; x < want.Width; x += 4 {
			var d [3]float64
			for i := range 16 {
				px, py := x+i%4, y+i/4
				r, g, b, _ := got.At(px, py).RGBA()
				at := want.Pix[4*(py*want.Width+px):]
				for c, v := range []uint32{r, g, b} {
					d[c] += (float64(v>>8) - float64(at[c])) / 16
				}
			}
			for _, v := range d {
				sum, n = sum+v*v, n+1
			}
		}
	}
	return math.Sqrt(sum / float64(n))
}

func TestPaletteKeepsFewColours(t *testing.T) {
	p := &wire.Picture{Pix: []byte{1, 2, 3, 255, 250, 0, 9, 255, 1, 2, 3, 255, 1, 2, 4, 255, 1, 2, 3, 255}}
	got := fmt.Sprint(palette(p.Pix))
	for _, want := range []string{"{1 2 3 255}", "{1 2 4 255}", "{250 0 9 255}"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if n := len(palette(p.Pix)); n != 3 {
		t.Errorf("%d colours for 3", n)
	}
}

// A large calm area takes no colours from a small lively one.
func TestPaletteSpendsColoursWhereTheyDiffer(t *testing.T) {
	var pix []byte
	for i := range 4000 {
		grey := byte(100 + i%4)
		pix = append(pix, grey, grey, grey, 255)
	}
	for i := range 200 {
		pix = append(pix, byte(i), 0, byte(255-i), 255)
	}
	if n := len(palette(pix)); n != 204 {
		t.Errorf("%d colours for 204", n)
	}
}

func TestGIFTooLarge(t *testing.T) {
	asked := []int{}
	o := film.Options{Width: 2048, Height: 2048, Rate: 30, Seconds: 10}
	if _, err := filmBy(context.Background(), (&fake{}).only("none"), o, 300, greys(&asked), func(int, int) {}); err == nil || !strings.Contains(err.Error(), "too large") || len(asked) > 0 {
		t.Errorf("got %v after %d pictures", err, len(asked))
	}
}
