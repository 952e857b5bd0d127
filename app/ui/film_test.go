package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"reverie/app/film"
	"reverie/app/protocol"
	"reverie/app/wire"
	"reverie/recipe"
)

var filmOf48 = FilmSource{Pictures: 48, Width: 128, Height: 96, Title: "a red apple", Comment: "{}"}

func TestFilmIsOffered(t *testing.T) {
	for _, c := range []struct {
		source FilmSource
		want   film.Options
	}{
		{filmOf48, film.Options{Width: 640, Height: 480, Rate: 24, Seconds: 2, Hold: 2, Title: "a red apple", Comment: "{}"}},
		{FilmSource{Pictures: 5000, Width: 1024, Height: 1024}, film.Options{Width: 1024, Height: 1024, Rate: 24, Seconds: 15, Hold: 2}},
		{FilmSource{Pictures: 3, Width: 16, Height: 512}, film.Options{Width: 128, Height: 4096, Rate: 24, Seconds: 2, Hold: 2}},
		{FilmSource{Pictures: 200, Frames: make([]int, 59), Width: 512, Height: 512}, film.Options{Width: 512, Height: 512, Rate: 24, Seconds: 2.46, Hold: 2}},
		{FilmSource{Pictures: 3, Width: 8192, Height: 1024}, film.Options{Width: 4096, Height: 512, Rate: 24, Seconds: 2, Hold: 2}},
	} {
		f := newFilmForm(c.source)
		got, ok := f.begin(c.source).(film.Make)
		pictures := c.source.Pictures
		if n := len(c.source.Frames); n > 0 {
			pictures = n
		}
		if !ok || got.Options != c.want || got.Pictures != pictures || !f.making {
			t.Errorf("%d pictures of %d×%d: %+v, %q, want %+v", c.source.Pictures, c.source.Width, c.source.Height, got, f.problem, c.want)
		}
	}
}

// The film of a picture that is moved shows its frames and nothing between, unless a person wants all.
func TestFilmOfFrames(t *testing.T) {
	p := past{script: recipe.Script{Recipe: recipe.New(recipe.MotionEvery.Is(2))}, columns: 1, rows: 1}
	for step := range 8 {
		p.history.Add(step, []byte{byte(step), 0})
	}
	s := idle(t)
	var asked []byte
	source := s.film(p, 7, "/weights/", func(m protocol.Look, _ func(*protocol.Picture, error)) { asked = append(asked, m.Tokens.Data[0]) })
	f := newFilmForm(source)
	make, _ := f.begin(source).(film.Make)
	for i := range make.Pictures {
		f.shown(source).Picture(i, nil)
	}
	if !slices.Equal(asked, []byte{2, 4, 6}) {
		t.Errorf("the film shows the steps %v, want 2, 4 and 6", asked)
	}
	f.showFrames(source, false)
	if all, _ := f.begin(source).(film.Make); all.Pictures != 8 || all.Options.Seconds != 2 {
		t.Errorf("with all pictures it is %+v", all)
	}
}

func TestFilmFormMistakes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*filmForm)
		wrong  string
		want   string
	}{
		{"no number", func(f *filmForm) { f.width = "wide" }, filmWidthID, "Width in pixels must be a number, like 640."},
		{"nothing", func(f *filmForm) { f.hold = "" }, filmHoldID, "must be a number, like 2."},
		{"half a frame", func(f *filmForm) { f.rate = "12.5" }, filmRateID, "whole number, like 12."},
		{"too wide", func(f *filmForm) { f.width = "5000" }, filmWidthID, "4096"},
		{"too flat", func(f *filmForm) { f.width = "17" }, filmWidthID, "17×13"},
		{"too fast", func(f *filmForm) { f.rate = "61" }, filmRateID, "60 frames"},
		{"too long", func(f *filmForm) { f.seconds = "599" }, filmSecondsID, "600 seconds"},
		{"infinite", func(f *filmForm) { f.seconds = "inf" }, filmSecondsID, "must be a number"},
		{"too large a GIF", func(f *filmForm) { f.format, f.width = film.GIF, "4096" }, filmFormatID, "GIF"},
	} {
		f := newFilmForm(filmOf48)
		c.change(&f)
		if m := f.begin(filmOf48); m != nil || f.making || f.wrong != c.wrong || !strings.Contains(f.problem, c.want) {
			t.Errorf("%s: %v, %q at %q, want %q at %q", c.name, m, f.problem, f.wrong, c.want, c.wrong)
		}
	}
	f := newFilmForm(filmOf48)
	f.seconds = " 2,5 "
	if m, ok := f.begin(filmOf48).(film.Make); !ok || m.Options.Seconds != 2.5 {
		t.Errorf("a decimal comma: %+v, %q", m, f.problem)
	}
	if m := f.begin(FilmSource{Width: 64, Height: 64}); m != nil || !strings.Contains(f.problem, "no pictures") {
		t.Errorf("without pictures: %v, %q", m, f.problem)
	}
}

