//go:build !js

package ops

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"reverie/gpu"
)

var adapters = map[string]gpu.Info{
	"a GPU":                             {MaxBinding: 128 << 20},
	"a processor":                       {MaxBinding: 128 << 20, Software: true},
	"a processor with subgroups of 4":   {MaxBinding: 128 << 20, Software: true, SubgroupSize: 4},
	"a processor with subgroups of 8":   {MaxBinding: 128 << 20, Software: true, SubgroupSize: 8},
	"an adapter that was measured here": {MaxBinding: 128 << 20, Software: true, SubgroupSize: 4, Vendor: "google", Architecture: "swiftshader"},
}

// A sample of a class is run by the tile that a tuning names for this class, and by no other class's.
func TestSamplesStandForTheirClasses(t *testing.T) {
	for name, info := range adapters {
		for _, class := range Classes() {
			d := gpu.NewPlanner(info)
			kernel := func(tuning gpu.Tuning) string {
				d.SetTuning(tuning)
				tape := NewTape(d)
				defer tape.Close()
				tape.Sample(class, 2)
				kernels := tape.Plan.Kernels()
				if len(kernels) != 2 || kernels[0] != kernels[1] {
					t.Fatalf("%s on %s: kernels %q", class, name, kernels)
				}
				return kernels[0]
			}
			seen := map[string]string{}
			for _, tile := range Candidates(info) {
				others := gpu.Tuning{}
				for _, c := range Classes() {
					others[c] = Candidates(info)[0]
				}
				others[class] = tile
				got := kernel(others)
				if before, ok := seen[got]; ok {
					t.Errorf("%s on %s: %s and %s are one kernel", class, name, before, tile)
				}
				seen[got] = tile
			}
		}
	}
}

func TestCandidates(t *testing.T) {
	for name, info := range adapters {
		all := Candidates(info)
		if unique := slices.Compact(slices.Sorted(slices.Values(all))); len(all) < 4 || len(all) > 6 || len(unique) != len(all) {
			t.Errorf("on %s: %q, want four to six names", name, all)
		}
		for _, c := range slices.Concat(candidates(info), general) {
			// The default limits: 16 KiB of a workgroup's memory, 256 invocations.
			if bytes := 16 * c.depth * (c.y*c.rows() + 4*c.x*c.columns); bytes > 16<<10 || c.x*c.y > 256 {
				t.Errorf("on %s: %v takes %d bytes of a workgroup's memory and %d invocations", name, c, bytes, c.x*c.y)
			}
			if c.depth > 0 && c.groups*c.depth%c.x != 0 {
				t.Errorf("on %s: %v does not share out the reading of A evenly", name, c)
			}
		}
	}
}

func TestChosen(t *testing.T) {
	const class = "large linear"
	info := adapters["an adapter that was measured here"]
	of := Candidates(info)
	for _, c := range []struct {
		name string
		info gpu.Info
		tune gpu.Tuning
		want string
	}{
		{"nothing known of a GPU", adapters["a GPU"], nil, "tiled 32x64x16"},
		{"nothing known", adapters["a processor"], nil, Candidates(adapters["a processor"])[0]},
		{"shipped", info, nil, Shipped(info)[class]},
		{"tuned", info, gpu.Tuning{class: of[len(of)-1]}, of[len(of)-1]},
		{"tuned for another class", info, gpu.Tuning{"small linear": of[len(of)-1]}, Shipped(info)[class]},
		{"a name of another version", info, gpu.Tuning{class: "diagonal 3x3"}, Shipped(info)[class]},
	} {
		d := gpu.NewPlanner(c.info)
		d.SetTuning(c.tune)
		if got := Chosen(d, class); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Layers multiply in float16 in half precision alone, on a GPU that can, and where a tuning found it faster.
func TestMultiply(t *testing.T) {
	can := gpu.Info{MaxBinding: 128 << 20, F16: true}
	for _, c := range []struct {
		name   string
		info   gpu.Info
		tuning gpu.Tuning
		want   bool
	}{
		{"nothing measured", can, nil, false},
		{"float16 is faster", can, gpu.Tuning{Multiply: "float16"}, true},
		{"float32 is faster", can, gpu.Tuning{Multiply: "float32"}, false},
		{"a GPU that cannot", gpu.Info{MaxBinding: 128 << 20}, gpu.Tuning{Multiply: "float16"}, false},
		{"a processor", gpu.Info{MaxBinding: 128 << 20, F16: true, Software: true}, gpu.Tuning{Multiply: "float16"}, false},
	} {
		d := gpu.NewPlanner(c.info)
		d.SetTuning(c.tuning)
		for _, half := range []bool{false, true} {
			tape := NewTape(d)
			if half {
				tape.HalfPrecision()
			}
			tape.Sample("large linear", 1)
			if got := strings.Contains(fmt.Sprint(tape.Plan.Kernels()), "F16"); got != (c.want && half) {
				t.Errorf("%s, half precision %v: multiplied in float16 %v, kernels %q", c.name, half, got, tape.Plan.Kernels())
			}
			tape.Close()
		}
	}
}

// What is shipped names candidates for every class, whatever subgroups the adapter has.
func TestShipped(t *testing.T) {
	for adapter, tuning := range shipped {
		var problems []string
		all := Candidates(gpu.Info{Software: true, SubgroupSize: 4})
		all = append(all, Candidates(gpu.Info{Software: true, SubgroupSize: 8})...)
		all = append(all, Candidates(gpu.Info{})...)
		for _, class := range Classes() {
			if !slices.Contains(all, tuning[class]) {
				problems = append(problems, fmt.Sprintf("%s: %q", class, tuning[class]))
			}
		}
		if len(tuning) != len(classes) || len(problems) > 0 {
			t.Errorf("%s: %d classes; no candidates: %s", adapter, len(tuning), strings.Join(problems, ", "))
		}
	}
}
