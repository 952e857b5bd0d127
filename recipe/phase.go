package recipe

// Phase is where a run stands among the phases of its prompt: in the phase From, which has turned into To by Blend, from 0 to below 1.
type Phase struct {
	From, To int
	Blend    float64
}

// PhaseAt is the phase of the update after step updates, for a prompt of so many phases.
func (r Recipe) PhaseAt(step, phases int) Phase {
	length := r.phaseLength(phases)
	number, into := step/length, step%length
	loop := PhaseOrder.In(r) == "loop"
	at := func(n int) int {
		if loop {
			return n % phases
		}
		return min(n, phases-1)
	}
	p := Phase{From: at(number), To: at(number)}
	blend := min(PhaseBlend.In(r), length)
	if turned := into - (length - blend) + 1; turned > 0 && at(number+1) != p.From {
		p.To, p.Blend = at(number+1), float64(turned)/float64(blend+1)
	}
	return p
}

// phaseLength is how many steps a phase takes.
func (r Recipe) phaseLength(phases int) int {
	if n := PhaseSteps.In(r); n > 0 {
		return n
	}
	return max(1, (Steps.In(r)+phases-1)/phases)
}
