package gpu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall/js"

	"reverie/gpu/blob"
	"reverie/gpu/jsx"
	"reverie/shaders"
)

// WebGPU's flag bits (GPUBufferUsage, GPUMapMode, GPUShaderStage), fixed by the standard.
const (
	usageMapRead = 0x0001
	usageCopySrc = 0x0004
	usageCopyDst = 0x0008
	usageUniform = 0x0040
	usageStorage = 0x0080
	mapRead      = 0x0001
	stageCompute = 0x4
)

// platform is the device as the browser knows it.
type platform struct {
	device, queue js.Value
	glue          js.Value       // web/gpu.js: walks command lists
	layouts       map[string]int // by signature of bindings: index in layoutValues
	layoutValues  []js.Value
	pipeline      []js.Value // pipeline layouts, like layoutValues
	lost          chan struct{}
	scratch       js.Value // Uint8Array: see Write
	funcs         []js.Func
	closed        bool
}

// memory is a GPUBuffer.
type memory struct{ value js.Value }

func (b *Buffer) release() {
	if !b.device.planner {
		b.value.Call("destroy")
	}
}

var usageBits = map[usage]int{
	storageBuffer:  usageStorage | usageCopySrc | usageCopyDst,
	uniformBuffer:  usageUniform | usageCopyDst,
	readbackBuffer: usageMapRead | usageCopyDst,
}

func (d *Device) allocate(label string, size int, u usage) memory {
	if d.planner {
		return memory{}
	}
	return memory{d.device.Call("createBuffer", map[string]any{"label": label, "size": size, "usage": usageBits[u]})}
}

// Open opens the fastest adapter's device.
func Open(ctx context.Context) (*Device, error) { return OpenOf(ctx, Fast) }

// OpenOf asks the browser for an adapter and opens a device with the features and limits that Reverie uses.
func OpenOf(ctx context.Context, power Power) (*Device, error) {
	webgpu := js.Global().Get("navigator").Get("gpu")
	if webgpu.IsUndefined() {
		return nil, ErrNoWebGPU
	}
	adapter, err := jsx.Await(ctx, webgpu.Call("requestAdapter", map[string]any{"powerPreference": string(power)}))
	if err != nil {
		return nil, fmt.Errorf("gpu: requesting an adapter: %w", err)
	}
	if adapter.IsNull() || adapter.IsUndefined() {
		return nil, ErrNoAdapter
	}
	glue := js.Global().Get("reverieGPU")
	if glue.IsUndefined() {
		return nil, errors.New("gpu: gpu.js is not loaded; the worker must import it before the program starts")
	}
	d := &Device{kernels: map[string]*Kernel{}, platform: platform{glue: glue, layouts: map[string]int{}, lost: make(chan struct{})}}
	features := []any{}
	has := adapter.Get("features")
	for name, on := range map[string]*bool{"shader-f16": &d.info.F16, "subgroups": &d.info.Subgroups} {
		if *on = has.Call("has", name).Bool(); *on {
			features = append(features, name)
		}
	}
	limits := map[string]any{}
	for _, name := range []string{"maxStorageBufferBindingSize", "maxBufferSize", "maxComputeWorkgroupStorageSize", "maxStorageBuffersPerShaderStage"} {
		if v := adapter.Get("limits").Get(name); v.Type() == js.TypeNumber {
			limits[name] = v
		}
	}
	d.device, err = jsx.Await(ctx, adapter.Call("requestDevice", map[string]any{
		"label": "reverie", "requiredFeatures": features, "requiredLimits": limits,
	}))
	if err != nil {
		return nil, fmt.Errorf("gpu: opening the device: %w", err)
	}
	d.queue, d.scratch = d.device.Get("queue"), jsx.Bytes(make([]byte, scratchSize))
	info := adapter.Get("info")
	for name, field := range map[string]*string{"vendor": &d.info.Vendor, "architecture": &d.info.Architecture, "description": &d.info.Description} {
		if v := info.Get(name); v.Type() == js.TypeString {
			*field = v.String()
		}
	}
	if least := info.Get("subgroupMinSize"); d.info.Subgroups && least.Type() == js.TypeNumber && least.Equal(info.Get("subgroupMaxSize")) {
		d.info.SubgroupSize = least.Int()
	}
	d.info.Software = info.Get("isFallbackAdapter").Truthy() || slices.Contains([]string{"swiftshader", "llvmpipe"}, d.info.Architecture)
	if name := js.Global().Get("navigator").Get("userAgent"); name.Type() == js.TypeString {
		d.info.Browser = name.String()
	}
	d.info.MaxBinding = int64(d.device.Get("limits").Get("maxStorageBufferBindingSize").Float())
	d.info.MaxBuffer = int64(d.device.Get("limits").Get("maxBufferSize").Float())
	d.info.Memory = guessMemory(js.Global().Get("navigator").Get("deviceMemory"), d.info.MaxBuffer)
	d.watch()
	return d, nil
}

// guessMemory goes by half of the computer's memory where the browser tells it, in GiB and with a limit of its own, for graphics chips mostly share
// it. Else it goes by the largest buffer: phones, whose browsers end a page that takes more than about 1.5 GB, allow less than computers.
func guessMemory(gibibytes js.Value, maxBuffer int64) int64 {
	const gib = 1 << 30
	switch {
	case gibibytes.Type() == js.TypeNumber:
		return max(gib, int64(gibibytes.Float()*gib/2))
	case maxBuffer > gib:
		return 4 * gib
	}
	return gib * 5 / 4
}

