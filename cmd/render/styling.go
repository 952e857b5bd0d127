package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"reverie/app/picture"
	"reverie/gpu/guide"
	"reverie/gpu/guide/resample"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// styling says how a sequence of pictures, each the start of a run, becomes another one.
type styling struct {
	video  string // a film, or a folder of pictures
	stride int    // of so many frames one is taken
	first  int    // steps of the first one; 0 is as many as of the others
	blend  float64
	prompt float64
	smooth int
	alpha  float64

	sources []string // files of the pictures, in their order
	rate    string   // of the film in frames per second, as a fraction; "" of a folder
}

// addStyling adds the flags of a styling.
func addStyling(flags *flag.FlagSet, s *styling) {
	flags.StringVar(&s.video, "video", "", "style the pictures of a film `FILE` or folder, each the start of a run; -o names the film that is written")
	flags.IntVar(&s.stride, "frame-stride", 1, "with -video, take one of `N` frames")
	flags.IntVar(&s.first, "first-steps", 0, "with -video, make `N` steps of the first frame; -steps is of the others")
	flags.Float64Var(&s.blend, "blend", 0, "with -video, mix so much of the last result into each start, from 0 to 1, `X`")
	flags.Float64Var(&s.prompt, "source-prompt", 0, "with -video, make each frame an image prompt of its own run, with weight `X`")
	flags.IntVar(&s.smooth, "smooth", 1, "with -video, mix the latents of `N` neighbouring results, an odd number")
	flags.Float64Var(&s.alpha, "smooth-alpha", 0.9, "with -smooth, a result counts 1-`X` times as much a frame farther")
}

// check finds out whether the sequence can be styled. Its error is a sentence.
func (s *styling) check(j *job) error {
	switch {
	case j.state != nil || j.saveState != "" || j.saveEvery > 0:
		return errors.New("-video makes a run of each frame: leave out -resume, -state and -save-every")
	case j.init != nil:
		return errors.New("with -video each frame is the start of its run: leave out -init")
	case s.stride < 1:
		return fmt.Errorf("-frame-stride is %d: write 1 or more", s.stride)
	case s.first < 0:
		return fmt.Errorf("-first-steps is %d: write 0 or more", s.first)
	case !(s.blend >= 0 && s.blend <= 1):
		return fmt.Errorf("-blend is %g: write a number from 0 to 1", s.blend)
	case s.blend > 0 && recipe.InitFit.In(j.script.Recipe) != "stretch":
		return errors.New("-blend mixes frames that are stretched to the size: leave out -init-fit")
	case s.smooth < 1 || s.smooth%2 == 0:
		return fmt.Errorf("-smooth is %d: write an odd number", s.smooth)
	case !(s.alpha >= 0 && s.alpha < 1):
		return fmt.Errorf("-smooth-alpha is %g: write a number from 0 to below 1", s.alpha)
	case !(math.Abs(s.prompt) <= prompt.MaxWeight):
		return fmt.Errorf("-source-prompt is %g: write a smaller weight", s.prompt)
	}
	return nil
}

// pictureEndings are those of the files that a folder is looked for.
var pictureEndings = []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".avif"}

// open lists the pictures: the folder's by their names, or the film's, which ffmpeg puts into the folder at.
func (s *styling) open(ctx context.Context, at string) error {
	info, err := os.Stat(s.video)
	if err != nil {
		return unreadable(s.video, err)
	}
	from := s.video
	if !info.IsDir() {
		if s.rate, err = rateOf(ctx, s.video); err != nil {
			return err
		}
		from = at
		if err := ffmpeg(ctx, "-v", "error", "-i", s.video, filepath.Join(at, "%06d.png")); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return unreadable(from, err)
	}
	var all []string
	for _, e := range entries {
		if slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(e.Name()))) {
			all = append(all, filepath.Join(from, e.Name()))
		}
	}
	for i := 0; i < len(all); i += s.stride {
		s.sources = append(s.sources, all[i])
	}
	if len(all) == 0 {
		return fmt.Errorf("there are no pictures in %s: choose a folder of pictures, or a film", s.video)
	}
	return nil
}

// rateOf is a film's rate in frames per second, as a fraction.
func rateOf(ctx context.Context, film string) (string, error) {
	out, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=r_frame_rate", "-of", "csv=p=0", film).Output()
	rate := strings.Trim(strings.TrimSpace(string(out)), ",")
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("ffmpeg, which reads films, is not installed: install it, or name a folder of pictures with -video")
	}
	if err != nil || rate == "" || strings.HasPrefix(rate, "0") {
		return "", fmt.Errorf("%s is no film that ffmpeg can read: choose another one, or a folder of pictures", film)
	}
	return rate, nil
}

