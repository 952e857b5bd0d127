package gpu

import (
	"context"
	"fmt"
	"syscall/js"

	"reverie/gpu/jsx"
	"reverie/shaders"
)

// compiledPlan is the list that web/gpu.js walks: five words a dispatch (pipeline, bind group, x, y, z), the first two
// being places in the glue's table.
type compiledPlan struct {
	words    js.Value // Uint32Array
	uniforms *Buffer
	groups   []int

	// What a run hands over beside the words, used again by the next: what is made anew per step is not collected for thousands of steps.
	slices int      // into which the list was cut last
	ends   js.Value // Array: after which dispatch each of them ends
	copies js.Value // Array: five entries a copy
}

// Compile builds the pipelines that are not yet there, all at once, and the plan's bind groups. Progress, if not nil, is
// called as pipelines get ready.
func (p *Plan) Compile(ctx context.Context, progress func(done, total int)) error {
	if p.device.planner {
		return p.place()
	}
	if err := p.buildPipelines(ctx, progress); err != nil {
		return err
	}
	d := p.device
	if err := p.allocate(ctx); err != nil {
		return err
	}
	d.device.Call("pushErrorScope", "validation")
	array := js.Global().Get("Array")
	c := &compiledPlan{ends: array.New(), copies: array.New(), uniforms: d.buffer("uniforms", max(uniformAlign, len(p.uniforms)), uniformBuffer)}
	if len(p.uniforms) > 0 {
		d.Write(c.uniforms, 0, p.uniforms)
	}
	words := make([]uint32, 0, 5*len(p.dispatches))
	for _, r := range p.dispatches {
		group := d.glue.Call("keep", d.bindGroup(r, c.uniforms)).Int()
		c.groups = append(c.groups, group)
		words = append(words, uint32(r.kernel.object), uint32(group), uint32(r.grid[0]), uint32(r.grid[1]), uint32(r.grid[2]))
	}
	c.words = js.Global().Get("Uint32Array").New(len(words))
	for i, w := range words {
		c.words.SetIndex(i, w)
	}
	p.compiled = c
	problem, err := jsx.Await(ctx, d.device.Call("popErrorScope"))
	if err != nil {
		return fmt.Errorf("gpu: %w", err)
	}
	if !problem.IsNull() {
		return fmt.Errorf("gpu: binding buffers: %s", problem.Get("message").String())
	}
	return d.err
}

// allocate takes the plan's memory, or says that there is none.
func (p *Plan) allocate(ctx context.Context) error {
	d := p.device
	d.device.Call("pushErrorScope", "out-of-memory")
	err := p.place()
	problem, waited := jsx.Await(ctx, d.device.Call("popErrorScope"))
	switch {
	case err != nil:
		return err
	case waited != nil:
		return fmt.Errorf("gpu: %w", waited)
	case !problem.IsNull():
		return fmt.Errorf("%w: %s", ErrMemory, problem.Get("message").String())
	}
	return nil
}

func (p *Plan) buildPipelines(ctx context.Context, progress func(done, total int)) error {
	var waits []func(context.Context) error
	started := map[*Kernel]bool{}
	for _, r := range p.dispatches {
		if r.kernel.object < 0 && !started[r.kernel] {
			started[r.kernel] = true
			waits = append(waits, p.device.startCompile(r.kernel))
		}
	}
	for i, wait := range waits {
		if err := wait(ctx); err != nil {
			return err
		}
		if progress != nil {
			progress(i+1, len(waits))
		}
	}
	return nil
}

func (d *Device) bindGroup(r dispatch, uniforms *Buffer) js.Value {
	entries := make([]any, 0, len(r.buffers)+1)
	next := 0
	for i, kind := range r.kernel.source.Bindings {
		var resource map[string]any
		if kind == shaders.Uniform {
			resource = map[string]any{"buffer": uniforms.value, "offset": r.uniform, "size": r.uniformN}
		} else {
			// The size keeps a kernel within the tensor where the memory is larger.
			resource = map[string]any{"buffer": r.buffers[next].object(), "size": r.buffers[next].size}
			next++
		}
		entries = append(entries, map[string]any{"binding": i, "resource": resource})
	}
	return d.device.Call("createBindGroup", map[string]any{
		"label": r.kernel.Name(), "layout": d.layoutValues[r.kernel.layout], "entries": entries})
}

