package gpu

// Tap is a look at what a plan has in its memory between two of its dispatches, where scratch buffers that serve others later still hold
// what they were made for. Nobody has to keep them, so that a plan that is not tapped takes no more memory for it.
type Tap struct {
	After  int    // so many of the tapped plan's dispatches
	Copies []Copy // come first
	Plan   *Plan  // runs then, unless it is nil; it may read the tapped plan's buffers, and is compiled after that plan
}

// Written says where a placed plan writes a buffer: before the dispatch first nobody has, and after so many dispatches as last it is complete.
// Both are 0 where the plan does not write it.
func (p *Plan) Written(b *Buffer) (first, last int) {
	for i, d := range p.dispatches {
		for _, w := range d.written() {
			if w != b {
				continue
			}
			if last == 0 {
				first = i
			}
			last = i + 1
		}
	}
	return first, last
}

// RunTapped does what Run does on a compiled plan, with the taps in between, in the order of their places.
func (p *Plan) RunTapped(taps []Tap, copies ...Copy) error {
	from := 0
	for _, t := range taps {
		if err := p.submit(from, t.After, t.Copies); err != nil {
			return err
		}
		from = t.After
		if t.Plan == nil {
			continue
		}
		if err := t.Plan.Run(); err != nil {
			return err
		}
	}
	return p.submit(from, len(p.dispatches), copies)
}
