// Package selftest holds a model against figures that have been published of it: tokens, embeddings of texts and of pictures. It tells whether
// download, conversion and device give what the model's makers got.
package selftest

import (
	"context"
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/clip/bpe"
	"reverie/gpu/guide/resample"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// Picture is an image of RGB bytes, rows from the top.
type Picture struct {
	Width, Height int
	RGB           []byte
}

// Report is what became of a self-test.
type Report struct {
	Model  string // for whose figures the model was taken; empty where none are known
	Checks []Check
}

// Tolerances, relative to the largest published value. Some figures were published from runs in half precision, which differ by more than
// full precision does.
const (
	near     = 1e-3
	farthest = 1e-2
)

// Check is one figure beside what the model gives.
type Check struct {
	What   string // is compared
	Source string // where the figure is published
	// Off is the largest difference, relative to the largest published value; of tokens it is 0 or 1.
	Off float64
	// Lacks names the picture without which the figure cannot be compared; empty where it was.
	Lacks string
}

// OK reports whether the model gives what is published, as far as that was compared.
func (c Check) OK() bool { return c.Lacks != "" || c.Off <= farthest }

// String is a line for a person.
func (c Check) String() string {
	switch {
	case c.Lacks != "":
		return fmt.Sprintf("%s: not compared, for want of %s (%s)", c.What, c.Lacks, c.Source)
	case c.Off == 0:
		return fmt.Sprintf("%s: as published (%s)", c.What, c.Source)
	case c.Off <= near:
		return fmt.Sprintf("%s: as published to 1e-3 (%s)", c.What, c.Source)
	case c.Off <= farthest:
		return fmt.Sprintf("%s: as published to 1e-2 (%s)", c.What, c.Source)
	}
	return fmt.Sprintf("%s: differs by %.2g of the largest value (%s)", c.What, c.Off, c.Source)
}

// Run holds a model against its figures; where none are known the report is empty. Pictures are those that figures are of, by the names of Wanted; without
// one its figure is not compared.
func Run(ctx context.Context, d *gpu.Device, source *load.Source, pictures map[string]Picture) (Report, error) {
	m, err := source.Manifest(ctx)
	if err != nil {
		return Report{}, err
	}
	f := figuresOf(m)
	if f == nil {
		return Report{}, nil
	}
	t := &test{device: d, source: source, manifest: m, pictures: pictures, report: Report{Model: f.model}}
	if err := t.texts(ctx, f); err != nil {
		return Report{}, err
	}
	return t.report, t.images(ctx, f)
}

// test is a self-test under way.
type test struct {
	device   *gpu.Device
	source   *load.Source
	manifest *weights.Manifest
	pictures map[string]Picture
	labels   map[string][]float32 // embeddings of length 1
	scale    float64              // of cosines, before a softmax
	report   Report
}

func (t *test) check(what, source string, got []float32, want []float32) {
	t.report.Checks = append(t.report.Checks, Check{What: what, Source: source, Off: off(got, want)})
}

// off is the largest difference of the published values from the first of got, relative to the largest of them.
func off(got, want []float32) float64 {
	largest, worst := 0.0, 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		worst = max(worst, math.Abs(float64(got[i])-float64(w)))
	}
	return worst / largest
}

// texts compares tokens and embeddings of texts, and embeds labels.
func (t *test) texts(ctx context.Context, f *figures) error {
	vocabulary, err := t.source.Vocabulary(ctx, t.manifest)
	if err != nil {
		return err
	}
	tokenizer, err := bpe.New(vocabulary, t.manifest.CLIP.VocabSize, t.manifest.CLIP.ContextLength)
	if err != nil {
		return err
	}
	for _, fig := range f.tokens {
		c := Check{What: fmt.Sprintf("tokens of “%s”", fig.text), Source: fig.source}
		if !equal(tokenizer.Encode(fig.text).IDs, fig.ids) {
			c.Off = 1
		}
		t.report.Checks = append(t.report.Checks, c)
	}
	w, err := t.source.Part(ctx, t.device, t.manifest.Part(weights.PartText), nil)
	if err != nil {
		return err
	}
	defer w.Close()
	scale, err := w.Scalar(ctx, "logit_scale") // before the tower takes what it needs, for the rest is given back then
	if err != nil {
		return err
	}
	t.scale = math.Exp(float64(scale))
	tower, err := clip.LoadText(w, t.manifest.CLIP)
	if err != nil {
		return err
	}
	embed := func(text string) ([]float32, error) {
		e, err := tower.Embed(ctx, t.device, [][]int32{tokenizer.Encode(text).IDs})
		if err != nil {
			return nil, err
		}
		return e[0], nil
	}
	for _, fig := range f.texts {
		e, err := embed(fig.text)
		if err != nil {
			return err
		}
		t.check(fmt.Sprintf("embedding of “%s”", fig.text), fig.source, fig.scaled(e), fig.first)
	}
	t.labels = map[string][]float32{}
	for _, fig := range f.images {
		for _, label := range fig.labels {
			e, err := embed(label)
			if err != nil {
				return err
			}
			t.labels[label] = unit(e)
		}
	}
	return nil
}

