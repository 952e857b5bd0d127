//go:build e2e && !js

package e2e

import (
	"context"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
)

// startedTuning presses Start, waits until the run's own kernels are compiled and says whether kernels were timed before.
func (v *visit) startedTuning() (tuned bool) {
	v.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	v.must(v.Click("button", "Start"))
	for {
		m, err := v.Next(ctx)
		v.must(err)
		switch m := m.(type) {
		case protocol.Progress:
			tuned = tuned || m.Phase == protocol.PhaseTune
			if m.Phase == protocol.PhaseCompile {
				return tuned
			}
		case protocol.Error, protocol.Exit, protocol.Lost:
			v.Fatalf("waiting for the kernels: got %T %+v", m, m)
		}
	}
}

// Kernels are timed once and kept; ?tune=off neither times them nor uses what is kept.
func TestKernelsAreTimedOnce(t *testing.T) {
	const run = "#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=50"
	measured := func(m protocol.Kernels) int {
		n := 0
		for _, k := range m.Kernels {
			if k.Milliseconds > 0 {
				n++
			}
		}
		return n
	}
	v := open(t, chromium.Software, "?tune=again"+run)
	if n := measured(until[protocol.Kernels](v)); n > 0 {
		t.Errorf("before the first run %d kernels are measured", n)
	}
	if !v.startedTuning() {
		t.Error("the first visit did not time kernels")
	}
	v.again(run)
	kept := measured(until[protocol.Kernels](v))
	if kept == 0 {
		t.Error("nothing is kept")
	}
	if v.startedTuning() {
		t.Error("the second visit times kernels again")
	}
	v.again("?tune=off" + run)
	if n := measured(until[protocol.Kernels](v)); n > 0 {
		t.Errorf("with ?tune=off %d measurements are used", n)
	}
	if v.startedTuning() {
		t.Error("with ?tune=off kernels are timed")
	}
	t.Logf("%d classes were measured in time", kept)
	v.clean()
}
