package ops

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"reverie/gpu"
)

func TestBlockNormKernel(t *testing.T) {
	ctx := context.Background()
	for _, s := range []struct{ h, w, c, k int }{{1, 1, 3, 1}, {7, 5, 3, 2}, {4, 9, 65, 1}, {33, 31, 3, 8}, {2, 3, 4, 5}} {
		tape := NewTape(device)
		x, y := tape.Input(1, s.h, s.w, s.c, false), tape.Input(1, s.h, s.w, s.c, false)
		var values [2][]float64
		for j, tensor := range []*Tensor{x, y} {
			list := make([]float32, s.h*s.w*s.c)
			for i := range list {
				list[i] = float32((i*7+j*5)%23)/8 - 1
				values[j] = append(values[j], float64(list[i]))
			}
			tape.Write(tensor, list)
		}
		alone, minus := tape.BlockNorm(x, nil, s.k), tape.BlockNorm(x, y, s.k)
		if err := tape.Compile(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if err := tape.Plan.Run(); err != nil {
			t.Fatal(err)
		}
		for _, out := range []struct {
			name  string
			norms *gpu.Buffer
			want  []float64
		}{
			{"norm", alone, RefBlockNorm(values[0], nil, s.h, s.w, s.c, s.k)},
			{"norm of a difference", minus, RefBlockNorm(values[0], values[1], s.h, s.w, s.c, s.k)},
		} {
			got, err := device.Read(ctx, out.norms, 0, 4*len(out.want))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range out.want {
				if v := float64(math.Float32frombits(binary.LittleEndian.Uint32(got[4*i:]))); math.Abs(v-want) > 1e-5*want {
					t.Errorf("%+v: %s %d is %g, want %g", s, out.name, i, v, want)
				}
			}
		}
		tape.Close()
	}
}
