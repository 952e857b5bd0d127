package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"
	"time"

	"reverie/weights"
)

// patience is the time after which an engine has had its turn on a workload whatever the number of its runs.
const patience = 20 * time.Second

// What a workload computes.
const (
	kindLinear    = "linear"    // x·Wᵀ over rows, W [out, in]
	kindConv      = "conv"      // a 3×3 convolution, W [out, in, 3, 3]
	kindAttention = "attention" // of qkv [n, 1, tokens, 3·width]
	kindBlock     = "block"     // one residual attention block of CLIP
	kindDecoder   = "decoder"   // VQGAN's decoder
)

// Which way it is computed.
const (
	forward  = "forward"
	gradient = "gradient" // the input gradient alone
	both     = "both"     // forward, then the input gradient
)

// workload is work that every engine can do: the same seeded numbers in, the same numbers out. Shapes are channels-last, weights
// lie as PyTorch stores them, and an engine may rearrange its frozen weights while it prepares.
type workload struct {
	Name      string               `json:"name"`
	Kind      string               `json:"kind"`
	Direction string               `json:"direction"`
	Input     array                `json:"input"`
	Gradient  array                `json:"gradient"` // of the output, where the direction has one
	Output    []int                `json:"output"`
	Weights   []array              `json:"weights"`
	Heads     int                  `json:"heads,omitempty"`
	Prefix    string               `json:"prefix,omitempty"` // of a block's weights
	VQGAN     *weights.VQGANConfig `json:"vqgan,omitempty"`
	CLIP      *weights.CLIPConfig  `json:"-"`
	GFLOP     float64              `json:"gflop"`
}

// workloads are the shapes of ViT-B/32 with eight cutouts and of VQGAN's decoders.
func workloads() []workload {
	const cutouts, tokens, width, heads = 8, 50, 768, 12
	var all []workload
	for _, l := range []struct{ in, out int }{{width, 4 * width}, {4 * width, width}} {
		all = append(all, newWorkload(workload{
			Name: fmt.Sprintf("linear %d×%d→%d", cutouts*tokens, l.in, l.out), Kind: kindLinear, Direction: forward,
			Input: array{Shape: []int{1, 1, cutouts * tokens, l.in}}, Output: []int{1, 1, cutouts * tokens, l.out},
			GFLOP: linearGFLOP(cutouts*tokens, l.in, l.out),
		}, []weights.Spec{{Name: "weight", Shape: []int{l.out, l.in}}}))
	}
	for _, c := range []struct{ side, width int }{{64, 128}, {32, 256}} {
		for _, direction := range []string{forward, gradient} {
			shape := []int{1, c.side, c.side, c.width}
			all = append(all, newWorkload(workload{
				Name: fmt.Sprintf("conv 3×3 %d→%d at %d²%s", c.width, c.width, c.side, suffix(direction)), Kind: kindConv, Direction: direction,
				Input: array{Shape: shape}, Output: shape, GFLOP: convGFLOP(c.side, c.width, c.width, 3),
			}, []weights.Spec{{Name: "weight", Shape: []int{c.width, c.width, 3, 3}}}))
		}
	}
	small := smallDecoder
	const side = 4
	for _, direction := range []string{forward, both} {
		factor := map[string]float64{forward: 1, both: 2}[direction]
		all = append(all, newWorkload(workload{
			Name: fmt.Sprintf("attention %d×%d, %d heads%s", cutouts, tokens, heads, suffix(direction)), Kind: kindAttention, Direction: direction, Heads: heads,
			Input: array{Shape: []int{cutouts, 1, tokens, 3 * width}}, Output: []int{cutouts, 1, tokens, width},
			// The backward of attention is two products for each of the forward's.
			GFLOP: (2*factor - 1) * attentionGFLOP(cutouts, tokens, width),
		}, nil))
		block := vitB32
		block.VisionLayers = 1
		all = append(all, newWorkload(workload{
			Name: fmt.Sprintf("ViT-B/32 block, %d cutouts%s", cutouts, suffix(direction)), Kind: kindBlock, Direction: direction, Heads: heads,
			Prefix: "visual.transformer.resblocks.0.", CLIP: &block,
			Input: array{Shape: []int{cutouts, 1, tokens, width}}, Output: []int{cutouts, 1, tokens, width},
			GFLOP: factor * blockGFLOP(cutouts, tokens, width),
		}, within(block.ImageTensors(), "visual.transformer.")))
		all = append(all, newWorkload(workload{
			Name: fmt.Sprintf("decoder ch 32 at %d²%s", side*small.Factor(), suffix(direction)), Kind: kindDecoder, Direction: direction, VQGAN: &small,
			Input: array{Shape: []int{1, side, side, small.EmbedDim}}, Output: []int{1, side * small.Factor(), side * small.Factor(), small.OutCh},
			GFLOP: factor * decoderGFLOP(small, side),
		}, small.DecoderTensors()))
	}
	return all
}

