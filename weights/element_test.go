package weights

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestEncodedSize(t *testing.T) {
	tests := []struct {
		typ  string
		n    int
		want int64
	}{
		{TypeF32, 3, 12}, {TypeF16, 3, 6}, {TypeQ8, 1, 32}, {TypeQ8, 16, 32}, {TypeQ8, 17, 48}, {TypeQ8, 32, 48},
		{TypeQ8, 256, 256 + 16}, {TypeQ8, 257, 272 + 32}, {TypeQ4, 1, 32}, {TypeQ4, 33, 32 + 16}, {TypeQ4, 256, 128 + 16},
		{TypeQ5, 256, 128 + 32 + 16}, {TypeQ6, 256, 128 + 64 + 16}, {TypeQ6, 1, 48}, {"q3", 1, -1}, {"", 1, -1},
	}
	for _, tt := range tests {
		if got := EncodedSize(tt.typ, tt.n); got != tt.want {
			t.Errorf("EncodedSize(%s, %d) = %d, want %d", tt.typ, tt.n, got, tt.want)
		}
	}
}

// The two planes of q8, byte by byte: 33 elements, so that the second block has one.
func TestQ8Layout(t *testing.T) {
	values := make([]float32, 33)
	values[0], values[1], values[31], values[32] = 127, -127, 1.4, -0.5
	got, err := Append([]byte("before"), TypeQ8, values)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]byte("before"), make([]byte, 48+16)...)
	quants, scales := want[6:54], want[54:]
	quants[0], quants[1], quants[31], quants[32] = 127, 0x81, 1, 0x81 // scale 1 rounds 1.4 to 1
	scales[1] = 0x3c                                                  // 1
	scale := F16(0.5 / 127)
	scales[2], scales[3] = byte(scale), byte(scale>>8)
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []string{TypeF32, TypeF16, TypeQ8, TypeQ6, TypeQ5, TypeQ4} {
		for _, n := range []int{1, 3, 7, 16, 31, 32, 33, 333, 4096} {
			values := make([]float32, n)
			for i := range values {
				values[i] = float32(rng.NormFloat64())
			}
			data, err := Append(nil, typ, values)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(data)) != EncodedSize(typ, n) {
				t.Fatalf("%s of %d elements has %d bytes, want %d", typ, n, len(data), EncodedSize(typ, n))
			}
			got := make([]float32, n)
			if err := Decode(got, typ, data, n, 0); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if e := math.Abs(float64(got[i] - v)); e > tolerance(typ, values, i) {
					t.Fatalf("%s of %d: element %d is %v, want %v", typ, n, i, got[i], v)
				}
			}
			part := make([]float32, (n+1)/2)
			if err := Decode(part, typ, data, n, n/2); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(part, got[n/2:]) {
				t.Errorf("%s of %d: the second half alone differs", typ, n)
			}
		}
	}
}

// tolerance is half a step of the type: f32 is exact, f16 has 11 bits, q8 has 127 steps up to the largest of a block, and its scale is
// rounded to 11 bits. The narrower types may cut off the extreme value by 0.7 of their step, which may itself be larger than needed by
// the tenth that the search leaves unused.
func tolerance(typ string, values []float32, i int) float64 {
	switch typ {
	case TypeF16:
		return math.Max(math.Abs(float64(values[i]))*0x1p-11, 0x1p-25)
	case TypeQ8, TypeQ6, TypeQ5, TypeQ4:
		block := values[i/BlockSize*BlockSize : min(len(values), i/BlockSize*BlockSize+BlockSize)]
		largest := 0.0
		for _, v := range block {
			largest = math.Max(largest, math.Abs(float64(v)))
		}
		if typ != TypeQ8 {
			return largest / float64(int(1)<<(bitsOf(typ)-1)-1) * 1.2
		}
		return largest / 127 * (0.5 + 127*0x1p-11)
	}
	return 0
}

