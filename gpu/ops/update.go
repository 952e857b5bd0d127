package ops

import (
	"fmt"
	"math"

	"reverie/gpu"
	"reverie/shaders"
)

// RefUpdate is one update of x by its gradient dx: the formulas of Factors. Memory has what the optimiser remembers and is updated in
// place. Channel c of x, and of ScheduleFree's z, is bounded to [lowest[c], highest[c]] unless they are nil. Rows that
// are held stay as they are, and so do their moments, while ScheduleFree's z becomes x, from where it goes on; held may be nil.
func RefUpdate(x, dx []float64, memory [][]float64, o Optimiser, f Factors, lowest, highest []float64, held []bool) []float64 {
	y, v := make([]float64, len(x)), memory[1]
	bounded := func(i int, value float64) float64 {
		if lowest == nil {
			return value
		}
		return min(max(value, lowest[i%len(lowest)]), highest[i%len(highest)])
	}
	project := 0.0
	if o.Name == AdamP {
		project = refProjection(x, dx, memory, o, f)
	}
	for i, g := range dx {
		if held != nil && held[i*len(held)/len(x)] {
			y[i] = x[i]
			if o.Name == ScheduleFree {
				memory[0][i] = x[i]
			}
			continue
		}
		root := 0.0
		if o.Name == Adamax { // v lacks ε, so that it is zero where there is no gradient
			v[i] = max(o.Beta2*v[i]-(1-o.Beta2)*o.Eps, math.Abs(g))
			root = v[i]
		} else {
			v[i] = o.Beta2*v[i] + o.gain()*g*g
			root = math.Sqrt(v[i])
		}
		divisor := root*f.RootScale + f.Epsilon
		if o.Name == ScheduleFree {
			z := memory[0]
			before := z[i]
			if f.Fresh {
				before = x[i]
			}
			// x follows z as far as its range lets it go: then x's average part stays the average of all z.
			z[i] = bounded(i, before-(f.StepSize*g/divisor+f.Decay*x[i]))
			y[i] = bounded(i, x[i]+f.Average*(before-x[i])+f.Follow*(z[i]-before))
			continue
		}
		m := memory[0]
		m[i] = o.Beta1*m[i] + (1-o.Beta1)*g
		move := m[i] / divisor
		switch o.Name {
		case DiffGrad:
			move *= 1 / (1 + math.Exp(-math.Abs(memory[2][i]-g)))
			memory[2][i] = g
		case AdamP:
			move -= project * x[i]
		}
		y[i] = bounded(i, x[i]-f.Decay*x[i]-f.StepSize*move)
	}
	return y
}

// flat is the cosine over √n of the angle between x and its gradient below which AdamP takes out of a step what goes along x.
const flat = 0.1

// refProjection is what AdamP's step m/d has of x: to be taken away times x, where x and its gradient are nearly at a right angle.
func refProjection(x, dx []float64, memory [][]float64, o Optimiser, f Factors) float64 {
	xx, gg, xg, along := 0.0, 0.0, 0.0, 0.0
	for i, g := range dx {
		m, v := o.Beta1*memory[0][i]+(1-o.Beta1)*g, o.Beta2*memory[1][i]+(1-o.Beta2)*g*g
		xx, gg, xg = xx+x[i]*x[i], gg+g*g, xg+x[i]*g
		along += x[i] * m / (math.Sqrt(v)*f.RootScale + f.Epsilon)
	}
	long := math.Sqrt(xx) + o.Eps
	if math.Abs(xg)/(long*(math.Sqrt(gg)+o.Eps)) >= flat/math.Sqrt(float64(len(x))) {
		return 0
	}
	return along / (long * long)
}

type projectionParams struct {
	Vecs, Elements                             uint32
	Beta1, OneMinusBeta1, Beta2, OneMinusBeta2 float32
	Eps, Flat                                  float32
}

type updateParams struct {
	Vecs, C4                                   uint32
	Beta1, OneMinusBeta1, Beta2, OneMinusBeta2 float32
}

// Update moves x in place by its gradient, which must be complete: it is recorded after Backward. Factors holds the encoded Factors of
// each update, written before each run. Lowest and highest bound each channel after the update, as VQGAN+CLIP bounds z to the
// codebook's range; nil leaves x free. It returns what the optimiser remembers, as Memory names it: of x's shape and at first zero,
// which is how a fresh start finds it. The moments m and v are not bounded. Rows of x
// whose uint32 in held is not 0 stay as they are; nil holds none, and the host may overwrite held before each run.
func (t *Tape) Update(x *Tensor, factors *gpu.Buffer, o Optimiser, lowest, highest []float32, held *gpu.Buffer) (memory []*Tensor) {
	if x.d == nil {
		panic(fmt.Sprintf("ops: update of %v, which has no gradient", x))
	}
	defines := shaders.Defines{}
	switch o.Name {
	case Adam, RAdam:
	case Adagrad, RMSprop:
	case AdamW:
		defines["DECAY"] = ""
	case Adamax:
		defines["ADAMAX"] = ""
	case DiffGrad:
		defines["DIFF"] = ""
	case AdamP:
		defines["PROJECT"] = ""
	case ScheduleFree:
		defines["SCHEDULE_FREE"] = ""
	default:
		panic(fmt.Sprintf("ops: there is no optimiser %q", o.Name))
	}
	buffers := []*gpu.Buffer{x.d.Buf, factors}
	if lowest != nil {
		defines["RANGE"] = ""
		bounds := t.Input(1, 1, 2, x.C, false)
		t.Write(bounds, append(append([]float32{}, lowest...), highest...))
		buffers = append(buffers, bounds.Buf)
	}
	if held != nil {
		defines["HELD"] = ""
		buffers = append(buffers, held)
	}
	for _, name := range o.Memory() {
		kept := t.Input(x.N, x.H, x.W, x.C, false)
		kept.Buf.Named("optimiser's " + name)
		memory, buffers = append(memory, kept), append(buffers, kept.Buf)
	}
	if o.Name == AdamP {
		project := t.Buffer("projection", 16)
		t.Plan.Dispatch("projection.wgsl", nil, gpu.Grid{1, 1, 1}, float64(20*x.Len()), projectionParams{uint32(x.vecs()), uint32(x.Rows() * x.C),
			float32(o.Beta1), float32(1 - o.Beta1), float32(o.Beta2), float32(1 - o.Beta2), float32(o.Eps), flat},
			x.d.Buf, factors, memory[0].Buf, memory[1].Buf, x.Buf, project)
		buffers = append(buffers, project)
	}
	p := updateParams{uint32(x.vecs()), uint32(x.Stride() / 4), float32(o.Beta1), float32(1 - o.Beta1), float32(o.Beta2), float32(o.gain())}
	t.Plan.Dispatch("update.wgsl", defines, workgroupsOf(x), float64(16*x.Len()), p, append(buffers, x.Buf)...)
	return memory
}
