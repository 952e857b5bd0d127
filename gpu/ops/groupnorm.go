package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefGroupNorm normalises each image of x [n, rows, c] over each of its groups of neighbouring channels (all rows), scales by gamma and
// shifts by beta per channel, and applies swish if asked. Wu & He, arXiv:1803.08494; variance is biased, as in PyTorch.
func RefGroupNorm(x, gamma, beta []float64, n, rows, c, groups int, eps float64, swish bool) []float64 {
	y := make([]float64, len(x))
	eachGroup(x, n, rows, c, groups, eps, func(members []int, mean, rstd float64) {
		for _, i := range members {
			u := (x[i]-mean)*rstd*gamma[i%c] + beta[i%c]
			if swish {
				u /= 1 + math.Exp(-u)
			}
			y[i] = u
		}
	})
	return y
}

// RefGroupNormBackward is dx for RefGroupNorm: with x̂ the normalised x and g = γ·dy·swish'(γx̂+β),
// dx = rstd·(g − mean(g) − x̂·mean(g·x̂)).
func RefGroupNormBackward(x, dy, gamma, beta []float64, n, rows, c, groups int, eps float64, swish bool) []float64 {
	dx := make([]float64, len(x))
	eachGroup(x, n, rows, c, groups, eps, func(members []int, mean, rstd float64) {
		g, xhat := make([]float64, len(members)), make([]float64, len(members))
		for j, i := range members {
			xhat[j] = (x[i] - mean) * rstd
			g[j] = gamma[i%c] * dy[i]
			if swish {
				u := xhat[j]*gamma[i%c] + beta[i%c]
				s := 1 / (1 + math.Exp(-u))
				g[j] *= s * (1 + u*(1-s))
			}
		}
		normBackward(g, xhat, rstd, func(j int, v float64) { dx[members[j]] = v })
	})
	return dx
}

// normBackward is the gradient that all normalisations share.
func normBackward(g, xhat []float64, rstd float64, set func(j int, v float64)) {
	n := float64(len(g))
	meanG, meanGX := 0.0, 0.0
	for j := range g {
		meanG += g[j] / n
		meanGX += g[j] * xhat[j] / n
	}
	for j := range g {
		set(j, rstd*(g[j]-meanG-xhat[j]*meanGX))
	}
}

func eachGroup(x []float64, n, rows, c, groups int, eps float64, visit func(members []int, mean, rstd float64)) {
	size := c / groups
	for img := range n {
		for g := range groups {
			var members []int
			for r := range rows {
				for j := range size {
					members = append(members, (img*rows+r)*c+g*size+j)
				}
			}
			mean, rstd := moments(x, members, eps)
			visit(members, mean, rstd)
		}
	}
}

// moments are the mean and 1/√(variance + eps) of the members.
func moments(x []float64, members []int, eps float64) (mean, rstd float64) {
	n := float64(len(members))
	for _, i := range members {
		mean += x[i] / n
	}
	variance := 0.0
	for _, i := range members {
		variance += (x[i] - mean) * (x[i] - mean) / n
	}
	return mean, 1 / math.Sqrt(variance+eps)
}

// GroupNorm is taming-transformers' Normalize over the rows of each image of x, then swish if asked.
type GroupNorm struct {
	Groups      int
	Eps         float32
	Gamma, Beta *Vector
	Swish       bool
}

// The number of rows that one invocation sums or normalises: short enough that a 64² picture fills a device; long enough that the
// sums' second stage stays small, and that an invocation's own preparation does.
const (
	groupNormSummed     = 64
	groupNormNormalised = 8
)

// groupNormParams is Params of groupnorm_sums.wgsl and groupnorm_apply.wgsl.
type groupNormParams struct{ Rows, C4, Blocks, BlockRows, Images uint32 }
type groupNormFinishParams struct {
	Rows, C4, Blocks, BlockRows, Group uint32
	Eps                                float32
}

// newGroupNormParams cuts x into blocks of rows. Vecs is the number of vec4f of channels in all blocks together.
func newGroupNormParams(x *Tensor, blockRows int) (p groupNormParams, vecs int) {
	rows, c4 := x.H*x.W, x.Stride()/4
	blocks := ceilDiv(rows, blockRows)
	return groupNormParams{uint32(rows), uint32(c4), uint32(blocks), uint32(blockRows), uint32(x.N)}, x.N * blocks * c4
}

// GroupNorm records the norm over x.
func (t *Tape) GroupNorm(x *Tensor, g GroupNorm) *Tensor {
	if x.C%g.Groups != 0 || x.C%4 != 0 || g.Gamma.N != x.C {
		panic(fmt.Sprintf("ops: group norm of %d groups with %d gains on %v", g.Groups, g.Gamma.N, x))
	}
	defines := shaders.Defines{}
	if g.Swish {
		defines["SWISH"] = ""
	}
	stats := t.New(x.N, 1, 2, x.C)
	t.groupNormReduce(x, g, shaders.Defines{}, stats, x.Buf)
	y := t.activationLike(x)
	p, vecs := newGroupNormParams(x, groupNormNormalised)
	grid := gpu.Workgroups(vecs, 64)
	t.Plan.Dispatch("groupnorm_apply.wgsl", defines, grid, float64(16*x.Len()), p,
		x.Buf, stats.Buf, g.Gamma.Buf, g.Beta.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		back := with(defines, shaders.Defines{"BACKWARD": ""})
		means := t.like(stats)
		t.groupNormReduce(x, g, back, means, x.Buf, dy.Buf, stats.Buf, g.Gamma.Buf, g.Beta.Buf)
		dx, accumulate, _ := t.grad(x)
		t.Plan.Dispatch("groupnorm_apply.wgsl", with(accumulate, back), grid, float64(24*x.Len()), p,
			x.Buf, stats.Buf, g.Gamma.Buf, g.Beta.Buf, dy.Buf, means.Buf, dx.Buf)
	}, x)
	return y
}

// groupNormReduce records both stages of one reduction into out [N,1,2,C].
func (t *Tape) groupNormReduce(x *Tensor, g GroupNorm, defines shaders.Defines, out *Tensor, inputs ...*gpu.Buffer) {
	p, vecs := newGroupNormParams(x, groupNormSummed)
	sums := t.New(x.N, int(p.Blocks), 2, x.C)
	t.Plan.Dispatch("groupnorm_sums.wgsl", defines, gpu.Workgroups(vecs, 64), float64(8*x.Len()), p, append(inputs, sums.Buf)...)
	finish := with(t.subgroup())
	if _, ok := defines["BACKWARD"]; ok {
		finish["BACKWARD"] = ""
	}
	t.Plan.Dispatch("groupnorm_finish.wgsl", finish, gpu.Grid{g.Groups, x.N, 1}, float64(16*sums.Len()),
		groupNormFinishParams{p.Rows, p.C4, p.Blocks, p.BlockRows, uint32(x.C / g.Groups), g.Eps}, sums.Buf, out.Buf)
}