// style makes all frames, one run after another in one page, and returns the last one.
func (r *renderer) style(ctx context.Context, url string) (png []byte, err error) {
	s, base := r.styling, r.script
	var states []*guide.State
	for i, source := range s.sources {
		if err := r.aim(base, i, source, png); err != nil {
			return nil, err
		}
		if png, err = r.runOnce(ctx, url, i == 0); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		if err := r.keepFrame(i+1, png); err != nil {
			return nil, err
		}
		if s.smooth > 1 {
			state, err := r.latent()
			if err != nil {
				return nil, err
			}
			states = append(states, state)
		}
		fmt.Fprintf(r.stderr, "Frame %d of %d\n", i+1, len(s.sources))
	}
	for i := range states {
		if png, err = r.smoothed(ctx, states, i); err != nil {
			return nil, err
		}
	}
	r.script = base
	return png, nil
}

// runOnce makes the run that the renderer aims at, in a page that it opens first or that is open, and returns its picture.
func (r *renderer) runOnce(ctx context.Context, url string, first bool) ([]byte, error) {
	var err error
	if first {
		err = r.page.Navigate(url + untuned + r.script.Recipe.ToLink())
	} else {
		err = r.start()
	}
	if err == nil {
		err = r.finish(ctx)
	}
	if err != nil {
		return nil, err
	}
	return r.bytes("run.png()")
}

// aim makes the next run that of a frame: it starts from the source, mixed with the result before, if there is one.
func (r *renderer) aim(base recipe.Script, i int, source string, before []byte) error {
	data, err := os.ReadFile(source)
	if err != nil {
		return unreadable(source, err)
	}
	s, name := r.styling, filepath.Base(source)
	set := []recipe.Setting{recipe.InitImage.Is(name)}
	for _, c := range r.following.courses {
		one, err := r.following.at(c, i, r.frameRate())
		if err != nil {
			return err
		}
		set = append(set, one)
	}
	images := slices.Clone(r.job.images)
	if s.prompt != 0 {
		weighed := prompt.Image{Name: name, Weight: s.prompt, Stop: prompt.NoStop}
		set = append(set, recipe.ImagePrompts.Is(append(slices.Clone(recipe.ImagePrompts.In(base.Recipe)), weighed)))
		images = append(images, file{name, data})
	}
	if i == 0 && s.first > 0 {
		set = append(set, recipe.Steps.Is(s.first))
	}
	if before != nil && s.blend > 0 {
		if data, err = blended(data, before, s.blend); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
	}
	r.script, r.prompted, r.init = recipe.Script{Recipe: base.Recipe.With(set...), Changes: base.Changes}, images, &file{name, data}
	return nil
}

// blended is a picture in the size of the one before, mixed with so much of that, as PNG.
func blended(data, before []byte, share float64) ([]byte, error) {
	last, err := picture.Open(before)
	if err != nil {
		return nil, err
	}
	next, err := picture.Open(data)
	if err != nil {
		return nil, err
	}
	rgb := make([]byte, 0, 3*next.Width*next.Height)
	for i := 0; i < len(next.Pix); i += 4 {
		rgb = append(rgb, next.Pix[i], next.Pix[i+1], next.Pix[i+2])
	}
	rgb = resample.Lanczos(rgb, next.Width, next.Height, last.Width, last.Height)
	for i, v := range rgb {
		at := i/3*4 + i%3
		last.Pix[at] = byte(math.Round((1-share)*float64(v) + share*float64(last.Pix[at])))
	}
	return picture.WritePlain(last.Pix, last.Width, last.Height)
}

// latent is what a run leaves, without its optimiser's memory.
func (r *renderer) latent() (*guide.State, error) {
	data, err := r.bytes("run.state()")
	if err != nil {
		return nil, err
	}
	state, err := guide.ParseState(data)
	if err == nil {
		state.Memory = nil
	}
	return state, err
}

// smoothed makes frame i anew, of latents mixed with their neighbours', by runs that are over as they begin.
func (r *renderer) smoothed(ctx context.Context, states []*guide.State, i int) ([]byte, error) {
	state := *states[i]
	state.Z = mixed(states, i, r.styling.smooth, r.styling.alpha)
	data, err := state.MarshalBinary()
	if err != nil {
		return nil, err
	}
	r.script, r.state, r.init, r.prompted = state.Script, data, nil, nil
	png, err := r.runOnce(ctx, "", false)
	if err != nil {
		return nil, err
	}
	return png, r.keepFrame(i+1, png)
}

// mixed is the mean of up to n latents around the i-th, of which one a frame farther counts 1 − alpha times as much: rkhamilton's z_smoother, an
// exponentially weighted moving average about its middle.
func mixed(states []*guide.State, i, n int, alpha float64) []float32 {
	sum, total := make([]float64, len(states[i].Z)), 0.0
	for k := max(0, i-n/2); k <= min(len(states)-1, i+n/2); k++ {
		weight := math.Pow(1-alpha, math.Abs(float64(k-i)))
		total += weight
		for c, v := range states[k].Z {
			sum[c] += weight * float64(v)
		}
	}
	z := make([]float32, len(sum))
	for c, v := range sum {
		z[c] = float32(v / total)
	}
	return z
}