func equal(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// images compares embeddings of pictures, and what they are taken for among labels.
func (t *test) images(ctx context.Context, f *figures) error {
	var looked []image
	for _, fig := range f.images {
		p, ok := t.pictures[fig.file]
		if fig.file == "" {
			p, ok = drawn(t.manifest.CLIP.ImageSize), true
		}
		if !ok {
			t.report.Checks = append(t.report.Checks, Check{What: fig.what(), Source: fig.source, Lacks: fig.file})
			continue
		}
		looked = append(looked, image{fig, p})
	}
	if len(looked) == 0 {
		return nil
	}
	w, err := t.source.Part(ctx, t.device, t.manifest.Part(weights.PartImage), nil)
	if err != nil {
		return err
	}
	defer w.Close()
	tower, err := clip.LoadImage(w, t.manifest.CLIP)
	if err != nil {
		return err
	}
	for _, i := range looked {
		e, err := t.look(ctx, tower, i.picture)
		if err != nil {
			return err
		}
		got := i.scaled(e)
		if len(i.labels) > 0 {
			got = t.chances(unit(e), i.labels)
		}
		t.check(i.what(), i.source, got, i.first)
	}
	return nil
}

// image is a figure with its picture.
type image struct {
	imageFigure
	picture Picture
}

// look embeds a picture as OpenAI's preprocessing shows it to CLIP: its middle, resized by Pillow's bicubic filter.
func (t *test) look(ctx context.Context, tower *clip.Image, p Picture) ([]float32, error) {
	side := t.manifest.CLIP.ImageSize
	rgb := middle(p, side)
	tape := ops.NewTape(t.device)
	defer tape.Close()
	x := tape.Input(1, side, side, 3, false)
	values := make([]float32, len(rgb))
	for i, b := range rgb {
		values[i] = float32(b) / 255
	}
	tape.Write(x, values)
	e := tape.Keep(tower.Encode(tape, x))
	if err := tape.Compile(ctx, nil); err != nil {
		return nil, err
	}
	if err := tape.Plan.Run(); err != nil {
		return nil, err
	}
	return tape.Read(ctx, e)
}

// middle is the square in a picture's middle after its shorter side was made side pixels long, as torchvision's Resize and CenterCrop do it.
func middle(p Picture, side int) []byte {
	w, h := side, side
	if p.Width > p.Height {
		w = side * p.Width / p.Height
	} else {
		h = side * p.Height / p.Width
	}
	resized := resample.Bicubic(p.RGB, p.Width, p.Height, w, h)
	left, top := int(math.RoundToEven(float64(w-side)/2)), int(math.RoundToEven(float64(h-side)/2))
	out := make([]byte, 0, 3*side*side)
	for y := range side {
		at := 3 * ((top+y)*w + left)
		out = append(out, resized[at:at+3*side]...)
	}
	return out
}

// chances are the softmax of an embedding's cosines with labels.
func (t *test) chances(e []float32, labels []string) []float32 {
	out, sum := make([]float32, len(labels)), 0.0
	for i, label := range labels {
		dot := 0.0
		for j, v := range t.labels[label] {
			dot += float64(v) * float64(e[j])
		}
		v := math.Exp(t.scale * (dot - 1)) // at most 1
		out[i], sum = float32(v), sum+v
	}
	for i := range out {
		out[i] = float32(float64(out[i]) / sum)
	}
	return out
}

// unit scales an embedding to length 1.
func unit(e []float32) []float32 {
	sum := 0.0
	for _, v := range e {
		sum += float64(v) * float64(v)
	}
	out := make([]float32, len(e))
	for i, v := range e {
		out[i] = float32(float64(v) / math.Sqrt(sum))
	}
	return out
}

// drawn is a picture that needs no file: red to the right, green downwards, blue in squares of eight pixels.
func drawn(side int) Picture {
	p := Picture{Width: side, Height: side}
	for y := range side {
		for x := range side {
			part := func(n int) byte { return byte(math.Round(255 * float64(n) / float64(side-1))) }
			p.RGB = append(p.RGB, part(x), part(y), byte(255*((x/8+y/8)%2)))
		}
	}
	return p
}
