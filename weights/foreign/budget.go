// Package foreign is what the readers of files that others made have in common: a budget of work and memory, reading a small file
// whole, and words for a file that is something else than it should be.
package foreign

import "errors"

// Limit is what reading one file may cost, from its first byte to the choice of the tensors that a model needs.
//
// A unit is one byte of memory at the worst moment or, where nothing is kept, as much work as takes a few nanoseconds. What is kept is
// counted twice, because the collector lets the heap double before it collects. So whoever spends all has never held over 256 MiB (with
// the program itself and what the system adds, under 512 MB) and has taken a few seconds.
//
// A tensor of a PyTorch file costs about 6,000 units: some 30 instructions of 128, its storage and its place in the list. The largest published
// checkpoints have a few thousand, an optimiser's among them, and spend a tenth. What is only passed over costs one unit a byte.
const Limit = 256 << 20

// ErrBudget says that the limit is reached.
var ErrBudget = errors.New("reading it would take more memory or time than any model needs, so it is damaged or made to do harm; get it from another source")

// Budget is spent by everything that reads one file. The zero value is a full one.
type Budget struct{ spent int64 }

// Spend takes n units, before what they pay for is done, or returns ErrBudget.
func (b *Budget) Spend(n int) error {
	if int64(n) > Limit-b.spent {
		b.spent = Limit
		return ErrBudget
	}
	b.spent += int64(n)
	return nil
}
