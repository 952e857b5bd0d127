// Command compare measures what a conversion costs: it runs two conversions of the same models through the engine, and prints how far the
// embeddings, the decoded pictures and the gradient of the second are from the first's. "weights report -a DIR -b DIR" starts it in
// a browser; it fetches the models from /a/ and /b/.
package main

import (
	"fmt"
	"io"
	"math"
)

// The work: enough prompts and pictures for a mean, but few of what costs most.
const (
	pictures  = 16
	paintings = 6 // pictures that go through VQGAN
	gradients = 3
	side      = 64 // pixels of those that do, or the next multiple of its factor
)

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
	texts, images [][]float32
	codes         [][]int32   // of each picture, by its encoder
	latents       [][]float32 // the codebook's rows of those codes
	decoded       [][]float32 // pictures in [0, 1] from the first conversion's codes
	gradients     [][]float32 // of a prompt's loss by z
}

// print compares b with a.
func print(w io.Writer, a, b measured) {
	spread(w, "text embeddings", "cosine", "prompts", pairwise(cosine, a.texts, b.texts))
	spread(w, "image embeddings", "cosine", "pictures", pairwise(cosine, a.images, b.images))
	spread(w, "decoder", "PSNR dB", "pictures", pairwise(psnr, a.decoded, b.decoded))
	spread(w, "encoder", "equal codes", "pictures", pairwise(equalShare, a.codes, b.codes))
	spread(w, "gradient of z", "cosine", "prompts", pairwise(cosine, a.gradients, b.gradients))
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
