package gpu

import (
	"fmt"

	"reverie/shaders"
)

// Device is an opened WebGPU device with its kernels, or a planner: see NewPlanner.
type Device struct {
	platform // what only a browser has
	planner  bool
	info     Info
	kernels  map[string]*Kernel
	err      error
	used     int64 // bytes of its buffers
	peak     int64 // the most that used has been
	speed    float64
	tuning   Tuning
}

// NewPlanner returns a device that computes nothing and counts the bytes of its buffers: models and steps are recorded on it to learn what
// they would take on an adapter as info describes it.
func NewPlanner(info Info) *Device {
	return &Device{info: info, kernels: map[string]*Kernel{}, planner: true}
}

// Tuning names the variant of a kernel that a device runs best, by the class of shapes that it was measured for. Package ops
// knows both and takes its defaults for what is not named.
type Tuning map[string]string

// Buffer is memory on the device, for storage and copies.
type Buffer struct {
	device *Device
	label  string
	size   int
	memory
	life   life
	placed bool // it has memory
	form   shaders.Form
}

// As says how the buffer stores elements, for which kernels have variants of their own: before any dispatch that uses it.
func (b *Buffer) As(f shaders.Form) *Buffer {
	b.form = f
	return b
}

// Form is how the buffer stores elements: float32 unless As said otherwise.
func (b *Buffer) Form() shaders.Form { return b.form }

// Named renames the buffer for errors and findings.
func (b *Buffer) Named(label string) *Buffer {
	b.label = label
	return b
}

// life says for how long a buffer's contents must stand.
type life int

const (
	owned     life = iota // until Destroy
	scratch               // from the first dispatch of a plan that uses the buffer to the last one
	kept                  // scratch that the host or another plan reads after the plan
	discarded             // scratch whose last contents nobody reads
)

// fleeting says that the buffer's memory serves others before and after it in the same plan.
func (b *Buffer) fleeting() bool { return b.life == scratch || b.life == discarded }

// Power says which adapter to take on a machine that has several, as far as browsers let pages choose.
type Power string

// The fastest one, and the one that takes the least power.
const (
	Fast   Power = "high-performance"
	Frugal Power = "low-power"
)

// Info describes the adapter.
func (d *Device) Info() Info { return d.info }

// Tuning is what SetTuning was given last.
func (d *Device) Tuning() Tuning { return d.tuning }

// SetTuning makes what is recorded from now on use these variants.
func (d *Device) SetTuning(t Tuning) { d.tuning = t }

// Err is the first error the device reported outside any call, or nil.
func (d *Device) Err() error { return d.err }

// Used is the number of bytes that the device's buffers take now, and the most that they took since it was opened or since the last
// call.
func (d *Device) Used() (now, peak int64) {
	now, peak = d.used, d.peak
	d.peak = d.used
	return now, peak
}

// SetSpeed tells the device how many FLOP it does in a second. Plans are cut into submissions by it.
func (d *Device) SetSpeed(flops float64) { d.speed = flops }

// Speed is what SetSpeed told last, and before that a slow graphics chip's: submissions that are too short cost little.
func (d *Device) Speed() (flops float64, known bool) {
	if d.speed > 0 {
		return d.speed, true
	}
	return 1e11, false
}

func (d *Device) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// NewBuffer makes a zeroed storage buffer of size bytes, rounded up to a multiple of 16.
func (d *Device) NewBuffer(label string, size int) *Buffer {
	size = align16(size)
	if int64(size) > d.info.MaxBinding {
		d.fail(d.tooLarge(label, size))
		size = 16 // the error stands; a small buffer lets the caller finish its list
	}
	return d.buffer(label, size, storageBuffer)
}

func (d *Device) tooLarge(label string, size int) error {
	return fmt.Errorf("%w: %s needs a buffer of %d MiB and this adapter binds at most %d MiB; choose a smaller picture or model",
		ErrMemory, label, size>>20, d.info.MaxBinding>>20)
}

// align16 is the size of a buffer for n bytes.
func align16(n int) int { return max(16, (n+15)/16*16) }

// buffer makes one of any usage.
func (d *Device) buffer(label string, size int, u usage) *Buffer {
	d.used += int64(size)
	d.peak = max(d.peak, d.used)
	return &Buffer{device: d, label: label, size: size, memory: d.allocate(label, size, u), placed: true}
}

// usage is what a buffer is for.
type usage int

const (
	storageBuffer usage = iota
	uniformBuffer
	readbackBuffer
)

// Size is the buffer's length in bytes.
func (b *Buffer) Size() int { return b.size }

// Destroy gives the memory back. Submitted work that uses it still ends well.
func (b *Buffer) Destroy() {
	if b.life == owned && b.size > 0 {
		b.device.used -= int64(b.size)
		b.size = 0
		b.release()
	}
}

// kernel returns the variant of an embedded shader, made at first use and compiled by the first plan that holds it. It panics
// when the source does not expand: sources and switches are part of the program.
func (d *Device) kernel(file string, defines shaders.Defines) *Kernel {
	key := shaders.Key(file, defines)
	if k, ok := d.kernels[key]; ok {
		return k
	}
	src, err := shaders.Expand(file, defines)
	if err != nil {
		panic(err)
	}
	k := &Kernel{source: src, device: d, layout: d.layout(src.Bindings), object: -1}
	d.kernels[key] = k
	return k
}
