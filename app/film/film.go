// Package film says what a film of a run is, and what the page and the program that makes films (app/export) say to each other.
//
// A film is the run's pictures in their order, spread evenly over its length. The page holds the tokens of every step and the engine decodes them, so
// the program asks for one picture at a time and never has more than two of them. The page speaks first:
//
//	Make → Want, Frame, Want, Frame … Working … Made (or Error)    make a film
//	Cancel → Cancelled                                             end what is under way
//	Pack → Packed (or Error), Unpack → Unpacked (or Error)         many files in one zip, and back
//	Enlarge → Enlarged (or Error)                                  a picture of larger sides
package film

import (
	"fmt"
	"math"
)

// Format is a kind of file.
type Format string

const (
	Best Format = ""     // the first of the others that the browser writes
	MP4  Format = "mp4"  // H.264, or AV1
	WebM Format = "webm" // VP9, or VP8
	GIF  Format = "gif"  // 256 colours a picture; needs nothing of the browser
)

// Formats are all of them, the best first.
var Formats = []Format{Best, MP4, WebM, GIF}

// Limits of Options.
const (
	MinSide    = 16
	MaxSide    = 4096
	MaxRate    = 60
	MaxGIFRate = 50 // browsers slow down what is faster
	MaxSeconds = 600
	// MaxGIFPixels are of all of a GIF's pictures together, which are held until the last one is there.
	MaxGIFPixels = 200 << 20
)

// Options say how a film is made.
type Options struct {
	Format Format `json:"format,omitempty"`
	// Width and Height are those of the film in pixels; H.264 makes odd ones even.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Smooth scales with Lanczos' filter, and otherwise pixels stay squares.
	Smooth bool `json:"smooth,omitempty"`
	// Rate is in frames per second. A GIF has MaxGIFRate at most.
	Rate int `json:"rate"`
	// Seconds is the time from the first picture to the last, and Hold for how long that one is shown after.
	Seconds float64 `json:"seconds"`
	Hold    float64 `json:"hold,omitempty"`
	// Fade mixes neighbouring pictures where a frame falls between them.
	Fade bool `json:"fade,omitempty"`
	// Title and Comment are written into the file: the prompt, and the run's settings.
	Title   string `json:"title,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Check says in one sentence why no film can be made of so many pictures, or nothing.
func (o Options) Check(pictures int) error {
	known := false
	for _, f := range Formats {
		known = known || f == o.Format
	}
	switch {
	case pictures < 1:
		return fmt.Errorf("There are no pictures to make a film of: make a few steps first.")
	case !known:
		return fmt.Errorf("There is no film format %q: choose mp4, webm or gif.", o.Format)
	case min(o.Width, o.Height) < MinSide || max(o.Width, o.Height) > MaxSide:
		return fmt.Errorf("A film has sides from %d to %d pixels: change its size, which is %d×%d.", MinSide, MaxSide, o.Width, o.Height)
	case o.Rate < 1 || o.Rate > MaxRate:
		return fmt.Errorf("A film has from 1 to %d frames per second: change its rate, which is %d.", MaxRate, o.Rate)
	case !(o.Seconds >= 0) || !(o.Hold >= 0) || o.Seconds+o.Hold > MaxSeconds:
		return fmt.Errorf("A film lasts at most %d seconds: make it shorter.", MaxSeconds)
	case o.Format == GIF:
		return o.CheckGIF(pictures)
	}
	return nil
}

// CheckGIF says in one sentence why the film is no GIF, or nothing.
func (o Options) CheckGIF(pictures int) error {
	o.Format = GIF
	if shots := len(o.Shots(pictures)); shots*o.Width*o.Height > MaxGIFPixels {
		return fmt.Errorf("A GIF of %d pictures of %d×%d is too large: make it smaller, shorter or slower.", shots, o.Width, o.Height)
	}
	return nil
}

// FrameRate is the rate at which the film is made.
func (o Options) FrameRate() int {
	if o.Format == GIF {
		return min(o.Rate, MaxGIFRate)
	}
	return o.Rate
}

// Shot is what stands still for a number of frames: picture A, or, with a Mix above 0, so much of the next picture and the rest of A.
type Shot struct {
	A      int
	Mix    float64
	Frames int
}

// Shots are what the film shows of so many pictures, in its order. The first and the last are the run's, and of those between as many as there are
// frames.
func (o Options) Shots(pictures int) []Shot {
	rate := o.FrameRate()
	frames := max(1, int(math.Round(o.Seconds*float64(rate))))
	if pictures > 1 {
		frames = max(2, frames)
	}
	var shots []Shot
	for i := range frames {
		s := Shot{A: pictures - 1, Frames: 1}
		if i < frames-1 {
			at := float64(i) * float64(pictures-1) / float64(frames-1)
			if o.Fade {
				s.A = int(at)
				s.Mix = at - math.Floor(at)
			} else {
				s.A = int(math.Round(at))
			}
		}
		if last := len(shots) - 1; last >= 0 && shots[last].A == s.A && shots[last].Mix == s.Mix {
			shots[last].Frames++
		} else {
			shots = append(shots, s)
		}
	}
	shots[len(shots)-1].Frames += int(math.Round(o.Hold * float64(rate)))
	return shots
}

// Frames is how many there are in shots.
func Frames(shots []Shot) int {
	n := 0
	for _, s := range shots {
		n += s.Frames
	}
	return n
}
