package gpu

import (
	"context"
	"syscall/js"
	"time"

	"reverie/gpu/jsx"
)

// Firefox looks whether submitted work has ended when something is submitted, and else only every 100 ms (bug 1870699 of
// bugzilla.mozilla.org). In Firefox 153 on lavapipe a readback of nothing took 77 to 102 ms, and one behind 7 ms of work as long: a step of 0.7 s
// was foreseen to take 191, and the timing of kernels chose by chance. While something is submitted every millisecond, an empty list will
// do, the two take 2 and 7 ms, and a step of 64² with 4 cutouts 0.39 s in place of 0.46.
//
// All this can go when a readback from an idle device takes a few milliseconds in every Firefox that has WebGPU.

const nudgeEvery = time.Millisecond

// settle waits for a promise that waits for the queue.
func (d *Device) settle(ctx context.Context, promise js.Value) (js.Value, error) {
	if d.info.gecko() {
		settled := make(chan struct{})
		defer close(settled)
		go d.nudge(settled)
	}
	return jsx.Await(ctx, promise)
}

// nudge submits nothing again and again.
func (d *Device) nudge(until <-chan struct{}) {
	ticker := time.NewTicker(nudgeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-until:
			return
		case <-ticker.C:
			d.queue.Call("submit", []any{})
		}
	}
}
