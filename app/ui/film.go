package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"reverie/app/film"
	"reverie/app/protocol"
)

// FilmSource is a run as a film shows it: so many pictures of one size, in their order.
type FilmSource struct {
	Pictures      int
	Frames        []int  // the indices of those from which the picture was moved
	Width, Height int    // in pixels
	Name          string // of the file, without its ending
	Title         string // the prompt
	Comment       string // the run's settings
	// Picture calls take with the picture of that index from 0, or with why there is none, once and not before it returns.
	Picture func(i int, take func(*protocol.Picture, error))
}

// The ids of the dialog's fields.
const (
	filmID        = "film"
	filmFormatID  = "film-format"
	filmWidthID   = "film-width"
	filmRateID    = "film-rate"
	filmSecondsID = "film-seconds"
	filmHoldID    = "film-hold"
	filmSmoothID  = "film-smooth"
	filmFadeID    = "film-fade"
	filmFramesID  = "film-frames"
)

// filmForm is what a person has said of a film, as it was typed, and how far the film is. It knows nothing of the browser.
type filmForm struct {
	format                     film.Format
	width, rate, seconds, hold string
	smooth, fade               bool
	frames                     bool // only the frames are shown, each for one of the film's

	making      bool
	serial      int // of the film that is made: what comes for an earlier one is late
	done, total int // frames
	status      string
	problem     string
	wrong       string // the id of the field that problem is about, or ""
}

// leastFilmSide is how large the shorter side is that a film is offered with: players draw smaller ones blurred.
const leastFilmSide = 512

// ofFrames are the frames alone.
func (s FilmSource) ofFrames() FilmSource {
	all := s
	s.Pictures = len(s.Frames)
	s.Picture = func(i int, take func(*protocol.Picture, error)) { all.Picture(all.Frames[i], take) }
	return s
}

// newFilmForm offers a film of the run: whole times as large as its pictures, and as long as people watch, or as there are frames.
func newFilmForm(s FilmSource) filmForm {
	short, long := max(1, min(s.Width, s.Height)), max(1, s.Width, s.Height)
	width := s.Width * max(1, min(leastFilmSide/short, film.MaxSide/long))
	if long > film.MaxSide {
		width = s.Width * film.MaxSide / long
	}
	f := filmForm{width: strconv.Itoa(width), rate: "24", hold: "2"}
	f.showFrames(s, len(s.Frames) > 1)
	return f
}

// showFrames says whether the film shows only frames, and offers its length.
func (f *filmForm) showFrames(s FilmSource, on bool) {
	f.frames = on
	f.seconds = strconv.Itoa(min(15, max(2, s.Pictures/24)))
	if rate, err := strconv.Atoi(f.rate); on && err == nil && rate > 0 {
		f.seconds = number(math.Round(100*float64(len(s.Frames))/float64(rate)) / 100)
	}
}

// shown are the pictures that the film shows.
func (f *filmForm) shown(s FilmSource) FilmSource {
	if f.frames {
		return s.ofFrames()
	}
	return s
}

// filmNumbers are the fields that are typed, with what they are called.
func (f *filmForm) filmNumbers() []filmNumber {
	return []filmNumber{
		{filmWidthID, filmWidth, &f.width}, {filmRateID, filmRate, &f.rate},
		{filmSecondsID, filmLength, &f.seconds}, {filmHoldID, filmPause, &f.hold},
	}
}

type filmNumber struct {
	id, label string
	text      *string
}

