package film

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/app/wire"
)

func TestShots(t *testing.T) {
	for _, c := range []struct {
		name     string
		options  Options
		pictures int
		want     []Shot
	}{
		{"one picture stands still", Options{Rate: 10, Seconds: 0.3}, 1, []Shot{{0, 0, 3}}},
		{"a frame each", Options{Rate: 3, Seconds: 1}, 3, []Shot{{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
		{"fewer frames than pictures", Options{Rate: 3, Seconds: 1}, 5, []Shot{{0, 0, 1}, {2, 0, 1}, {4, 0, 1}}},
		{"more frames than pictures", Options{Rate: 4, Seconds: 1}, 2, []Shot{{0, 0, 2}, {1, 0, 2}}},
		{"mixed between", Options{Rate: 5, Seconds: 1, Fade: true}, 2, []Shot{{0, 0, 1}, {0, 0.25, 1}, {0, 0.5, 1}, {0, 0.75, 1}, {1, 0, 1}}},
		{"the last is held", Options{Rate: 2, Seconds: 1, Hold: 1.5}, 2, []Shot{{0, 0, 1}, {1, 0, 4}}},
		{"no time at all still has the first and the last", Options{Rate: 2}, 9, []Shot{{0, 0, 1}, {8, 0, 1}}},
		{"a GIF is not faster than browsers show it", Options{Rate: 60, Seconds: 0.1, Format: GIF}, 9, []Shot{{0, 0, 1}, {2, 0, 1}, {4, 0, 1}, {6, 0, 1}, {8, 0, 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.options.Shots(c.pictures); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Whatever the options, pictures are asked in ascending order, none is out of reach, and the film is as long as it should be.
func TestShotsAscend(t *testing.T) {
	for _, fade := range []bool{false, true} {
		for pictures := 1; pictures < 40; pictures += 3 {
			for frames := 2; frames < 90; frames += 7 {
				o := Options{Rate: 10, Seconds: float64(frames) / 10, Hold: 0.5, Fade: fade}
				shots, last := o.Shots(pictures), 0
				for _, s := range shots {
					if s.A < last || s.A >= pictures || s.Mix < 0 || s.Mix >= 1 || s.Mix > 0 && s.A == pictures-1 {
						t.Fatalf("%d pictures in %d frames: %+v after picture %d", pictures, frames, s, last)
					}
					last = s.A
				}
				if Frames(shots) != frames+5 || last != pictures-1 {
					t.Fatalf("%d pictures in %d frames: %d frames that end with picture %d", pictures, frames, Frames(shots), last)
				}
			}
		}
	}
}

func TestCheck(t *testing.T) {
	good := Options{Width: 64, Height: 48, Rate: 24, Seconds: 5, Hold: 1}
	if err := good.Check(3); err != nil {
		t.Errorf("a good film: %v", err)
	}
	nan := 0.0
	nan /= nan
	for _, c := range []struct {
		name     string
		change   func(*Options)
		pictures int
		want     string
	}{
		{"no pictures", func(*Options) {}, 0, "no pictures"},
		{"unknown format", func(o *Options) { o.Format = "avi" }, 1, `"avi"`},
		{"too small", func(o *Options) { o.Width = MinSide - 1 }, 1, "15×48"},
		{"too large", func(o *Options) { o.Height = MaxSide + 1 }, 1, "64×4097"},
		{"no rate", func(o *Options) { o.Rate = 0 }, 1, "which is 0"},
		{"too fast", func(o *Options) { o.Rate = MaxRate + 1 }, 1, "which is 61"},
		{"too long", func(o *Options) { o.Seconds = MaxSeconds }, 1, "600 seconds"},
		{"a length that is no number", func(o *Options) { o.Seconds = nan }, 1, "600 seconds"},
		{"negative hold", func(o *Options) { o.Hold = -1 }, 1, "600 seconds"},
		{"a GIF that is too large", func(o *Options) { o.Format, o.Width, o.Height, o.Seconds = GIF, 1024, 1024, 100 }, 1000, "too large"},
	} {
		o := good
		c.change(&o)
		if err := o.Check(c.pictures); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range []Message{
		Make{Options: Options{Format: MP4, Width: 3, Height: 4, Smooth: true, Rate: 24, Seconds: 2.5, Hold: 1, Fade: true, Title: "a", Comment: "b"}, Pictures: 7},
		Frame{Picture: &wire.Picture{Width: 1, Height: 2, Pix: []byte{1, 2, 3, 4, 5, 6, 7, 8}}}, Cancel{},
		Pack{Files: []File{{"a.png", []byte{1}}, {"b/c.png", []byte{2, 3}}}}, Unpack{Zip: &wire.Bytes{Data: []byte{4}}},
		Want{Picture: 3}, Working{Done: 1, Total: 9}, Made{Format: WebM, Codec: "vp8", Width: 2, Height: 2, Frames: 3, File: &wire.Bytes{Data: []byte{5}}},
		Cancelled{}, Packed{Zip: &wire.Bytes{Data: []byte{6}}}, Unpacked{Files: []File{{"x", []byte{7}}}},
		Enlarge{Picture: &wire.Picture{Width: 1, Height: 1, Pix: []byte{1, 2, 3, 4}}, Times: 4}, Enlarged{Picture: &wire.Picture{Width: 1, Height: 1, Pix: []byte{4, 3, 2, 1}}}, Error{Reason: NoProgram, Message: "No."}, Beat{}, Exit{Code: 2, Tail: "panic"},
	} {
		w, err := Encode(m)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		got, err := Decode(w)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%T: got %+v, %v, want %+v", m, got, err, m)
		}
		seen[channel.Name(m)] = true
	}
	for _, kind := range channel.Names() {
		if !seen[kind] {
			t.Errorf("no test message of kind %q", kind)
		}
	}
}
