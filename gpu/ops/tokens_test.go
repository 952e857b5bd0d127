package ops

import (
	"encoding/binary"
	"fmt"

	"reverie/gpu"
)

// testIndices uploads uint32 values.
func testIndices(t *Tape, v []int) *gpu.Buffer {
	b := t.Buffer("indices", 4*Pad4(len(v)))
	data := make([]byte, b.Size())
	for i, x := range v {
		binary.LittleEndian.PutUint32(data[4*i:], uint32(x))
	}
	t.device.Write(b, 0, data)
	return b
}

// padRows widens rows of c values to Pad4(c).
func padRows(v []float64, c int) []float64 {
	var out []float64
	for i := 0; i < len(v); i += c {
		row := make([]float64, Pad4(c))
		copy(row, v[i:i+c])
		out = append(out, row...)
	}
	return out
}

func tokenCases() []opCase {
	var cases []opCase
	for _, s := range []struct{ n, tokens, c int }{{1, 1, 1}, {2, 9, 7}, {3, 49, 64}} {
		name := fmt.Sprintf("tokens %dx%dx%d", s.n, s.tokens, s.c)
		class, position := normals(name+" class", s.c), normals(name+" position", (s.tokens+1)*s.c)
		cases = append(cases, opCase{
			name: "join " + name, shapes: [][4]int{{s.n, 1, s.tokens, s.c}},
			ref: func(in [][]float64) []float64 { return RefJoinTokens(in[0], class, position, s.n, s.tokens, s.c) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefJoinTokensBackward(dy, s.n, s.tokens, s.c)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor {
				return t.JoinTokens(in[0], testVector(t, class), testVector(t, padRows(position, s.c)))
			},
		})
		index := make([]int, s.n)
		for i := range index {
			index[i] = (7*i + 3) % s.tokens
		}
		cases = append(cases, opCase{
			name: "pick " + name, shapes: [][4]int{{s.n, 1, s.tokens, s.c}},
			ref: func(in [][]float64) []float64 { return RefPick(in[0], index, s.tokens, s.c) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefPickBackward(dy, index, s.tokens, s.c)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Pick(in[0], testIndices(t, index)) },
		})
	}
	return cases
}

func patchCases() []opCase {
	var cases []opCase
	mean, std := [3]float32{0.48, 0.46, 0.41}, [3]float32{0.27, 0.26, 0.28}
	for _, s := range []struct{ n, h, w, k int }{{1, 4, 4, 4}, {2, 6, 9, 3}, {1, 17, 16, 8}} {
		// The op's columns hold a zero after every three colours; the reference has none.
		widen := func(v []float64) []float64 { return padRows(v, 3) }
		narrow := func(v []float64) []float64 {
			var out []float64
			for i := range v {
				if i%4 < 3 {
					out = append(out, v[i])
				}
			}
			return out
		}
		cases = append(cases, opCase{
			name: fmt.Sprintf("patches %+v", s), shapes: [][4]int{{s.n, s.h, s.w, 3}},
			ref: func(in [][]float64) []float64 { return widen(RefPatches(in[0], s.n, s.h, s.w, s.k, mean, std)) },
			back: func(in [][]float64, dy []float64) [][]float64 {
				return [][]float64{RefPatchesBackward(narrow(dy), s.n, s.h, s.w, s.k, std)}
			},
			record: func(t *Tape, in []*Tensor) *Tensor { return t.Patches(in[0], s.k, mean, std) },
		})
	}
	return cases
}
