package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/recipe"
)

// A band pass lets frequencies through as Butterworth's formula has it: |H|² = 1/(1+Q²ⁿ), Q = (ω²−ω₀²)/(ω·Δω), ω the frequencies that the bilinear
// transform makes of those of the sound.
func TestBandPass(t *testing.T) {
	warped := func(f float64) float64 { return math.Tan(math.Pi * f / soundRate) }
	for _, b := range []band{{centre: 105, width: 65, order: 5}, {centre: 900, width: 600, order: 5}, {centre: 5000, width: 9000, order: 2}, {centre: 15000, width: 4000, order: 1}, {centre: 40, width: 20, order: 4}} {
		f := newBandPass(b, soundRate)
		var impulse []float64
		for i := range 4 * soundRate {
			x := 0.0
			if i == 0 {
				x = 1
			}
			impulse = append(impulse, f.next(x))
		}
		low, high := warped(b.centre-b.width/2), warped(b.centre+b.width/2)
		for _, frequency := range []float64{b.centre - b.width/2, b.centre, b.centre + b.width/2, b.centre / 3, min(3*b.centre, 20000)} {
			var re, im float64
			for i, v := range impulse {
				sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / soundRate)
				re, im = re+v*cos, im-v*sin
			}
			w := warped(frequency)
			want := 1 / math.Sqrt(1+math.Pow((w*w-low*high)/(w*(high-low)), 2*float64(b.order)))
			if got := math.Hypot(re, im); !(math.Abs(got-want) <= 1e-6) {
				t.Errorf("%+v lets %g Hz through by %g, want %g", b, frequency, got, want)
			}
		}
	}
}

// tones are samples of a second of silence, half a second of a low tone, half of a high one half as loud, and half of the low one half as loud, each
// without the click that a sudden beginning is.
func tones() []float32 {
	var samples []float32
	for i := range 5 * soundRate / 2 {
		at := float64(i) / soundRate
		part := int(2 * at)
		frequency, loud := []float64{0, 0, 100, 2000, 100}[part], []float64{0, 0, 0.25, 0.125, 0.125}[part]
		within := 2 * (at - float64(part)/2)
		loud *= min(1, 4*within, 4*(1-within))
		samples = append(samples, float32(loud*math.Sin(2*math.Pi*frequency*at)))
	}
	return samples
}

// writeSound writes samples as a WAV file of 16 bits.
func writeSound(t *testing.T, samples []float32) string {
	t.Helper()
	var b bytes.Buffer
	n := uint32(2 * len(samples))
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, 36+n)
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, []uint32{16, 1<<16 | 1, soundRate, 2 * soundRate, 16<<16 | 2})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, n)
	for _, v := range samples {
		binary.Write(&b, binary.LittleEndian, int16(math.Round(32767*float64(v))))
	}
	path := filepath.Join(t.TempDir(), "sound.wav")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Options follow the bands of a sound, frame by frame from the offset on: keyframes where the frames begin, and changes of a prompt's weights there. The
