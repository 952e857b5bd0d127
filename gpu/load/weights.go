// Package load brings a model's parts from their shards onto the device, in the layouts that gpu/ops reads.
package load

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/shaders"
	"reverie/weights"
)

// Weights are the tensors of one part, on the device as they are stored. The methods that make kernel weights of them panic
// on names that are not in the part: the manifest has been held against the configuration before.
type Weights struct {
	ctx    context.Context // of the unpacking
	device *gpu.Device
	part   *weights.Part
	stored map[string]slabs
	kept   []*gpu.Buffer
	err    error

	plan    *gpu.Plan     // what is to be unpacked, nil when there is nothing
	spent   []*gpu.Buffer // stored forms that the plan reads and nobody needs afterwards
	pending int           // bytes that the plan writes
}

// batchBytes is how much is unpacked at a time: enough to compile and submit rarely, and little beside the part itself, which is there
// in both forms until its turn has come.
const batchBytes = 64 << 20

// Err is the first error of the unpacking methods, which have no error of their own so that models read like their papers.
func (w *Weights) Err() error {
	if w.err != nil {
		return w.err
	}
	return w.device.Err()
}

// Finish unpacks what still waits for it and drops what nobody asked for. The unpacked weights stay until Close.
func (w *Weights) Finish() error {
	w.flush()
	for _, b := range buffers(w.stored) {
		b.Destroy()
	}
	w.stored = nil
	return w.Err()
}

// Close gives back all memory of the part.
func (w *Weights) Close() {
	for _, b := range slices.Concat(w.kept, w.spent, buffers(w.stored)) {
		b.Destroy()
	}
	w.kept, w.spent, w.stored = nil, nil, nil
}

// slabs are a tensor's stored bytes in buffers of size bytes each, the last one shorter. All but long float32 tables need only one.
type slabs struct {
	size    int64
	buffers []*gpu.Buffer
}

// newSlabs makes the buffers of a tensor.
func newSlabs(d *gpu.Device, t weights.Tensor) slabs {
	return inSlabs(d, t.Name, t.Size, slabSize(t, d.Info().MaxBinding))
}

func inSlabs(d *gpu.Device, name string, bytes, size int64) slabs {
	s := slabs{size: size}
	for first := int64(0); first < bytes; first += size {
		s.buffers = append(s.buffers, d.NewBuffer(name, int(min(size, bytes-first))))
	}
	return s
}

// slabSize is the bytes of a tensor that one buffer takes: all of them or, where a matrix of float32 is longer than a kernel may bind,
// as many whole rows as it may. The planes of other types cannot be cut.
func slabSize(t weights.Tensor, maxBinding int64) int64 {
	if t.Size <= maxBinding || t.Type != weights.TypeF32 || len(t.Shape) != 2 {
		return max(1, t.Size)
	}
	row := 4 * int64(t.Shape[1])
	return max(1, maxBinding/row) * row
}

func buffers(m map[string]slabs) []*gpu.Buffer {
	var out []*gpu.Buffer
	for _, s := range m {
		out = append(out, s.buffers...)
	}
	return out
}

// unpackParams is Params of unpack.wgsl.
type unpackParams struct {
	Vecs, Rows, RowVecs, PaddedRows       uint32
	Columns, RowStep, ColumnStep, TapStep uint32
	Fold, First, High, Scales             uint32
}

// view says where the elements of a kernel's weight lie in a stored tensor.
type view struct {
	taps, rows, columns          int
	rowStep, columnStep, tapStep int
	fold                         bool // taps stand side by side in the columns, each padded to four channels
	vector                       bool // rows are read one by one and need no padding to four
	enlarged                     bool // the taps are sums of those that are stored
}

func (v view) outTaps() int {
	if v.fold {
		return 1
	}
	return v.taps
}

func (v view) outColumns() int {
	if v.fold {
		return v.taps * ops.Pad4(v.columns)
	}
	return v.columns
}

func (v view) paddedRows() int {
	if v.vector {
		return v.rows
	}
	return ops.Pad4(v.rows)
}

// vecs is the number of vec4f of the unpacked weight.
func (v view) vecs() int { return v.outTaps() * v.paddedRows() * ops.Pad4(v.outColumns()) / 4 }

// whole takes the stored form of a tensor that a kernel reads at once.
func (w *Weights) whole(name string) *gpu.Buffer {
	s := w.stored[name]
	delete(w.stored, name)
	if len(s.buffers) > 1 && w.err == nil {
		w.err = fmt.Errorf("%w: %s takes more than this adapter binds at a time; choose a smaller model or convert it with fewer bits", gpu.ErrMemory, name)
	}
	w.spent = append(w.spent, s.buffers...)
	return s.buffers[0]
}

func (w *Weights) tensor(name string) *weights.Tensor {
	t := w.part.Find(name)
	if t == nil {
		panic("load: part " + w.part.Name + " has no tensor " + name)
	}
	return t
}

