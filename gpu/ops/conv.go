package ops

import (
	"fmt"

	"reverie/shaders"
)

// ConvSpec is the geometry of a k×k convolution: output pixel y reads input rows y·Stride − Pad … y·Stride − Pad + Kernel − 1,
// and zero outside the picture.
type ConvSpec struct {
	Kernel, Stride int
	Pad            int  // rows and columns of zeros before the picture
	PadAfter       int  // and after it; taming's downsampling pads only there
	Upsample       bool // the input is first enlarged ×2 by repeating pixels
}

// Conv3x3 keeps the picture's size.
var Conv3x3 = ConvSpec{Kernel: 3, Stride: 1, Pad: 1, PadAfter: 1}

// Downsample3x3 is taming-transformers' Downsample: pad one row and column at the bottom and right, then stride 2.
var Downsample3x3 = ConvSpec{Kernel: 3, Stride: 2, Pad: 0, PadAfter: 1}

// out is the size of the output along one axis.
func (s ConvSpec) out(n int) int {
	if s.Upsample {
		n *= 2
	}
	return (n+s.Pad+s.PadAfter-s.Kernel)/s.Stride + 1
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
	up := 1
	if s.Upsample {
		up = 2
	}
	oh, ow := s.out(h), s.out(w)
	for img := range n {
		for oy := range oh {
			for ox := range ow {
				for tap := range s.Kernel * s.Kernel {
					y, x := oy*s.Stride+tap/s.Kernel-s.Pad, ox*s.Stride+tap%s.Kernel-s.Pad
					if y >= 0 && x >= 0 && y < up*h && x < up*w {
						visit((img*oh+oy)*ow+ox, (img*h+y/up)*w+x/up, tap)
					}
				}
			}
		}
	}
}

// Conv is the convolution of x [n,h,w,In] with w, plus bias and residual (either may be nil).
func (t *Tape) Conv(x *Tensor, w Matrix, bias *Vector, s ConvSpec, residual *Tensor) *Tensor {
	if x.C != w.In || w.Taps != s.Kernel*s.Kernel {
		panic(fmt.Sprintf("ops: convolution [%d taps, %d, %d] with kernel %d on %v", w.Taps, w.Out, w.In, s.Kernel, x))
	}
	y := t.New(x.N, s.out(x.H), s.out(x.W), w.Out)
	p := convParams(s, y.Rows(), x, y, w)
	if s.Upsample {
		p.Up = 1
	}
	p.N4, p.K = uint32(y.Stride()/4), uint32(x.Stride()/4)
	p.LDA, p.LDC = uint32(x.Stride()/4), uint32(y.Stride()/4)
	r := contraction{a: x.Buf, b: w.Buf, c: y.Buf, half: w.Half, params: p, defines: shaders.Defines{"GATHER": ""}}
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

// convParams is what forward and backward share; from is the tensor that A holds, to the one that C holds.
func convParams(s ConvSpec, rows int, from, to *Tensor, w Matrix) contractParams {
	return contractParams{
		M: uint32(rows), Taps: uint32(w.Taps), LDB: uint32(Pad4(w.In) / 4), BTap: uint32(Pad4(w.Out) * Pad4(w.In) / 4),
		InH: uint32(from.H), InW: uint32(from.W), OutH: uint32(to.H), OutW: uint32(to.W),
		Kernel: uint32(s.Kernel), Stride: uint32(s.Stride), Pad: uint32(s.Pad),
	}
}

// convBackward adds the convolution's input gradient to d(x). With Upsample it goes by the enlarged picture's gradient.
func (t *Tape) convBackward(x, dy *Tensor, w Matrix, s ConvSpec) {
	if !x.needsGrad {
		return
	}
	into, defines := x, shaders.Defines{}
	var dx *Tensor
	if s.Upsample {
		dx = t.New(x.N, 2*x.H, 2*x.W, x.C)
		into = dx
	} else {
		dx, defines, _ = t.grad(x)
	}
	p := convParams(s, into.Rows(), dy, into, w)
	p.N4, p.K = uint32(dx.Stride()/4), uint32(dy.Stride()/4)
	p.LDA, p.LDC = uint32(dy.Stride()/4), uint32(dx.Stride()/4)
	if s.Stride > 1 {
		defines = with(defines, shaders.Defines{"STRIDED": ""})
	}
	t.contract(contraction{a: dy.Buf, b: w.Buf, c: dx.Buf, half: w.Half, params: p,
		defines: with(defines, shaders.Defines{"GATHER_BACKWARD": "", "B_ROWS": ""})})
	if s.Upsample {
		t.upsampleBackward(x, dx)
	}
}

// upsampleBackward adds to d(x) the sums of du's 2×2 blocks, du being the gradient of x enlarged ×2.
func (t *Tape) upsampleBackward(x, du *Tensor) {
	dx, defines, _ := t.grad(x)
	t.Plan.Dispatch(t.device.Kernel("upsample_backward.wgsl", defines), workgroupsOf(x), float64(8*x.Len()),
		struct{ Vecs, H, W, C4 uint32 }{uint32(x.vecs()), uint32(x.H), uint32(x.W), uint32(x.Stride() / 4)}, du.Buf, dx.Buf)
}
