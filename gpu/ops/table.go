package ops

import (
	"reverie/gpu"
	"reverie/shaders"
)

// Table is a weight [Rows, Columns] that stays in its stored form (package weights): a prompt needs a few rows of a vocabulary, and all of
// them in float32 would be the largest buffer of a run.
type Table struct {
	Rows, Columns int
	Type          string // element type
	High, Scales  int    // the bytes at which a block type's further planes begin
	// Slabs hold SlabRows rows each, the last one what remains: a buffer may be too short for the whole.
	Slabs    []*gpu.Buffer
	SlabRows int
}

type embedParams struct{ Vecs, C4, Columns, Tokens, First, Rows, High, Scales uint32 }

// RefEmbed gives the rows of table [vocabulary, c] that ids name, plus position [tokens, c].
func RefEmbed(table, position []float64, ids []int, tokens, c int) []float64 {
	y := make([]float64, 0, len(ids)*c)
	for i, id := range ids {
		for j := range c {
			y = append(y, table[id*c+j]+position[i%tokens*c+j])
		}
	}
	return y
}

// Embed gives the rows of the table that ids (n·tokens uint32, each below its Rows) name, plus position [tokens, Columns].
func (t *Tape) Embed(ids *gpu.Buffer, n, tokens int, table Table, position *Vector) *Tensor {
	y := t.New(n, 1, tokens, table.Columns)
	for i, slab := range table.Slabs {
		first := i * table.SlabRows
		t.Plan.Dispatch("embed.wgsl", shaders.Defines{"TYPE": table.Type}, workgroupsOf(y), float64(8*y.Len()),
			embedParams{uint32(y.vecs()), uint32(y.Stride() / 4), uint32(table.Columns), uint32(tokens),
				uint32(first), uint32(min(table.SlabRows, table.Rows-first)), uint32(table.High / 4), uint32(table.Scales / 4)},
			slab, ids, position.Buf, y.Buf)
	}
	return y
}
