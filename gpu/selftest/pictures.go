package selftest

import (
	"context"
	"fmt"
	"math"
	"slices"

	"reverie/gpu"
	"reverie/gpu/clip"
	"reverie/gpu/guide/resample"
	"reverie/gpu/load"
	"reverie/gpu/ops"
	"reverie/weights"
)

// imageFigure is a picture with the beginning of its embedding, or with what CLIP takes it for among labels: then first are the probabilities.
type imageFigure struct {
	file   string // without one it is drawn
	labels []string
	unit   bool // the embedding was scaled to length 1
	first  []float32
	source string
}

// imagesOf are a model's figures of pictures. It is a function so that a program that looks at none does not hold them.
func imagesOf(model string) []imageFigure {
	if model == openAI {
		return []imageFigure{
			{"CLIP.png", []string{"a diagram", "a dog", "a cat"}, false, []float32{0.9927937, 0.00421068, 0.00299572}, openAIReadme},
			{"astronaut.png", nil, false, []float32{
				0.3181, 0.3054, -0.1548, 0.0767, -0.1699, 0.1320, -0.2974, -0.1940, -0.3052, 0.2299, 0.1995, -0.3025, 0.3108, -0.2305, 0.2368}, rocca},
		}
	}
	return []imageFigure{ // of the embedded pair
		{"", nil, true, []float32{
			-0.055292, 0.116125, -0.108349, -0.026174, -0.059196, -0.032806, -0.015821, 0.064326,
			-0.102566, -0.019576, -0.023225, 0.054430, 0.062485, -0.071678, -0.044691, 0.033448}, ours},
		{"", []string{"a rainbow", "a red apple", "a green tree"}, false, []float32{0.102511, 0.076355, 0.821134}, ours},
	}
}

func (f imageFigure) what() string {
	picture := f.file
	if picture == "" {
		picture = "a drawn picture"
	}
	if len(f.labels) > 0 {
		return fmt.Sprintf("what %s is taken for", picture)
	}
	return "embedding of " + picture
}

// Wanted names the pictures that figures are of, each once.
func Wanted() []string {
	var names []string
	for _, f := range known {
		for _, i := range imagesOf(f.model) {
			if i.file != "" && !slices.Contains(names, i.file) {
				names = append(names, i.file)
			}
		}
	}
	return names
}

// Picture is an image of RGB bytes, rows from the top.
type Picture struct {
	Width, Height int
	RGB           []byte
}

// Run is Texts with pictures, too: those that figures are of, by the names of Wanted. Without one its figure is not compared.
func Run(ctx context.Context, d *gpu.Device, source *load.Source, pictures map[string]Picture) (Report, error) {
	t, f, err := begin(ctx, d, source)
	if err != nil || f == nil {
		return Report{}, err
	}
	s := &sight{test: t, pictures: pictures, labels: map[string][]float32{}}
	before := func(w *load.Weights) error { return s.before(ctx, w) }
	if err := t.texts(ctx, f, before, s.after); err != nil {
		return Report{}, err
	}
	err = s.images(ctx, imagesOf(f.model))
	return t.report, err
}

// sight is the part of a self-test that has to do with pictures.
type sight struct {
	*test
	pictures map[string]Picture
	labels   map[string][]float32 // embeddings of length 1
	scale    float64              // of cosines, before a softmax
}

// before reads the factor of cosines.
func (s *sight) before(ctx context.Context, w *load.Weights) error {
	scale, err := w.Scalar(ctx, "logit_scale")
	s.scale = math.Exp(float64(scale))
	return err
}

// after embeds the labels of pictures.
func (s *sight) after(embed func(text string) ([]float32, error)) error {
	for _, fig := range imagesOf(s.report.Model) {
		for _, label := range fig.labels {
			e, err := embed(label)
			if err != nil {
				return err
			}
			s.labels[label] = unit(e)
		}
	}
	return nil
}

// images compares embeddings of pictures, and what they are taken for among labels.
func (s *sight) images(ctx context.Context, figs []imageFigure) error {
	var looked []image
	for _, fig := range figs {
		p, ok := s.pictures[fig.file]
		if fig.file == "" {
			p, ok = drawn(s.manifest.CLIP.ImageSize), true
		}
		if !ok {
			s.report.Checks = append(s.report.Checks, Check{What: fig.what(), Source: fig.source, Lacks: fig.file})
			continue
		}
		looked = append(looked, image{fig, p})
	}
	if len(looked) == 0 {
		return nil
	}
	w, err := s.source.Part(ctx, s.device, s.manifest.Part(weights.PartImage), nil)
	if err != nil {
		return err
	}
	defer w.Close()
	tower, err := clip.LoadImage(w, s.manifest.CLIP)
	if err != nil {
		return err
	}
	for _, i := range looked {
		e, err := s.look(ctx, tower, i.picture)
		if err != nil {
			return err
		}
		got := scaled(e, i.unit)
		if len(i.labels) > 0 {
			got = s.chances(unit(e), i.labels)
		}
		s.check(i.what(), i.source, got, i.first)
	}
	return nil
}

// image is a figure with its picture.
type image struct {
	imageFigure
	picture Picture
}

// look embeds a picture as OpenAI's preprocessing shows it to CLIP: its middle, resized by Pillow's bicubic filter.
func (s *sight) look(ctx context.Context, tower *clip.Image, p Picture) ([]float32, error) {
	side := s.manifest.CLIP.ImageSize
	rgb := middle(p, side)
	tape := ops.NewTape(s.device)
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
func (s *sight) chances(e []float32, labels []string) []float32 {
	out, sum := make([]float32, len(labels)), 0.0
	for i, label := range labels {
		dot := 0.0
		for j, v := range s.labels[label] {
			dot += float64(v) * float64(e[j])
		}
		v := math.Exp(s.scale * (dot - 1)) // at most 1
		out[i], sum = float32(v), sum+v
	}
	for i := range out {
		out[i] = float32(float64(out[i]) / sum)
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
