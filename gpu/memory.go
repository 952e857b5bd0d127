package gpu

import (
	"cmp"
	"slices"
)

// The memory of a plan's scratch buffers is laid out when all dispatches are known: two buffers share memory when the one's last
// dispatch comes before the other's first. Memory is shared as a whole: WebGPU forbids to bind parts of one buffer for
// reading and for writing in the same dispatch.

// Scratch is a buffer that has contents only from the first dispatch of a plan that uses it to the last one. It takes memory when a
// plan that uses it is compiled.
func (d *Device) Scratch(label string, size int) *Buffer {
	return &Buffer{device: d, label: label, size: align16(size), life: scratch}
}

// Keep makes a scratch buffer stand after the plan, to be read by the host or another plan. It must come before Compile.
func (b *Buffer) Keep() {
	if b.life != owned {
		b.life = kept
	}
}

// Discard says that nobody reads the last contents of a scratch buffer: dispatches that only make them, or only what leads to
// them, are left out of the plan.
func (b *Buffer) Discard() {
	if b.life == scratch {
		b.life = discarded
	}
}

// Memory is what a plan's scratch buffers take, in bytes.
type Memory struct {
	Total   int64
	Live    int64 // the most that is in use at one dispatch: no placement takes less
	Largest int64 // of one buffer
}

// Memory is what the plan's scratch buffers take, or will when it is compiled.
func (p *Plan) Memory() Memory {
	if !p.placed {
		p.layOut()
	}
	return p.memory
}

// layOut decides which scratch buffers share memory.
func (p *Plan) layOut() []*slot {
	p.prune()
	lives := p.lives()
	slots := share(lives, p.borrowed())
	p.memory = Memory{Live: mostLive(lives, len(p.dispatches))}
	for _, s := range slots {
		if s.lent == nil {
			p.memory.Total += int64(s.size)
		}
	}
	for _, l := range lives {
		p.memory.Largest = max(p.memory.Largest, int64(l.size))
	}
	return slots
}

// Borrow lets the plan use the memory of another, which is compiled first and closed last. Runs of the two come one after another, and
// neither finds anything in its scratch buffers from before.
func (p *Plan) Borrow(from *Plan) { p.lender = from }

// borrowed is what the lender has to lend: all memory but that of kept contents.
func (p *Plan) borrowed() []*slot {
	var slots []*slot
	if p.lender != nil {
		for _, b := range p.lender.lendable {
			slots = append(slots, &slot{size: b.size, lent: b})
		}
	}
	return slots
}

// place gives every scratch buffer of the plan memory.
func (p *Plan) place() error {
	for _, s := range p.layOut() {
		if s.lent == nil && int64(s.size) > p.device.info.MaxBinding {
			return p.device.tooLarge(s.tenants[0].label, s.size)
		}
		b := s.lent
		if b == nil {
			b = p.device.buffer("scratch", s.size, storageBuffer)
			p.slots = append(p.slots, b)
		}
		keeps := false
		for _, t := range s.tenants {
			t.memory, t.placed = b.memory, true
			keeps = keeps || t.life == kept
		}
		if !keeps && s.lent == nil {
			p.lendable = append(p.lendable, b)
		}
	}
	p.placed = true
	return nil
}

// unplace gives the memory back.
func (p *Plan) unplace() {
	for _, b := range p.slots {
		b.Destroy()
	}
	p.slots, p.lendable = nil, nil
}

// lifetime is the dispatches from which to which a buffer is in use, both included.
type lifetime struct {
	*Buffer
	first, last int
}

// lives finds the lifetimes of the scratch buffers that have no memory yet, in the order of their first dispatches.
func (p *Plan) lives() []lifetime {
	var lives []lifetime
	at := map[*Buffer]int{}
	for i, d := range p.dispatches {
		for _, b := range d.buffers {
			if b.life == owned || b.placed {
				continue
			}
			n, ok := at[b]
			if !ok {
				n = len(lives)
				at[b] = n
				lives = append(lives, lifetime{b, i, i})
			}
			lives[n].last = i
			if b.life == kept {
				// Other plans, or this one's next run, must not find another buffer's contents.
				lives[n].first, lives[n].last = 0, len(p.dispatches)
			}
		}
	}
	return lives
}

// slot is memory that several buffers use one after another.
type slot struct {
	size    int
	tenants []lifetime
	lent    *Buffer // by another plan
}

func (s *slot) free(l lifetime) bool {
	if s.lent != nil && l.life == kept {
		return false
	}
	for _, t := range s.tenants {
		if l.first <= t.last && t.first <= l.last {
			return false
		}
	}
	return true
}

// share puts buffers into slots: the largest buffer first, each into the tightest slot that is free while it lives. A new slot is
// as large as its first tenant, so only the order of the sizes decides how much is lost. See Pisarchyk & Lee,
// "Efficient Memory Management for Deep Neural Net Inference", arXiv:2001.03288.
func share(lives []lifetime, slots []*slot) []*slot {
	lives = slices.Clone(lives)
	slices.SortStableFunc(lives, func(a, b lifetime) int { return cmp.Compare(b.size, a.size) })
	for _, l := range lives {
		var best *slot
		for _, s := range slots {
			if s.size >= l.size && (best == nil || s.size < best.size) && s.free(l) {
				best = s
			}
		}
		if best == nil {
			best = &slot{size: l.size}
			slots = append(slots, best)
		}
		best.tenants = append(best.tenants, l)
	}
	return slots
}

// mostLive is the largest sum of the sizes of buffers that live at the same dispatch.
func mostLive(lives []lifetime, dispatches int) int64 {
	change := make([]int64, dispatches+2)
	for _, l := range lives {
		change[l.first] += int64(l.size)
		change[l.last+1] -= int64(l.size)
	}
	var live, most int64
	for _, c := range change {
		live += c
		most = max(most, live)
	}
	return most
}

// prune leaves out the dispatches that lead to discarded contents alone.
func (p *Plan) prune() {
	needed, unneeded := map[*Buffer]bool{}, map[*Buffer]bool{} // by a later dispatch
	live := make([]dispatch, 0, len(p.dispatches))
	for _, d := range slices.Backward(p.dispatches) {
		use := unneeded
		if !d.dead(needed, unneeded) {
			live = append(live, d)
			use = needed
		}
		for _, b := range d.buffers {
			use[b] = true
		}
	}
	slices.Reverse(live)
	p.dispatches = live
}

// dead says whether nobody wants what the dispatch writes, given which buffers later dispatches that stay use, and which those that are
// left out use.
func (d dispatch) dead(needed, unneeded map[*Buffer]bool) bool {
	for _, b := range d.written() {
		if b.life != discarded && !(b.life == scratch && unneeded[b]) || needed[b] {
			return false
		}
	}
	return true
}
