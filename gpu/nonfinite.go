package gpu

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"reverie/shaders"
)

// Astray is a place where a plan's numbers are no longer numbers.
type Astray struct {
	Part      string // of the model, as SetPart named it
	Kernel    string // as Plan.Kernels names it
	Dispatch  int    // of the plan's, from 0
	Label     string // of the buffer
	Read      bool   // the kernel reads the element, which the plan has not written before; else the kernel writes it
	Index, Of int    // the element, from 0, and how many there are; both count padding
}

func (a *Astray) String() string {
	where, _, _ := strings.Cut(a.Kernel, " ")
	if a.Part != "" {
		where = a.Part + ", " + where
	}
	does := "writes"
	if a.Read {
		does = "reads"
	}
	return fmt.Sprintf("%s: element %d of %d of the %s that it %s is NaN or infinite", where, a.Index, a.Of, a.Label, does)
}

// FirstNonFinite does what Run does on a compiled plan, and tells where the first NaN or infinity comes up, or nil when all numbers are
// finite. It looks at what the host or another plan gave, before the first kernel reads it, and at what each kernel may write, right after
// it: later, other tensors may have the memory.
//
// It looks at bindings that the kernels declare as floats, as the buffer's form stores them. Indices, masks, pixels and structures with
// seeds, whose bits may look like anything, are declared otherwise. Float16 itself hides what goes astray, as its kernels store
// ±65504 in place of what is larger, and perhaps of NaN; statistics, sums and gradients, which have other forms, show it.
func (p *Plan) FirstNonFinite(ctx context.Context) (*Astray, error) {
	if !p.placed {
		return nil, fmt.Errorf("gpu: a plan of %d dispatches is looked through before it is compiled", len(p.dispatches))
	}
	w := newWatch(p)
	defer w.close()
	if err := w.plan.Compile(ctx, nil); err != nil {
		return nil, err
	}
	if err := w.plan.Run(); err != nil {
		return nil, err
	}
	results, err := p.device.Read(ctx, w.found, 0, 4*len(w.looks))
	if err != nil {
		return nil, err
	}
	for i, l := range w.looks {
		if complement := binary.LittleEndian.Uint32(results[4*i:]); complement != 0 {
			return p.astray(l, int(^complement)), nil
		}
	}
	return nil, nil
}

func (p *Plan) astray(l look, index int) *Astray {
	d := p.dispatches[l.dispatch]
	return &Astray{Part: d.part, Kernel: d.kernel.Name(), Dispatch: l.dispatch, Label: l.buffer.label, Read: l.read,
		Index: index, Of: l.buffer.size / l.buffer.form.Size()}
}

// look is one look at a buffer: before a dispatch that reads it, or after one that may write it.
type look struct {
	dispatch int
	buffer   *Buffer
	read     bool
}

// watch is a plan with all looks recorded between its dispatches. What the look of a place finds is the number of that place in found.
type watch struct {
	plan  *Plan
	looks []look
	found *Buffer
}

// newWatch records a placed plan's dispatches anew. Scratch buffers are cleared before their first use, because not every kernel writes all
// of its buffer, and the rest is what other tensors left. What a kernel may write is not looked at before: it may be left from another run.
func newWatch(p *Plan) *watch {
	w := &watch{plan: &Plan{device: p.device, uniforms: slices.Clone(p.uniforms)}}
	most := 0
	for _, d := range p.dispatches {
		most += len(d.buffers)
	}
	w.found = p.device.NewBuffer("found", 4*most)
	seen := map[*Buffer]bool{}
	for i, d := range p.dispatches {
		for _, b := range d.floats(shaders.Read) {
			if !seen[b] && !b.fleeting() {
				w.look(i, b, true)
			}
			seen[b] = true
		}
		written := d.floats(shaders.ReadWrite)
		for _, b := range written {
			if !seen[b] && b.fleeting() {
				w.clear(b)
			}
			seen[b] = true
		}
		w.plan.dispatches = append(w.plan.dispatches, d)
		for _, b := range written {
			w.look(i, b, false)
		}
	}
	return w
}

func (w *watch) close() {
	w.plan.Close()
	w.found.Destroy()
}

// nonFiniteParams is Params of nonfinite.wgsl.
type nonFiniteParams struct{ Vecs, Place, Exponent, PerWord uint32 }

// look records a look at what the buffer holds where the watched plan is recorded up to.
func (w *watch) look(dispatch int, b *Buffer, read bool) {
	vecs := b.size / 16
	p := nonFiniteParams{uint32(vecs), uint32(len(w.looks)), b.form.Exponent(), uint32(4 / b.form.Size())}
	w.plan.record(w.plan.device.kernel("nonfinite.wgsl", nil), Workgroups(vecs, 64), float64(b.size), p, b, w.found)
	w.looks = append(w.looks, look{dispatch, b, read})
}

// clear records that the buffer is filled with zeros, which are the same in every form.
func (w *watch) clear(b *Buffer) {
	vecs := b.size / 16
	w.plan.record(w.plan.device.kernel("clear.wgsl", nil), Workgroups(vecs, 64), float64(vecs), struct{ Vecs uint32 }{uint32(vecs)}, b)
}
