package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// Prompt is what the embeddings should come near to, or with a negative weight go away from: Count rows of the targets from
// First on, the weight, and the stop: the signed distance below which a pair no longer pulls. Without a stop it is −∞.
type Prompt struct {
	First, Count int
	Weight, Stop float64
}

// promptParams is Prompt of promptloss.wgsl.
type promptParams struct {
	First, Count uint32
	Weight, Stop float32
}

// EncodePrompts lays prompts out as the kernels read them, in PromptSize bytes each.
func EncodePrompts(prompts []Prompt) []byte {
	out := make([]promptParams, len(prompts))
	for i, p := range prompts {
		// WGSL has no infinities.
		stop := min(max(p.Stop, -math.MaxFloat32), math.MaxFloat32)
		out[i] = promptParams{uint32(p.First), uint32(p.Count), float32(p.Weight), float32(stop)}
	}
	return encode(out)
}

// PromptSize is the number of bytes of one encoded Prompt.
const PromptSize = 16

// RefPromptLoss is the loss of each prompt for embeddings e [cuts, c]: |w|·mean over its pairs of d', d' = sign(w)·θ²/2, θ the
// angle between embedding and target, computed as 2·asin(|ê − t̂|/2). Shares [prompts, cuts] scale what each cutout adds to each prompt; nil
// is 1 for all.
func RefPromptLoss(e, targets []float64, c int, prompts []Prompt, shares []float64) []float64 {
	losses := make([]float64, len(prompts))
	eachPair(e, targets, c, prompts, shares, func(p pair) {
		losses[p.prompt] += math.Abs(p.scale) * p.signed
	})
	return losses
}

// RefPromptLossBackward is the gradient of the sum of RefPromptLoss by e. Pairs with d' below the prompt's stop count in the loss
// and have no gradient. For the others, ∂(θ²/2)/∂e = θ/sin θ·(cos θ·ê − t̂)/|e|.
func RefPromptLossBackward(e, targets []float64, c int, prompts []Prompt, shares []float64) []float64 {
	de := make([]float64, len(e))
	eachPair(e, targets, c, prompts, shares, func(p pair) {
		if p.signed <= prompts[p.prompt].Stop || p.angle == 0 {
			return
		}
		for j := range c {
			de[p.row*c+j] += p.scale * p.angle / math.Sin(p.angle) * (math.Cos(p.angle)*p.e[j] - p.t[j]) / p.length
		}
	})
	return de
}

// pair is one embedding against one target: both as unit vectors, the embedding's length, the angle between them, d', and the
// weight times the cutout's share divided by the number of the prompt's pairs.
type pair struct {
	prompt, row           int
	e, t                  []float64
	length, angle, signed float64
	scale                 float64
}

func eachPair(e, targets []float64, c int, prompts []Prompt, shares []float64, visit func(pair)) {
	cuts := len(e) / c
	for k, p := range prompts {
		sign := 1.0
		if p.Weight < 0 {
			sign = -1
		}
		for row := range cuts {
			unit, length := normalise(e[row*c : (row+1)*c])
			scale := p.Weight / float64(cuts*p.Count)
			if shares != nil {
				scale *= shares[k*cuts+row]
			}
			for j := p.First; j < p.First+p.Count; j++ {
				target, _ := normalise(targets[j*c : (j+1)*c])
				square := 0.0
				for i := range c {
					square += (unit[i] - target[i]) * (unit[i] - target[i])
				}
				angle := 2 * math.Asin(min(math.Sqrt(square)/2, 1))
				visit(pair{k, row, unit, target, length, angle, sign * angle * angle / 2, scale})
			}
		}
	}
}

// normalise is v/|v| and |v|, which is taken as at least 1e-12 as in PyTorch.
func normalise(v []float64) (unit []float64, length float64) {
	square := 0.0
	for _, x := range v {
		square += x * x
	}
	length = max(math.Sqrt(square), 1e-12)
	for _, x := range v {
		unit = append(unit, x/length)
	}
	return unit, length
}

type promptLossParams struct{ Cuts, C4, Prompts, First, Rows, FirstCut uint32 }