// options reads the form. Its error is a sentence, and wrong the field that it is about.
func (f *filmForm) options(s FilmSource) (o film.Options, wrong string, err error) {
	o = film.Options{Format: f.format, Smooth: f.smooth, Fade: f.fade, Title: s.Title, Comment: s.Comment}
	usual := newFilmForm(s)
	var values [4]float64
	for i, n := range f.filmNumbers() {
		v, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(*n.text), ",", ".", 1), 64)
		whole := n.id == filmWidthID || n.id == filmRateID
		switch {
		case err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || v > 1e6:
			return o, n.id, fmt.Errorf(numberProblem, n.label, *usual.filmNumbers()[i].text)
		case whole && v != math.Trunc(v):
			return o, n.id, fmt.Errorf(wholeNumberProblem, n.label, v)
		}
		values[i] = v
	}
	o.Width, o.Rate, o.Seconds, o.Hold = int(values[0]), int(values[1]), values[2], values[3]
	o.Height = int(math.Round(float64(o.Width) * float64(s.Height) / float64(max(1, s.Width))))
	if err := o.Check(f.shown(s).Pictures); err != nil {
		return o, wrongOf(o), err
	}
	return o, "", nil
}

// wrongOf is the field that options which do not pass are about.
func wrongOf(o film.Options) string {
	switch {
	case min(o.Width, o.Height) < film.MinSide || max(o.Width, o.Height) > film.MaxSide:
		return filmWidthID
	case o.Rate < 1 || o.Rate > film.MaxRate:
		return filmRateID
	case o.Seconds+o.Hold > film.MaxSeconds:
		return filmSecondsID
	}
	return filmFormatID
}

// begin is what starts a film, or nil where the form says nothing that can be made.
func (f *filmForm) begin(s FilmSource) film.Message {
	f.problem, f.wrong, f.status = "", "", ""
	o, wrong, err := f.options(s)
	if err != nil {
		f.problem, f.wrong = err.Error(), wrong
		return nil
	}
	f.making, f.done, f.total = true, 0, 0
	f.serial++
	f.status = makingFilm
	return film.Make{Options: o, Pictures: f.shown(s).Pictures}
}

// hear takes what the program says. want is the index of a picture that it waits for, or -1; file is the film, when it is made.
func (f *filmForm) hear(m film.Message) (want int, file *film.Made) {
	if !f.making {
		return -1, nil
	}
	switch m := m.(type) {
	case film.Want:
		return m.Picture, nil
	case film.Working:
		f.done, f.total = m.Done, m.Total
	case film.Made:
		f.making = false
		f.status = fmt.Sprintf(filmSaved, filmFormats[m.Format], m.Width, m.Height, count(m.Frames, "frame"), byteCount(int64(len(m.File.Data))))
		if f.format == film.Best {
			f.status += filmLacks[m.Format]
		}
		return -1, &m
	case film.Cancelled:
		f.making = false
		f.status = ""
		if f.problem == "" {
			f.status = filmCancelled
		}
	case film.Error:
		if m.Reason == film.NoProgram {
			m.Message = filmMissing
		}
		f.fail(m.Message)
	case film.Exit:
		f.fail(filmProgramEnded)
	}
	return -1, nil
}

// unusable says whether m is the last that its program says.
func unusable(m film.Message) bool {
	switch m := m.(type) {
	case film.Exit:
		return true
	case film.Error:
		return m.Reason == film.NoProgram
	}
	return false
}

// frame answers a want of the film with that serial; nil where it is too late.
func (f *filmForm) frame(serial int, p *protocol.Picture, err error) film.Message {
	switch {
	case !f.making || serial != f.serial:
		return nil
	case err != nil:
		f.problem = err.Error()
		return film.Cancel{} // whose answer ends the film
	}
	return film.Frame{Picture: p}
}

func (f *filmForm) fail(problem string) { f.making, f.status, f.problem = false, "", problem }

// endings and media types of files.
var filmKinds = map[film.Format]string{film.MP4: "video/mp4", film.WebM: "video/webm", film.GIF: "image/gif"}

// filmLacks says what this browser does not make where the best that it makes is of that format.
var filmLacks = map[film.Format]string{film.WebM: noMP4, film.GIF: noMP4NorWebM}

var filmFormats = map[film.Format]string{film.Best: bestFormat, film.MP4: "MP4", film.WebM: "WebM", film.GIF: "GIF"}
