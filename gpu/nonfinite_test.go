package gpu

import (
	"slices"
	"strings"
	"testing"

	"reverie/shaders"
)

func TestAstraySaysWhere(t *testing.T) {
	for _, c := range []struct {
		astray Astray
		want   string
	}{
		{Astray{Part: "decoder", Kernel: "groupnorm_apply.wgsl FORM_4=f16 SWISH", Label: "activation", Index: 17, Of: 4096},
			"decoder, groupnorm_apply.wgsl: element 17 of 4096 of the activation that it writes is NaN or infinite"},
		{Astray{Kernel: "contract.wgsl", Label: "z", Read: true, Of: 64}, "contract.wgsl: element 0 of 64 of the z that it reads is NaN or infinite"},
	} {
		if got := c.astray.String(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestWatchLooksAtFloatsOnly(t *testing.T) {
	d := NewPlanner(Info{MaxBinding: 1 << 20})
	given, whole := d.NewBuffer("given", 64), d.Scratch("whole", 64)
	half, pixels := d.Scratch("half", 32).As(shaders.Float16), d.NewBuffer("pixels", 16)
	p := d.NewPlan()
	params := struct{ Vecs uint32 }{4}
	move := func(from, to *Buffer) {
		p.Dispatch("pointwise.wgsl", shaders.Defines{"COPY": "", "ACCUMULATE": ""}, Grid{1, 1, 1}, 0, params, from, to)
	}
	move(given, whole)
	move(given, half)
	move(whole, half)
	p.Dispatch("picture.wgsl", nil, Grid{1, 1, 1}, 0, params, half, pixels)
	if _, err := p.FirstNonFinite(t.Context()); err == nil || !strings.Contains(err.Error(), "before it is compiled") {
		t.Errorf("got %v, want that the plan is not compiled", err)
	}
	if err := p.Compile(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	w := newWatch(p)
	// Given is looked at once, the scratch buffers are cleared once, and nobody looks at pixels.
	if want := []look{{0, given, true}, {0, whole, false}, {1, half, false}, {2, half, false}}; !slices.Equal(w.looks, want) {
		t.Errorf("looks at %v, want %v", w.looks, want)
	}
	var kernels []string
	for _, name := range w.plan.Kernels() {
		file, _, _ := strings.Cut(name, ".")
		kernels = append(kernels, file)
	}
	if got, want := strings.Join(kernels, " "), "nonfinite clear pointwise nonfinite clear pointwise nonfinite pointwise nonfinite picture"; got != want {
		t.Errorf("runs %s, want %s", got, want)
	}
	for i, d := range w.plan.dispatches {
		if name := d.kernel.Name(); name == "nonfinite.wgsl" && d.uniform < len(p.uniforms) {
			t.Errorf("dispatch %d has the parameters of another at %d", i, d.uniform)
		}
	}
	if astray, err := p.FirstNonFinite(t.Context()); astray != nil || err != nil {
		t.Errorf("on a planner: %v, %v", astray, err)
	}
}