// PromptLoss computes the loss of each prompt for the embeddings e, one row per cutout, into losses (float32) from place first on,
// and adds the gradient of their sum to d(e) at once: a loss is where the way back begins. Targets has the rows that the prompts
// name. The prompts are returned as they lie on the device, where EncodePrompts may overwrite them between runs as long as
// their number stays. Shares, unless it is nil, holds how much each cutout adds to each prompt, as EncodeShares lays them out; the host may
// overwrite it, too.
func (t *Tape) PromptLoss(e, targets *Tensor, prompts []Prompt, shares, losses *gpu.Buffer, first int) (encoded *gpu.Buffer) {
	l := t.NewPromptLosses(targets, prompts, e.Rows(), shares, losses, first)
	l.Add(e)
	l.Finish()
	return l.Encoded
}

// PromptLosses are PromptLoss for embeddings that come in parts.
type PromptLosses struct {
	Encoded *gpu.Buffer // the prompts as they lie on the device
	Sums    *Tensor     // [prompts, cuts]: the sum of d' over the prompt's targets, times the cutout's share; complete after the last Add

	tape    *Tape
	targets *Tensor
	params  promptLossParams
	shares  *gpu.Buffer // nil where all are 1
	losses  *gpu.Buffer
}

// EncodeShares lays out shares [prompts, cuts], in rows padded to whole vec4f.
func EncodeShares(shares []float64, cuts int) []byte {
	out := make([]float32, len(shares)/cuts*Pad4(cuts))
	for i, share := range shares {
		out[i/cuts*Pad4(cuts)+i%cuts] = float32(share)
	}
	return encode(out)
}

// SharesSize is the number of bytes that EncodeShares gives.
func SharesSize(prompts, cuts int) int { return 4 * prompts * Pad4(cuts) }

// NewPromptLosses begins the losses of a number of cutouts.
func (t *Tape) NewPromptLosses(targets *Tensor, prompts []Prompt, cuts int, shares, losses *gpu.Buffer, first int) *PromptLosses {
	l := &PromptLosses{Encoded: t.Buffer("prompts", PromptSize*len(prompts)), tape: t, targets: targets,
		params: promptLossParams{Cuts: uint32(cuts), C4: uint32(targets.Stride() / 4), Prompts: uint32(len(prompts)), First: uint32(first)},
		Sums:   t.New(1, 1, len(prompts), cuts), shares: shares, losses: losses}
	t.device.Write(l.Encoded, 0, EncodePrompts(prompts))
	return l
}

// Add takes the embeddings of the next cutouts, and adds the gradient of the sum of all losses to theirs.
func (l *PromptLosses) Add(e *Tensor) {
	t := l.tape
	l.params.Rows = uint32(e.Rows())
	if e.C != l.targets.C || l.params.FirstCut+l.params.Rows > l.params.Cuts {
		panic(fmt.Sprintf("ops: prompt loss of %v to %v after %d of %d cutouts", e, l.targets, l.params.FirstCut, l.params.Cuts))
	}
	defines, buffers := shaders.Defines{}, []*gpu.Buffer{e.Buf, l.targets.Buf, l.Encoded, l.Sums.Buf}
	if l.shares != nil {
		defines, buffers = shaders.Defines{"SHARES": ""}, append(buffers, l.shares)
	}
	if de, accumulate, ok := t.grad(e); ok {
		defines = with(accumulate, defines, shaders.Defines{"GRADIENT": ""})
		buffers = append(buffers, de.Buf)
	}
	t.Plan.Dispatch("promptloss.wgsl", defines, gpu.Linear(e.Rows()), float64(12*l.targets.Rows()*e.Len()), l.params, buffers...)
	l.params.FirstCut += l.params.Rows
}

// Finish computes the losses when all cutouts are added.
func (l *PromptLosses) Finish() {
	if l.params.FirstCut != l.params.Cuts {
		panic(fmt.Sprintf("ops: prompt loss of %d cutouts where %d were announced", l.params.FirstCut, l.params.Cuts))
	}
	l.tape.Plan.Dispatch("promptloss_finish.wgsl", nil, gpu.Workgroups(int(l.params.Prompts), 64), float64(l.Sums.Len()), l.params,
		l.Encoded, l.Sums.Buf, l.losses)
}
