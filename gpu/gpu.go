// Package gpu is Reverie's thin binding to WebGPU: a device, buffers, kernels and the plan that replays them.
//
// Nothing above this package sees a JavaScript value. Programs built for anything but a browser compile and get
// ErrNoWebGPU from Open, so that the pure parts of the packages above are tested natively.
package gpu

import (
	"errors"
	"fmt"
	"strings"

	"reverie/shaders"
)

// Errors of Open that the page answers with a screen of its own.
var (
	ErrNoWebGPU  = errors.New("gpu: this browser has no WebGPU")
	ErrNoAdapter = errors.New("gpu: no graphics adapter answers WebGPU requests")
	ErrLost      = errors.New("gpu: the graphics device was lost")
	ErrMemory    = errors.New("gpu: the graphics device has not enough memory")
)

// Info says what the adapter tells of itself, and what the device was opened with.
type Info struct {
	Vendor       string
	Architecture string
	Description  string
	F16          bool   // shader-f16 is enabled
	Subgroups    bool   // subgroups are enabled
	SubgroupSize int    // of every subgroup, or 0 where kernels may get different ones
	Software     bool   // the adapter computes on the processor: SwiftShader, llvmpipe
	Browser      string // as it names itself
	// MaxBinding and MaxBuffer are the device's limits in bytes for one binding and one buffer.
	MaxBinding int64
	MaxBuffer  int64
	// Memory is a careful guess of the bytes that a page may take on the device, for which WebGPU has no number.
	Memory int64
}

// String names the adapter in one line.
func (i Info) String() string {
	s := i.Vendor
	if i.Architecture != "" {
		s += " " + i.Architecture
	}
	if i.Description != "" && i.Description != s {
		s += " (" + i.Description + ")"
	}
	switch {
	case s != "":
		return s
	case i.gecko() && i.Software:
		return "a processor through Firefox (wgpu)"
	case i.gecko():
		return "a GPU through Firefox (wgpu)"
	}
	return "unknown adapter"
}

// gecko says that the browser is Firefox or one of its kin, which run WebGPU by wgpu and name no adapter. Others call themselves only "like
// Gecko", and so does Firefox where it has another engine.
func (i Info) gecko() bool { return strings.Contains(i.Browser, "Gecko/") }

// Grid is a number of workgroups along x, y and z.
type Grid [3]int

// maxAxis is the number of workgroups that every device takes along one axis.
const maxAxis = 65535

// Linear is the grid of n workgroups in one row, folded where an axis would overflow: kernels unfold it with
// linear_workgroup (grid.wgsl) and must guard the surplus.
func Linear(n int) Grid {
	if n <= maxAxis {
		return Grid{n, 1, 1}
	}
	rows := (n + maxAxis - 1) / maxAxis
	return Grid{(n + rows - 1) / rows, rows, 1}
}

// Workgroups is the grid for n invocations of workgroups of size invocations.
func Workgroups(n, size int) Grid { return Linear((n + size - 1) / size) }

// Kernel is one compiled variant of a shader.
type Kernel struct {
	source *shaders.Source
	device *Device
	layout int // index of the bind group layout among the device's
	object int // index of the pipeline in the glue's table, once built
}

// Name is the variant's key: file and switches.
func (k *Kernel) Name() string { return k.source.Key }

// compileError makes WebGPU's messages readable: every line names the WGSL file and line that was written.
func compileError(src *shaders.Source, messages []compileMessage) error {
	err := fmt.Errorf("gpu: %s does not compile", src.Key)
	for _, m := range messages {
		o := src.Origin(m.line)
		err = fmt.Errorf("%w\n%s:%d:%d: %s", err, o.File, o.Number, m.column, m.text)
	}
	return err
}

type compileMessage struct {
	line, column int
	text         string
}