// Run submits the whole list, cut into slices, and then the copies.
func (p *Plan) Run(copies ...Copy) error {
	if p.device.planner {
		return p.device.err
	}
	if p.compiled == nil {
		return fmt.Errorf("gpu: a plan of %d dispatches runs before it is compiled", len(p.dispatches))
	}
	c := p.compiled
	if n := p.slices(); n != c.slices {
		c.slices = n
		ends := p.cuts(n)
		c.ends.Set("length", len(ends))
		for i, e := range ends {
			c.ends.SetIndex(i, e)
		}
	}
	c.copies.Set("length", 5*len(copies))
	for i, one := range copies {
		c.copies.SetIndex(5*i, one.From.value)
		c.copies.SetIndex(5*i+1, one.FromOffset)
		c.copies.SetIndex(5*i+2, one.To.value)
		c.copies.SetIndex(5*i+3, one.ToOffset)
		c.copies.SetIndex(5*i+4, one.Size)
	}
	p.device.glue.Call("run", p.device.device, c.words, c.ends, c.copies)
	return p.device.err
}

// submit hands over the dispatches from one to another, cut into slices, and then copies. What it hands over is made anew: it is for what
// happens now and then.
func (p *Plan) submit(from, to int, copies []Copy) error {
	if p.compiled == nil {
		return fmt.Errorf("gpu: a plan of %d dispatches runs before it is compiled", len(p.dispatches))
	}
	part := &Plan{device: p.device, dispatches: p.dispatches[from:to]}
	ends := []any{}
	for _, end := range part.cuts(part.slices()) {
		ends = append(ends, end)
	}
	if len(ends) == 0 { // the copies want a submission
		ends = append(ends, 0)
	}
	var list []any
	for _, c := range copies {
		list = append(list, c.From.object(), c.FromOffset, c.To.value, c.ToOffset, c.Size)
	}
	words := p.compiled.words.Call("subarray", 5*from, 5*to)
	p.device.glue.Call("run", p.device.device, words, ends, list)
	return p.device.err
}

// RunStretch submits one stretch alone. All stretches one after another are what Run does.
func (p *Plan) RunStretch(s Stretch) error {
	words := p.compiled.words.Call("subarray", 5*s.first, 5*s.last)
	p.device.glue.Call("run", p.device.device, words, []any{s.last - s.first}, []any{})
	return p.device.err
}

// Close gives back the plan's bind groups and uniforms. Buffers belong to whoever made them.
func (p *Plan) Close() {
	p.unplace()
	if p.compiled == nil {
		return
	}
	for _, g := range p.compiled.groups {
		p.device.glue.Call("drop", g)
	}
	p.compiled.uniforms.Destroy()
	p.compiled = nil
}

// Ring is a set of buffers through which results come back: while one is mapped, the device writes the next.
type Ring struct {
	device *Device
	slots  []*Buffer
	next   int
}

// NewRing makes a ring of n slots of size bytes.
func (d *Device) NewRing(n, size int) *Ring {
	r := &Ring{device: d}
	for range n {
		r.slots = append(r.slots, d.buffer("readback", align16(size), readbackBuffer))
	}
	return r
}

// Slot returns the next buffer to copy to, and its number for Read.
func (r *Ring) Slot() (*Buffer, int) {
	i := r.next
	r.next = (r.next + 1) % len(r.slots)
	return r.slots[i], i
}

// Read waits until the slot's copies have ended and fills dst from its start.
func (r *Ring) Read(ctx context.Context, slot int, dst []byte) error {
	b := r.slots[slot]
	if _, err := r.device.settle(ctx, b.value.Call("mapAsync", mapRead)); err != nil {
		if r.device.err != nil {
			return r.device.err
		}
		return fmt.Errorf("gpu: readback: %w", err)
	}
	jsx.CopyToGo(dst, b.value.Call("getMappedRange"))
	b.value.Call("unmap")
	return r.device.err
}

// Destroy gives the slots back.
func (r *Ring) Destroy() {
	for _, b := range r.slots {
		b.Destroy()
	}
}
