package tune

import (
	"context"
	"testing"
	"time"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/gpu/store"
)

// On a device a tuning ends at its limit, here by a clock that jumps with every look: it comes to two candidates of the first class, so
// the device runs no more than their samples.
func TestTuneEndsAtItsLimit(t *testing.T) {
	ctx := context.Background()
	d, err := gpu.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	b := &bench{device: d, fence: d.NewBuffer("fence", 16)}
	clock := time.Unix(0, 0)
	now := func() time.Time {
		clock = clock.Add(20 * time.Minute)
		return clock
	}
	candidates := ops.Candidates(d.Info())
	choices, err := search(ctx, ops.Classes(), candidates, 40*time.Minute, now, b.time, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(choices) != 1 || choices[0].Class != ops.Classes()[0] || choices[0].Milliseconds <= 0 ||
		choices[0].Variant != candidates[0] && choices[0].Variant != candidates[1] {
		t.Errorf("it chose %v", choices)
	}
	// The first candidate runs twice where a single sample is too short to be told from a submission.
	if least, most := 2*(1+counted), 3*(1+counted); b.runs < least || b.runs > most {
		t.Errorf("the device ran %d times, want %d to %d", b.runs, least, most)
	}
	k := Open(ctx, d, store.Nothing{}, Off)
	k.use(choices)
	if got := ops.Chosen(d, choices[0].Class); got != choices[0].Variant {
		t.Errorf("the device uses %s", got)
	}
}
