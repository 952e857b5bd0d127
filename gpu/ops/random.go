package ops

import (
	"math"
	"math/bits"
)

// Philox is one block of Philox4x32-10, Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011): a bijection of the counter
// under the key. philox.wgsl computes the same words on the device.
func Philox(key uint64, counter [4]uint32) [4]uint32 {
	k0, k1 := uint32(key), uint32(key>>32)
	c := counter
	for range 10 {
		h0, l0 := bits.Mul32(0xD2511F53, c[0])
		h1, l1 := bits.Mul32(0xCD9E8D57, c[2])
		c = [4]uint32{h1 ^ c[1] ^ k0, l1, h0 ^ c[3] ^ k1, l0}
		k0 += 0x9E3779B9
		k1 += 0xBB67AE85
	}
	return c
}

// Draws is a sequence of random numbers that depends on nothing but its name: the run's seed, the step, the cutout and the
// stream, a number that each use of randomness has for itself. So draws neither depend on the order in which they are made
// nor on how many others make. The block with counter {n, cutout, step, stream} holds a sequence's words 4n … 4n+3.
type Draws struct {
	seed    uint64
	counter [4]uint32
	block   [4]uint32
	used    int
}

// NewDraws begins the sequence of that name.
func NewDraws(seed uint64, step, cutout, stream uint32) *Draws {
	return &Draws{seed: seed, counter: [4]uint32{0, cutout, step, stream}, used: 4}
}

// Uint32 draws a word.
func (d *Draws) Uint32() uint32 {
	if d.used == len(d.block) {
		d.block = Philox(d.seed, d.counter)
		d.counter[0]++
		d.used = 0
	}
	d.used++
	return d.block[d.used-1]
}

// Uniform draws from [0, 1), a multiple of 2⁻⁵³.
func (d *Draws) Uniform() float64 {
	high := uint64(d.Uint32())
	return float64((high<<32|uint64(d.Uint32()))>>11) / (1 << 53)
}

// Intn draws one of 0 … n−1, each exactly as likely: Lemire, "Fast random integer generation in an interval" (2019). N is from 1 to 2³²−1.
func (d *Draws) Intn(n int) int {
	size := uint32(n)
	unfair := -size % size // so many low halves would come up once too often
	for {
		if high, low := bits.Mul32(d.Uint32(), size); low >= unfair {
			return int(high)
		}
	}
}

// Normal draws from the standard normal distribution, one of every pair of boxMuller.
func (d *Draws) Normal() float64 {
	a := d.Uint32()
	x, _ := boxMuller(a, d.Uint32())
	return x
}

// boxMuller turns two words into two independent standard normal values, as noise.wgsl does: 24 bits of each are used, the
// logarithm's argument lies in (0, 1].
func boxMuller(a, b uint32) (x, y float64) {
	radius := math.Sqrt(-2 * math.Log(float64(a>>8+1)/(1<<24)))
	angle := 2 * math.Pi * float64(b>>8) / (1 << 24)
	return radius * math.Cos(angle), radius * math.Sin(angle)
}
