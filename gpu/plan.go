package gpu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"

	"reverie/shaders"
)

// Plan is a recorded list of dispatches. It is recorded once, compiled once and then run as often as wanted; running
// builds no descriptor and allocates no list.
type Plan struct {
	device     *Device
	dispatches []dispatch
	uniforms   []byte
	compiled   *compiledPlan
	slots      []*Buffer // memory of the scratch buffers
	lendable   []*Buffer // those of slots without kept contents
	lender     *Plan
	memory     Memory // what they take
	placed     bool
	part       string // of the model, to which the next dispatches belong
}

type dispatch struct {
	kernel   *Kernel
	buffers  []*Buffer
	uniform  int // offset in uniforms, or -1
	uniformN int // its size in bytes, a multiple of 16
	grid     Grid
	work     float64
	part     string
}

// written are the buffers that the kernel may write to.
func (d dispatch) written() []*Buffer {
	return d.bound(func(i int) bool { return d.kernel.source.Bindings[i] == shaders.ReadWrite })
}

// floats are the buffers that the kernel binds for the use as tensors or arrays of floats.
func (d dispatch) floats(use shaders.Binding) []*Buffer {
	source := d.kernel.source
	return d.bound(func(i int) bool { return source.Bindings[i] == use && source.Floats[i] })
}

// bound are the buffers at the bindings that are wanted.
func (d dispatch) bound(wanted func(binding int) bool) []*Buffer {
	var out []*Buffer
	next := 0
	for i, kind := range d.kernel.source.Bindings {
		if kind == shaders.Uniform {
			continue
		}
		if wanted(i) {
			out = append(out, d.buffers[next])
		}
		next++
	}
	return out
}

// NewPlan returns an empty plan on the device.
func (d *Device) NewPlan() *Plan { return &Plan{device: d} }

// Device is where the plan runs.
func (p *Plan) Device() *Device { return p.device }

// Len is the number of recorded dispatches.
func (p *Plan) Len() int { return len(p.dispatches) }

// Kernels names the kernel of each dispatch.
func (p *Plan) Kernels() []string {
	var names []string
	for _, d := range p.dispatches {
		names = append(names, d.kernel.Name())
	}
	return names
}

// Listing tells each dispatch in a line: its part, its kernel with the switches, the grid, and the params in hexadecimal.
func (p *Plan) Listing() []string {
	var lines []string
	for _, d := range p.dispatches {
		var params []byte
		if d.uniform >= 0 {
			params = p.uniforms[d.uniform : d.uniform+d.uniformN]
		}
		lines = append(lines, fmt.Sprintf("%s: %s %v %x", d.part, d.kernel.Name(), d.grid, params))
	}
	return lines
}

// uniformAlign is WebGPU's default minUniformBufferOffsetAlignment.
const uniformAlign = 256

// overhead is what a dispatch costs even when it computes little, in FLOP.
const overhead = 1e5

// Dispatch appends one run of a kernel: of an embedded shader's variant with these switches, for what the buffers hold. Buffers are given
// in binding order; params is a struct of 4-byte fields laid out like the kernel's Params (nil when it has none). Work is an estimate of
// its arithmetic in FLOP, used to cut the plan into slices of like duration.
//
// It panics when the source does not expand or binds another number of buffers: that is a mistake in the calling op.
func (p *Plan) Dispatch(file string, defines shaders.Defines, grid Grid, work float64, params any, buffers ...*Buffer) {
	p.record(p.device.kernel(file, forBuffers(defines, buffers)), grid, work, params, buffers...)
}

// record is Dispatch of a kernel that takes the buffers as they are.
func (p *Plan) record(k *Kernel, grid Grid, work float64, params any, buffers ...*Buffer) {
	if want := k.buffers(); want != len(buffers) {
		panic(fmt.Sprintf("gpu: %s binds %d buffers, got %d", k.Name(), want, len(buffers)))
	}
	d := dispatch{kernel: k, buffers: buffers, grid: grid, uniform: -1, work: work + overhead, part: p.part}
	if params != nil {
		var b bytes.Buffer
		if err := binary.Write(&b, binary.LittleEndian, params); err != nil {
			panic(fmt.Sprintf("gpu: params of %s: %v", k.Name(), err))
		}
		d.uniform, d.uniformN = len(p.uniforms), (b.Len()+15)/16*16
		p.uniforms = append(p.uniforms, b.Bytes()...)
		for len(p.uniforms)%uniformAlign != 0 {
			p.uniforms = append(p.uniforms, 0)
		}
	}
	p.dispatches = append(p.dispatches, d)
}

