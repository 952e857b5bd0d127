//go:build !js

package gpu

import (
	"context"

	"reverie/gpu/blob"
	"reverie/shaders"
)

// platform is empty: natively every device is a planner.
type platform struct{}

type memory struct{}

type compiledPlan struct{}

// Open always answers ErrNoWebGPU outside a browser.
func Open(context.Context) (*Device, error) { return nil, ErrNoWebGPU }

// OpenOf answers as Open.
func OpenOf(context.Context, Power) (*Device, error) { return nil, ErrNoWebGPU }

func (d *Device) Lost() <-chan struct{} { return nil }
func (d *Device) Close()                {}

// Write is forgotten.
func (d *Device) Write(*Buffer, int, []byte) {}

// WriteBlob is for a device that has memory.
func (d *Device) WriteBlob(*Buffer, int, blob.Blob, int, int) { panic(ErrNoWebGPU) }

// Read gives zeros.
func (d *Device) Read(_ context.Context, _ *Buffer, _, n int) ([]byte, error) {
	return make([]byte, n), nil
}

func (d *Device) allocate(string, int, usage) memory { return memory{} }
func (d *Device) layout([]shaders.Binding) int       { return 0 }
func (b *Buffer) release()                           {}

// Compile takes the plan's memory.
func (p *Plan) Compile(context.Context, func(done, total int)) error {
	if err := p.place(); err != nil {
		return err
	}
	p.compiled = &compiledPlan{}
	return p.device.err
}

// Run does nothing.
func (p *Plan) Run(...Copy) error { return p.device.err }

func (p *Plan) submit(int, int, []Copy) error { return p.device.err }

// Close gives back what Compile took.
func (p *Plan) Close() { p.unplace() }

// Ring is a set of readback buffers.
type Ring struct{ slots []*Buffer }

// NewRing makes a ring.
func (d *Device) NewRing(n, size int) *Ring {
	r := &Ring{}
	for range n {
		r.slots = append(r.slots, d.buffer("readback", align16(size), readbackBuffer))
	}
	return r
}

func (r *Ring) Slot() (*Buffer, int)                    { return r.slots[0], 0 }
func (r *Ring) Read(context.Context, int, []byte) error { return nil }

// Destroy gives the slots back.
func (r *Ring) Destroy() {
	for _, b := range r.slots {
		b.Destroy()
	}
}
