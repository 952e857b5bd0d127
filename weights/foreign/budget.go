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
// Published checkpoints spend under a tenth: their largest pickles have some 100,000 instructions, at 128 units each, and 10,000 tensors, at
// 1024 each. Bytes that are only passed over cost one unit each, so that the largest header that safetensors allows, 100 MB, can be read.
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
