package recipe

// Frame says whether the picture after step updates is a frame of a film: one that is moved before the next update.
func (r Recipe) Frame(step int) bool {
	every, first := MotionEvery.In(r), MotionFirst.In(r)
	if every == 0 {
		return false
	}
	if first == 0 {
		first = every
	}
	return step >= first && (step-first)%every == 0
}

// HasFrames says whether the picture of a run is moved on its way.
func (s Script) HasFrames() bool {
	for _, c := range s.Changes {
		if MotionEvery.In(s.At(c.Step)) > 0 {
			return true
		}
	}
	return MotionEvery.In(s.Recipe) > 0
}
