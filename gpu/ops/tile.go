package ops

import (
	"fmt"
	"slices"
	"strconv"

	"reverie/gpu"
	"reverie/shaders"
)

// tile is the shape of contract.wgsl's workgroups: x by y invocations, each with groups·span rows by columns·4 columns of C. At most
// one of lanes and depth is more than it need be: with lanes over 1 the workgroup is one subgroup of that many, which share their rows
// and read A for one another; with depth the workgroup copies that many vec4f of k of its rows and columns to its own memory.
type tile struct{ lanes, x, y, groups, span, columns, depth int }

func registers(groups, columns int) tile {
	return tile{lanes: 1, x: 8, y: 8, groups: groups, span: 1, columns: columns}
}

func tiled(groups, columns, depth int) tile {
	return tile{lanes: 1, x: 8, y: 8, groups: groups, span: 1, columns: columns, depth: depth}
}

func subgroup(lanes, groups, columns int) tile {
	return tile{lanes: lanes, x: lanes, y: 1, groups: groups, span: lanes, columns: columns}
}

// String names the tile in a tuning: how A and B are read, then rows by columns of a workgroup, and how much of k it copies at a time.
func (t tile) String() string {
	area := fmt.Sprintf("%dx%d", t.y*t.rows(), 4*t.x*t.columns)
	switch {
	case t.lanes > 1:
		return "subgroup " + area
	case t.depth > 0:
		return fmt.Sprintf("tiled %sx%d", area, 4*t.depth)
	}
	return "registers " + area
}

// rows is the number of rows of C that one invocation holds.
func (t tile) rows() int { return t.groups * t.span }

// rowsRead is the number of vec4f of A that one invocation reads at once.
func (t tile) rowsRead() int {
	if t.depth > 0 {
		return t.groups * t.depth / t.x
	}
	return t.groups
}

func (t tile) defines() shaders.Defines {
	d := shaders.Defines{"GROUPS": strconv.Itoa(t.groups), "COLUMNS": strconv.Itoa(t.columns), "ROWS_READ": strconv.Itoa(t.rowsRead())}
	for name, v := range map[string]int{"LANES": t.lanes, "TILE_X": t.x, "TILE_Y": t.y, "SPAN": t.span} {
		d[name] = strconv.Itoa(v) + "u"
	}
	if t.lanes > 1 {
		d["SUBGROUP"], d["QUADS"] = "", strconv.Itoa(t.lanes/4)
	}
	if t.depth > 0 {
		d["TILED"], d["DEPTH"] = "", strconv.Itoa(t.depth)+"u"
	}
	return d
}

// narrow is the number of vec4f of columns under which a product is narrow: most of a wide tile would compute nothing.
const narrow = 8

// narrowTile is a register tile that stands upright.
func narrowTile(n4 int) tile {
	t := registers(4, 2)
	for t.columns > 1 && n4 <= t.columns/2 {
		t.columns /= 2
	}
	for t.x > 1 && n4 <= t.x/2*t.columns {
		t.x /= 2
	}
	t.y = 64 / t.x
	return t
}

// general are tiles that every device can run, the likeliest on a GPU first: reads through the workgroup's memory are the usual best. What AMD's own
// compiler says orders them (RADV of Mesa 25.0.7 for Navi 21 and Navi 31, 30 November 2026): the share of peak that the loop of a large convolution in
// float32 reaches is .82 and .71 with the first, then .77/.66, .77/.65 and .67/.56. It knows nothing of memory and caches, and says nothing usable of
// tiled 64x64x16, whose loop it unrolls. Registers, .82 on the one and .43 on the other, come last.
var general = []tile{tiled(4, 2, 4), tiled(4, 1, 8), tiled(8, 1, 4), tiled(8, 2, 4), tiled(4, 1, 4), registers(4, 2)}

