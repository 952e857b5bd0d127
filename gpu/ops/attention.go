package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefAttention is softmax(q·kᵀ/√d)·v per image and head for qkv [n, tokens, 3·width], q, k and v side by side in a row and each
// split into heads. Causal lets token i see tokens 0…i. Vaswani et al., arXiv:1706.03762.
func RefAttention(qkv []float64, n, tokens, width, heads int, causal bool) []float64 {
	y := make([]float64, n*tokens*width)
	eachHead(qkv, n, tokens, width, heads, causal, func(h head, p [][]float64) {
		for i := range tokens {
			for j, w := range p[i] {
				for c := range h.d {
					y[h.out(i)+c] += w * qkv[h.v(j)+c]
				}
			}
		}
	})
	return y
}

// RefAttentionBackward is d(qkv): with P the probabilities, dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P∘(dP − rowsum(P∘dP)), dQ = dS·K/√d,
// dK = dSᵀ·Q/√d.
func RefAttentionBackward(qkv, dy []float64, n, tokens, width, heads int, causal bool) []float64 {
	d := make([]float64, len(qkv))
	eachHead(qkv, n, tokens, width, heads, causal, func(h head, p [][]float64) {
		scale := 1 / math.Sqrt(float64(h.d))
		for i := range tokens {
			dp, sum := make([]float64, len(p[i])), 0.0
			for j, w := range p[i] {
				for c := range h.d {
					dp[j] += dy[h.out(i)+c] * qkv[h.v(j)+c]
					d[h.v(j)+c] += w * dy[h.out(i)+c]
				}
				sum += w * dp[j]
			}
			for j, w := range p[i] {
				ds := w * (dp[j] - sum) * scale
				for c := range h.d {
					d[h.q(i)+c] += ds * qkv[h.k(j)+c]
					d[h.k(j)+c] += ds * qkv[h.q(i)+c]
				}
			}
		}
	})
	return d
}

// head finds the elements of one image's one head.
type head struct{ tokens, width, d, image, index int }

func (h head) at(token, third int) int {
	return ((h.image*h.tokens+token)*3+third)*h.width + h.index*h.d
}
func (h head) q(token int) int   { return h.at(token, 0) }
func (h head) k(token int) int   { return h.at(token, 1) }
func (h head) v(token int) int   { return h.at(token, 2) }
func (h head) out(token int) int { return (h.image*h.tokens+token)*h.width + h.index*h.d }

// eachHead computes the probabilities of each head: row i holds the tokens that token i sees.
func eachHead(qkv []float64, n, tokens, width, heads int, causal bool, visit func(h head, p [][]float64)) {
	for img := range n {
		for index := range heads {
			h := head{tokens, width, width / heads, img, index}
			p := make([][]float64, tokens)
			for i := range tokens {
				seen := tokens
				if causal {
					seen = i + 1
				}
				p[i] = make([]float64, seen)
				top, sum := math.Inf(-1), 0.0
				for j := range seen {
					for c := range h.d {
						p[i][j] += qkv[h.q(i)+c] * qkv[h.k(j)+c] / math.Sqrt(float64(h.d))
					}
					top = max(top, p[i][j])
				}
				for j := range seen {
					p[i][j] = math.Exp(p[i][j] - top)
					sum += p[i][j]
				}
				for j := range seen {
					p[i][j] /= sum
				}
			}
			visit(h, p)
		}
	}
}

type softmaxParams struct{ Rows, C4, C uint32 }

// softmax records softmax.wgsl in place over the rows of s.
func (t *Tape) softmax(s *Tensor, defines shaders.Defines, buffers ...*gpu.Buffer) {
	t.dispatchRows("softmax.wgsl", defines, s.Rows(), float64(16*s.Len()),
		softmaxParams{uint32(s.Rows()), uint32(s.Stride() / 4), uint32(s.C)}, append(buffers, s.Buf)...)
}

