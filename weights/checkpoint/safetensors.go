package checkpoint

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"reverie/weights/foreign"
)

// maxHeader is the largest header that the format allows.
const maxHeader = 100_000_000

// safeEntry is what a safetensors header tells of a tensor.
type safeEntry struct {
	name     string
	kind     kind
	shape    []uint64
	from, to uint64 // bytes, behind the header
	problem  error
}

// readSafetensors reads the header: its length (64 bits), JSON of names, types, shapes and byte ranges, then the numbers.
func readSafetensors(r io.ReaderAt, size int64, budget *foreign.Budget) (*tensorList, error) {
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, errCut
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("%w (its header of %d bytes does not fit)", errCut, n)
	}
	h := &header{r: bufio.NewReader(io.NewSectionReader(r, 8, int64(n))), budget: budget}
	entries, err := h.entries()
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b safeEntry) int {
		if a.from != b.from {
			return int(min(max(int64(a.from-b.from), -1), 1))
		}
		return strings.Compare(a.name, b.name)
	})
	list, start := &tensorList{tensors: make(map[string]Tensor, len(entries))}, 8+int64(n)
	for _, e := range entries {
		if e.from > e.to || e.to > uint64(size-start) {
			return nil, fmt.Errorf("tensor %.200q ends at byte %d of %d: the file is damaged or was cut short while downloading; download it again", e.name, e.to, size-start)
		}
		list.add(e.name, e.tensor(r, start))
	}
	return list, nil
}

// entries reads the whole header.
func (h *header) entries() ([]safeEntry, error) {
	var entries []safeEntry
	err := h.object(func(name string) error {
		if name == "__metadata__" {
			return h.skip()
		}
		if err := h.budget.Spend(perTensor + 2*len(name)); err != nil {
			return err
		}
		e := safeEntry{name: name}
		entries = append(entries, e)
		return h.entry(&entries[len(entries)-1])
	})
	return entries, err
}

// entry reads one tensor's description.
func (h *header) entry(e *safeEntry) error {
	fields := 0
	err := h.object(func(field string) error {
		fields++
		switch field {
		case "dtype":
			text, err := h.text()
			e.kind = kind(text[:min(len(text), 40)])
			return err
		case "shape":
			var n int
			var err error
			e.shape, n, err = h.numbers(maxDimensions)
			if n > maxDimensions {
				e.problem = fmt.Errorf("it has %d dimensions", n)
			}
			return err
		case "data_offsets":
			places, n, err := h.numbers(2)
			if err == nil && n != 2 {
				err = h.errHeader()
			}
			if err == nil {
				e.from, e.to = places[0], places[1]
			}
			return err
		}
		fields--
		return h.skip()
	})
	if err == nil && fields < 3 {
		err = h.errHeader()
	}
	return err
}

// tensor is the tensor that an entry describes; its place is inside the file.
func (e *safeEntry) tensor(r io.ReaderAt, start int64) Tensor {
	t := Tensor{Shape: make([]int, len(e.shape)), problem: e.problem}
	for i, d := range e.shape {
		t.Shape[i] = int(min(d, math.MaxInt))
	}
	size := e.to - e.from
	t.from = &storage{r: r, offset: start + int64(e.from), kind: e.kind, n: int64(size) / int64(e.kind.size())}
	switch {
	case t.problem != nil:
	case !e.kind.readable():
		t.problem = unreadable(e.kind)
	case slices.Contains(e.shape, 0):
		t.problem = fmt.Errorf("a tensor of shape %v is empty", e.shape)
	case !holds(e.shape, uint64(e.kind.size()), size):
		t.problem = fmt.Errorf("shape %v does not fit its %d bytes", e.shape, size)
	}
	return t
}

// holds reports whether a shape without zeros of so many bytes an element takes exactly so many bytes.
func holds(shape []uint64, element, size uint64) bool {
	for _, d := range append(slices.Clip(shape), element) {
		if size%d != 0 {
			return false
		}
		size /= d
	}
	return size == 1
}