// forBuffers adds the forms of the buffers to the switches.
func forBuffers(defines shaders.Defines, buffers []*Buffer) shaders.Defines {
	forms := shaders.Defines{}
	for i, b := range buffers {
		if b.form != shaders.Float32 {
			forms[shaders.FormOf(i)] = string(b.form)
		}
	}
	if len(forms) == 0 {
		return defines
	}
	maps.Copy(forms, defines)
	return forms
}

// SetPart names the part of a model that the next dispatches belong to, so that parts can be measured.
func (p *Plan) SetPart(name string) { p.part = name }

// Stretch is a run of neighbouring dispatches that belong to one part.
type Stretch struct {
	Part        string
	Work        float64 // the sum of the estimates given to Dispatch, in FLOP
	first, last int     // the latter is the index after the last one
}

// Stretches are the plan's dispatches by part, in their order. They hold for a compiled plan.
func (p *Plan) Stretches() []Stretch {
	var out []Stretch
	for i, d := range p.dispatches {
		if n := len(out); n == 0 || out[n-1].Part != d.part {
			out = append(out, Stretch{Part: d.part, first: i})
		}
		out[len(out)-1].last = i + 1
		out[len(out)-1].Work += d.work
	}
	return out
}

// Dispatches are the plan's dispatches one by one, each a stretch named by its kernel. They hold for a compiled plan.
func (p *Plan) Dispatches() []Stretch {
	var out []Stretch
	for i, d := range p.dispatches {
		out = append(out, Stretch{Part: d.kernel.Name(), Work: d.work, first: i, last: i + 1})
	}
	return out
}

// sliceSeconds is the longest that one submission should keep the device from drawing the desktop.
const sliceSeconds = 0.05

// softwareSlice is sliceSeconds of an adapter that is the processor: the system shares that, and the desktop waits for no submission.
const softwareSlice = 1

// SliceWork is the FLOP that the device does in the longest submission. What is more in one dispatch should be more than one.
func (d *Device) SliceWork() float64 {
	speed, _ := d.Speed()
	if d.info.Software {
		return speed * softwareSlice
	}
	return speed * sliceSeconds
}

// slices is the number of submissions of like work that keeps each short at the device's speed.
func (p *Plan) slices() int {
	n := math.Ceil(p.Work() / p.device.SliceWork())
	return int(max(1, min(n, float64(len(p.dispatches)))))
}

// Work is the sum of the estimates given to Dispatch, in FLOP.
func (p *Plan) Work() float64 {
	total := 0.0
	for _, d := range p.dispatches {
		total += d.work
	}
	return total
}

// cuts returns the ends of the slices, each the index after its last dispatch.
func (p *Plan) cuts(slices int) []int {
	var ends []int
	total, sum := p.Work(), 0.0
	for s, i := 1, 0; s <= slices; s++ {
		for i < len(p.dispatches) && sum+p.dispatches[i].work <= total*float64(s)/float64(slices)*(1+1e-12) {
			sum += p.dispatches[i].work
			i++
		}
		if s == slices {
			i = len(p.dispatches)
		}
		if n := len(ends); i > 0 && (n == 0 || ends[n-1] < i) {
			ends = append(ends, i)
		}
	}
	return ends
}

func (k *Kernel) buffers() int {
	n := 0
	for _, b := range k.source.Bindings {
		if b != shaders.Uniform {
			n++
		}
	}
	return n
}

// Copy is a copy between buffers that Run appends to its last submission. Offsets and Size are multiples of 4 bytes.
type Copy struct {
	From       *Buffer
	FromOffset int
	To         *Buffer
	ToOffset   int
	Size       int
}
