package ops

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// named is an optimiser that there is.
func named(t *testing.T, name string) Optimiser {
	t.Helper()
	o, ok := NamedOptimiser(name)
	if !ok {
		t.Fatalf("there is no optimiser %q", name)
	}
	return o
}

// Four elements, the gradients of seven updates, and their learning rates: enough for RAdam to begin to divide at the sixth.
var (
	updateStart     = []float64{1, -2, 0.5, 3}
	updateGradients = [][]float64{{0.5, -1, 2, 0}, {1.5, -0.25, -2, 1e-3}, {-0.75, 0.5, 1, 2e-3}, {0.25, 1, -0.5, -4e-3},
		{2, -1.5, 0.25, 1e-3}, {-0.5, 0.75, 1.5, 3e-3}, {1, -0.5, -1, -2e-3}}
	updateRates = []float64{0.1, 0.1, 0.1, 0.04, 0.04, 0.04, 0.04}
)

// What PyTorch 1.13's optimisers make of the same in float64.
func TestUpdatesArePyTorchs(t *testing.T) {
	const decay = 0.5 // AdamW's
	for _, c := range []struct {
		name string
		want map[int][]float64 // by the number of updates
	}{
		{Adam, map[int][]float64{
			1: {0.900000002, -1.900000001, 0.4000000005, 3},
			5: {0.731466237679083, -1.78445419863621, 0.382645034666137, 2.85095085615482},
			7: {0.693150207003073, -1.77699978170615, 0.366688695160572, 2.83883453814432},
		}},
		{AdamW, map[int][]float64{
			1: {0.850000002, -1.800000001, 0.3750000005, 2.85},
			5: {0.578012012809731, -1.45292532834261, 0.307947586610813, 2.33087982787515},
			7: {0.517150863042657, -1.38796831556423, 0.280032502252278, 2.22666894559124},
		}},
		{RAdam, map[int][]float64{
			1: {0.95, -1.9, 0.3, 3},
			5: {0.767170482833973, -1.81566928329758, 0.272965567214089, 2.99985897655207},
			6: {0.76672615754134, -1.81562635937737, 0.272660904476677, 2.99959009357329},
			7: {0.766035100172701, -1.81543673424899, 0.272524797428593, 2.99953435937582},
		}},
	} {
		o := named(t, c.name)
		x, memory, count := updateStart, [][]float64{make([]float64, 4), make([]float64, 4)}, Count{}
		for i, g := range updateGradients {
			x = RefUpdate(x, g, memory, o, o.Next(&count, updateRates[i], decay), nil, nil, nil)
			want := c.want[i+1]
			for j := range want {
				if math.Abs(x[j]-want[j]) > 2e-14 {
					t.Errorf("%s: element %d is %.15g after %d updates, want %.15g", c.name, j, x[j], i+1, want[j])
				}
			}
			delete(c.want, i+1)
		}
		if len(c.want) > 0 {
			t.Errorf("%s: never compared %v", c.name, c.want)
		}
	}
}

// What testdata/updates.py makes of the same with the other optimisers. The third gradient of AdamP is nearly at a right angle to x.
func TestUpdatesAreThePublished(t *testing.T) {
	b, err := os.ReadFile("testdata/updates.json")
	if err != nil {
		t.Fatal(err)
	}
	var published map[string][][]float64
	if err := json.Unmarshal(b, &published); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{Adagrad, RMSprop, Adamax, DiffGrad, AdamP} {
		o := named(t, name)
		x, memory, count := updateStart, fresh(o, 4), Count{}
		for i, g := range updateGradients {
			x = RefUpdate(x, g, memory, o, o.Next(&count, updateRates[i], 0.5), nil, nil, nil)
			for j, want := range published[name][i] {
				if math.Abs(x[j]-want) > 2e-14 {
					t.Errorf("%s: element %d is %.15g after %d updates, want %.15g", name, j, x[j], i+1, want)
				}
			}
		}
	}
}

// AdamP takes out of a step what goes along x where the gradient is at a right angle to it.
func TestAdamPKeepsTheLength(t *testing.T) {
	o := named(t, AdamP)
	x, memory := []float64{1, 1, -1, -1}, fresh(o, 4)
	along := 0.0
	y := RefUpdate(x, []float64{3, -3, 1, -1}, memory, o, o.Next(&Count{}, 0.1, 0), nil, nil, nil)
	for i := range x {
		along += x[i] * (y[i] - x[i])
	}
	if math.Abs(along) > 1e-14 || y[0] == x[0] {
		t.Errorf("%v moves to %v, by %g along itself", x, y, along)
	}
	memory[0] = []float64{1, 0, 0, 0} // what it remembers goes along x
	y = RefUpdate(x, []float64{3, -3, 1, -1}, memory, o, o.Next(&Count{Updates: 5}, 0.1, 0), nil, nil, nil)
	along = 0
	for i := range x {
		along += x[i] * (y[i] - x[i])
	}
	if math.Abs(along) > 1e-8 { // ε, which lengthens x twice, leaves about 10⁻⁸ of the 0.11 that went along it
		t.Errorf("%v moves to %v, by %g along itself", x, y, along)
	}
}

// fresh is the memory of an optimiser of n elements at a start.
func fresh(o Optimiser, n int) (memory [][]float64) {
	for range o.Memory() {
		memory = append(memory, make([]float64, n))
	}
	return memory
}

// optimisers are all of them.
var optimisers = []string{Adam, AdamW, RAdam, Adagrad, Adamax, RMSprop, DiffGrad, AdamP, ScheduleFree}

