package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/gpu/guide"
	"reverie/recipe"
)

func TestFilmArguments(t *testing.T) {
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"))}
	frames := job{script: script, rate: 25, slow: 1, out: "a.webm"}
	styled := job{script: script, rate: 24, slow: 1, out: "a.mp4", styling: &styling{video: "source.mp4", rate: "30000/1001", stride: 3}}
	of := func(j job) string { return strings.Join(j.filmArgs("%06d.png", 4, 9), " ") }
	for _, want := range []string{"-framerate 25 -start_number 4 -i %06d.png -vf trim=end_frame=6 ", "-pix_fmt yuv420p", "title=a red apple", `comment={"version":2,"recipe":{"prompt":"a red apple"}} a.webm`} {
		if got := of(frames); !strings.Contains(got, want) || strings.Contains(got, "-c:a") {
			t.Errorf("%q lacks %q, or has sound", got, want)
		}
	}
	if got, want := of(styled), "-framerate 30000/3003 -start_number 4 -i %06d.png -t 0.600600 -i source.mp4 -map 0:v -map 1:a? -c:a copy"; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
	styled.slow, styled.between = 3, "fade"
	if got, want := of(styled), "-framerate 30000/9009 -start_number 4 -i %06d.png -vf trim=end_frame=6,tpad=stop_mode=clone:stop=2,minterpolate=fps=30000/3003:mi_mode=blend:scd=none,trim=end_frame=18 "; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
	frames.following = following{audio: "a.mp3", offset: 1.5}
	if got, want := of(frames), "-i %06d.png -ss 1.620000 -t 0.240000 -i a.mp3 -map 0:v -map 1:a -vf trim=end_frame=6 "; !strings.Contains(got, want) {
		t.Errorf("%q lacks %q", got, want)
	}
	frames.out = "a.gif"
	if strings.Contains(of(frames), "yuv420p") || !isFilm("A.GIF") || isFilm("a.png") {
		t.Error("a GIF has a palette and is a film, a PNG is none")
	}
}

// A slowed film has pictures between the frames, and is so many times as long: what moves lies between its places, whole, or is mixed of both.
func TestSlowedFilms(t *testing.T) {
	dir := t.TempDir()
	const side, step, frames, slow = 64, 8, 5, 4
	for n := range frames {
		pix := slices.Repeat([]byte{255}, 4*side*side)
		for y := 20; y < 44; y++ {
			for x := 4 + step*n; x < 4+step*n+16; x++ {
				copy(pix[4*(y*side+x):], []byte{0, 0, 0})
			}
		}
		png, err := picture.WritePlain(pix, side, side)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.png", n+1)), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, between := range []string{"motion", "fade"} {
		film, gray := filepath.Join(dir, "o.mp4"), filepath.Join(dir, "o.raw")
		r := renderer{job: job{rate: 8, slow: slow, between: between, out: film, frames: dir}, firstFrame: 1, lastFrame: frames}
		if err := r.writeFilm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ffmpeg(t.Context(), "-v", "error", "-y", "-i", film, "-f", "rawvideo", "-pix_fmt", "gray", gray); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(gray)
		if err != nil || len(data) != frames*slow*side*side {
			t.Fatalf("%s: %d frames of %d (%v)", between, len(data)/side/side, frames*slow, err)
		}
		// In the middle between the third frame and the fourth one.
		row := data[(2*slow+slow/2)*side*side+side*side/2:][:side]
		dark := 0
		for _, v := range row {
			if v < 64 {
				dark++
			}
		}
		left := 4 + step*2
		whole := dark >= 14 && row[left+1] > 192 && row[left+step+1] < 64
		mixed := row[left+1] > 64 && row[left+1] < 192 && row[left+16+1] > 64 && row[left+16+1] < 192 && dark < 12
		if between == "motion" && !whole || between == "fade" && !mixed {
			t.Errorf("%s: between two frames there is %v", between, row)
		}
		if rate, err := rateOf(t.Context(), film); err != nil || rate != "8/1" {
			t.Errorf("%s: the film has %s frames per second (%v)", between, rate, err)
		}
	}
}

