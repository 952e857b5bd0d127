package ops

import (
	"fmt"

	"reverie/shaders"
)

// ConvSpec is the geometry of a k×k convolution: output pixel y reads input rows y·Stride − Pad … y·Stride − Pad + Kernel − 1,
// and zero outside the picture, or what lies at its other edge.
type ConvSpec struct {
	Kernel, Stride int
	Pad            int  // rows and columns of zeros before the picture
	PadAfter       int  // and after it; taming's downsampling pads only there
	Transposed     bool // the transpose of all this: input and output change places, as in the input gradient
	Wrap           Axes // along which the picture's edges meet: beyond one lies the other in place of zeros
}

// Conv3x3 keeps the picture's size.
var Conv3x3 = ConvSpec{Kernel: 3, Stride: 1, Pad: 1, PadAfter: 1}

// Downsample3x3 is taming-transformers' Downsample: pad one row and column at the bottom and right, then stride 2.
var Downsample3x3 = ConvSpec{Kernel: 3, Stride: 2, Pad: 0, PadAfter: 1}

// Enlarge3x3 is Conv3x3 on a picture that is first enlarged ×2 by repeating pixels. Where taps of the 3×3 kernel meet copies of one
// pixel their weights can be summed beforehand: that leaves the transpose of a 4×4 convolution with stride 2, which for each output
// pixel does 4 products instead of 9. Its weights are those of RefEnlargedWeights.
var Enlarge3x3 = ConvSpec{Kernel: 4, Stride: 2, Pad: 1, PadAfter: 1, Transposed: true}

// RefEnlargedWeights makes Enlarge3x3's weights [16, ...] of the 3×3 convolution's w [9, ...], of size elements per tap. Along each axis
// tap k meets the copies that taps 2−k and 3−k of w meet.
func RefEnlargedWeights(w []float64, size int) []float64 {
	out := make([]float64, 16*size)
	for k := range 4 * 4 {
		for ky := max(0, 2-k/4); ky <= min(2, 3-k/4); ky++ {
			for kx := max(0, 2-k%4); kx <= min(2, 3-k%4); kx++ {
				for i := range size {
					out[k*size+i] += w[(3*ky+kx)*size+i]
				}
			}
		}
	}
	return out
}

// out is the size of the output along one axis.
func (s ConvSpec) out(n int) int {
	if s.Transposed {
		return (n-1)*s.Stride + s.Kernel - s.Pad - s.PadAfter
	}
	return (n+s.Pad+s.PadAfter-s.Kernel)/s.Stride + 1
}

// transpose is the convolution with input and output exchanged.
func (s ConvSpec) transpose() ConvSpec {
	s.Transposed = !s.Transposed
	return s
}

// RefConv is y[n,oy,ox,o] = b[o] + Σ w[ky,kx,o,i]·x[n, oy·s+ky−pad, ox·s+kx−pad, i], channels last, w as Matrix orders it.
func RefConv(x, w, b []float64, n, h, wd, in, out int, s ConvSpec) []float64 {
	oh, ow := s.out(h), s.out(wd)
	y := make([]float64, n*oh*ow*out)
	s.each(n, h, wd, func(pixel, source, tap int) {
		for o := range out {
			for i := range in {
				y[pixel*out+o] += w[(tap*out+o)*in+i] * x[source*in+i]
			}
		}
	})
	for i := range y {
		if b != nil {
			y[i] += b[i%out]
		}
	}
	return y
}

// RefConvBackward is dx = Σ over the output pixels and taps that read x.
func RefConvBackward(dy, w []float64, n, h, wd, in, out int, s ConvSpec) []float64 {
	dx := make([]float64, n*h*wd*in)
	s.each(n, h, wd, func(pixel, source, tap int) {
		for o := range out {
			for i := range in {
				dx[source*in+i] += w[(tap*out+o)*in+i] * dy[pixel*out+o]
			}
		}
	})
	return dx
}

