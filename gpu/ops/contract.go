package ops

import (
	"reverie/gpu"
	"reverie/shaders"
)

// contractParams is Params of contract.wgsl. Strides and offsets are in vec4f.
type contractParams struct {
	M, N4, K, Taps                 uint32
	LDA, LDB, LDC, Heads           uint32
	AOuter, AInner, BOuter, BInner uint32
	COuter, CInner, BTap           uint32
	Scale                          float32
	InH, InW, OutH, OutW           uint32
	Kernel, Stride, Pad, AFirst    uint32
	BFirst, CFirst                 uint32
}

// contraction is one recorded product. Zero fields get their plain meaning from contract.
type contraction struct {
	params  contractParams
	defines shaders.Defines
	batch   int // outer × inner matrices, or phases; 0 means 1
	a, b, c *gpu.Buffer
	half    bool // b holds packed float16
	layer   bool // a layer's forward product, which Float16 is about

	bias, pre, residual *gpu.Buffer
}

// contract appends the product's kernel to the tape.
func (t *Tape) contract(r contraction) {
	p := r.params
	p.Taps, p.Heads = max(1, p.Taps), max(1, p.Heads)
	if p.Scale == 0 {
		p.Scale = 1
	}
	d := with(r.defines)
	buffers := []*gpu.Buffer{r.a, r.b}
	if r.half {
		d["B_HALF"] = ""
	}
	if r.layer && t.Float16 && t.device.Info().F16 {
		d["F16"] = ""
	}
	if r.bias != nil {
		d["BIAS"] = ""
		buffers = append(buffers, r.bias)
	}
	if r.residual != nil {
		d["RESIDUAL"] = ""
		buffers = append(buffers, r.residual)
	}
	if _, ok := d["SAVE_PRE"]; ok {
		buffers = append(buffers, r.pre)
	}
	tile := t.tileFor(p, d)
	for name, v := range tile.defines() {
		d[name] = v
	}
	// Rows go first: the workgroups that run together read the same columns of B, which is most often the larger side.
	grid := gpu.Grid{ceilDiv(int(p.M), tile.y*tile.rows()), ceilDiv(int(p.N4), tile.x*tile.columns), max(1, r.batch)}
	k := float64(p.K) * 4
	if _, ok := d["A_COLUMNS"]; ok {
		k = float64(p.K)
	}
	work := 2 * float64(p.M) * float64(p.N4) * 4 * k * float64(p.Taps) * float64(max(1, r.batch))
	if _, ok := d["STRIDED"]; ok {
		work /= float64(p.Stride * p.Stride) // each phase has its share of the taps
	}
	t.Plan.Dispatch(t.device.Kernel("contract.wgsl", d), grid, work, p, append(buffers, r.c)...)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
