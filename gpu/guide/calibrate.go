package guide

import (
	"context"
	"slices"
	"time"

	"reverie/gpu"
	"reverie/gpu/ops"
)

// Calibrate measures the device's speed unless it is known, with a convolution as the decoder has them. It is an estimate: every update
// measures the speed anew.
func Calibrate(ctx context.Context, d *gpu.Device) error {
	if _, known := d.Speed(); known {
		return nil
	}
	// A step has small kernels, too: 0.72 to 0.80 of the convolution's speed with the small pair on SwiftShader, at 64² and 128² with 4 and 16 cutouts.
	const wholeStep = 0.75
	empty, err := roundTrip(ctx, d)
	if err != nil {
		return err
	}
	speed, err := speedOf(empty, func(side int) (float64, time.Duration, error) { return convolve(ctx, d, side) })
	if err != nil {
		return err
	}
	d.SetSpeed(wholeStep * speed)
	return nil
}

// The sides of the pictures that are convolved, and how long a convolution at least computes to tell the speed.
const (
	leastSide, mostSide = 16, 256
	tellable            = 20 * time.Millisecond
)

// speedOf is the speed in FLOP/s that convolutions of larger and larger pictures show, of which convolve gives the FLOP and the time. What a
// readback takes that waits for nothing, empty, is none of their work: it is subtracted, and pictures grow until their work takes twice as long.
func speedOf(empty time.Duration, convolve func(side int) (work float64, took time.Duration, err error)) (float64, error) {
	for side := leastSide; ; side *= 2 {
		work, took, err := convolve(side)
		if err != nil {
			return 0, err
		}
		if computed := took - empty; computed >= max(tellable, 2*empty) {
			return work / computed.Seconds(), nil
		}
		if side == mostSide { // too fast to be told: at least a tenth of the time is work's
			return work / max(took-empty, took/10, time.Microsecond).Seconds(), nil
		}
	}
}

// convolve tells the FLOP of a convolution of side × side pixels and how long its second run takes; the first one may still compile.
func convolve(ctx context.Context, d *gpu.Device, side int) (work float64, took time.Duration, err error) {
	const channels = 128
	t := ops.NewTape(d)
	defer t.Close()
	w := ops.Matrix{Taps: 9, Out: channels, In: channels, Buf: t.Buffer("calibration", 4*9*channels*channels)}
	bias := &ops.Vector{N: channels, Buf: t.Buffer("calibration", 4*channels)}
	y := t.Keep(t.Conv(t.Input(1, side, side, channels, false), w, bias, ops.Conv3x3, nil))
	if err := t.Compile(ctx, nil); err != nil {
		return 0, 0, err
	}
	for range 2 {
		begin := time.Now()
		if err := t.Plan.Run(); err != nil {
			return 0, 0, err
		}
		if _, err := d.Read(ctx, y.Buf, 0, 16); err != nil {
			return 0, 0, err
		}
		took = time.Since(begin)
	}
	return t.Plan.Work(), took, nil
}

// roundTrip is the median time of a readback from an idle device.
func roundTrip(ctx context.Context, d *gpu.Device) (time.Duration, error) {
	fence := d.NewBuffer("fence", 16)
	defer fence.Destroy()
	var took []time.Duration
	for range 5 {
		begin := time.Now()
		if _, err := d.Read(ctx, fence, 0, 16); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