func suffix(direction string) string {
	return map[string]string{forward: "", gradient: ", input gradient", both: ", with gradient"}[direction]
}

// within are the specs whose names have the prefix.
func within(specs []weights.Spec, prefix string) []weights.Spec {
	var out []weights.Spec
	for _, s := range specs {
		if strings.HasPrefix(s.Name, prefix) {
			out = append(out, s)
		}
	}
	return out
}

// newWorkload gives the workload's tensors their numbers: weights that keep a signal's size, near-neutral norms, inputs of order one.
func newWorkload(w workload, specs []weights.Spec) workload {
	w.Weights = []array{} // never null, which peers could not iterate over
	for _, s := range specs {
		a := array{Name: s.Name, Shape: s.Shape, Seed: seedOf(s.Name), Scale: 0.1}
		switch {
		case len(s.Shape) > 1:
			a.Scale = float32(math.Sqrt(3 / float64(product(s.Shape[1:]))))
		case strings.HasSuffix(s.Name, ".weight"):
			a.Offset = 1
		}
		w.Weights = append(w.Weights, a)
	}
	w.Input.Name, w.Input.Seed, w.Input.Scale = "input", seedOf("input"), 1
	if w.Direction != forward {
		w.Gradient = array{Name: "gradient", Shape: w.Output, Seed: seedOf("gradient"), Scale: 1}
	}
	return w
}

func seedOf(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return h.Sum32()
}

// stepWorkload is a whole guided step. Its weights are zero: the time does not depend on them.
type stepWorkload struct {
	Name          string
	VQGAN         weights.VQGANConfig
	CLIP          weights.CLIPConfig
	Side, Cutouts int // tokens along one side of the picture
	NeedsGPU      bool
}

func steps() []stepWorkload {
	return []stepWorkload{
		{"guided step, mini, 64², 4 cutouts", miniVQGAN, miniCLIP, 8, 4, false},
		{"guided step, ViT-B/32 + f16, 64², 2 cutouts", officialVQGAN, vitB32, 4, 2, false},
		{"guided step, ViT-B/32 + f16, 256², 32 cutouts", officialVQGAN, vitB32, 16, 32, true},
	}
}

var (
	smallDecoder = weights.VQGANConfig{Ch: 32, ChMult: []int{1, 1, 2, 2, 4}, NumResBlocks: 2, AttnResolutions: []int{16}, Resolution: 256,
		ZChannels: 256, InChannels: 3, OutCh: 3, EmbedDim: 256, NEmbed: 1024}
	officialVQGAN = weights.ImageNetF16
	vitB32        = weights.ViTB32
	miniVQGAN     = weights.VQGANConfig{Ch: 64, ChMult: []int{1, 1, 1, 1}, AttnResolutions: []int{}, Resolution: 64, ZChannels: 64, InChannels: 3, OutCh: 3, EmbedDim: 64, NEmbed: 1024}
	miniCLIP      = weights.CLIPConfig{ImageSize: 64, PatchSize: 32, VisionWidth: 32, VisionLayers: 6, VisionHeads: 16, ResNetBlocks: [4]int{1, 2, 2, 1},
		TextWidth: 192, TextLayers: 3, TextHeads: 3, ContextLength: 32, VocabSize: 8192, EmbedDim: 256, Activation: weights.QuickGELU,
		Mean: weights.CLIPMean, Std: weights.CLIPStd}
)
