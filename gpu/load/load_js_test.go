package load

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/gpu/ops"
	"reverie/weights"
)

var device *gpu.Device

func TestMain(m *testing.M) {
	var err error
	if device, err = gpu.Open(context.Background()); err != nil {
		println("these tests need a WebGPU device:", err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// stored makes a part of one tensor w as if it had been fetched, and the values that its stored form decodes to.
func stored(t *testing.T, typ string, shape ...int) (*Weights, []float32) {
	n := 1
	for _, s := range shape {
		n *= s
	}
	r := rand.New(rand.NewPCG(uint64(n), 7))
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	data, err := weights.Append(nil, typ, v)
	if err != nil {
		t.Fatal(err)
	}
	decoded := make([]float32, n)
	if err := weights.Decode(decoded, typ, data, n, 0); err != nil {
		t.Fatal(err)
	}
	for len(data)%16 != 0 {
		data = append(data, 0)
	}
	b := device.NewBuffer("stored", len(data))
	device.Write(b, 0, data)
	p := &weights.Part{Name: "test", Tensors: []weights.Tensor{{Name: "w", Shape: shape, Type: typ}}}
	return &Weights{ctx: context.Background(), device: device, part: p, stored: map[string]slabs{"w": {int64(len(data)), []*gpu.Buffer{b}}}}, decoded
}

func finish(t *testing.T, w *Weights) {
	t.Helper()
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
}

// expect fails unless the buffer's float32 elements are want(tap, row, column), the padding being zero.
func expect(t *testing.T, b *gpu.Buffer, taps, rows, columns int, want func(tap, row, column int) float32) {
	t.Helper()
	data, err := device.Read(context.Background(), b, 0, 4*taps*rows*columns)
	if err != nil {
		t.Fatal(err)
	}
	got := ops.Unpad(data, taps*rows, columns)
	for i, g := range got {
		if w := want(i/columns/rows, i/columns%rows, i%columns); g != w && !(math.IsNaN(float64(g)) && math.IsNaN(float64(w))) {
			t.Fatalf("element %d (tap %d, row %d, column %d) is %g, want %g", i, i/columns/rows, i/columns%rows, i%columns, g, w)
		}
	}
}

func TestUnpack(t *testing.T) {
	for _, typ := range []string{weights.TypeF32, weights.TypeF16, weights.TypeQ8, weights.TypeQ6, weights.TypeQ5, weights.TypeQ4} {
		t.Run(typ+" convolution", func(t *testing.T) {
			w, v := stored(t, typ, 5, 3, 3, 3)
			m := w.Linear("w")
			finish(t, w)
			expect(t, m.Buf, 9, 8, 4, func(tap, o, i int) float32 {
				if o >= 5 || i >= 3 {
					return 0
				}
				return v[(o*3+i)*9+tap]
			})
		})
		t.Run(typ+" transposed", func(t *testing.T) {
			w, v := stored(t, typ, 6, 5)
			m := w.Transposed("w")
			finish(t, w)
			expect(t, m.Buf, 1, 8, 8, func(_, o, i int) float32 {
				if o >= 5 || i >= 6 {
					return 0
				}
				return v[i*5+o]
			})
		})
		t.Run(typ+" patch", func(t *testing.T) {
			w, v := stored(t, typ, 7, 3, 4, 4)
			m := w.Patch("w")
			finish(t, w)
			if m.In != 64 || m.Taps != 1 {
				t.Fatalf("patch weight has %d taps and %d columns, want 1 and 64", m.Taps, m.In)
			}
			expect(t, m.Buf, 1, 8, 64, func(_, o, i int) float32 {
				if o >= 7 || i%4 == 3 {
					return 0
				}
				return v[(o*3+i%4)*16+i/4]
			})
		})
		t.Run(typ+" rows", func(t *testing.T) {
			w, v := stored(t, typ, 3, 6)
			x := w.Rows("w")
			finish(t, w)
			expect(t, x.Buf, 1, 3, 8, func(_, o, i int) float32 {
				if i >= 6 {
					return 0
				}
				return v[o*6+i]
			})
		})
	}
}

// The sums of taps are held against those in float64: up to four terms of order one, whose rounding is some 2^-24 of their size.
func TestUnpackEnlarged(t *testing.T) {
	for _, typ := range []string{weights.TypeF32, weights.TypeF16, weights.TypeQ8} {
		const rows, columns = 5, 6
		w, v := stored(t, typ, rows, columns, 3, 3)
		m := w.Enlarged("w")
		finish(t, w)
		taps := make([]float64, 9*8*8)
		for i := range rows * columns * 9 {
			taps[(i%9*8+i/9/columns)*8+i/9%columns] = float64(v[i])
		}
		data, err := device.Read(context.Background(), m.Buf, 0, m.Buf.Size())
		if err != nil {
			t.Fatal(err)
		}
		want := ops.RefEnlargedWeights(taps, 8*8)
		for i, g := range ops.Unpad(data, 16*8, 8) {
			if !(math.Abs(float64(g)-want[i]) <= 1e-6) {
				t.Fatalf("%s: element %d (tap %d, row %d, column %d) is %g, want %g", typ, i, i/64, i/8%8, i%8, g, want[i])
			}
		}
	}
}

// Adapters that are no software have weights in packed float16; here that is asked for by hand. Quantised values are rounded once
// more, to either side.
func TestUnpackPacked(t *testing.T) {
	for typ, tolerance := range map[string]float64{weights.TypeF16: 0, weights.TypeQ8: 0x1p-10, weights.TypeQ5: 0x1p-10} {
		w, v := stored(t, typ, 6, 5)
		view := linearView([]int{6, 5})
		b := w.buffer("packed", view.vecs(), true)
		w.unpack("w", view, b, 0)
		finish(t, w)
		data, err := device.Read(context.Background(), b, 0, 2*8*8)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * 8 {
			want := 0.0
			if o, c := i/8, i%8; o < 6 && c < 5 {
				want = float64(v[o*5+c])
			}
			if got := float64(weights.F32(binary.LittleEndian.Uint16(data[2*i:]))); math.Abs(got-want) > tolerance*math.Abs(want) {
				t.Fatalf("%s: element %d is %g, want %g", typ, i, got, want)
			}
		}
	}
}

// A table that is too long for one binding lies in slabs of whole rows, whose borders are not those of the shards.
func TestTakeIntoSlabs(t *testing.T) {
	const rows, columns, perSlab, perShard = 7, 3, 2, 40 // the last in bytes
	want := make([]float32, rows*columns)
	for i := range want {
		want[i] = float32(i) + 0.5
	}
	data, err := weights.Append(nil, weights.TypeF32, want)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(data))
	w := &Weights{ctx: context.Background(), device: device, stored: map[string]slabs{},
		part: &weights.Part{Name: "test", Tensors: []weights.Tensor{{Name: "w", Shape: []int{rows, columns}, Type: weights.TypeF32, Size: size}}}}
	w.stored["w"] = inSlabs(device, "w", size, 4*columns*perSlab)
	defer w.Close()
	for first := int64(0); first < size; first += perShard {
		shard := data[first:min(size, first+perShard)]
		w.take(piece{Shard: weights.Shard{Size: int64(len(shard))}, first: first}, blob.Of(shard))
	}
	table := w.Table("w")
	if len(table.Slabs) != 4 || table.SlabRows != perSlab {
		t.Fatalf("%d slabs of %d rows, want 4 of %d", len(table.Slabs), table.SlabRows, perSlab)
	}
	for i, slab := range table.Slabs {
		n := min(perSlab, rows-i*perSlab)
		got, err := device.Read(context.Background(), slab, 0, slab.Size())
		if err != nil {
			t.Fatal(err)
		}
		if first := 4 * columns * perSlab * i; string(got[:4*columns*n]) != string(data[first:first+4*columns*n]) {
			t.Errorf("slab %d holds %x, want %x", i, got[:4*columns*n], data[first:first+4*columns*n])
		}
	}
}
