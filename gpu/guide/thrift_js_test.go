package guide

import (
	"context"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// What saves memory changes nothing of a step: losses, gradient and latent are those of the plain plan, to the bit where the same kernels
// run on the same shapes. Parts of the cutouts have other shapes, for which a kernel may sum in another order.
func TestThriftChangesNothing(t *testing.T) {
	ctx := context.Background()
	r := small("a red apple", preset.Upd, 7, recipe.Cutouts.Is(3), recipe.Smoothness.Is(1))
	plain := oneStep(ctx, t, r, Thrift{})
	for _, test := range []struct {
		name   string
		thrift Thrift
		tol    float32 // of the largest magnitude
	}{
		{"recomputed", Thrift{Decoder: true, CLIP: true}, 0},
		{"parts of two and one, recomputed", Thrift{Part: 2, Decoder: true, CLIP: true}, 1e-5},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := oneStep(ctx, t, r, test.thrift)
			for _, v := range []struct {
				name      string
				got, want []float32
			}{{"losses", got.losses, plain.losses}, {"gradient of z", got.dz, plain.dz}, {"z", got.z, plain.z}} {
				var worst, largest float32
				for i := range v.want {
					worst, largest = max(worst, abs(v.got[i]-v.want[i])), max(largest, abs(v.want[i]))
				}
				t.Logf("%s: off by %g of the largest", v.name, worst/largest)
				if !(worst <= test.tol*largest) || len(v.got) != len(v.want) {
					t.Errorf("%s: off by %g of the largest, %g, want at most %g", v.name, worst/largest, largest, test.tol)
				}
			}
			if got.bytes >= plain.bytes {
				t.Errorf("takes %d bytes, the plain plan %d", got.bytes, plain.bytes)
			}
		})
	}
}

func abs(v float32) float32 { return max(v, -v) }

// outcome is what is comparable after a step.
type outcome struct {
	losses, dz, z []float32
	bytes         int64
}

func oneStep(ctx context.Context, t *testing.T, r recipe.Recipe, thrift Thrift) outcome {
	t.Helper()
	c := config(r)
	c.Thrift = thrift
	s := open(t, c)
	o := outcome{bytes: s.step.tape.Bytes()}
	if err := s.Submit(false); err != nil {
		t.Fatal(err)
	}
	report, err := s.Report(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range report.Losses {
		o.losses = append(o.losses, float32(l))
	}
	if o.z, err = s.step.tape.Read(ctx, s.step.Z); err == nil {
		o.dz, err = s.step.tape.Read(ctx, s.step.Z.D())
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// takeTurns makes updates of runs of the embedded pair in turns, so that what else the machine does weighs on all of them, and returns the
// median time of each.
func takeTurns(b *testing.B, configs []Config) (runs []*Session, medians []float64) {
	ctx := context.Background()
	times := make([][]float64, len(configs))
	for _, c := range configs {
		runs = append(runs, open(b, c))
	}
	for turn := range b.N + 1 { // the first is not counted
		for i, r := range runs {
			if err := r.Submit(false); err != nil {
				b.Fatal(err)
			}
			report, err := r.Report(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if turn > 0 {
				times[i] = append(times[i], report.Milliseconds)
			}
		}
	}
	for _, t := range times {
		slices.Sort(t)
		medians = append(medians, t[len(t)/2])
	}
	return runs, medians
}

// BenchmarkThrift times updates of 32² and 4 cutouts by what saves memory; each reports its time as a multiple of the plain plan's.
func BenchmarkThrift(b *testing.B) {
	ways := []struct {
		name   string
		thrift Thrift
	}{
		{"plain", Thrift{Part: 4}}, {"parts-of-2", Thrift{Part: 2}}, {"parts-of-1", Thrift{Part: 1}},
		{"decoder-recomputed", Thrift{Part: 4, Decoder: true}}, {"all-recomputed", Thrift{Part: 4, Decoder: true, CLIP: true}},
	}
	var configs []Config
	for _, way := range ways {
		c := config(small("a red apple", preset.Upd, 7, recipe.Height.Is(32), recipe.Cutouts.Is(4)))
		c.Thrift = way.thrift
		configs = append(configs, c)
	}
	runs, medians := takeTurns(b, configs)
	for i, way := range ways {
		b.ReportMetric(medians[i]/medians[0], way.name+"-time")
		b.ReportMetric(float64(runs[i].step.tape.Plan.Memory().Total)/(1<<20), way.name+"-MiB")
	}
}

// BenchmarkAugmentations times updates of 64² and 4 cutouts with all augmentations of a preset, as a multiple of those that move only.
func BenchmarkAugmentations(b *testing.B) {
	for _, name := range []string{preset.Upd, preset.Pool} {
		b.Run(name, func(b *testing.B) {
			all := small("a red apple", name, 7, recipe.Width.Is(64), recipe.Height.Is(64), recipe.Cutouts.Is(4))
			_, medians := takeTurns(b, []Config{config(all.With(recipe.Augment.Is("moves"))), config(all)})
			b.ReportMetric(medians[1]/medians[0], "times")
		})
	}
}
