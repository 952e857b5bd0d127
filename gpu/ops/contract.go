package ops

import (
	"math"

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
	BFirst, CFirst, RowFirst       uint32
}

// contraction is one recorded product. Zero fields get their plain meaning from contract.
type contraction struct {
	params  contractParams
	defines shaders.Defines
	batch   int // outer × inner matrices, or phases; 0 means 1
	a, b, c *gpu.Buffer
	layer   bool // a layer's forward product, which half precision may multiply in float16

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
	if r.layer && t.multiply16 {
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
	k := float64(p.K) * 4
	if _, ok := d["A_COLUMNS"]; ok {
		k = float64(p.K)
	}
	work := 2 * float64(p.M) * float64(p.N4) * 4 * k * float64(p.Taps) * float64(max(1, r.batch))
	if _, ok := d["STRIDED"]; ok {
		work /= float64(p.Stride * p.Stride) // each phase has its share of the taps
	}
	buffers = append(buffers, r.c)
	for _, rows := range split(int(p.M), tile.y*tile.rows(), work/t.device.SliceWork()) {
		part := p
		part.RowFirst, part.M = uint32(rows.first), uint32(rows.end)
		// Rows go first: the workgroups that run together read the same columns of B, which is most often the larger side.
		grid := gpu.Grid{ceilDiv(rows.end-rows.first, tile.y*tile.rows()), ceilDiv(int(p.N4), tile.x*tile.columns), max(1, r.batch)}
		t.Plan.Dispatch("contract.wgsl", d, grid, work*float64(rows.end-rows.first)/float64(p.M), part, buffers...)
	}
}

const mostParts = 64

type rowRange struct{ first, end int }

// split cuts rows into parts of like size, of whole tiles and at most one per slice: a plan is cut into short submissions between its
// dispatches, and a convolution over a large picture takes a slow device longer than the desktop should wait.
//
// There are at most mostParts: more takes a step of half an hour, and the list that nobody runs was recorded for as long before it was refused.
func split(rows, tile int, slices float64) []rowRange {
	tiles := ceilDiv(rows, tile)
	n := min(tiles, max(1, int(math.Ceil(min(slices, mostParts)))))
	parts := make([]rowRange, n)
	for i := range parts {
		parts[i] = rowRange{tiles * i / n * tile, min(rows, tiles*(i+1)/n*tile)}
	}
	return parts
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
