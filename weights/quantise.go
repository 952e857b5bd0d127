package weights

import (
	"fmt"
	"math"
)

// quantise chooses the float16 scale of one block and writes its quants of so many bits: value ≈ quant · scale.
func quantise(quants []int, values []float32, bits int) (uint16, error) {
	var extreme float32 // the value of the largest magnitude
	for _, v := range values {
		if max(v, -v) > max(extreme, -extreme) {
			extreme = v
		}
	}
	limit := float32(int(1)<<(bits-1)) - 1
	if max(extreme, -extreme) > maxF16 { // devices may unpack to float16
		return 0, fmt.Errorf("%v: %w", extreme, ErrRange)
	}
	var scale uint16
	if bits == 8 {
		scale = F16(max(extreme, -extreme) / limit)
	} else {
		scale = F16(leastSquares(values, extreme, bits))
	}
	// The quants are those of the rounded scale, so that its rounding costs at most one step at the ends.
	step := F32(scale)
	for i, v := range values {
		quants[i] = 0
		if step != 0 { // else all values are so small that they become zero
			quants[i] = round(v/step, limit, bits)
		}
	}
	return scale, nil
}

// round is the nearest quant. With eight bits −128 is not used: the steps there are so fine that symmetry is worth more.
func round(q, limit float32, bits int) int {
	lowest := -limit
	if bits < 8 {
		lowest--
	}
	return int(math.RoundToEven(float64(max(lowest, min(limit, q)))))
}

// The scales that leastSquares tries put the extreme value at −half + offset, in steps of one tenth of a quant.
const (
	firstOffset = -7
	lastOffset  = 10
)

// roundingShift, added and subtracted again, leaves a float32 of small magnitude rounded to an integer: above 2^23 the step is 1.
const roundingShift = 3 << 22

// leastSquares searches the scale with the least sum of squared errors. Few steps are coarse, so it pays to cut off the extreme value
// a little or to leave the last step unused: each trial gives quants q, for which Σvq/Σq² is the best scale and (Σvq)²/Σq² the
// sum of squares that they explain. The extreme value takes the negative end, which reaches one step further.
func leastSquares(values []float32, extreme float32, bits int) float32 {
	half := float32(int(1) << (bits - 1))
	best, explained := float32(0), 0.0
	for offset := firstOffset; offset <= lastOffset; offset++ {
		inverse := (float32(offset)/10 - half) / extreme
		if extreme == 0 || math.IsInf(float64(inverse), 0) {
			break
		}
		vq, qq := float32(0), float32(0)
		for _, v := range values {
			// The conversions keep products apart from sums, so that every processor computes the same bytes.
			q := float32(max(-half, min(half-1, float32(v*inverse)))+roundingShift) - roundingShift
			vq += float32(v * q)
			qq += float32(q * q)
		}
		if gain := float64(vq) * float64(vq) / float64(qq); qq > 0 && gain > explained {
			best, explained = vq/qq, gain
		}
	}
	return best
}
