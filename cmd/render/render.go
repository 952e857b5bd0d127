package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/app/ui"
	"reverie/recipe"
	"reverie/tools/driver"
	"reverie/web"
	"reverie/web/site"
	"reverie/web/wasm"
)

func run(ctx context.Context, args []string, stderr io.Writer) error {
	j, err := parse(args, stderr)
	if err != nil {
		return err
	}
	cleanup, err := j.prepareFrames()
	defer cleanup()
	if err != nil {
		return err
	}
	if j.styling != nil {
		from, err := os.MkdirTemp("", "reverie-video-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(from)
		if err := j.styling.open(ctx, from); err != nil {
			return err
		}
	}
	if err := j.follow(ctx); err != nil {
		return err
	}
	programs, err := loadPrograms(ctx)
	if err != nil {
		return err
	}
	s, err := openSite(ctx, &j, programs, stderr)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s}
	go server.Serve(listener)
	defer server.Close()

	page, err := driver.Open(ctx, j.adapter)
	if err != nil {
		return err
	}
	defer page.Close()
	r := &renderer{job: j, page: page, build: s.Build, stderr: stderr, prompted: j.images}
	png, err := r.render(ctx, "http://"+listener.Addr().String()+"/")
	if err != nil {
		return err
	}
	if isFilm(j.out) {
		err = r.writeFilm(ctx)
	} else {
		err = writeFile(j.out, png)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", j.out, err)
	}
	fmt.Fprintf(stderr, "Wrote %s (build %s).\n", j.out, s.Build)
	return nil
}

// openSite prepares the site, and chooses and checks the model, which it makes of checkpoints where these are named.
func openSite(ctx context.Context, j *job, programs fs.FS, stderr io.Writer) (*site.Site, error) {
	clip, vqgan, err := j.named.converted(ctx, stderr)
	if err != nil {
		return nil, err
	}
	further := slices.DeleteFunc([]string{clip, vqgan}, func(folder string) bool { return folder == "" })
	further = append(further, keptModels(j.model, recipe.Model.In(j.script.Recipe))...)
	slices.Sort(further)
	further = slices.Compact(further)
	s, err := site.New(site.Config{Weights: j.weights, Models: further, Programs: programs})
	if err != nil {
		return nil, err
	}
	for _, warning := range s.Warnings {
		fmt.Fprintln(stderr, warning)
	}
	models := s.Models()
	switch {
	case j.model != "":
	case j.given:
		j.model = recipe.Model.In(j.script.Recipe)
	case len(models) == 2+len(further): // the embedded one and the only one of the folder
		j.model = models[len(models)-1].Name
	default:
		j.model = models[0].Name
	}
	j.model = over(j.model, clip, vqgan)
	j.script.Recipe = judge(j.script.Recipe.With(recipe.Model.Is(j.model)), j.quality, j.model, models, stderr)
	m, err := ui.FindModel(models, j.model)
	if err != nil {
		return nil, fmt.Errorf("%w Convert one with cmd/weights and name its folder with -weights, or name checkpoints with -clip and -vqgan.", err)
	}
	if j.weights != "" || len(further) > 0 {
		if err := s.Verify(j.model); err != nil {
			return nil, err
		}
	}
	j.big, j.factor = !m.Small(), m.Factor
	for _, p := range recipe.PerceptorsOf(recipe.Perceptors.In(j.script.Recipe)) {
		if err := s.Verify(p.Name); err != nil {
			return nil, err
		}
		j.big = j.big || slices.ContainsFunc(models, func(m ui.Model) bool { return m.Name == p.Name && !m.Small() })
	}
	_, _, err = j.script.Check(m.Factor)
	return s, err
}

