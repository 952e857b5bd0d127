package worker

import (
	"context"
	"slices"
	"sync"

	"reverie/app/protocol"
)

// wishes is what the page asks of a run while it works: Pause, Resume, Change, Save, Look, Inspect and Stop, in their order. A Stop overtakes all
// others, and of Looks, and of Inspects, only the last one waits.
type wishes struct {
	mu    sync.Mutex
	list  []protocol.Message
	added chan struct{} // holds a value while the list may have grown
}

func newWishes() *wishes { return &wishes{added: make(chan struct{}, 1)} }

func (w *wishes) add(m protocol.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, stop := m.(protocol.Stop); stop {
		w.list = nil
	}
	for _, is := range []func(protocol.Message) bool{isLook, isInspect} {
		if is(m) {
			w.list = slices.DeleteFunc(w.list, is)
		}
	}
	w.list = append(w.list, m)
	select {
	case w.added <- struct{}{}:
	default:
	}
}

func isLook(m protocol.Message) bool {
	_, ok := m.(protocol.Look)
	return ok
}

func isInspect(m protocol.Message) bool {
	_, ok := m.(protocol.Inspect)
	return ok
}

// waiting says whether there is a wish.
func (w *wishes) waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.list) > 0
}

// next takes the oldest wish, or nil.
func (w *wishes) next() protocol.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.list) == 0 {
		return nil
	}
	m := w.list[0]
	w.list = slices.Delete(w.list, 0, 1)
	return m
}

// wait takes the oldest wish, or waits for one.
func (w *wishes) wait(ctx context.Context) (protocol.Message, error) {
	for {
		if m := w.next(); m != nil {
			return m, nil
		}
		select {
		case <-w.added:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