// candidates are the tiles that a tuning tries on a device for a product of at least narrow columns, the likeliest first.
//
// All of them add the same terms in the same order, so that the choice changes a step's duration and not its result. On a processor a
// load costs ten to thirty multiply-adds, because each lane's address is checked and fetched by itself, and a broadcast costs
// one: hence subgroups, whose tiles are as large as registers and the compiler's patience allow.
func candidates(device gpu.Info) []tile {
	if !device.Software {
		return general
	}
	all := []tile{registers(4, 2), registers(8, 1), tiled(4, 2, 4), tiled(8, 2, 4)}
	if s := device.SubgroupSize; s == 4 || s == 8 {
		all = append([]tile{subgroup(s, 4, 8/s), subgroup(s, 2, 8/s)}, all...)
	}
	return all
}

// Candidates names the tiles among which a tuning chooses for the device.
func Candidates(device gpu.Info) []string {
	var names []string
	for _, c := range candidates(device) {
		names = append(names, c.String())
	}
	return names
}

// Chosen is the tile that the device runs a class of products with: its tuning's, else the one that was measured on adapters of its kind,
// else the likeliest. The name of a tile that the device cannot run, as an older version may have left it, counts as none.
func Chosen(d *gpu.Device, class string) string { return chosen(d, class).String() }

func chosen(d *gpu.Device, class string) tile {
	of := candidates(d.Info())
	for _, name := range []string{d.Tuning()[class], Shipped(d.Info())[class]} {
		for _, c := range slices.Concat(of, general) {
			if c.String() == name {
				return c
			}
		}
	}
	return of[0]
}

// Multiply is the class of a choice that is none of tiles: in what layers multiply on the way forward in half precision.
const Multiply = "half precision"

// The variants of Multiply.
const (
	inFloat32 = "float32"
	inFloat16 = "float16"
)

// Multipliers names the variants of Multiply among which a tuning chooses for the device; none where there is no choice. Processors compute with
// float16 by converting it. A GPU need not be faster with it, either: by the figures that order general it is nowhere, and on RDNA 3 it is slower (.54 of
// float32's peak against .71). Hence float32 comes first, and stays where nothing is measured.
func Multipliers(device gpu.Info) []string {
	if !device.F16 || device.Software {
		return nil
	}
	return []string{inFloat32, inFloat16}
}

// Multiplies is the variant of Multiply that the device uses.
func Multiplies(d *gpu.Device) string {
	if name := d.Tuning()[Multiply]; slices.Contains(Multipliers(d.Info()), name) {
		return name
	}
	return inFloat32
}

// tileFor chooses the tile of a product.
func (t *Tape) tileFor(p contractParams, d shaders.Defines) tile {
	tile := chosen(t.device, classOf(p, d))
	for tile.lanes > 1 && tile.groups > 2 && int(p.M) <= tile.rows()/2 {
		tile.groups /= 2 // the lower half would compute nothing
	}
	_, columns := d["A_COLUMNS"] // reads four rows of A at once, and never through the workgroup's memory
	if p.N4 < narrow {
		tile = narrowTile(int(p.N4))
	} else if columns && tile.depth > 0 {
		tile = registers(4, 2)
	}
	if columns {
		tile.groups, tile.span = tile.rows()/4, 4
	}
	return tile
}

// largeProduct is the number of C's elements from which a product is in the class of large ones.
const largeProduct = 1 << 18

// classes are all that classOf names, the one that takes most of a step first.
var classes = []string{
	"large convolution", "large convolution gradient", "large linear", "large linear gradient",
	"small convolution", "small convolution gradient", "small linear", "small linear gradient",
}

// Classes names the kinds of products for each of which a tuning holds one tile, the one that takes most of a step first.
func Classes() []string { return slices.Clone(classes) }

// classOf names the kind of product for which a tuning holds one tile.
func classOf(p contractParams, d shaders.Defines) string {
	size, kind := "small ", "linear"
	if int(p.M)*int(p.N4)*4 >= largeProduct {
		size = "large "
	}
	if p.Taps > 1 {
		kind = "convolution"
	}
	if _, ok := d["B_ROWS"]; ok {
		kind += " gradient"
	}
	return size + kind
}
