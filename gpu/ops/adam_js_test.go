package ops

import (
	"context"
	"testing"
)

func TestAdamKernel(t *testing.T) {
	ctx := context.Background()
	for _, s := range []struct {
		name       string
		h, w, c    int
		bounded    bool
		rate       float64
		first      int
		gradientBy float64
	}{
		{"one element", 1, 1, 1, false, 0.1, 0, 1},
		{"padded channels", 7, 3, 5, false, 0.05, 0, 1},
		{"bounded", 9, 11, 48, true, 0.4, 0, 1e-3},
		{"late and tiny gradients", 3, 3, 7, false, 0.1, 5000, 1e-9},
	} {
		t.Run(s.name, func(t *testing.T) {
			n := s.h * s.w * s.c
			tape := NewTape(device)
			defer tape.Close()
			x := tape.Input(1, s.h, s.w, s.c, true)
			var lo, hi []float64
			if s.bounded {
				for i := range s.c {
					lo, hi = append(lo, -0.5), append(hi, 0.75+float64(i)/64)
				}
			}
			state := tape.Buffer("step", StateSize)
			want, refM, refV := normals(s.name, n), make([]float64, n), make([]float64, n)
			tape.Write(x, float32s(want))
			dx := tape.Seed(x)
			var lowest, highest []float32
			if s.bounded {
				lowest, highest = float32s(lo), float32s(hi)
			}
			m, _ := tape.Adam(x, state, DefaultAdam, lowest, highest)
			if err := tape.Compile(ctx, nil); err != nil {
				t.Fatal(err)
			}
			for step := range 5 {
				g := normals(s.name+string(rune('a'+step)), n)
				for i := range g {
					g[i] = float64(float32(g[i] * s.gradientBy))
				}
				tape.Write(dx, float32s(g))
				device.Write(state, 0, State{Step: s.first + step, Rate: s.rate, Adam: DefaultAdam}.Encode())
				if err := tape.Plan.Run(); err != nil {
					t.Fatal(err)
				}
				want = RefAdam(want, g, refM, refV, lo, hi, s.c, DefaultAdam, s.rate, s.first+step+1)
			}
			got, err := tape.Read(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "x after five updates", got, want, 2e-6)
			checkPadding(t, tape, "x", x)
			if got, err = tape.Read(ctx, m); err != nil {
				t.Fatal(err)
			}
			compare(t, "first moment", got, refM, 2e-6)
		})
	}
}
