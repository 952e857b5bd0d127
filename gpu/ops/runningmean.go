package ops

import (
	"reverie/gpu"
	"reverie/shaders"
)

// RefRunningMean moves a running mean towards x by a share of the way: an exponentially weighted mean, where the share is the weight of x in the sum
// of all weights so far, as Adam corrects its moments (Kingma & Ba, arXiv:1412.6980, §3). Rows that are held keep their mean; held may be nil.
func RefRunningMean(mean, x []float64, share float64, held []bool) []float64 {
	y := append([]float64{}, mean...)
	for i, v := range x {
		if held == nil || !held[i*len(held)/len(x)] {
			y[i] = (1-share)*mean[i] + share*v
		}
	}
	return y
}

type runningMeanParams struct{ Vecs, C4 uint32 }

// RunningMean moves mean towards x, both of one shape, in place as RefRunningMean does: it is recorded after x is what it is to be. Share holds one float32
// as EncodeFloats lays it out, and held one uint32 a row, or is nil; both may change between runs. A share of 1 makes mean x to the bit.
func (t *Tape) RunningMean(mean, x *Tensor, share, held *gpu.Buffer) {
	sameShape("running mean", mean, x)
	defines, buffers := shaders.Defines{}, []*gpu.Buffer{x.Buf, share}
	if held != nil {
		defines["HELD"] = ""
		buffers = append(buffers, held)
	}
	t.Plan.Dispatch("runningmean.wgsl", defines, workgroupsOf(x), float64(3*x.Len()), runningMeanParams{uint32(x.vecs()), uint32(x.Stride() / 4)}, append(buffers, mean.Buf)...)
}