func TestQ8Extremes(t *testing.T) {
	for _, v := range []float32{0, 1e-9, 3e-6, 1e-4, 6e4} {
		data, err := Append(nil, TypeQ8, []float32{v, -v})
		if err != nil {
			t.Fatalf("%v: %v", v, err)
		}
		var got [2]float32
		if err := Decode(got[:], TypeQ8, data, 2, 0); err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(got[0]-v)) > math.Max(4e-6, float64(v)*0.01) || got[1] != -got[0] {
			t.Errorf("%v became %v", v, got)
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	tests := []struct {
		typ     string
		value   float32
		isRange bool
		want    string
	}{
		{TypeF16, 70000, true, "f16 cannot hold 70000"},
		{TypeQ8, -9e4, true, "q8 cannot hold -90000"},
		{TypeQ4, 5e5, true, "q4 cannot hold 500000"},
		{TypeF32, nan, false, "element 1 is NaN"},
		{TypeQ8, inf, false, "element 1 is -Inf"},
		{"q2", 1, false, `no element type "q2"`},
	}
	for _, tt := range tests {
		data, err := Append([]byte{9}, tt.typ, []float32{1, tt.value})
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrRange) != tt.isRange {
			t.Errorf("%s of %v: error %v, want %q", tt.typ, tt.value, err, tt.want)
		}
		if !slices.Equal(data, []byte{9}) {
			t.Errorf("%s of %v: left %v behind", tt.typ, tt.value, data)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	tests := []struct {
		typ        string
		bytes      int
		n, from, k int
	}{
		{TypeF32, 11, 3, 0, 1}, {TypeF32, 12, 3, -1, 1}, {TypeF32, 12, 3, 2, 2}, {TypeF32, 12, 3, 4, 0},
		{TypeQ8, 31, 1, 0, 1}, {"x", 0, 0, 0, 0}, {TypeF16, 0, -1, 0, 0}, {TypeF16, 2, 1, math.MaxInt, 1},
	}
	for _, tt := range tests {
		if err := Decode(make([]float32, tt.k), tt.typ, make([]byte, tt.bytes), tt.n, tt.from); err == nil {
			t.Errorf("%+v was accepted", tt)
		}
	}
}

// The planes of q6, bit by bit: the low four bits of two quants to a byte, their high two bits of four to a byte.
func TestQ6Layout(t *testing.T) {
	values := []float32{-32, 31, -1, 6}
	got, err := Append(nil, TypeQ6, values)
	if err != nil {
		t.Fatal(err)
	}
	want := make([]byte, 48)
	want[0], want[1] = 0xf0, 0x6f                 // …0000 …1111, …1111 …0110
	want[16] = 0b10 | 0b01<<2 | 0b11<<4 | 0b00<<6 // 100000 011111 111111 000110
	want[32], want[33] = 0x00, 0x3c               // scale 1
	if !slices.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

// Each bit less doubles the error, and the search beats the plain scale, largest / half, on normal values.
func TestErrorOfBlockTypes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	values := make([]float32, 1<<14)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	// Relative root mean squares: of a uniform quantiser over the ±2.07σ that 32 normal values reach on average, less what the search gains.
	for typ, want := range map[string][2]float64{TypeQ8: {0.004, 0.006}, TypeQ6: {0.017, 0.021}, TypeQ5: {0.034, 0.042}, TypeQ4: {0.070, 0.084}} {
		data, err := Append(nil, typ, values)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, len(values))
		if err := Decode(got, typ, data, len(values), 0); err != nil {
			t.Fatal(err)
		}
		errors, sum := 0.0, 0.0
		for i, v := range values {
			errors += float64(got[i]-v) * float64(got[i]-v)
			sum += float64(v) * float64(v)
		}
		if e := math.Sqrt(errors / sum); e < want[0] || e > want[1] {
			t.Errorf("%s has a relative error of %.4f, want %v", typ, e, want)
		}
	}
}

func FuzzBlockTypes(f *testing.F) {
	f.Add([]byte{0, 0, 0x80, 0x3f}, uint8(0))
	f.Add([]byte{0, 0, 0x80, 0x3f, 0, 0, 0x80, 0xbf, 1, 0, 0, 0}, uint8(1))
	f.Add(slices.Repeat([]byte{0xff, 0xff, 0x7f, 0x7f}, 33), uint8(2))
	f.Fuzz(func(t *testing.T, bits []byte, which uint8) {
		typ := []string{TypeQ4, TypeQ5, TypeQ6, TypeQ8}[which%4]
		values := make([]float32, len(bits)/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(bits[4*i:]))
		}
		data, err := Append(nil, typ, values)
		if err != nil {
			return
		}
		got := make([]float32, len(values))
		if err := Decode(got, typ, data, len(values), 0); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if v-v != 0 || v*values[i] < 0 {
				t.Fatalf("%s: %v became %v", typ, values[i], v)
			}
		}
	})
}