// Algorithm 1 of arXiv:2405.15682, with the average written out: of z after every update, weighted by the squares of the learning rates.
func TestScheduleFreeAverages(t *testing.T) {
	const decay, beta1, beta2, eps = 0.5, 0.9, 0.999, 1e-8
	for _, c := range []struct {
		name            string
		lowest, highest []float64
	}{
		{"free", nil, nil},
		{"bounded", []float64{0.87, -1.9, 0.3, 2.8}, []float64{1, -1.8, 0.42, 2.9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := named(t, ScheduleFree)
			x, memory, count := updateStart, [][]float64{make([]float64, 4), make([]float64, 4)}, Count{}
			z, v, sums, weights := slices.Clone(x), make([]float64, 4), make([]float64, 4), 0.0
			for i, g := range updateGradients {
				at := x
				x = RefUpdate(x, g, memory, o, o.Next(&count, updateRates[i], decay), c.lowest, c.highest, nil)
				weight := updateRates[i] * updateRates[i]
				weights += weight
				for j := range z {
					v[j] = beta2*v[j] + (1-beta2)*g[j]*g[j]
					corrected := v[j] / (1 - math.Pow(beta2, float64(i+1)))
					z[j] -= updateRates[i] * (g[j]/(math.Sqrt(corrected)+eps) + decay*at[j])
					if c.lowest != nil {
						z[j] = min(max(z[j], c.lowest[j]), c.highest[j])
					}
					sums[j] += weight * z[j]
					want := (1-beta1)*z[j] + beta1*sums[j]/weights
					if math.Abs(x[j]-want) > 1e-14 || math.Abs(memory[0][j]-z[j]) > 1e-14 || math.Abs(memory[1][j]-v[j]) > 1e-14 {
						t.Errorf("element %d after %d updates: x %.15g, z %.15g, v %.15g; want %.15g, %.15g and %.15g",
							j, i+1, x[j], memory[0][j], memory[1][j], want, z[j], v[j])
					}
				}
			}
		})
	}
}

func TestUpdateBoundsValuesAndNotMoments(t *testing.T) {
	for _, name := range []string{Adam, AdamW, RAdam} {
		o := named(t, name)
		memory := [][]float64{make([]float64, 4), make([]float64, 4)}
		x := RefUpdate([]float64{1, 1, 1, 1}, []float64{-1, 1, 1, -1}, memory, o, o.Next(&Count{}, 0.1, 0), []float64{0.95, 0.96}, []float64{1.05, 1.06}, nil)
		if want := []float64{1.05, 0.96, 0.95, 1.06}; !slices.Equal(x, want) {
			t.Errorf("%s: bounded to %v, want %v", name, x, want)
		}
		if m, v := memory[0][0], memory[1][0]; math.Abs(m+0.1) > 1e-15 || math.Abs(v-0.001) > 1e-15 {
			t.Errorf("%s: moments %g and %g, want -0.1 and 0.001", name, m, v)
		}
	}
}

// A row that is held stays to the bit, with its moments; let go, it moves from where it is.
func TestUpdateHoldsRows(t *testing.T) {
	for _, name := range optimisers {
		o := named(t, name)
		memory, count := fresh(o, 4), Count{}
		memory[1] = []float64{0, 0, 3, 4}
		x := RefUpdate(updateStart, updateGradients[0], memory, o, o.Next(&count, 0.1, 0.5), nil, nil, []bool{false, true})
		if x[0] == updateStart[0] || x[1] == updateStart[1] || !slices.Equal(x[2:], updateStart[2:]) || !slices.Equal(memory[1][2:], []float64{3, 4}) {
			t.Errorf("%s: %v became %v, with moments %v", name, updateStart, x, memory[1])
		}
		y := RefUpdate(x, updateGradients[1], memory, o, o.Next(&count, 0.1, 0.5), nil, nil, nil)
		if math.Abs(y[2]-x[2]) > 0.3 || y[2] == x[2] {
			t.Errorf("%s: let go, %g became %g", name, x[2], y[2])
		}
	}
}

// A learning rate of zero moves nothing, whatever came before it.
func TestUpdateWithoutRate(t *testing.T) {
	for _, name := range optimisers {
		o := named(t, name)
		memory := fresh(o, 4)
		count := Count{}
		for _, g := range updateGradients[:3] {
			x := RefUpdate(updateStart, g, memory, o, o.Next(&count, 0, 0.5), nil, nil, nil)
			if !slices.Equal(x, updateStart) {
				t.Errorf("%s: %v moved to %v", name, updateStart, x)
			}
		}
	}
}

// What is kept of a run says where its optimiser was.
func TestCountSurvivesItsJSON(t *testing.T) {
	o := named(t, ScheduleFree)
	var count, again Count
	o.Next(&count, 0.1, 0)
	o.Next(&count, 0.05, 0)
	data, err := json.Marshal(count)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	got, want := o.Next(&again, 0.02, 0.1), o.Next(&count, 0.02, 0.1)
	if got != want || again.Updates != 3 || math.Abs(want.Average-0.0004/0.0129) > 1e-15 {
		t.Errorf("after %s the next factors are %+v, want %+v", data, got, want)
	}
}

func TestMemoryIsNamed(t *testing.T) {
	for name, want := range map[string][]string{Adam: {"m", "v"}, AdamW: {"m", "v"}, RAdam: {"m", "v"}, ScheduleFree: {"z", "v"},
		Adagrad: {"m", "sum"}, Adamax: {"m", "u"}, RMSprop: {"m", "v"}, DiffGrad: {"m", "v", "g"}, AdamP: {"m", "v"}} {
		if got := named(t, name).Memory(); !slices.Equal(got, want) {
			t.Errorf("%s remembers %v, want %v", name, got, want)
		}
	}
	if o, ok := NamedOptimiser("Adam"); ok {
		t.Errorf("a name in capitals gives %+v", o)
	}
}
