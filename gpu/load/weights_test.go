package load

import (
	"testing"

	"reverie/weights"
)

func TestSlabSize(t *testing.T) {
	const binding = 128 << 20
	for _, tt := range []struct {
		name string
		typ  string
		rows int
		want int64
	}{
		{"what fits is whole", weights.TypeF32, 1000, 4 * 768 * 1000},
		{"ViT-L/14's vocabulary in float32", weights.TypeF32, 49408, 4 * 768 * (binding / (4 * 768))},
		{"its packed form fits", weights.TypeF16, 49408, 2 * 768 * 49408},
		{"packed forms are not cut", weights.TypeF16, 200000, 2 * 768 * 200000},
	} {
		s := []int{tt.rows, 768}
		tensor := weights.Tensor{Type: tt.typ, Shape: s, Size: weights.EncodedSize(tt.typ, tt.rows*768)}
		if got := slabSize(tensor, binding); got != tt.want {
			t.Errorf("%s: slabs of %d bytes, want %d", tt.name, got, tt.want)
		}
	}
}
