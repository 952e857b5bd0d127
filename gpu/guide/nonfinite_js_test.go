package guide

import (
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"reverie/recipe"
	"reverie/recipe/preset"
)

// In whole steps nothing is found that is not there, whatever shares memory and however it is stored, and the step does what it does
// unwatched. A latent with a NaN is found where the first kernel reads it.
func TestFirstNonFiniteOfSteps(t *testing.T) {
	ctx := context.Background()
	for _, test := range []struct {
		name, preset string
		precision    string
		thrift       Thrift
	}{
		{"plain", preset.Upd, "full", Thrift{}},
		{"pooled", preset.Pool, "full", Thrift{}},
		{"half precision", preset.Upd, "half", Thrift{}},
		{"parts of two and one, recomputed, half precision", preset.Upd, "half", Thrift{Part: 2, Decoder: true, CLIP: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := small("a red apple", test.preset, 7, recipe.Cutouts.Is(3), recipe.Smoothness.Is(1), recipe.Precision.Is(test.precision))
			want := oneStep(ctx, t, r, test.thrift)
			c := config(r)
			c.Thrift = test.thrift
			s := open(t, c)
			in, err := s.inputs()
			if err != nil {
				t.Fatal(err)
			}
			s.step.write(in)
			plan := s.step.tape.Plan
			if found, err := plan.FirstNonFinite(ctx); err != nil || found != nil {
				t.Fatalf("found %v, %v", found, err)
			}
			if z, err := s.step.tape.Read(ctx, s.step.Z); err != nil || !slices.Equal(z, want.z) {
				t.Errorf("the latent is another than after an unwatched step (%v)", err)
			}
			s.step.Device().Write(s.step.Z.Buf, 4*7, binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN()))))
			found, err := plan.FirstNonFinite(ctx)
			if err != nil || found == nil {
				t.Fatalf("found %v, %v in a latent with a NaN", found, err)
			}
			if found.Part != PartCodebook || found.Label != "latent z" || !found.Read || found.Index != 7 {
				t.Errorf("found %v, want element 7 of the latent z in the codebook", found)
			}
		})
	}
}
