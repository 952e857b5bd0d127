//go:build !js

package gpu

import (
	"context"

	"reverie/shaders"
)

// Device is an opened WebGPU device; natively there is none.
type Device struct{}

// Buffer is memory on the device.
type Buffer struct{ size int }

type compiledPlan struct{}

const uniformBinding = shaders.Uniform

// Open always answers ErrNoWebGPU outside a browser.
func Open(context.Context) (*Device, error) { return nil, ErrNoWebGPU }

func (d *Device) Info() Info                                              { return Info{} }
func (d *Device) Err() error                                              { return ErrNoWebGPU }
func (d *Device) Lost() <-chan struct{}                                   { return nil }
func (d *Device) Close()                                                  {}
func (d *Device) Kernel(string, shaders.Defines) *Kernel                  { panic(ErrNoWebGPU) }
func (d *Device) NewBuffer(string, int) *Buffer                           { panic(ErrNoWebGPU) }
func (d *Device) Write(*Buffer, int, []byte)                              { panic(ErrNoWebGPU) }
func (d *Device) Read(context.Context, *Buffer, int, int) ([]byte, error) { return nil, ErrNoWebGPU }
func (b *Buffer) Size() int                                               { return b.size }
func (b *Buffer) Destroy()                                                {}

// Compile builds what the plan needs; natively it cannot.
func (p *Plan) Compile(context.Context, func(done, total int)) error { return ErrNoWebGPU }

// Run submits the plan once.
func (p *Plan) Run(...Copy) error { return ErrNoWebGPU }

// Close gives back what Compile took.
func (p *Plan) Close() {}

// Ring is a set of readback buffers.
type Ring struct{}

// NewRing makes a ring.
func (d *Device) NewRing(int, int) *Ring { panic(ErrNoWebGPU) }
func (r *Ring) Slot() (*Buffer, int)     { panic(ErrNoWebGPU) }
func (r *Ring) Read(context.Context, int, []byte) error {
	return ErrNoWebGPU
}
func (r *Ring) Destroy() {}
