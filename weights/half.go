package weights

import "math"

// maxF16 is the largest finite float16.
const maxF16 = 65504

// F16 rounds to the nearest IEEE 754 binary16, ties to even. Values from 65520 on become infinity.
func F16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b>>16) & 0x8000
	b &= 0x7fffffff
	switch {
	case b > 0x7f800000: // NaN
		return sign | 0x7e00
	case b >= 0x477ff000: // 65520: half a step over the largest finite value
		return sign | 0x7c00
	case b >= 0x38800000: // 2^-14: normal in both; rebias the exponent and round off 13 bits
		b -= 112 << 23
		return sign | uint16((b+0xfff+b>>13&1)>>13)
	}
	// Subnormal: the step of [0.5, 1) in float32 is 2^-24, float16's smallest, so one addition rounds.
	return sign | uint16(math.Float32bits(math.Float32frombits(b)+0.5)-math.Float32bits(0.5))
}

// F32 widens an IEEE 754 binary16, which is exact.
func F32(h uint16) float32 {
	sign := uint32(h&0x8000) << 16
	exponent, fraction := uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
}