// begun is a film that is being made.
func begun(t *testing.T) *filmForm {
	t.Helper()
	f := newFilmForm(filmOf48)
	if f.begin(filmOf48) == nil {
		t.Fatal(f.problem)
	}
	return &f
}

func TestFilmIsMade(t *testing.T) {
	f := begun(t)
	if want, _ := f.hear(film.Want{Picture: 7}); want != 7 {
		t.Errorf("picture %d is asked for", want)
	}
	p := &protocol.Picture{Width: 1, Height: 1, Pix: make([]byte, 4)}
	if m, ok := f.frame(f.serial, p, nil).(film.Frame); !ok || m.Picture != p {
		t.Errorf("the answer is %+v", m)
	}
	f.hear(film.Working{Done: 3, Total: 9})
	if f.done != 3 || f.total != 9 {
		t.Errorf("%d of %d", f.done, f.total)
	}
	_, made := f.hear(film.Made{Format: film.MP4, Width: 640, Height: 480, Frames: 96, File: &wire.Bytes{Data: make([]byte, 2_500_000)}})
	if made == nil || f.making || f.status != "The film is saved as MP4: 640×480, 96 frames, 2.5 MB." {
		t.Errorf("%v, %q", made, f.status)
	}
	for _, c := range []struct {
		asked, made film.Format
		lacks       bool
	}{{film.Best, film.WebM, true}, {film.Best, film.GIF, true}, {film.GIF, film.GIF, false}, {film.WebM, film.WebM, false}} {
		f := begun(t)
		f.format = c.asked
		f.hear(film.Made{Format: c.made, File: &wire.Bytes{}})
		if strings.Contains(f.status, "This browser makes no MP4") != c.lacks {
			t.Errorf("%q was asked for, %q made: %q", c.asked, c.made, f.status)
		}
	}
}

func TestFilmThatIsNotMade(t *testing.T) {
	for _, c := range []struct {
		message         film.Message
		status, problem string
		unusable        bool
	}{
		{film.Cancelled{}, "Cancelled.", "", false},
		{film.Error{Message: "It is too large."}, "", "It is too large.", false},
		{film.Error{Reason: film.NoProgram, Message: "TypeError"}, "", "check the connection", true},
		{film.Exit{Code: 2}, "", "smaller film", true},
	} {
		f := begun(t)
		f.hear(c.message)
		if f.making || f.status != c.status || !strings.Contains(f.problem, c.problem) || unusable(c.message) != c.unusable {
			t.Errorf("%T: making %t, %q, %q", c.message, f.making, f.status, f.problem)
		}
	}
}

// A run whose picture does not come ends the film, which says why; what comes late does nothing.
func TestFilmWithoutAPicture(t *testing.T) {
	f := begun(t)
	serial := f.serial
	if _, cancels := f.frame(serial, nil, errors.New("The engine is gone.")).(film.Cancel); !cancels || !f.making {
		t.Error("the film is not cancelled")
	}
	f.hear(film.Cancelled{})
	if f.making || f.problem != "The engine is gone." || f.status != "" {
		t.Errorf("making %t, %q, %q", f.making, f.problem, f.status)
	}
	if want, _ := f.hear(film.Want{}); want >= 0 {
		t.Error("a picture is asked for without a film")
	}
	f.begin(filmOf48)
	if m := f.frame(serial, &protocol.Picture{}, nil); m != nil || f.problem != "" {
		t.Errorf("a picture of the film before is answered by %v", m)
	}
}
