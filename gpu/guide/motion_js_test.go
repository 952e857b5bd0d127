package guide

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"

	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// moved is a run of a start picture whose updates hardly do anything.
func moved(set ...recipe.Setting) Config {
	c := config(small("a red apple", preset.ZQ, 7, recipe.Width.Is(64), recipe.Height.Is(64), recipe.LearningRate.Is(1e-6), recipe.InitImage.Is("p"), recipe.MotionEvery.Is(1)).With(set...))
	c.Init = &gradual
	return c
}

// reports makes so many updates and returns what they tell, with pictures.
func reports(t *testing.T, s *Session, n int) (list []Report) {
	t.Helper()
	for range n {
		if err := s.Submit(true); err != nil {
			t.Fatal(err)
		}
		report, err := s.Report(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, report)
	}
	return list
}

// Each frame is the one before, moved: it differs from that by what the model makes of it, and from the one that stayed by much more.
func TestFramesAreMoved(t *testing.T) {
	for _, c := range []struct {
		name string
		set  []recipe.Setting
	}{
		{"zoom and turn", []recipe.Setting{recipe.Zoom.Is(1.5), recipe.Angle.Is(90)}},
		{"shift of the latent", []recipe.Setting{recipe.ShiftY.Is(24), recipe.MotionIn.Is("latent"), recipe.MotionInfill.Is("wrap")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, moved(c.set...))
			list := reports(t, s, 3)
			before, after := shadesOf(list[1].Pixels), shadesOf(list[2].Pixels)
			how, _ := movingOf(s.now)
			want := ops.RefMove(before, 1, 64, 64, 3, []ops.Homography{motionMap(s.now, 64, 64, 1)}, how.Moving)
			if off, still := distance(after, want), distance(after, before); off > still/2 {
				t.Errorf("a frame is %.1f off the one before, moved, and %.1f off it where it was", off, still)
			}
		})
	}
}

func shadesOf(rgba []byte) (rgb []float64) {
	for i, v := range rgba {
		if i%4 != 3 {
			rgb = append(rgb, float64(v))
		}
	}
	return rgb
}

// distance is the mean difference.
func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Abs(a[i] - b[i])
	}
	return sum / float64(len(a))
}

// A latent that is shifted by whole tokens has the same tokens elsewhere, but for those that are held.
func TestMovedTokens(t *testing.T) {
	s := open(t, moved(recipe.ShiftX.Is(8), recipe.MotionIn.Is("latent"), recipe.MotionInfill.Is("wrap"), recipe.Hold.Is(upper)))
	list := reports(t, s, 3)
	held := s.within(upper)
	for i, code := range list[2].Tokens {
		want := list[1].Tokens[i]
		if !held[i] {
			want = list[1].Tokens[i/8*8+(i+7)%8]
		}
		if code != want {
			t.Fatalf("token %d is %d, want %d: %v became %v", i, code, want, list[1].Tokens, list[2].Tokens)
		}
	}
	if slices.Equal(list[1].Tokens, list[2].Tokens) {
		t.Error("no token is another")
	}
}

// What an update tells of a frame is what the run was before it was moved, and so is its picture.
func TestFramesAreWhatIsTold(t *testing.T) {
	ctx := context.Background()
	s := open(t, moved(recipe.Zoom.Is(1.6), recipe.LearningRate.Is(0.1)))
	reports(t, s, 1)
	picture, err := s.Picture(ctx)
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.Export(ctx)
	if err != nil {
		t.Fatal(err)
	}
	told := reports(t, s, 1)[0]
	for i, code := range state.Tokens {
		if uint32(told.Tokens[i]) != code {
			t.Fatalf("token %d was %d, and %d is told", i, code, told.Tokens[i])
		}
	}
	if !bytes.Equal(told.Pixels, picture.Pix) {
		t.Error("another picture is told than the frame's")
	}
}

// A look into an update that starts from a moved picture leaves no trace, and an update that is looked into is the same.
func TestInsideOfMotion(t *testing.T) {
	ctx := context.Background()
	c := moved(recipe.Zoom.Is(1.3), recipe.LearningRate.Is(0.1), recipe.InitWeight.Is(1), recipe.MotionHold.Is("frame"))
	want := run(t, c, 3)

	var got trace
	s := open(t, c)
	got.goOn(t, s, 1)
	if _, _, err := s.Inspect(ctx, false); err != nil {
		t.Fatal(err)
	}
	got.goOn(t, s, 2)
	report, _, err := s.Inspect(ctx, true)
	if err != nil {
		t.Fatal(err)
	}
	got.losses = append(got.losses, report.Losses...)
	got.end(t, s)
	got.same(t, "looked into", want)
}

// What changes how the picture is moved, or that it is moved at all, changes during a run, and the script does the same.
func TestMotionChanges(t *testing.T) {
	ctx := context.Background()
	c := moved(recipe.MotionEvery.Is(0), recipe.InitWeight.Is(1), recipe.LearningRate.Is(0.1))
	script := c.Script.With(1, recipe.MotionEvery.Is(1), recipe.Zoom.Is(1.3), recipe.MotionHold.Is("frame")).
		With(3, recipe.MotionIn.Is("latent"), recipe.MotionMemory.Is("keep"))
	want := run(t, Config{Script: script, Init: c.Init}, 5)

	var got trace
	s := open(t, c)
	for _, change := range script.Changes {
		got.goOn(t, s, change.Step)
		if _, err := s.Change(ctx, change.Set, nil, quiet); err != nil {
			t.Fatal(err)
		}
	}
	got.goOn(t, s, 5)
	got.end(t, s)
	got.same(t, "by hand", want)
	if still := run(t, c, 5); bytes.Equal(still.picture, want.picture) {
		t.Error("the picture was not moved")
	}
}

// The mean that is shown begins anew after each motion: it is the latent where every update follows one.
func TestMotionBeginsTheMeanAnew(t *testing.T) {
	s := open(t, moved(recipe.MotionIn.Is("latent"), recipe.Zoom.Is(1.3), recipe.Averaging.Is(0.9), recipe.LearningRate.Is(0.1)))
	reports(t, s, 3)
	var got trace
	if got.end(t, s); !slices.Equal(got.state.Mean, got.state.Z) {
		t.Error("the mean remembers what was before the motion")
	}
}
