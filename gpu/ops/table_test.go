package ops

import (
	"fmt"

	"reverie/weights"
)

// testTable uploads values [rows, c] as a table of an element type, in slabs of so many rows, and gives what its elements decode to.
func testTable(t *Tape, typ string, values []float64, rows, c, slabRows int) Table {
	high, scales, _ := weights.Planes(typ, rows*c)
	table := Table{Rows: rows, Columns: c, Type: typ, High: int(high), Scales: int(scales), SlabRows: slabRows}
	for first := 0; first < rows; first += slabRows {
		slab := values[first*c : min(rows, first+slabRows)*c]
		data, err := weights.Append(nil, typ, float32s(slab))
		if err != nil {
			panic(err)
		}
		b := t.Buffer("slab", len(data))
		t.device.Write(b, 0, append(data, make([]byte, b.Size()-len(data))...))
		table.Slabs = append(table.Slabs, b)
	}
	return table
}

// stored is what values become as one tensor of an element type.
func stored(typ string, values []float64) []float64 {
	data, err := weights.Append(nil, typ, float32s(values))
	if err != nil {
		panic(err)
	}
	decoded := make([]float32, len(values))
	if err := weights.Decode(decoded, typ, data, len(values), 0); err != nil {
		panic(err)
	}
	out := make([]float64, len(values))
	for i, v := range decoded {
		out[i] = float64(v)
	}
	return out
}

func tableCases() []opCase {
	const rows = 11
	var cases []opCase
	for _, s := range []struct {
		typ                 string
		n, tokens, c, slabs int
	}{
		{weights.TypeF32, 1, 2, 1, 11}, {weights.TypeF32, 2, 10, 7, 11}, {weights.TypeF32, 3, 50, 64, 4}, {weights.TypeF16, 2, 10, 7, 11},
		{weights.TypeQ8, 2, 5, 32, 11}, {weights.TypeQ6, 2, 5, 7, 11}, {weights.TypeQ5, 1, 9, 33, 11}, {weights.TypeQ4, 3, 9, 12, 11},
	} {
		name := fmt.Sprintf("embed %dx%dx%d of %s in slabs of %d", s.n, s.tokens, s.c, s.typ, s.slabs)
		table, position, ids := normals(name, rows*s.c), normals(name+" position", s.tokens*s.c), make([]int, s.n*s.tokens)
		for i := range ids {
			ids[i] = (5*i + 2) % rows
		}
		cases = append(cases, opCase{
			name: name,
			ref:  func([][]float64) []float64 { return RefEmbed(stored(s.typ, table), position, ids, s.tokens, s.c) },
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.Embed(testIndices(t, ids), s.n, s.tokens, testTable(t, s.typ, table, rows, s.c, s.slabs), testVector(t, padRows(position, s.c)))
			},
		})
	}
	return cases
}
