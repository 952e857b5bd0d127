// Command compare measures what conversions cost: it runs conversions of the same models through the engine, and prints how far the
// embeddings, the decoded pictures and the gradient of each are from the first's. "weights report -a DIR -b DIR" starts it where WebGPU
// is; its arguments are the URLs of the models' folders.
package main

import (
	"fmt"
	"io"
	"math"
	"time"
)

// options say how much is computed: enough for a mean, but few of what costs most.
type options struct {
	prompts, pictures int
}

// paintings is how many of the pictures go through VQGAN.
func (o options) paintings() int { return min(6, o.pictures) }

// runs is how many prompts and pictures the gradient is taken for.
func (o options) runs() int { return min(3, o.prompts, o.pictures) }

// side is the pixels of the pictures that go through VQGAN, up to the next multiple of its factor.
const side = 64

// subjects and manners make the prompts.
var (
	subjects = []string{"a red apple", "a blue heart", "a cat", "a house by the sea", "a tree", "a sailing boat", "a yellow star", "a lighthouse at dusk"}
	manners  = []string{"%s", "a photo of %s", "an oil painting of %s", "%s on a green field", "a drawing of %s", "%s, trending on artstation",
		"the silhouette of %s", "%s in the style of Hokusai"}
)

func prompts() []string {
	var list []string
	for _, s := range subjects {
		for _, m := range manners {
			list = append(list, fmt.Sprintf(m, s))
		}
	}
	return list
}

// measured is what one conversion gives. What its models lack is empty.
type measured struct {
	name          string
	texts, images [][]float32
	codes         [][]int32   // of each picture, by its encoder
	latents       [][]float32 // the codebook's rows of those codes
	decoded       [][]float32 // pictures in [0, 1] from the first conversion's codes
	gradients     [][]float32 // of a prompt's loss by z
}

// print compares b with a.
func print(w io.Writer, a, b measured) {
	fmt.Fprintf(w, "%s against %s\n", b.name, a.name)
	spread(w, "text embeddings", "cosine", "prompts", pairwise(cosine, a.texts, b.texts))
	spread(w, "image embeddings", "cosine", "pictures", pairwise(cosine, a.images, b.images))
	spread(w, "decoder", "PSNR dB", "pictures", pairwise(psnr, a.decoded, b.decoded))
	spread(w, "encoder", "equal codes", "pictures", pairwise(equalShare, a.codes, b.codes))
	spread(w, "gradient of z", "cosine", "prompts", pairwise(cosine, a.gradients, b.gradients))
}

// progress tells a person who waits how far a model is, every few seconds.
type progress struct {
	out  io.Writer
	name string
	last time.Time
}

const patience = 5 * time.Second

func (p *progress) tell(what string, done, of int) {
	if time.Since(p.last) < patience {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.out, "%s: %s, %d of %d\n", p.name, what, done, of)
}

func pairwise[T any](f func(a, b []T) float64, a, b [][]T) []float64 {
	var out []float64
	for i := range a {
		out = append(out, f(a[i], b[i]))
	}
	return out
}

// spread prints the least and the mean of the values.
func spread(w io.Writer, what, measure, of string, values []float64) {
	if len(values) == 0 {
		return
	}
	least, sum := math.Inf(1), 0.0
	for _, v := range values {
		least = min(least, v)
		sum += v
	}
	fmt.Fprintf(w, "%-17s %-11s  least %9.6f  mean %9.6f  of %d %s\n", what, measure, least, sum/float64(len(values)), len(values), of)
}

func cosine(a, b []float32) float64 {
	dot, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa*bb)
}

// mostPSNR is what equal pictures count as, so that a mean stays a number.
const mostPSNR = 120

// psnr is the peak signal-to-noise ratio of pictures in [0, 1], in dB.
func psnr(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return min(mostPSNR, -10*math.Log10(sum/float64(len(a))))
}

func equalShare(a, b []int32) float64 {
	n := 0
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
