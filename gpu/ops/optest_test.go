package ops

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"reverie/shaders"
	"reverie/weights"
)

// opCase is one op at one shape. The same table serves two tests: natively its reference backward is held against finite
// differences of its reference forward, and on a device its kernels are held against both references.
type opCase struct {
	name   string
	shapes [][4]int // N, H, W, C of the inputs that are tensors
	// values makes an input's elements; nil means standard normal ones.
	values func(input int, r *rand.Rand) float64
	ref    func(in [][]float64) []float64
	// back returns the gradient of each input, nil for one without.
	back   func(in [][]float64, dy []float64) [][]float64
	record func(t *Tape, in []*Tensor) *Tensor
	// tol and gradTol are relative to the largest expected magnitude. Zero means defaultTol.
	tol, gradTol float64
	// skipDifferences is for straight-through gradients, which are not derivatives.
	skipDifferences bool
}

// defaultTol allows for float32 sums of a few thousand terms: 2^-24 · √terms · a small factor.
const defaultTol = 5e-6

func (c opCase) rand() *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(c.name))
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// inputs makes the case's values, rounded to float32 so that the device computes with the same ones.
func (c opCase) inputs() [][]float64 {
	r := c.rand()
	in := make([][]float64, len(c.shapes))
	for i, s := range c.shapes {
		in[i] = make([]float64, s[0]*s[1]*s[2]*s[3])
		for j := range in[i] {
			v := r.NormFloat64()
			if c.values != nil {
				v = c.values(i, r)
			}
			in[i][j] = float64(float32(v))
		}
	}
	return in
}

// normals are n reproducible float32-rounded standard normal values.
func normals(name string, n int) []float64 {
	r := opCase{name: name}.rand()
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(float32(r.NormFloat64()))
	}
	return v
}

func TestReferenceGradients(t *testing.T) {
	for _, c := range allCases() {
		if c.skipDifferences || c.back == nil {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			in := c.inputs()
			dy := normals(c.name+" dy", len(c.ref(in)))
			grads := c.back(in, dy)
			for i, g := range grads {
				if g == nil {
					continue
				}
				v := normals(c.name+" direction", len(in[i]))
				const eps = 1e-5
				moved := func(sign float64) float64 {
					shifted := append([][]float64{}, in...)
					shifted[i] = make([]float64, len(in[i]))
					for j := range v {
						shifted[i][j] = in[i][j] + sign*eps*v[j]
					}
					return dot(c.ref(shifted), dy)
				}
				got, want := dot(g, v), (moved(1)-moved(-1))/(2*eps)
				// Central differences of step 1e-5 in float64 keep about seven digits of the sum's largest terms.
				scale := math.Abs(want) + 1e-3*norm(g)*norm(v) + 1e-9
				if math.Abs(got-want) > 1e-5*scale {
					t.Errorf("input %d: gradient along a direction is %.9g, finite difference %.9g", i, got, want)
				}
			}
		})
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

func float32s(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

// testMatrix uploads w [taps, out, in] as a Matrix, padded.
func testMatrix(t *Tape, w []float64, taps, out, in int) Matrix {
	m := Matrix{Taps: taps, Out: out, In: in, Buf: t.Buffer("w", 4*taps*Pad4(out)*Pad4(in))}
	data := make([]byte, m.Buf.Size())
	for tap := range taps {
		for o := range out {
			for i := range in {
				at := (tap*Pad4(out)+o)*Pad4(in) + i
				binary.LittleEndian.PutUint32(data[4*at:], math.Float32bits(float32(w[(tap*out+o)*in+i])))
			}
		}
	}
	t.device.Write(m.Buf, 0, data)
	return m
}

// testHalfMatrix uploads w, whose values float16 holds, as a Matrix of packed float16.
func testHalfMatrix(t *Tape, w []float64, taps, out, in int) Matrix {
	m := Matrix{Taps: taps, Out: out, In: in, Buf: t.Buffer("w", 2*taps*Pad4(out)*Pad4(in)).As(shaders.Float16)}
	data := make([]byte, m.Buf.Size())
	for tap := range taps {
		for o := range out {
			for i := range in {
				at := (tap*Pad4(out)+o)*Pad4(in) + i
				binary.LittleEndian.PutUint16(data[2*at:], weights.F16(float32(w[(tap*out+o)*in+i])))
			}
		}
	}
	t.device.Write(m.Buf, 0, data)
	return m
}

// testVector uploads v as a Vector.
func testVector(t *Tape, v []float64) *Vector {
	b := &Vector{N: len(v), Buf: t.Buffer("v", 4*Pad4(len(v)))}
	data := make([]byte, b.Buf.Size())
	for i, x := range v {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(float32(x)))
	}
	t.device.Write(b.Buf, 0, data)
	return b
}

// allCases is every op's table.
func allCases() []opCase {
	var all []opCase
	for _, table := range [][]opCase{linearCases(), convCases(), groupNormCases(), layerNormCases(), attentionCases(), tokenCases(), tableCases(), patchCases(),
		clampCases(), codebookCases(), noiseCases(), cutoutCases(), poolCases(), warpCases(), sharpenCases(), jitterCases(), eraseCases(),
		resNetCases(), sliceCases(), mirrorCases(), meshCases(), averageCases(), fillCases(), overlayCases(), padCases(), moveCases(), gramCases(), backdropCases(), windowCases(), coherenceCases()} {
		all = append(all, table...)
	}
	return all
}
