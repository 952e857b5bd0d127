package ui

import (
	"slices"
	"sort"
)

// HistoryBytes is how much of a run's tokens the page keeps: of 16×16 tokens the last 65,000 steps, of 64×64 the last 4,000.
const HistoryBytes = 32 << 20

// History holds the tokens of a run's last steps, two bytes each, as many as a number of bytes has room for. The zero value holds none.
type History struct {
	Limit int // in bytes; 0 is HistoryBytes
	steps []moment
	bytes int
}

// moment are the tokens after so many updates.
type moment struct {
	step   int
	tokens []byte
}

// Add keeps the tokens after step updates. What was kept of that step and later ones is forgotten, for the run went back, and of the
// oldest steps as many as there is no room for.
func (h *History) Add(step int, tokens []byte) {
	for n := len(h.steps); n > 0 && h.steps[n-1].step >= step; n-- {
		h.bytes -= len(h.steps[n-1].tokens)
		h.steps = h.steps[:n-1]
	}
	h.steps = append(h.steps, moment{step, tokens})
	h.bytes += len(tokens)
	limit := h.Limit
	if limit == 0 {
		limit = HistoryBytes
	}
	for h.bytes > limit {
		h.bytes -= len(h.steps[0].tokens)
		h.steps[0].tokens = nil // the array behind the list goes on
		h.steps = h.steps[1:]
	}
}

// At gives the tokens of the last step that is kept up to that one, and which it is.
func (h *History) At(step int) (tokens []byte, found int, ok bool) {
	i := sort.Search(len(h.steps), func(i int) bool { return h.steps[i].step > step }) - 1
	if i < 0 {
		return nil, 0, false
	}
	return h.steps[i].tokens, h.steps[i].step, true
}

// Range is the first and the last step that are kept.
func (h *History) Range() (first, last int, ok bool) {
	if len(h.steps) == 0 {
		return 0, 0, false
	}
	return h.steps[0].step, h.steps[len(h.steps)-1].step, true
}

// moments are all steps that are kept, as they are now.
func (h *History) moments() []moment { return slices.Clone(h.steps) }
