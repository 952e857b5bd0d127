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
	"reverie/gpu/load"
	"reverie/weights"
)

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
	verdict := c.differs()
	switch {
	case c.Lacks != "":
		verdict = "not compared, for want of " + c.Lacks
	case c.Off == 0:
		verdict = "as published"
	case c.Off <= near:
		verdict = "as published to 1e-3"
	case c.Off <= farthest:
		verdict = "as published to 1e-2"
	}
	return fmt.Sprintf("%s: %s (%s)", c.What, verdict, c.Source)
}

func (c Check) differs() string { return fmt.Sprintf("differs by %.2g of the largest value", c.Off) }

// Summary is a report in short: to which of the tolerances 1e-3 and 1e-2 all that was compared is as published, or what differs first and by how much.
func (r Report) Summary() (within, differs string) {
	within = "1e-3"
	for _, c := range r.Checks {
		if !c.OK() {
			return "", c.What + " " + c.differs()
		}
		if c.Off > near {
			within = "1e-2"
		}
	}
	return within, ""
}

// Texts holds what a model reads against its figures; where none are known the report is empty.
func Texts(ctx context.Context, d *gpu.Device, source *load.Source) (Report, error) {
	t, f, err := begin(ctx, d, source)
	if err != nil || f == nil {
		return Report{}, err
	}
	err = t.texts(ctx, f, nil, nil)
	return t.report, err
}

// begin finds the figures of a model, which are nil where none are known.
func begin(ctx context.Context, d *gpu.Device, source *load.Source) (*test, *figures, error) {
	m, err := source.Manifest(ctx)
	if err != nil {
		return nil, nil, err
	}
	f := figuresOf(m)
	if f == nil {
		return nil, nil, nil
	}
	return &test{device: d, source: source, manifest: m, report: Report{Model: f.model}}, f, nil
}

// test is a self-test under way.
type test struct {
	device   *gpu.Device
	source   *load.Source
	manifest *weights.Manifest
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

// texts compares tokens and embeddings of texts. Before sees the text tower's weights, of which the rest is given back once the tower has taken what it
// needs, and after may embed more; either may be nil.
func (t *test) texts(ctx context.Context, f *figures, before func(*load.Weights) error, after func(embed func(text string) ([]float32, error)) error) error {
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
	if before != nil {
		if err := before(w); err != nil {
			return err
		}
	}
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
		t.check(fmt.Sprintf("embedding of “%s”", fig.text), fig.source, scaled(e, fig.unit), fig.first)
	}
	if after != nil {
		return after(embed)
	}
	return nil
}

// scaled is an embedding in the published one's length.
func scaled(e []float32, toUnit bool) []float32 {
	if toUnit {
		return unit(e)
	}
	return e
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
