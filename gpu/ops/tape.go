package ops

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
	"reverie/weights"
)

// Tape records the kernels of one step and how to walk them back.
//
// Nothing takes memory while it is recorded, but what the host writes. Compile knows all dispatches, and lets tensors share memory whose
// lives do not meet; see gpu.Plan.
type Tape struct {
	Plan      *gpu.Plan
	Recompute bool // what lies within a Segment is not kept for the way back

	float16    bool // what layers and norms give is stored in float16, and in bfloat16 its gradients
	multiply16 bool // linear layers and convolutions multiply in float16 on the way forward

	wrap Axes // as Wrapped says

	device *gpu.Device
	back   []func() // how to record each op's backward, in the order of the ops
	owned  []*gpu.Buffer
	part   string // as Part named it
}

// NewTape begins an empty tape.
func NewTape(d *gpu.Device) *Tape { return &Tape{Plan: d.NewPlan(), device: d} }

// HalfPrecision makes what is recorded from now on compute in half precision: what layers and norms give is stored in float16 and its
// gradients in bfloat16. Layers multiply in float16 on the way forward where the device's tuning found that faster; see Multiply. Sums, statistics
// and probabilities stay float32 everywhere.
func (t *Tape) HalfPrecision() {
	t.float16 = true
	t.multiply16 = Multiplies(t.device) == inFloat16
}

// Wrapped makes the edges of pictures meet along some axes in all convolutions that f records, and in their gradients.
func (t *Tape) Wrapped(along Axes, f func() *Tensor) *Tensor {
	before := t.wrap
	t.wrap = along
	defer func() { t.wrap = before }()
	return f()
}

// New makes a tensor whose contents are undefined until a kernel writes it.
func (t *Tape) New(n, h, w, c int) *Tensor {
	return t.stored(shaders.Float32, n, h, w, c)
}

// stored is New with elements of a form.
func (t *Tape) stored(form shaders.Form, n, h, w, c int) *Tensor {
	x := &Tensor{N: n, H: h, W: w, C: c}
	x.Buf = t.device.Scratch("activation", form.Size()*x.Len()).As(form)
	return x
}

// like makes a tensor of x's shape.
func (t *Tape) like(x *Tensor) *Tensor { return t.New(x.N, x.H, x.W, x.C) }

// activation makes a tensor for what a layer or a norm gives: in float32, or in half precision in float16.
func (t *Tape) activation(n, h, w, c int) *Tensor {
	if t.float16 {
		return t.stored(shaders.Float16, n, h, w, c)
	}
	return t.New(n, h, w, c)
}

// gradLike makes a tensor for the gradient of x: in bfloat16 where x is in float16, because gradients are often smaller than float16's
// least step, and no scale suits all of a model's.
func (t *Tape) gradLike(x *Tensor) *Tensor {
	form := shaders.Float32
	if x.Buf.Form() == shaders.Float16 {
		form = shaders.BFloat16
	}
	d := t.stored(form, x.N, x.H, x.W, x.C)
	d.Buf.Named("gradient")
	return d
}

// activationLike is an activation of x's shape.
func (t *Tape) activationLike(x *Tensor) *Tensor { return t.activation(x.N, x.H, x.W, x.C) }

// Input makes a tensor that the host writes, and that keeps what it holds from run to run. NeedsGrad asks for its gradient, which is kept.
func (t *Tape) Input(n, h, w, c int, needsGrad bool) *Tensor {
	x := &Tensor{N: n, H: h, W: w, C: c, needsGrad: needsGrad, host: true}
	x.Buf = t.Buffer("input", 4*x.Len())
	return x
}

// Buffer makes a buffer that stands as long as the tape.
func (t *Tape) Buffer(label string, bytes int) *gpu.Buffer {
	b := t.device.NewBuffer(label, bytes)
	t.owned = append(t.owned, b)
	return b
}

// Keep says that the host or a later tape reads x. It must come before Compile.
func (t *Tape) Keep(x *Tensor) *Tensor {
	x.Buf.Keep()
	return x
}

// onBackward says how to record the backward of the op that made y, if one of the inputs wants a gradient. The function
// is called when d(y) is complete.
func (t *Tape) onBackward(y *Tensor, record func(dy *Tensor), inputs ...*Tensor) {
	for _, x := range inputs {
		y.needsGrad = y.needsGrad || x.needsGrad
	}
	if !y.needsGrad {
		return
	}
	t.back = append(t.back, func() {
		if y.d == nil {
			return // y does not reach the loss
		}
		record(y.d)
	})
}

// grad returns the buffer for d(x) and the switch ACCUMULATE if something is in it already. Ok is false if x wants none.
func (t *Tape) grad(x *Tensor) (d *Tensor, accumulate shaders.Defines, ok bool) {
	if !x.needsGrad {
		return nil, nil, false
	}
	if x.d != nil {
		return x.d, shaders.Defines{"ACCUMULATE": ""}, true
	}
	t.setGrad(x, t.gradLike(x))
	return x.d, shaders.Defines{}, true
}

// setGrad makes d the gradient of x; the host may read it if it writes x.
func (t *Tape) setGrad(x, d *Tensor) {
	x.d = d
	if x.host {
		t.Keep(d)
	}
}

// Seed makes d(y) a buffer that the caller fills, by a kernel or from the host, before Backward's kernels run.
func (t *Tape) Seed(y *Tensor) *Tensor {
	if y.d != nil {
		panic(fmt.Sprintf("ops: gradient of %v is seeded twice", y))
	}
	y.d = t.Input(y.N, y.H, y.W, y.C, false)
	return y.d
}