// loadPrograms builds what runs in the browser when the source is at hand, and otherwise takes what was built into this program.
func loadPrograms(ctx context.Context) (fs.FS, error) {
	root, err := wasm.Root()
	if err != nil {
		if _, unbuilt := fs.Stat(web.Programs, wasm.Programs[0].File); unbuilt == nil {
			return web.Programs, nil
		}
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	folder := filepath.Join(cache, "reverie", "render")
	return os.DirFS(folder), wasm.Build(ctx, root, folder)
}

// renderer follows one run in the page.
type renderer struct {
	job
	page   *driver.Page
	build  string
	stderr io.Writer
	trace  *json.Encoder // nil for none
	phase  protocol.Phase
	told   time.Time

	prompted              []file       // the pictures of the run's image prompts
	awaited               map[int]bool // steps whose pictures are still to come
	numbers               []int        // of the frames up to each step
	firstFrame, lastFrame int          // that were kept; 0 for none
}

// untuned keeps the page from timing kernels: one picture is not worth it.
const untuned = "?tune=off"

// render makes the picture and returns the PNG.
func (r *renderer) render(ctx context.Context, url string) ([]byte, error) {
	if r.job.trace != "" {
		f, err := os.Create(r.job.trace)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r.trace = json.NewEncoder(f)
		r.trace.SetEscapeHTML(false)
	}
	if r.styling != nil {
		return r.style(ctx, url)
	}
	png, err := r.runOnce(ctx, url, true)
	if err != nil {
		return nil, err
	}
	return png, r.keepState()
}

// finish follows the run to its end, and until the pictures that it asked for are there.
func (r *renderer) finish(ctx context.Context) error {
	r.awaited = map[int]bool{}
	for done := false; !done || len(r.awaited) > 0; {
		m, err := r.page.Next(ctx)
		if err != nil {
			return err
		}
		over, err := r.follow(m)
		if err != nil {
			return err
		}
		done = done || over
	}
	return nil
}

// start runs the script by the page's door for scripts, which takes files that a link cannot hold.
func (r *renderer) start() error {
	script, err := json.Marshal(r.script)
	if err != nil {
		return fmt.Errorf("the script: %w", err)
	}
	options := map[string]any{"every": r.saveEvery, "frames": r.frames != "" && r.styling == nil}
	if r.init != nil {
		options["init"] = named(*r.init)
	}
	var images []any
	for _, image := range r.prompted {
		images = append(images, named(image))
	}
	options["images"] = images
	if r.state != nil {
		options["state"] = r.state
	}
	text, err := json.Marshal(options)
	if err != nil {
		return fmt.Errorf("the script: %w", err)
	}
	_, err = driver.Evaluate[bool](r.page, fmt.Sprintf("reverie.start(%s, %s).then((run) => { globalThis.run = run; return true })", script, text))
	return err
}

// bytes are what a promise of the page's gives, a Uint8Array or null.
func (r *renderer) bytes(promise string) ([]byte, error) {
	const toBase64 = `.then((bytes) => new Promise((done) => {
		const reader = new FileReader();
		reader.onload = () => done(reader.result.split(",")[1] ?? "");
		reader.readAsDataURL(new Blob(bytes ? [bytes] : []));
	}))`
	text, err := driver.Evaluate[string](r.page, promise+toBase64)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(text)
}

// named is a file for the page: bytes are base64 in JSON.
func named(f file) map[string]any { return map[string]any{"name": f.name, "data": f.data} }

// keepState writes the state at the end, if it was asked for.
func (r *renderer) keepState() error {
	if r.saveState == "" {
		return nil
	}
	state, err := r.bytes("run.state()")
	if err != nil {
		return err
	}
	if len(state) == 0 {
		return errors.New("the page has no state to write")
	}
	return writeFile(r.saveState, state)
}

// stepFile is the file of the picture after a step: out.png's is out-000010.png.
func (r *renderer) stepFile(step int) string {
	end := filepath.Ext(r.out)
	return fmt.Sprintf("%s-%06d%s", strings.TrimSuffix(r.out, end), step, end)
}

// follow acts on one message of the worker and tells whether the picture is done.
func (r *renderer) follow(m protocol.Message) (done bool, err error) {
	switch m := m.(type) {
	case protocol.Ready:
		fmt.Fprintf(r.stderr, "GPU: %s\n", m.Adapter)
		if err := r.log(struct {
			Adapter string `json:"adapter"`
			Model   string `json:"model"`
			Build   string `json:"build"`
		}{m.Adapter, r.model, r.build}); err != nil {
			return false, err
		}
		if r.big {
			return false, r.page.Click("button", "Download models")
		}
		return false, r.start()
	case protocol.Loaded:
		if r.big {
			r.big = false
			return false, r.start()
		}
	case protocol.Progress:
		if m.Phase != r.phase {
			r.phase = m.Phase
			fmt.Fprintln(r.stderr, ui.PhaseName(m.Phase))
		}
	case protocol.Started:
		for _, notice := range m.Notices {
			fmt.Fprintln(r.stderr, notice)
		}
		r.script = m.Script
	case protocol.Changed:
		r.script = m.Script
	case protocol.Step:
		return false, r.step(m)
	case protocol.File:
		return false, r.keepPicture(m)
	case protocol.Done:
		return true, nil
	case protocol.Stopped:
		return false, errors.New("the run was stopped")
	case protocol.Error:
		return false, errors.New(m.Message)
	case protocol.Lost:
		return false, fmt.Errorf("the GPU was reset: try a smaller size or fewer cuts (%s)", m.Message)
	case protocol.Exit:
		return false, fmt.Errorf("the engine crashed:\n%s", m.Tail)
	}
	return false, nil
}

// tellInterval is the least time between two lines about steps on standard error.
const tellInterval = 5 * time.Second

// shows says whether the picture after a step was asked for by -save-every, and as a frame.
func (r *renderer) shows(step int) (every, frame bool) {
	return r.saveEvery > 0 && step%r.saveEvery == 0, r.frames != "" && r.styling == nil && r.script.At(step).Frame(step)
}

// keepPicture writes a picture that was asked for on the way.
func (r *renderer) keepPicture(m protocol.File) error {
	delete(r.awaited, m.Step)
	every, frame := r.shows(m.Step)
	if frame {
		if err := r.keepFrame(r.frameNumber(m.Step), m.PNG); err != nil {
			return err
		}
	}
	if every {
		return writeFile(r.stepFile(m.Step), m.PNG)
	}
	return nil
}

func (r *renderer) step(m protocol.Step) error {
	if every, frame := r.shows(m.Step); every || frame {
		r.awaited[m.Step] = true // the page encodes it while the run goes on
	}
	if time.Since(r.told) >= tellInterval {
		r.told = time.Now()
		fmt.Fprintf(r.stderr, "Step %d of %d, loss %.4f, %.0f ms\n", m.Step, recipe.Steps.In(r.script.At(m.Step)), m.Loss, m.Milliseconds)
	}
	m.Tokens, m.Picture = nil, nil
	return r.log(m)
}

func (r *renderer) log(line any) error {
	if r.trace == nil {
		return nil
	}
	if err := r.trace.Encode(line); err != nil {
		return fmt.Errorf("writing the trace: %w", err)
	}
	return nil
}
