package ops

import (
	"context"
	"math"
	"slices"
	"testing"

	"reverie/gpu"
)

// Every tile gives the same bits: a tuning may change a step's duration, never its picture.
func TestTilesAgree(t *testing.T) {
	defer device.SetTuning(nil)
	tiles := Candidates(device.Info())
	for _, c := range Candidates(gpu.Info{}) { // a GPU's run everywhere
		if !slices.Contains(tiles, c) {
			tiles = append(tiles, c)
		}
	}
	for _, c := range []struct {
		name   string
		shape  [4]int
		record func(t *Tape, x *Tensor) *Tensor
	}{
		{"linear 37x50 to 70", [4]int{1, 1, 37, 50}, func(t *Tape, x *Tensor) *Tensor {
			return t.Linear(x, testMatrix(t, normals("w", 70*50), 1, 70, 50), LinearOptions{Bias: testVector(t, normals("b", 70))})
		}},
		{"convolution 9x7, 36 to 40", [4]int{2, 9, 7, 36}, func(t *Tape, x *Tensor) *Tensor {
			return t.Conv(x, testMatrix(t, normals("w", 9*40*36), 9, 40, 36), nil, Conv3x3, nil)
		}},
		{"attention of 50 tokens", [4]int{1, 1, 50, 3 * 64}, func(t *Tape, x *Tensor) *Tensor { return t.Attention(x, 2, false) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var first [2][]float32
			for i, tile := range tiles {
				everywhere := gpu.Tuning{}
				for _, class := range classes {
					everywhere[class] = tile
				}
				device.SetTuning(everywhere)
				for j, got := range bothWays(t, c.shape, c.record) {
					if i == 0 {
						first[j] = got
						continue
					}
					if at := firstDifference(got, first[j]); at >= 0 {
						t.Errorf("%s: element %d of %s is %.9g, with %s it is %.9g", tile, at, []string{"y", "dx"}[j], got[at],
							tiles[0], first[j][at])
					}
				}
			}
		})
	}
}

// Products that are cut into short dispatches give the same bits as whole ones.
func TestSplitProductsAgree(t *testing.T) {
	for name, record := range map[string]func(t *Tape, x *Tensor) *Tensor{
		"convolution": func(t *Tape, x *Tensor) *Tensor {
			return t.Conv(x, testMatrix(t, normals("w", 9*40*36), 9, 40, 36), nil, Conv3x3, nil)
		},
		"enlarged": func(t *Tape, x *Tensor) *Tensor {
			return t.Conv(x, testMatrix(t, normals("w", 16*40*36), 16, 40, 36), nil, Enlarge3x3, nil)
		},
	} {
		shape := [4]int{2, 9, 7, 36}
		whole := bothWays(t, shape, record)
		device.SetSpeed(1e7) // 500,000 FLOP in a slice
		cut := bothWays(t, shape, record)
		device.SetSpeed(0)
		for i, what := range []string{"y", "dx"} {
			if at := firstDifference(cut[i], whole[i]); at >= 0 {
				t.Errorf("%s: element %d of %s is %.9g in parts, %.9g as a whole", name, at, what, cut[i][at], whole[i][at])
			}
		}
	}
}

// bothWays runs an op and returns its output and input gradient.
func bothWays(t *testing.T, shape [4]int, record func(*Tape, *Tensor) *Tensor) [2][]float32 {
	t.Helper()
	ctx := context.Background()
	tape := NewTape(device)
	defer tape.Close()
	x := tape.Input(shape[0], shape[1], shape[2], shape[3], true)
	tape.Write(x, float32s(normals("x", x.Rows()*x.C)))
	y := tape.Keep(record(tape, x))
	tape.Write(tape.Seed(y), float32s(normals("dy", y.Rows()*y.C)))
	tape.Backward()
	tape.Keep(x.d)
	if err := tape.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := tape.Plan.Run(); err != nil {
		t.Fatal(err)
	}
	var out [2][]float32
	for i, v := range []*Tensor{y, x.d} {
		var err error
		if out[i], err = tape.Read(ctx, v); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// firstDifference is the index of the first element whose bits differ, or −1.
func firstDifference(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}