// Backward records the gradients of everything that led to the seeded tensors.
func (t *Tape) Backward() { t.BackwardTo(0) }

// Mark is a place on the tape for BackwardTo: the end as it is now.
func (t *Tape) Mark() Mark { return Mark(len(t.back)) }

// Mark is a place on a tape.
type Mark int

// Part names what is recorded from here on, up to the next Part, so that it can be measured. The kernels of its way back belong to
// PartGradient(name).
func (t *Tape) Part(name string) {
	before := t.part
	t.part = name
	t.Plan.SetPart(name)
	t.back = append(t.back, func() {
		t.part = before
		t.Plan.SetPart(PartGradient(before))
	})
}

// PartGradient is the name of the way back through a part.
func PartGradient(name string) string { return name + ", gradient" }

// BackwardTo records the gradients of what was recorded since the mark, which must be complete, and goes back no further. So a batch
// can go forward and backward in parts, and each part's memory serves the next.
func (t *Tape) BackwardTo(m Mark) {
	t.Plan.SetPart(PartGradient(t.part))
	for len(t.back) > int(m) {
		last := len(t.back) - 1
		record := t.back[last]
		t.back = t.back[:last]
		record()
	}
}

// Segment records y = f(x), a part of a model that depends on x and on weights alone. While the tape recomputes, nothing between x and
// y is kept for the way back, where it is computed once more: the same kernels on the same numbers, so the gradient is the same to the
// bit. See Chen et al., "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174.
func (t *Tape) Segment(x *Tensor, f func(x *Tensor) *Tensor) *Tensor {
	if !t.Recompute || !x.needsGrad {
		return f(x)
	}
	y := f(&Tensor{N: x.N, H: x.H, W: x.W, C: x.C, Buf: x.Buf})
	if y.needsGrad || y.Buf == x.Buf {
		panic(fmt.Sprintf("ops: what is recomputed from %v has another input", x))
	}
	t.onBackward(y, func(dy *Tensor) {
		m := t.Mark()
		again := &Tensor{N: x.N, H: x.H, W: x.W, C: x.C, Buf: x.Buf, needsGrad: true, d: x.d, host: x.host}
		y := f(again)
		y.Buf.Discard()
		y.d = dy
		t.BackwardTo(m)
		x.d = again.d
	}, x)
	return y
}

// Compile builds the tape's plan.
func (t *Tape) Compile(ctx context.Context, progress func(done, total int)) error {
	return t.Plan.Compile(ctx, progress)
}

// Close gives back every buffer of the tape.
func (t *Tape) Close() {
	t.Plan.Close()
	for _, b := range t.owned {
		b.Destroy()
	}
	t.owned = nil
}

// Bytes is the memory that the tape takes on the device once it is compiled.
func (t *Tape) Bytes() int64 {
	n := t.Plan.Memory().Total
	for _, b := range t.owned {
		n += int64(b.Size())
	}
	return n
}

// Write fills x from values of its unpadded elements, row by row.
func (t *Tape) Write(x *Tensor, values []float32) {
	if len(values) != x.Rows()*x.C {
		panic(fmt.Sprintf("ops: %d values for %v", len(values), x))
	}
	data := make([]byte, 4*x.Len())
	for r := range x.Rows() {
		for c := range x.C {
			binary.LittleEndian.PutUint32(data[4*(r*x.Stride()+c):], math.Float32bits(values[r*x.C+c]))
		}
	}
	t.device.Write(x.Buf, 0, data)
}

// Read waits for x and returns its unpadded elements.
func (t *Tape) Read(ctx context.Context, x *Tensor) ([]float32, error) {
	data, err := t.device.Read(ctx, x.Buf, 0, x.Buf.Form().Size()*x.Len())
	if err != nil {
		return nil, err
	}
	return Elements(data, x), nil
}

// Elements are the unpadded elements of x, row by row, of the bytes that its buffer holds.
func Elements(data []byte, x *Tensor) []float32 {
	return Unpad(widened(data, x.Buf.Form()), x.Rows(), x.C)
}

// widened turns elements of a form into float32.
func widened(data []byte, form shaders.Form) []byte {
	if form == shaders.Float32 {
		return data
	}
	out := make([]byte, 0, 2*len(data))
	for i := 0; i < len(data); i += 2 {
		element := binary.LittleEndian.Uint16(data[i:])
		bits := uint32(element) << 16
		if form == shaders.Float16 {
			bits = math.Float32bits(weights.F32(element))
		}
		out = binary.LittleEndian.AppendUint32(out, bits)
	}
	return out
}

// Unpad takes the float32 elements of rows × cols out of a padded tensor's bytes.
func Unpad(data []byte, rows, cols int) []float32 {
	out := make([]float32, 0, rows*cols)
	for r := range rows {
		for c := range cols {
			out = append(out, math.Float32frombits(binary.LittleEndian.Uint32(data[4*(r*Pad4(cols)+c):])))
		}
	}
	return out
}

// with returns the switches of both sets.
func with(a shaders.Defines, more ...shaders.Defines) shaders.Defines {
	out := shaders.Defines{}
	for _, d := range append(more, a) {
		for k, v := range d {
			out[k] = v
		}
	}
	return out
}

// Share gives another tape's tensor a place on this one, without a gradient. Its owner must outlive the tape.
func (t *Tape) Share(x *Tensor) *Tensor {
	return &Tensor{N: x.N, H: x.H, W: x.W, C: x.C, Buf: x.Buf, host: true}
}
