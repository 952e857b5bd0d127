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
	_, columns := d["A_COLUMNS"]
	tile := tileFor(p, columns, t.device.Info())
	for name, v := range tile.defines() {
		d[name] = v
	}
	grid := gpu.Grid{ceilDiv(int(p.N4), tile.x*tile.columns), ceilDiv(int(p.M), tile.y*tile.rows()), max(1, r.batch)}
	k := float64(p.K) * 4
	if columns {
		k = float64(p.K)
	}
	work := 2 * float64(p.M) * float64(p.N4) * 4 * k * float64(p.Taps) * float64(max(1, r.batch))
	t.Plan.Dispatch(t.device.Kernel("contract.wgsl", d), grid, work, p, append(buffers, r.c)...)
}

// tile is the shape of a workgroup: x by y invocations, each with groups·span rows by columns·4 columns of C. More than one lane
// means that the workgroup is one subgroup of that many, which share their rows and read A for one another.
type tile struct{ lanes, x, y, groups, span, columns int }

// rows is the number of rows of C that one invocation holds.
func (t tile) rows() int { return t.groups * t.span }

func (t tile) defines() shaders.Defines {
	d := shaders.Defines{"GROUPS": strconv.Itoa(t.groups), "COLUMNS": strconv.Itoa(t.columns)}
	for name, v := range map[string]int{"LANES": t.lanes, "TILE_X": t.x, "TILE_Y": t.y, "SPAN": t.span} {
		d[name] = strconv.Itoa(v) + "u"
	}
	if t.lanes > 1 {
		d["SUBGROUP"] = ""
	}
	return d
}

// tileFor chooses the tile of a product. A_COLUMNS reads four rows of A at once, whatever the lanes.
func tileFor(p contractParams, columns bool, device gpu.Info) tile {
	t := registerTile(int(p.N4))
	if s := device.SubgroupSize; device.Software && s > 1 && 2*int(p.N4) > s {
		t = subgroupTile(int(p.N4), s)
	}
	if columns {
		t.groups, t.span = t.rows()/4, 4
	}
	return t
}

// registerTile is sixty-four invocations that share nothing, which narrow products stand upright. Eight rows would be faster
// still where they compile, but SwiftShader's compiler runs out of registers, and then of memory, on the gathers.
func registerTile(n4 int) tile {
	t := tile{lanes: 1, x: 8, groups: 4, span: 1, columns: 2}
	for t.columns > 1 && n4 <= t.columns/2 {
		t.columns /= 2
	}
	for t.x > 1 && n4 <= t.x/2*t.columns {
		t.x /= 2
	}
	t.y = 64 / t.x
	return t
}

// subgroupTile is sixteen rows and at least thirty-two columns by one subgroup. On a processor a load costs ten to thirty
// multiply-adds, because each lane's address is checked and fetched by itself; a broadcast costs one.
func subgroupTile(n4, lanes int) tile {
	t := tile{lanes: lanes, x: lanes, y: 1, groups: max(1, 16/lanes), span: lanes, columns: max(1, 8/lanes)}
	if n4 <= lanes {
		t.columns = 1
	}
	return t
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
