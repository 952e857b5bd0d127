//go:build e2e && !js

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image/gif"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/app/film"
	"reverie/app/wire"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// exportInPage starts app/export in a page that does nothing else. There, exporting(message, frame) says a message, answers what it wants with
// frame(index), and is what comes at last, with its bytes in base64.
const exportInPage = `
	const worker = new Worker("/web/worker.js", {name: "export"});
	const post = (message, ...buffers) => worker.postMessage({text: JSON.stringify(message), buffers}, buffers);
	const base64 = (buffer) => new Promise((done) => {
		const reader = new FileReader();
		reader.onload = () => done(reader.result.split(",")[1]);
		reader.readAsDataURL(new Blob([buffer]));
	});
	window.working = [];
	window.exporting = (message, frame, ...buffers) => new Promise((done) => {
		worker.onmessage = async (event) => {
			const said = JSON.parse(event.data.text);
			if (said.kind === "want") {
				const pix = frame(said.picture);
				if (pix) post({kind: "frame", picture: {width: side, height: side}}, pix.buffer);
				else post({kind: "cancel"});
			} else if (said.kind === "working") working.push(said.done);
			else if (said.kind !== "beat") done(JSON.stringify({...said, data: await Promise.all((event.data.buffers || []).map(base64))}));
		};
		post(message, ...buffers);
	});
	window.side = 32;
	// Picture i is of one colour, which goes from red to blue.
	window.colours = (i) => new Uint8Array(Array.from({length: side * side}, () => [240 - 8 * i, 40, 8 * i, 255]).flat());
	// Picture i has something else in every place.
	window.patterns = (i) => new Uint8Array(Array.from({length: side * side * 4}, (_, at) => at % 4 == 3 ? 255 : (at >> 2) * (i + 3) % 256));`

type exported struct {
	film.Made
	Kind, Message string
	Data          []string
	Files         []film.File
}

func newExport(t *testing.T) *visit {
	t.Helper()
	h, _ := embedded(t)
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html>")
	})
	v := openHandler(t, mux, chromium.Software, "empty")
	_, err := driver.Evaluate[string](v.Page, exportInPage+`; ""`)
	v.must(err)
	return v
}

// export says m and returns the answer. frame is a function of JavaScript.
func (v *visit) export(m film.Message, frame string, buffers ...string) exported {
	v.Helper()
	w, err := film.Encode(m)
	v.must(err)
	said, err := driver.Evaluate[string](v.Page, fmt.Sprintf("exporting(%s)", strings.Join(append([]string{w.Text, frame}, buffers...), ",")))
	v.must(err)
	var e exported
	v.must(json.Unmarshal([]byte(said), &e))
	return e
}

func (v *visit) bytesOf(e exported) []byte {
	v.Helper()
	if len(e.Data) != 1 {
		v.Fatalf("%s %s with %d buffers", e.Kind, e.Message, len(e.Data))
	}
	data, err := base64.StdEncoding.DecodeString(e.Data[0])
	v.must(err)
	return data
}

// probe is what ffprobe says of a film, and the colour in the middle of some of its frames.
type probe struct {
	Streams []struct {
		CodecName string `json:"codec_name"`
		Width     int
		Height    int
		Frames    string `json:"nb_read_frames"`
	}
	Format struct {
		Duration string
		Tags     map[string]string
	}
}

func (v *visit) probe(data []byte) (p probe, frames []byte) {
	v.Helper()
	file := filepath.Join(v.TempDir(), "film")
	v.must(os.WriteFile(file, data, 0o600))
	text, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", file).Output()
	if err != nil {
		v.Fatalf("ffprobe: %v: `make ffmpeg` installs it", err)
	}
	v.must(json.Unmarshal(text, &p))
	frames, err = exec.Command("ffmpeg", "-v", "error", "-i", file, "-vf", "format=rgb24,crop=1:1:32:32", "-f", "rawvideo", "-pix_fmt", "rgb24", "-").Output()
	v.must(err)
	return p, frames
}

// A film of thirty frames is what it should be, for what plays films elsewhere, in every format that this browser writes. H.264 has even sides.
func TestFilms(t *testing.T) {
	v := newExport(t)
	written := 0
	for _, c := range []struct {
		format        film.Format
		width, height int
	}{{film.Best, 64, 64}, {film.MP4, 65, 63}, {film.WebM, 65, 63}} {
		o := film.Options{Format: c.format, Width: c.width, Height: c.height, Rate: 10, Seconds: 2, Hold: 1, Title: "a red apple", Comment: `{"prompt":"a red apple"}`}
		e := v.export(film.Make{Options: o, Pictures: 20}, "colours")
		if e.Kind == "error" && o.Format == film.MP4 && strings.Contains(e.Message, "choose another format") {
			t.Logf("this browser writes no MP4: %s", e.Message)
			continue
		}
		written++
		v.film(o, e)
	}
	if written < 2 {
		t.Errorf("%d films are written", written)
	}
	if n, err := driver.Evaluate[int](v.Page, "working.at(-1)"); err != nil || n != 30 {
		t.Errorf("progress ended at %d, %v", n, err)
	}

	// A run of 150 steps at 128×128, in the size and at the length at which it is watched.
	_, err := driver.Evaluate[int](v.Page, "side = 128")
	v.must(err)
	began := time.Now()
	e := v.export(film.Make{Options: film.Options{Format: film.Best, Width: 512, Height: 512, Rate: 15, Seconds: 10, Hold: 1}, Pictures: 150}, "patterns")
	t.Logf("150 steps at 128² become a film in %.1f s", time.Since(began).Seconds())
	p, _ := v.probe(v.bytesOf(e))
	if len(p.Streams) != 1 || p.Streams[0].Frames != "165" || p.Streams[0].Width != 512 || p.Streams[0].Height != 512 || p.Format.Duration != "11.000000" {
		t.Errorf("%s: ffprobe says %+v, want 165 frames of 512 × 512 in 11 seconds", e.Codec, p)
	}
}

