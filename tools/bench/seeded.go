package main

// array is a tensor of seeded numbers: element i is offset + scale·u, u in [−1, 1) by a hash of i and the seed. Every engine makes its own
// (peers/values.mjs, peers/torch_peer.py), so that only this crosses between them.
type array struct {
	Name   string  `json:"name"`
	Shape  []int   `json:"shape"`
	Seed   uint32  `json:"seed"`
	Scale  float32 `json:"scale"`
	Offset float32 `json:"offset"`
}

func product(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// values are the array's numbers, each step rounded to float32. The hash is the finaliser lowbias32 (Chris Wellons, 2018).
func (a array) values() []float32 {
	v := make([]float32, product(a.Shape))
	for i := range v {
		h := uint32(i) ^ a.Seed*0x9e3779b9
		h = (h ^ h>>16) * 0x7feb352d
		h = (h ^ h>>15) * 0x846ca68b
		h ^= h >> 16
		u := float32(h>>8)/(1<<23) - 1
		v[i] = float32(u*a.Scale) + a.Offset
	}
	return v
}

// sampleSize is how many elements of a result are compared.
const sampleSize = 512

// sample picks elements from all over a result, at most sampleSize.
func sample(v []float32) []float32 {
	if len(v) <= sampleSize {
		return v
	}
	stride := len(v) / sampleSize
	out := make([]float32, sampleSize)
	for i := range out {
		out[i] = v[i*stride+i*7919%stride] // 7919 is a prime: the columns of a matrix are met in turn
	}
	return out
}
