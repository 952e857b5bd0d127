package ops

import (
	"strconv"

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
	Kernel, Stride, Pad, Up        uint32
	AFirst, BFirst, CFirst         uint32
}

// contraction is one recorded product. Zero fields get their plain meaning from contract.
type contraction struct {
	params  contractParams
	defines shaders.Defines
	batch   int // outer × inner matrices; 0 means 1
	a, b, c *gpu.Buffer
	half    bool // b holds packed float16

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
	tile := tileFor(p)
	d["ROWS"], d["COLUMNS"] = strconv.Itoa(tile.rows), strconv.Itoa(tile.columns)
	d["TILE_X"], d["TILE_Y"] = strconv.Itoa(tile.x)+"u", strconv.Itoa(tile.y)+"u"
	grid := gpu.Grid{ceilDiv(int(p.N4), tile.x*tile.columns), ceilDiv(int(p.M), tile.y*tile.rows), max(1, r.batch)}
	k := float64(p.K) * 4
	if _, ok := d["A_COLUMNS"]; ok {
		k = float64(p.K)
	}
	work := 2 * float64(p.M) * float64(p.N4) * 4 * k * float64(p.Taps) * float64(max(1, r.batch))
	t.Plan.Dispatch(t.device.Kernel("contract.wgsl", d), grid, work, p, append(buffers, r.c)...)
}

// tile is the shape of a workgroup: x by y invocations, each with rows by columns·4 elements of C.
type tile struct{ x, y, rows, columns int }

// tileFor chooses the tile of a product: sixty-four invocations, which narrow products stand upright. Eight rows would be
// faster still where they compile, but SwiftShader's compiler runs out of registers, and then of memory, on the gathers.
func tileFor(p contractParams) tile {
	t := tile{x: 8, rows: 4, columns: 2}
	for t.columns > 1 && int(p.N4) <= t.columns/2 {
		t.columns /= 2
	}
	for t.x > 1 && int(p.N4) <= t.x/2*t.columns {
		t.x /= 2
	}
	t.y = 64 / t.x
	return t
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