// film looks at a film of twenty colours.
func (v *visit) film(o film.Options, e exported) {
	v.Helper()
	if e.Format == film.MP4 {
		o.Width, o.Height = o.Width+o.Width%2, o.Height+o.Height%2
	}
	p, frames := v.probe(v.bytesOf(e))
	if len(p.Streams) != 1 || len(frames) != 3*30 {
		v.Fatalf("%s %s: ffprobe says %+v, and ffmpeg gives %d bytes of 30 pixels", e.Format, e.Codec, p, len(frames))
	}
	s := p.Streams[0]
	v.Logf("%q: %s, %s", o.Format, e.Codec, s.CodecName)
	if s.Width != o.Width || s.Height != o.Height || e.Width != o.Width || e.Height != o.Height || s.Frames != "30" || e.Frames != 30 || p.Format.Duration != "3.000000" {
		v.Errorf("%s: %d×%d, %s frames, %s seconds, and it says %d×%d", e.Codec, s.Width, s.Height, s.Frames, p.Format.Duration, e.Width, e.Height)
	}
	for key, want := range map[string]string{"title": o.Title, "comment": o.Comment} {
		if got := p.Format.Tags[key] + p.Format.Tags[strings.ToUpper(key)]; got != want {
			v.Errorf("%s: its %s is %q", e.Codec, key, got)
		}
	}
	for i := range 30 {
		picture := min(i, 19)
		want := [3]int{240 - 8*picture, 40, 8 * picture}
		for c := range want {
			if d := int(frames[3*i+c]) - want[c]; d < -12 || d > 12 {
				v.Errorf("%s: frame %d has the colour %v, want %v", e.Codec, i, frames[3*i:3*i+3], want)
				break
			}
		}
	}
}

// A browser without WebCodecs gets a GIF, and one whose wish for it is withdrawn may make another.
func TestFilmWithoutCodecs(t *testing.T) {
	v := newExport(t)
	o := film.Options{Format: film.GIF, Width: 64, Height: 64, Rate: 10, Seconds: 2, Hold: 1, Fade: true}
	if e := v.export(film.Make{Options: o, Pictures: 20}, "(i) => i < 3 ? colours(i) : null"); e.Kind != "cancelled" {
		t.Errorf("cancelled at picture 3 it says %s %s", e.Kind, e.Message)
	}
	if e := v.export(film.Make{Options: film.Options{Width: 1}, Pictures: 1}, "colours"); e.Kind != "error" || !strings.Contains(e.Message, "1×0") {
		t.Errorf("a film of one pixel: %s %s", e.Kind, e.Message)
	}
	e := v.export(film.Make{Options: o, Pictures: 20}, "colours")
	movie, err := gif.DecodeAll(bytes.NewReader(v.bytesOf(e)))
	v.must(err)
	length := 0
	for _, d := range movie.Delay {
		length += d
	}
	if len(movie.Image) != 20 || length != 300 || movie.Config.Width != 64 {
		t.Errorf("%d pictures %d wide for %d hundredths of a second", len(movie.Image), movie.Config.Width, length)
	}
	r, g, b, _ := movie.Image[19].At(32, 32).RGBA()
	if r>>8 != 240-8*19 || g>>8 != 40 || b>>8 != 8*19 {
		t.Errorf("the last picture has the colour %d %d %d", r>>8, g>>8, b>>8)
	}
}

// Files go into a zip and come out of it, also where there is no network and the service worker has the program.
func TestZipOffline(t *testing.T) {
	v := open(t, chromium.Software, "")
	_, err := driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then(() => true)`)
	v.must(err)
	v.must(v.serve.Close())
	_, err = driver.Evaluate[string](v.Page, exportInPage+`; ""`)
	v.must(err)
	packed := v.export(film.Pack{Files: []film.File{{Name: "a.png"}, {Name: "b/c.json"}}}, "null", "new Uint8Array([1, 2]).buffer", "new Uint8Array([3]).buffer")
	zip := base64.StdEncoding.EncodeToString(v.bytesOf(packed))
	e := v.export(film.Unpack{Zip: &wire.Bytes{}}, "null", fmt.Sprintf("Uint8Array.from(atob(%q), (c) => c.charCodeAt(0)).buffer", zip))
	if len(e.Files) != 2 || e.Files[1].Name != "b/c.json" || strings.Join(e.Data, " ") != "AQI= Aw==" {
		t.Errorf("unpacked %+v", e)
	}
	if e := v.export(film.Unpack{}, "null"); e.Kind != "error" || !strings.Contains(e.Message, "no zip") {
		t.Errorf("nothing at all unpacks to %+v", e)
	}
}