// half says whether a matrix of that stored type becomes packed float16 on the device: half the memory and its traffic, and what
// rounding a quantised value adds is a hundredth of its own error or less. Software adapters convert float16 by bit operations, which
// costs more than the memory is worth there.
func (w *Weights) half(t *weights.Tensor) bool {
	return t.Type != weights.TypeF32 && !w.device.Info().Software
}

// unpack records unpack.wgsl into the buffer from vec4f first on. The buffer has its contents after Finish, which every model calls.
func (w *Weights) unpack(name string, v view, to *gpu.Buffer, first int) {
	t := w.tensor(name)
	n := 1
	for _, s := range t.Shape {
		n *= s
	}
	defines := shaders.Defines{"TYPE": t.Type}
	if v.enlarged {
		defines["ENLARGED"] = ""
	}
	high, scales, _ := weights.Planes(t.Type, n)
	p := unpackParams{Vecs: uint32(v.vecs()), Rows: uint32(v.rows), RowVecs: uint32(ops.Pad4(v.outColumns()) / 4), PaddedRows: uint32(v.paddedRows()),
		Columns: uint32(v.columns), RowStep: uint32(v.rowStep), ColumnStep: uint32(v.columnStep), TapStep: uint32(v.tapStep),
		Fold: uint32(ops.Pad4(v.columns)), First: uint32(first), High: uint32(high / 4), Scales: uint32(scales / 4)}
	if w.plan == nil {
		w.plan = w.device.NewPlan()
	}
	w.plan.Dispatch("unpack.wgsl", defines, gpu.Workgroups(v.vecs(), 64), 0, p, w.whole(name), to)
	if w.pending += 16 * v.vecs(); w.pending >= batchBytes {
		w.flush()
	}
}

// flush unpacks what is recorded and drops its stored forms.
func (w *Weights) flush() {
	if w.plan == nil {
		return
	}
	defer w.plan.Close()
	err := w.plan.Compile(w.ctx, nil)
	if err == nil {
		err = w.plan.Run()
	}
	if err != nil && w.err == nil {
		w.err = err
	}
	for _, b := range w.spent {
		b.Destroy()
	}
	w.plan, w.spent, w.pending = nil, nil, 0
}

func (w *Weights) buffer(name string, vecs int, half bool) *gpu.Buffer {
	bytes := 16 * vecs
	if half {
		bytes /= 2
	}
	b := w.device.NewBuffer(name, bytes)
	if half {
		b.As(shaders.Float16)
	}
	w.kept = append(w.kept, b)
	return b
}

func (w *Weights) matrix(name string, v view) ops.Matrix {
	half := w.half(w.tensor(name))
	m := ops.Matrix{Taps: v.outTaps(), Out: v.rows, In: v.outColumns(), Buf: w.buffer(name, v.vecs(), half)}
	w.unpack(name, v, m.Buf, 0)
	return m
}

// Linear is a weight [out, in], or a convolution's [out, in, k, k].
func (w *Weights) Linear(name string) ops.Matrix {
	return w.matrix(name, linearView(w.tensor(name).Shape))
}

// Enlarged is a 3×3 convolution's weight [out, in, 3, 3] as ops.Enlarge3x3 wants it: in float32 whatever its stored type, because sums
// need more digits than their terms.
func (w *Weights) Enlarged(name string) ops.Matrix {
	v := linearView(w.tensor(name).Shape)
	v.taps, v.enlarged = ops.Enlarge3x3.Kernel*ops.Enlarge3x3.Kernel, true
	return w.inFloat32(name, v)
}

func linearView(shape []int) view {
	taps := 1
	for _, s := range shape[2:] {
		taps *= s
	}
	return view{taps: taps, rows: shape[0], columns: shape[1], rowStep: shape[1] * taps, columnStep: taps, tapStep: 1}
}

// Transposed is a weight stored [in, out], as CLIP stores its projections.
func (w *Weights) Transposed(name string) ops.Matrix {
	s := w.tensor(name).Shape
	return w.matrix(name, view{taps: 1, rows: s[1], columns: s[0], rowStep: 1, columnStep: s[1]})
}

// Patch is a patch embedding [out, 3, k, k] as the linear layer that ops.Patches feeds.
func (w *Weights) Patch(name string) ops.Matrix {
	v := linearView(w.tensor(name).Shape)
	v.fold = true
	return w.matrix(name, v)
}

// Conv is a convolution with its bias.
func (w *Weights) Conv(name string, s ops.ConvSpec) ops.ConvLayer {
	return ops.ConvLayer{Weight: w.Linear(name + ".weight"), Bias: w.Vector(name + ".bias"), Spec: s}
}

// Pointwise is a 1×1 convolution, or a linear layer, with its bias. Several of one shape, whose outputs are a multiple of four, become one
// whose outputs stand side by side.
func (w *Weights) Pointwise(names ...string) ops.ConvLayer {
	return ops.ConvLayer{Weight: w.stacked(names, ".weight"), Bias: w.stackedVectors(names, ".bias")}
}