// Attention is multi-head attention over the tokens of each image: qkv [N, H, W, 3·width] gives [N, H, W, width]. A head's
// width must be a multiple of four. It is done with the tokens' queries, keys and values: qkv need not be kept by the caller.
func (t *Tape) Attention(qkv *Tensor, heads int, causal bool) *Tensor {
	width, tokens := qkv.C/3, qkv.H*qkv.W
	d := width / heads
	if qkv.C%3 != 0 || width%heads != 0 || d%4 != 0 {
		panic(fmt.Sprintf("ops: attention with %d heads on %v: a head's width must be a multiple of four", heads, qkv))
	}
	a := attention{tape: t, n: qkv.N, tokens: tokens, heads: heads, d4: d / 4, row: 3 * width / 4, out: width / 4,
		scale: float32(1 / math.Sqrt(float64(d)))}
	p := t.New(qkv.N, heads, tokens, tokens)
	a.scores(p, qkv)
	mask := shaders.Defines{}
	if causal {
		mask["CAUSAL"] = ""
	}
	t.softmax(p, mask)
	y := t.activation(qkv.N, qkv.H, qkv.W, width)
	a.mix(y, p, qkv)
	t.onBackward(y, func(dy *Tensor) {
		ds := t.like(p)
		a.dProbabilities(ds, dy, qkv)
		t.softmax(ds, shaders.Defines{"BACKWARD": ""}, p.Buf)
		dqkv, accumulate, _ := t.grad(qkv)
		a.dQueries(dqkv, ds, qkv, accumulate)
		a.dKeys(dqkv, ds, qkv, accumulate)
		a.dValues(dqkv, p, dy, accumulate)
	}, qkv)
	return y
}

// attention holds the geometry of the products: per image (outer) and head (inner), strides in vec4f.
type attention struct {
	tape                           *Tape
	n, tokens, heads, d4, row, out int
	scale                          float32
}

// matrix is one operand: where it starts, its row stride, and the steps from image to image and from head to head.
type matrix struct {
	buf                     *gpu.Buffer
	first, ld, outer, inner int
}

// third is the queries (0), keys (1) or values (2) of a qkv tensor.
func (a attention) third(x *Tensor, i int) matrix {
	return matrix{x.Buf, i * a.out, a.row, a.tokens * a.row, a.d4}
}

// square is a tensor of one tokens × tokens matrix per image and head.
func (a attention) square(x *Tensor) matrix {
	ld := x.Stride() / 4
	return matrix{x.Buf, 0, ld, a.heads * a.tokens * ld, a.tokens * ld}
}

// joined is the heads side by side, as y has them.
func (a attention) joined(x *Tensor) matrix {
	return matrix{x.Buf, 0, a.out, a.tokens * a.out, a.d4}
}

func (a attention) product(c, l, r matrix, n4, k int, scale float32, defines shaders.Defines) {
	a.tape.contract(contraction{a: l.buf, b: r.buf, c: c.buf, batch: a.n * a.heads, defines: defines, params: contractParams{
		M: uint32(a.tokens), N4: uint32(n4), K: uint32(k), Heads: uint32(a.heads), Scale: scale,
		LDA: uint32(l.ld), AFirst: uint32(l.first), AOuter: uint32(l.outer), AInner: uint32(l.inner),
		LDB: uint32(r.ld), BFirst: uint32(r.first), BOuter: uint32(r.outer), BInner: uint32(r.inner),
		LDC: uint32(c.ld), CFirst: uint32(c.first), COuter: uint32(c.outer), CInner: uint32(c.inner),
	}})
}

var (
	rowsRight   = shaders.Defines{"B_ROWS": ""}
	columnsLeft = shaders.Defines{"A_COLUMNS": "", "B_ROWS": ""}
)

func (a attention) scores(s, qkv *Tensor) {
	a.product(a.square(s), a.third(qkv, 0), a.third(qkv, 1), s.Stride()/4, a.d4, a.scale, nil)
}

func (a attention) mix(y, p, qkv *Tensor) {
	a.product(a.joined(y), a.square(p), a.third(qkv, 2), a.d4, p.Stride()/4, 1, rowsRight)
}

func (a attention) dProbabilities(dp, dy, qkv *Tensor) {
	a.product(a.square(dp), a.joined(dy), a.third(qkv, 2), dp.Stride()/4, a.d4, 1, nil)
}

func (a attention) dQueries(dqkv, ds, qkv *Tensor, accumulate shaders.Defines) {
	a.product(a.third(dqkv, 0), a.square(ds), a.third(qkv, 1), a.d4, ds.Stride()/4, a.scale, with(accumulate, rowsRight))
}

func (a attention) dKeys(dqkv, ds, qkv *Tensor, accumulate shaders.Defines) {
	a.product(a.third(dqkv, 1), a.square(ds), a.third(qkv, 0), a.d4, a.tokens, a.scale, with(accumulate, columnsLeft))
}

func (a attention) dValues(dqkv, p, dy *Tensor, accumulate shaders.Defines) {
	a.product(a.third(dqkv, 2), a.square(p), a.joined(dy), a.d4, a.tokens, 1, with(accumulate, columnsLeft))
}