// watch keeps the first error that no scope caught, and hears of the device's loss.
func (d *Device) watch() {
	onError := js.FuncOf(func(_ js.Value, args []js.Value) any {
		d.fail(fmt.Errorf("gpu: %s", args[0].Get("error").Get("message").String()))
		return nil
	})
	d.device.Call("addEventListener", "uncapturederror", onError)
	onLost := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if !d.closed {
			d.fail(fmt.Errorf("%w: %s", ErrLost, args[0].Get("message").String()))
		}
		close(d.lost)
		return nil
	})
	d.device.Get("lost").Call("then", onLost)
	d.funcs = append(d.funcs, onError, onLost)
}

// Lost is closed when the device is gone.
func (d *Device) Lost() <-chan struct{} { return d.lost }

// Close destroys the device with everything on it.
func (d *Device) Close() {
	d.closed = true
	d.device.Call("destroy")
}

// Write copies b, whose length is a multiple of 4, to the buffer at offset bytes.
func (d *Device) Write(b *Buffer, offset int, data []byte) {
	if d.planner {
		return
	}
	if len(data) > scratchSize {
		d.queue.Call("writeBuffer", b.object(), offset, jsx.Bytes(data))
		return
	}
	// What a step writes goes through memory that is used again: the queue has copied it when writeBuffer returns.
	js.CopyBytesToJS(d.scratch, data)
	d.queue.Call("writeBuffer", b.object(), offset, d.scratch, 0, len(data))
}

// scratchSize is more than any buffer that a step writes.
const scratchSize = 64 << 10

// WriteBlob copies n bytes of b, from its byte from on, to the buffer at offset bytes. All three are multiples of 4.
func (d *Device) WriteBlob(to *Buffer, offset int, b blob.Blob, from, n int) {
	d.queue.Call("writeBuffer", to.value, offset, b.JS().Call("subarray", from, from+n))
}

// object is the GPUBuffer.
func (b *Buffer) object() js.Value {
	if !b.placed {
		panic(fmt.Sprintf("gpu: %s is used before a plan gave it memory", b.label))
	}
	return b.value
}

// Read waits for the device and returns n bytes of the buffer at offset. It is for tests and one-off results; a loop uses a Ring.
func (d *Device) Read(ctx context.Context, b *Buffer, offset, n int) ([]byte, error) {
	if b.fleeting() {
		return nil, fmt.Errorf("gpu: reading %s, whose contents nobody kept", b.label)
	}
	if d.planner {
		return make([]byte, n), nil
	}
	r := d.NewRing(1, n)
	defer r.Destroy()
	to, slot := r.Slot()
	encoder := d.device.Call("createCommandEncoder")
	encoder.Call("copyBufferToBuffer", b.object(), offset, to.value, 0, n)
	d.queue.Call("submit", []any{encoder.Call("finish")})
	out := make([]byte, n)
	if err := r.Read(ctx, slot, out); err != nil {
		return nil, fmt.Errorf("reading %s: %w", b.label, err)
	}
	return out, nil
}

// layout returns the bind group layout for such bindings; kernels with like bindings share one.
func (d *Device) layout(bindings []shaders.Binding) int {
	if d.planner {
		return 0
	}
	signature := fmt.Sprint(bindings)
	if i, ok := d.layouts[signature]; ok {
		return i
	}
	kinds := map[shaders.Binding]string{shaders.Read: "read-only-storage", shaders.ReadWrite: "storage", shaders.Uniform: "uniform"}
	entries := make([]any, len(bindings))
	for i, b := range bindings {
		entries[i] = map[string]any{"binding": i, "visibility": stageCompute, "buffer": map[string]any{"type": kinds[b]}}
	}
	layout := d.device.Call("createBindGroupLayout", map[string]any{"entries": entries})
	d.layouts[signature] = len(d.layoutValues)
	d.layoutValues = append(d.layoutValues, layout)
	d.pipeline = append(d.pipeline, d.device.Call("createPipelineLayout", map[string]any{"bindGroupLayouts": []any{layout}}))
	return len(d.layoutValues) - 1
}

// startCompile begins to build the kernel's pipeline and returns a function that waits for it.
func (d *Device) startCompile(k *Kernel) func(context.Context) error {
	// The pipeline's own error says the same, and with it come the lines: see explain.
	d.device.Call("pushErrorScope", "validation")
	module := d.device.Call("createShaderModule", map[string]any{"label": k.Name(), "code": k.source.Text})
	d.device.Call("popErrorScope")
	promise := d.device.Call("createComputePipelineAsync", map[string]any{
		"label": k.Name(), "layout": d.pipeline[k.layout],
		"compute": map[string]any{"module": module, "entryPoint": "main"},
	})
	return func(ctx context.Context) error {
		pipeline, err := jsx.Await(ctx, promise)
		if err != nil {
			return d.explain(ctx, k, module, err)
		}
		k.object = d.glue.Call("keep", pipeline).Int()
		return nil
	}
}

func (d *Device) explain(ctx context.Context, k *Kernel, module js.Value, cause error) error {
	info, err := jsx.Await(ctx, module.Call("getCompilationInfo"))
	if err != nil {
		return fmt.Errorf("gpu: %s: %w", k.Name(), cause)
	}
	var messages []compileMessage
	list := info.Get("messages")
	for i := range list.Length() {
		if m := list.Index(i); m.Get("type").String() == "error" {
			messages = append(messages, compileMessage{m.Get("lineNum").Int(), m.Get("linePos").Int(), m.Get("message").String()})
		}
	}
	if len(messages) == 0 {
		return fmt.Errorf("gpu: %s: %w", k.Name(), cause)
	}
	return compileError(k.source, messages)
}