// SideBySide is Pointwise for ops.Tape.SideBySide: as few layers as kernels can bind.
func (w *Weights) SideBySide(names ...string) []ops.ConvLayer {
	one := w.tensor(names[0] + ".weight")
	bytes := 16 * int64(linearView(one.Shape).vecs())
	if w.half(one) {
		bytes /= 2
	}
	var layers []ops.ConvLayer
	for some := range slices.Chunk(names, int(max(1, w.device.Info().MaxBinding/bytes))) {
		layers = append(layers, w.Pointwise(some...))
	}
	return layers
}

func (w *Weights) stacked(names []string, suffix string) ops.Matrix {
	first := w.tensor(names[0] + suffix)
	v, half := linearView(first.Shape), w.half(first)
	m := ops.Matrix{Taps: 1, Out: len(names) * v.rows, In: v.columns, Buf: w.buffer(first.Name, len(names)*v.vecs(), half)}
	for i, name := range names {
		w.unpack(name+suffix, v, m.Buf, i*v.vecs())
	}
	return m
}

// Vector is a weight of one dimension.
func (w *Weights) Vector(name string) *ops.Vector { return w.Rows(name) }

// Rows is a weight [rows, columns] or [columns] in float32 whatever its stored type, each row padded to four columns, to be
// added to tensors. Its N counts the padding between rows.
func (w *Weights) Rows(name string) *ops.Vector {
	s := w.tensor(name).Shape
	v := view{taps: 1, rows: 1, columns: s[len(s)-1], columnStep: 1, vector: true}
	if len(s) == 2 {
		v.rows, v.rowStep = s[0], s[1]
	}
	n := v.columns
	if v.rows > 1 {
		n = v.rows * ops.Pad4(v.columns)
	}
	b := w.buffer(name, v.vecs(), false)
	w.unpack(name, v, b, 0)
	return &ops.Vector{N: n, Buf: b}
}

// Table is a weight [rows, columns] as it is stored.
func (w *Weights) Table(name string) ops.Table {
	t := w.tensor(name)
	rows, columns := t.Shape[0], t.Shape[1]
	high, scales, _ := weights.Planes(t.Type, rows*columns)
	s := w.stored[name]
	delete(w.stored, name)
	w.kept = append(w.kept, s.buffers...)
	perSlab := rows
	if len(s.buffers) > 1 {
		perSlab = int(s.size) / (4 * columns)
	}
	return ops.Table{Rows: rows, Columns: columns, Type: t.Type, High: int(high), Scales: int(scales), Slabs: s.buffers, SlabRows: perSlab}
}

// Codebook is a weight [rows, columns] in float32 whatever its stored type.
func (w *Weights) Codebook(name string) ops.Matrix {
	return w.inFloat32(name, linearView(w.tensor(name).Shape))
}

func (w *Weights) inFloat32(name string, v view) ops.Matrix {
	m := ops.Matrix{Taps: v.taps, Out: v.rows, In: v.columns, Buf: w.buffer(name, v.vecs(), false)}
	w.unpack(name, v, m.Buf, 0)
	return m
}

func (w *Weights) stackedVectors(names []string, suffix string) *ops.Vector {
	first := w.tensor(names[0] + suffix)
	n := first.Shape[0]
	v := view{taps: 1, rows: 1, columns: n, columnStep: 1, vector: true}
	b := w.buffer(first.Name, len(names)*v.vecs(), false)
	for i, name := range names {
		w.unpack(name+suffix, v, b, i*v.vecs())
	}
	return &ops.Vector{N: len(names) * n, Buf: b}
}

// Scalar is a weight of no dimensions, brought back to the host.
func (w *Weights) Scalar(ctx context.Context, name string) (float32, error) {
	t := w.tensor(name)
	if t.Type != weights.TypeF32 {
		return 0, fmt.Errorf("load: scalar %s is stored as %s", name, t.Type)
	}
	data, err := w.device.Read(ctx, w.stored[name].buffers[0], 0, 4)
	if err != nil {
		return 0, err
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(data)), nil
}

// Blank is a part of zeros with the given tensors in f32, for measuring models without their weights.
func Blank(ctx context.Context, d *gpu.Device, name string, specs []weights.Spec) *Weights {
	return BlankAs(ctx, d, name, specs, weights.TypeF32)
}

// BlankAs is Blank with the element types of a quantisation.
func BlankAs(ctx context.Context, d *gpu.Device, name string, specs []weights.Spec, quant string) *Weights {
	p := &weights.Part{Name: name}
	w := &Weights{ctx: ctx, device: d, part: p, stored: map[string]slabs{}}
	for _, s := range specs {
		n := 1
		for _, v := range s.Shape {
			n *= v
		}
		typ := weights.StoredType(quant, s.Name, s.Shape)
		size := weights.EncodedSize(typ, n)
		t := weights.Tensor{Name: s.Name, Shape: s.Shape, Type: typ, Size: size}
		p.Tensors = append(p.Tensors, t)
		w.stored[s.Name] = newSlabs(d, t)
	}
	return w
}

// Fill puts values into a float32 tensor of a Blank part before it is unpacked.
func (w *Weights) Fill(name string, values []float32) {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	w.device.Write(w.stored[name].buffers[0], 0, data)
}
