package guide

import (
	"reverie/gpu"
	"reverie/gpu/ops"
)

// between does what is to be done between the last update and the next, and says whether it moved the picture: see move.
func (s *Session) between() (moved bool, err error) {
	if err := s.lay(); err != nil {
		return false, err
	}
	return s.move()
}

// aside is a tape in the step's memory for what is done between two updates, and which tokens that leaves as they are.
func (s *Session) aside() (t *ops.Tape, held *gpu.Buffer) {
	t = ops.NewTape(s.model.device)
	if s.step.spec.HalfPrecision {
		t.HalfPrecision()
	}
	t.Plan.Borrow(s.step.tape.Plan)
	return t, t.Buffer("held", align16(4*s.step.Z.Rows()))
}

// goOnFrom records on such a tape that x becomes the latent, and its mean, but for held tokens. The optimiser's memory is kept or forgotten. It
// returns the latent.
func (s *Step) goOnFrom(t *ops.Tape, x *ops.Tensor, held *gpu.Buffer, keep bool) *ops.Tensor {
	z := t.Share(s.Z)
	t.Replace(z, x, held)
	if s.averages() {
		t.Replace(t.Share(s.Shown), x, held)
	}
	for i, name := range s.spec.Optimiser.Memory() {
		switch memory := t.Share(s.memory[i]); {
		case !keep:
			t.Clear(memory)
		case name == "z": // where the latent's average was on its way to
			t.Replace(memory, x, held)
		}
	}
	return z
}
