package ops

import (
	"bytes"
	"context"
	"testing"
)

func TestPixelsKernel(t *testing.T) {
	ctx := context.Background()
	for _, s := range []struct {
		h, w int
		key  Key
	}{{1, 1, Key{}}, {7, 3, Key{}}, {33, 31, Key{}}, {33, 31, Key{true, [3]float64{0.4, 0.4, 0.4}}}} {
		values := make([]float32, s.h*s.w*3)
		for i := range values {
			values[i] = float32(i%259) / 255 // every byte exactly, and beyond 1
			if i%2 == 1 {
				values[i] -= 0.001
			}
		}
		tape := NewTape(device)
		x := tape.Input(1, s.h, s.w, 3, false)
		tape.Write(x, values)
		out := tape.KeyedPixels(x, s.key)
		if err := tape.Compile(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if err := tape.Plan.Run(); err != nil {
			t.Fatal(err)
		}
		got, err := device.Read(ctx, out, 0, 4*s.h*s.w)
		if err != nil {
			t.Fatal(err)
		}
		want := RefPixels(values, s.key)
		for i := 3; i < len(got); i += 4 {
			if s.key.On && got[i]-want[i]+1 <= 2 { // what is truncated may differ in its last bit
				got[i] = want[i]
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d×%d: got %v, want %v", s.h, s.w, got, want)
		}
		tape.Close()
	}
}