// script that comes of it needs no sound.
func TestFollow(t *testing.T) {
	out := filepath.Join(t.TempDir(), "o.png")
	args := []string{"-audio", writeSound(t, tones()), "-audio-offset", "0.75", "-audio-band", "low=100:60", "-audio-band", "high=2000:500:3", "-rate", "4",
		"-follow", "zoom=1+0.5*low", "-follow", "angle=10*high+t", "-follow", "prompt=a storm:{2*high} | a meadow", "-steps", "40", "-motion-every", "5", "-motion-first", "10", "-o", out}
	j, err := parse(args, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The frames begin at steps 0, 10, 15, …, 35; a second after the offset is frame 4.
	lows, highs := []float64{0, 1, 1, 0, 0, 0.5, 0.5}, []float64{0, 0, 0, 1, 1, 0, 0}
	for frame, step := range []int{0, 10, 15, 20, 25, 30, 35} {
		now := j.script.At(step).Keyed(step)
		if zoom := recipe.Zoom.In(now); math.Abs(zoom-1-0.5*lows[frame]) > 0.06 {
			t.Errorf("in frame %d the zoom is %g", frame, zoom)
		}
		if angle := recipe.Angle.In(now); math.Abs(angle-10*highs[frame]-float64(frame)/4) > 0.3 {
			t.Errorf("in frame %d the angle is %g", frame, angle)
		}
	}
	weights := func(step int) string { return recipe.Prompt.In(j.script.At(step)) }
	if weights(0) != "a storm:0 | a meadow" || !strings.HasPrefix(weights(24), "a storm:1.9") && weights(24) != "a storm:2 | a meadow" || weights(35) == weights(25) {
		t.Errorf("the prompts are %q, %q, %q", weights(0), weights(24), weights(35))
	}
	if _, _, err := j.script.Check(8); err != nil {
		t.Errorf("the script cannot be run: %v", err)
	}
	png, _, err := picture.Write(make([]byte, 4*64*64), 64, 64, picture.Meta{Script: j.script, Step: 40})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, png, 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := parse([]string{"-script", out, "-o", out}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if recipe.Keyframes.In(again.script.Recipe) != recipe.Keyframes.In(j.script.Recipe) || !reflect.DeepEqual(again.script.Changes, j.script.Changes) {
		t.Errorf("the picture's script is\n%+v\nand it was\n%+v", again.script, j.script)
	}
}

// What follows needs no sound: the time alone does, with keyframes that are there already, in a run that is not moved and in frames that are styled.
func TestFollowTime(t *testing.T) {
	out := filepath.Join(t.TempDir(), "o.png")
	j, err := parse([]string{"-prompt", "x", "-follow", "learning-rate=0.1+max(0,t)/10", "-keyframes", "smoothness 0:(1)", "-rate", "10", "-steps", "5", "-o", out}, &bytes.Buffer{})
	if err == nil {
		err = j.follow(t.Context())
	}
	if got, want := recipe.Keyframes.In(j.script.Recipe), "smoothness 0:(1); learning_rate 0:(0.1), 4:(0.14)"; err != nil || got != want {
		t.Errorf("keyframes %q, want %q (%v)", got, want, err)
	}
	dir := t.TempDir()
	for _, name := range []string{"1.png", "2.png", "3.png"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	j, err = parse([]string{"-prompt", "x", "-follow", "smoothness=2*t", "-rate", "8", "-video", dir, "-slow", "2", "-o", "o.mp4"}, &bytes.Buffer{})
	if err == nil {
		err = j.follow(t.Context())
	}
	if err != nil || recipe.Keyframes.In(j.script.Recipe) != "" {
		t.Fatalf("keyframes %q, %v", recipe.Keyframes.In(j.script.Recipe), err)
	}
	r := renderer{job: j}
	if err := r.aim(j.script, 2, filepath.Join(dir, "3.png"), nil); err != nil || recipe.Smoothness.In(r.script.Recipe) != 1 {
		t.Errorf("the third frame, half a second into the film, has smoothness %g (%v)", recipe.Smoothness.In(r.script.Recipe), err)
	}
}

func TestThinned(t *testing.T) {
	keys := []keyframe{{0, 1}, {2, 2}, {4, 3}, {5, 3}, {6, 3}, {9, 0}}
	if got, want := thinned(keys), []keyframe{{0, 1}, {4, 3}, {6, 3}, {9, 0}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A sound that cannot be used, and an expression that an option cannot follow, get a sentence before a browser starts.
func TestBadSounds(t *testing.T) {
	sound := writeSound(t, tones())
	silent := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(silent, []byte("no sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	heard := []string{"-audio", sound, "-audio-band", "low=100:60"}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"name that with -audio", []string{"-audio-band", "low=100:60"}},
		{"name a band with -audio-band", []string{"-audio", sound}},
		{"what follows it with -follow", heard},
		{"a band lies between 0 and 22050 Hz", []string{"-audio-band", "low=100:300"}},
		{"bass=105:65", []string{"-audio-band", "low=100"}},
		{"the order is 0", []string{"-audio-band", "low=100:60:0"}},
		{"cannot be called \"t\"", []string{"-audio", sound, "-audio-band", "t=100:60", "-follow", "zoom=1"}},
		{"no option \"steps\" can follow", []string{"-follow", "steps=3"}},
		{"unknown name loud", append(heard, "-follow", "zoom=1+loud")},
		{"-follow has zoom twice", []string{"-follow", "zoom=1", "-follow", "zoom=2"}},
		{"-follow makes zoom -3 at 0.00 s", []string{"-follow", "zoom=-3"}},
		{"-follow makes zoom +Inf", append(heard, "-follow", "zoom=1/(0*low)")},
		{"-audio-offset is -1", append(heard, "-follow", "zoom=1", "-audio-offset", "-1")},
		{"the sound ends after 2.5 s", append(heard, "-follow", "zoom=1", "-audio-offset", "3")},
		{"has no sound that ffmpeg can read", []string{"-audio", silent, "-audio-band", "low=100:60", "-follow", "zoom=1"}},
	} {
		j, err := parse(append([]string{"-prompt", "x", "-o", filepath.Join(t.TempDir(), "o.png")}, c.args...), &bytes.Buffer{})
		if err == nil {
			err = j.follow(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want a line with %q", c.args, err, c.want)
		}
	}
}