// A film whose options follow a sound has as much of it as it is long, from the offset on, slowed or not; and one that is styled has its source's.
func TestFilmsHaveTheirSound(t *testing.T) {
	dir := t.TempDir()
	for n := range 3 {
		png, err := picture.WritePlain(make([]byte, 4*16*16), 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.png", n+1)), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	source := filepath.Join(dir, "1.mkv")
	heard := following{audio: writeSound(t, tones()), offset: 0.75}
	for _, c := range []struct {
		name    string
		job     job
		samples int
	}{
		{"1.mkv", job{slow: 1, following: heard}, 3 * soundRate / 4},
		{"2.mkv", job{slow: 2, following: heard}, 6 * soundRate / 4},
		{"styled.mkv", job{slow: 1, styling: &styling{video: source, rate: "4/1", stride: 1}}, 3 * soundRate / 4},
	} {
		film, sound := filepath.Join(dir, c.name), filepath.Join(dir, "o.raw")
		c.job.rate, c.job.between, c.job.out, c.job.frames = 4, "fade", film, dir
		r := renderer{job: c.job, firstFrame: 1, lastFrame: 3}
		if err := r.writeFilm(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ffmpeg(t.Context(), "-v", "error", "-y", "-i", film, "-f", "s16le", "-ac", "1", "-ar", "44100", sound); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(sound)
		if n := len(data) / 2; err != nil || n < c.samples-2048 || n > c.samples+2048 {
			t.Fatalf("%s has %d samples, want %d (%v)", c.name, n, c.samples, err)
		}
		loud := func(from, to int) (most int) { // of so many thousandths of a second
			for i := from * soundRate / 1000; i < to*soundRate/1000; i++ {
				most = max(most, int(int16(uint16(data[2*i])|uint16(data[2*i+1])<<8)))
			}
			return most
		}
		if silence, tone := loud(0, 200), loud(300, 700); silence > 500 || tone < 6000 {
			t.Errorf("%s begins with %d, and then there is %d", c.name, silence, tone)
		}
	}
}

func TestFramesAreCounted(t *testing.T) {
	r := renderer{job: job{script: recipe.Script{Recipe: recipe.New(recipe.MotionEvery.Is(2), recipe.MotionFirst.Is(3))}}}
	for _, c := range []struct{ step, want int }{{7, 3}, {3, 1}, {4, 1}, {5, 2}} {
		if got := r.frameNumber(c.step); got != c.want {
			t.Errorf("up to step %d there are %d frames, want %d", c.step, got, c.want)
		}
	}
}

// Latents are mixed with those beside them, and at the ends with those that there are.
func TestMixedLatents(t *testing.T) {
	var states []*guide.State
	for _, v := range []float32{1, 2, 4, 8} {
		states = append(states, &guide.State{Z: []float32{v, -v}})
	}
	for _, c := range []struct {
		i, n  int
		alpha float64
		want  float32
	}{{1, 1, 0.5, 2}, {1, 3, 0.5, (0.5 + 2 + 2) / 2}, {0, 3, 0.5, (1 + 1) / 1.5}, {2, 5, 0.75, (1./16 + 0.5 + 4 + 2) / (1 + 0.5 + 1./16)}} {
		if z := mixed(states, c.i, c.n, c.alpha); z[0] != c.want || z[1] != -c.want {
			t.Errorf("frame %d of %d by %g: %v, want %g", c.i, c.n, c.alpha, z, c.want)
		}
	}
}

// A source comes into the size of the result before and is mixed with that.
func TestBlended(t *testing.T) {
	plain := func(w, h int, r, g, b byte) []byte {
		png, err := picture.WritePlain(slices.Repeat([]byte{r, g, b, 255}, w*h), w, h)
		if err != nil {
			t.Fatal(err)
		}
		return png
	}
	data, err := blended(plain(10, 6, 200, 0, 100), plain(4, 2, 100, 40, 100), 0.25)
	if err != nil {
		t.Fatal(err)
	}
	got, err := picture.Open(data)
	if err != nil || got.Width != 4 || got.Height != 2 || !slices.Equal(got.Pix, slices.Repeat([]byte{175, 10, 100, 255}, 8)) {
		t.Errorf("%+v, %v", got, err)
	}
}

// The pictures of a folder are styled in the order of their names, every stride-th one.
func TestSources(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"03.png", "01.png", "02.JPG", "note.txt", "04.webp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := styling{video: dir, stride: 2}
	if err := s.open(t.Context(), ""); err != nil || !slices.Equal(s.sources, []string{filepath.Join(dir, "01.png"), filepath.Join(dir, "03.png")}) || s.rate != "" {
		t.Errorf("%v, %v", s, err)
	}
}
