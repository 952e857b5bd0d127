package ops

import "reverie/gpu"

// RefGram is how often the channels of x [rows, c] are large together: the mean of x[r]·x[r]ᵀ over all rows, [c, c]. It tells textures and colours, and
// nothing of where they are; see Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016.
func RefGram(x []float64, c int) []float64 {
	g, rows := make([]float64, c*c), float64(len(x)/c)
	for at := 0; at < len(x); at += c {
		for i := range c {
			for j := range c {
				g[i*c+j] += x[at+i] * x[at+j] / rows
			}
		}
	}
	return g
}

// RefGramBackward is dx for RefGram: (dg + dgᵀ)·x[r] over the number of rows.
func RefGramBackward(x, dg []float64, c int) []float64 {
	dx, rows := make([]float64, len(x)), float64(len(x)/c)
	for at := 0; at < len(x); at += c {
		for i := range c {
			for j := range c {
				dx[at+i] += (dg[i*c+j] + dg[j*c+i]) * x[at+j] / rows
			}
		}
	}
	return dx
}

type gramParams struct{ Vecs, Count uint32 }

type gramBackParams struct{ Vecs, C uint32 }

// Gram computes RefGram of x [N, H, W, C]: [1, 1, C, C]. Each of the N has a product of its own, so that they are made beside each other.
func (t *Tape) Gram(x *Tensor) *Tensor {
	rows, row := x.H*x.W, uint32(x.Stride()/4)
	scale := 1 / float32(x.Rows())
	each := t.New(x.N, 1, x.C, x.C)
	t.contract(contraction{a: x.Buf, b: x.Buf, c: each.Buf, batch: x.N, defines: columnsLeft, params: contractParams{
		M: uint32(x.C), N4: row, K: uint32(rows), Scale: scale,
		LDA: row, AOuter: uint32(rows) * row, LDB: row, BOuter: uint32(rows) * row, LDC: row, COuter: uint32(x.C) * row,
	}})
	y := t.New(1, 1, x.C, x.C)
	t.Plan.Dispatch("gram.wgsl", nil, workgroupsOf(y), float64(4*each.Len()), gramParams{uint32(y.vecs()), uint32(x.N)}, each.Buf, y.Buf)
	t.onBackward(y, func(dy *Tensor) {
		dx, accumulate, _ := t.grad(x)
		both := t.New(1, 1, Pad4(x.C), x.C)
		t.Plan.Dispatch("gram_back.wgsl", nil, workgroupsOf(both), float64(8*both.Len()), gramBackParams{uint32(both.vecs()), uint32(x.C)}, dy.Buf, both.Buf)
		t.contract(contraction{a: x.Buf, b: both.Buf, c: dx.Buf, defines: accumulate, params: contractParams{
			M: uint32(x.Rows()), N4: row, K: row, LDA: row, LDB: row, LDC: row, Scale: scale,
		}})
	}, x)
	return y
}

// RefStyleLoss is the loss that draws a picture to another's style: the weight times the squared difference of their Gram matrices as a share of the goal's own
// square, so that it weighs alike whatever the channels mean.
func RefStyleLoss(g, goal []float64, weight float64) float64 {
	sum, scale := 0.0, styleScale(goal, weight)
	for i, v := range g {
		sum += (v - goal[i]) * (v - goal[i])
	}
	return scale * sum
}

// RefStyleLossBackward is dg for RefStyleLoss.
func RefStyleLossBackward(g, goal []float64, weight float64) []float64 {
	dg, scale := make([]float64, len(g)), styleScale(goal, weight)
	for i, v := range g {
		dg[i] = 2 * scale * (v - goal[i])
	}
	return dg
}

// styleScale is what a squared difference counts. Of a goal without any texture all counts.
func styleScale(goal []float64, weight float64) float64 {
	square := 0.0
	for _, v := range goal {
		square += v * v
	}
	return weight / max(square, 1e-12)
}

// StyleLoss computes RefStyleLoss of Gram matrices g and goal [1, 1, C, C] into losses (float32) at place first, and adds its gradient to d(g) at once, as
// PromptLoss does. Weight is one float32, which may change between runs.
func (t *Tape) StyleLoss(g, goal *Tensor, weight, losses *gpu.Buffer, first int) {
	sameShape("style loss", g, goal)
	t.wholeLoss("styleloss.wgsl", g, nil, wholeParams{uint32(g.vecs()), uint32(first)}, goal.Buf, weight, losses)
}
