package ops

import "math"

// The names of the optimisers.
const (
	Adam         = "adam"          // Kingma & Ba, "Adam: A Method for Stochastic Optimization", arXiv:1412.6980
	AdamW        = "adamw"         // Loshchilov & Hutter, "Decoupled Weight Decay Regularization", arXiv:1711.05101
	RAdam        = "radam"         // Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", arXiv:1908.03265
	Adagrad      = "adagrad"       // Duchi et al., "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR 12, 2011
	Adamax       = "adamax"        // of Adam's paper
	RMSprop      = "rmsprop"       // Tieleman & Hinton, lecture 6.5, 2012
	DiffGrad     = "diffgrad"      // Dubey et al., "diffGrad: An Optimization Method for Convolutional Neural Networks", arXiv:1909.11015
	AdamP        = "adamp"         // Heo et al., "AdamP: Slowing Down the Slowdown for Momentum Optimizers on Scale-invariant Weights", arXiv:2006.08217
	ScheduleFree = "schedule-free" // AdamW of Defazio et al., "The Road Less Scheduled", arXiv:2405.15682
)

// Optimiser is how a tensor moves by its gradient: one of the named, with the decay rates of the gradient's mean and of its square's,
// and what is added to the square's root before it divides. ScheduleFree keeps no mean of the gradient: its Beta1 says how far from z
// towards the average of all z the tensor lies, which is where the gradient is taken.
type Optimiser struct {
	Name              string
	Beta1, Beta2, Eps float64
}

// NamedOptimiser is the optimiser of a name with its package's defaults: PyTorch's, for ScheduleFree the package schedulefree's
// (AdamWScheduleFree without warmup), for DiffGrad and AdamP torch_optimizer's, with nerdyrodent's ε for DiffGrad.
func NamedOptimiser(name string) (Optimiser, bool) {
	switch name {
	case Adam, AdamW, RAdam, ScheduleFree:
		return Optimiser{Name: name, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}, true
	case Adamax, AdamP:
		return Optimiser{Name: name, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8}, true
	case DiffGrad:
		return Optimiser{Name: name, Beta1: 0.9, Beta2: 0.999, Eps: 1e-9}, true
	case Adagrad:
		return Optimiser{Name: name, Beta2: 1, Eps: 1e-10}, true
	case RMSprop:
		return Optimiser{Name: name, Beta2: 0.99, Eps: 1e-8}, true
	}
	return Optimiser{}, false
}

// Memory names what the optimiser remembers per element, in the order in which Update returns it: m and v are the running means of
// the gradient and of its square, sum the sum of these squares, u less Eps the largest gradient, each update a little forgotten, g the last
// gradient, and z is ScheduleFree's base sequence, the points that its steps go through.
func (o Optimiser) Memory() []string {
	switch o.Name {
	case ScheduleFree:
		return []string{"z", "v"}
	case Adagrad:
		return []string{"m", "sum"}
	case Adamax:
		return []string{"m", "u"}
	case DiffGrad:
		return []string{"m", "v", "g"}
	}
	return []string{"m", "v"}
}

// gain is what a gradient's square counts in v, or in the sum.
func (o Optimiser) gain() float64 {
	if o.Name == Adagrad {
		return 1
	}
	return 1 - o.Beta2
}

// Count is what an optimiser counts from update to update on the host. The zero value is a fresh start.
type Count struct {
	Updates     int     `json:"updates"`
	RateSquares float64 `json:"rate_squares,omitempty"` // of ScheduleFree: the sum of the learning rates' squares
}

// Factors are the numbers of one update. With them x moves by
//
//	d = √v·RootScale + Epsilon
//	x ← x − Decay·x − StepSize·m/d
//
// where Adamax has the largest gradient in place of √v, DiffGrad a share of m, and AdamP what is left of m/d without the direction of x. And
// with ScheduleFree, where x lies Beta1 of the way from z to the average of all z so far, each weighted by the square of its
// learning rate as in the paper (the package takes the largest rate so far, which differs when the rate falls),
//
//	z' = z − (StepSize·g/d + Decay·x)
//	x ← x + Average·(z − x) + Follow·(z' − z)
type Factors struct {
	StepSize, RootScale, Epsilon float64

	Decay   float64 // of AdamW and ScheduleFree: rate times decay
	Average float64 // the weight of z' in the average, of all weights so far
	Follow  float64 // the share of z' in x
	Fresh   bool    // z is x
}

// Next advances the count by one update and gives the update's factors. Rate is the learning rate, which may change from update to
// update, and decay the decoupled weight decay, which Adam and RAdam ignore.
func (o Optimiser) Next(c *Count, rate, decay float64) Factors {
	c.Updates++
	t := float64(c.Updates)
	bias1, bias2 := 1-math.Pow(o.Beta1, t), 1-math.Pow(o.Beta2, t)
	f := Factors{StepSize: rate / bias1, RootScale: 1 / math.Sqrt(bias2), Epsilon: o.Eps}
	switch o.Name {
	case AdamW:
		f.Decay = rate * decay
	case RAdam:
		f.rectify(o.Beta2, t)
	case Adagrad, RMSprop:
		f.StepSize, f.RootScale = rate, 1
	case Adamax:
		f.RootScale = 1
	case DiffGrad:
		f.StepSize, f.RootScale = f.StepSize*math.Sqrt(bias2), 1
	case ScheduleFree:
		c.RateSquares += rate * rate
		if c.RateSquares > 0 {
			f.Average = rate * rate / c.RateSquares
		}
		f.StepSize, f.Decay, f.Follow, f.Fresh = rate, rate*decay, 1-o.Beta1*(1-f.Average), c.Updates == 1
	}
	return f
}

// rectify makes Adam's factors of the update t RAdam's. As long as v knows too few gradients, it does not divide.
func (f *Factors) rectify(beta2, t float64) {
	power := math.Pow(beta2, t)
	longest := 2/(1-beta2) - 1              // of the approximated simple moving average, ρ∞
	length := longest - 2*t*power/(1-power) // ρ_t
	if length <= 5 {
		f.RootScale, f.Epsilon = 0, 1
		return
	}
	rectification := math.Sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
	// Unlike Adam, PyTorch's RAdam adds ε to √v before the bias is corrected.
	f.StepSize, f.RootScale = f.StepSize*rectification*math.Sqrt(1-power), 1
}

// factorsLayout is the encoded Factors, Factors of update.wgsl.
type factorsLayout struct {
	StepSize, RootScale, Epsilon, Decay, Average, Follow float32
	Fresh                                                uint32
}

// FactorsSize is the number of bytes of encoded Factors.
const FactorsSize = 28

// Encode lays the factors out as the kernel reads them.
func (f Factors) Encode() []byte {
	l := factorsLayout{StepSize: float32(f.StepSize), RootScale: float32(f.RootScale), Epsilon: float32(f.Epsilon),
		Decay: float32(f.Decay), Average: float32(f.Average), Follow: float32(f.Follow)}
	if f.Fresh {
		l.Fresh = 1
	}
	return encode(l)
}