// each visits every (output pixel, input pixel, tap) that meet.
func (s ConvSpec) each(n, h, w int, visit func(pixel, source, tap int)) {
	oh, ow := s.out(h), s.out(w)
	if s.Transposed {
		s.transpose().each(n, oh, ow, func(pixel, source, tap int) { visit(source, pixel, tap) })
		return
	}
	for img := range n {
		for oy := range oh {
			for ox := range ow {
				for tap := range s.Kernel * s.Kernel {
					y, x := oy*s.Stride+tap/s.Kernel-s.Pad, ox*s.Stride+tap%s.Kernel-s.Pad
					if s.Wrap.Y {
						y = (y + s.Kernel*h) % h
					}
					if s.Wrap.X {
						x = (x + s.Kernel*w) % w
					}
					if y >= 0 && x >= 0 && y < h && x < w {
						visit((img*oh+oy)*ow+ox, (img*h+y)*w+x, tap)
					}
				}
			}
		}
	}
}

// Conv is the convolution of x [n,h,w,In] with w, plus bias and residual (either may be nil).
func (t *Tape) Conv(x *Tensor, w Matrix, bias *Vector, s ConvSpec, residual *Tensor) *Tensor {
	if x.C != w.In || w.Taps != s.Kernel*s.Kernel || s.Kernel < s.Stride {
		panic(fmt.Sprintf("ops: convolution [%d taps, %d, %d] with kernel %d and stride %d on %v", w.Taps, w.Out, w.In, s.Kernel, s.Stride, x))
	}
	s.Wrap = Axes{s.Wrap.X || t.wrap.X, s.Wrap.Y || t.wrap.Y}
	y := t.activation(x.N, s.out(x.H), s.out(x.W), w.Out)
	r := s.contraction(x, y, w)
	r.layer = true
	if bias != nil {
		r.bias = bias.Buf
	}
	inputs := []*Tensor{x}
	if residual != nil {
		sameShape("convolution residual", y, residual)
		r.residual = residual.Buf
		inputs = append(inputs, residual)
	}
	t.contract(r)
	t.onBackward(y, func(dy *Tensor) {
		t.convBackward(x, dy, w, s)
		if residual != nil {
			t.passGrad(residual, dy)
		}
	}, inputs...)
	return y
}

// convBackward adds the convolution's input gradient to d(x).
func (t *Tape) convBackward(x, dy *Tensor, w Matrix, s ConvSpec) {
	dx, accumulate, ok := t.grad(x)
	if !ok {
		return
	}
	r := s.transpose().contraction(dy, dx, w)
	r.defines = with(r.defines, accumulate, shaders.Defines{"B_ROWS": ""})
	t.contract(r)
}

// contraction is the convolution of from into to, or its transpose; what w's rows and columns are is left to the caller.
func (s ConvSpec) contraction(from, to *Tensor, w Matrix) contraction {
	r := contraction{a: from.Buf, b: w.Buf, c: to.Buf, defines: shaders.Defines{"GATHER": ""}, params: contractParams{
		M: uint32(to.Rows()), N4: uint32(to.Stride() / 4), K: uint32(from.Stride() / 4), Taps: uint32(w.Taps),
		LDA: uint32(from.Stride() / 4), LDB: uint32(Pad4(w.In) / 4), LDC: uint32(to.Stride() / 4), BTap: uint32(Pad4(w.Out) * Pad4(w.In) / 4),
		InH: uint32(from.H), InW: uint32(from.W), OutH: uint32(to.H), OutW: uint32(to.W),
		Kernel: uint32(s.Kernel), Stride: uint32(s.Stride), Pad: uint32(s.Pad),
	}}
	if s.Transposed {
		r.defines = shaders.Defines{"GATHER_BACKWARD": ""}
		if s.Stride > 1 {
			r.defines["STRIDED"] = ""
			r.batch = s.Stride * s.Stride
			r.params.M = uint32(to.N * ceilDiv(to.H, s.Stride) * ceilDiv(to.W, s.Stride))
		}
	}
	if s.Wrap.X {
		r.defines["WRAP_X"] = ""
	}
	if s.Wrap.Y {
		r.defines["WRAP_Y"] = ""
	}
	return r
}
