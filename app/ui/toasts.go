package ui

import (
	"slices"
	"time"
)

// How long toasts stay while nobody points at them or has the focus in them: one that offers something longer.
const (
	toastFor  = 8 * time.Second
	actionFor = 20 * time.Second
)

// mostToasts are there at once; an older one makes room.
const mostToasts = 3

// toast is a note that goes by itself.
type toast struct {
	id   int
	text string
	act  action
	left time.Duration
}

// action is what a toast offers.
type action struct {
	label string // "" where there is none
	name  string // its accessible name
	do    func()
}

// toasts are the notes that are shown, the oldest first. They know nothing of the browser.
type toasts struct {
	list []toast
	last int // the ID of the newest
}

// add shows a note.
func (t *toasts) add(text string, act action) {
	left := toastFor
	if act.label != "" {
		left = actionFor
	}
	t.last++
	t.list = append(slices.Clone(t.list), toast{t.last, text, act, left})
	if n := len(t.list); n > mostToasts {
		t.list = t.list[n-mostToasts:]
	}
}

// pass lets time pass, and says whether a note has gone.
func (t *toasts) pass(d time.Duration) bool {
	n := len(t.list)
	var list []toast
	for _, one := range t.list {
		if one.left -= d; one.left > 0 {
			list = append(list, one)
		}
	}
	t.list = list
	return len(list) < n
}

// take removes a note and returns it; ok is false where it has gone already.
func (t *toasts) take(id int) (taken toast, ok bool) {
	i := slices.IndexFunc(t.list, func(one toast) bool { return one.id == id })
	if i < 0 {
		return toast{}, false
	}
	taken = t.list[i]
	t.list = slices.Delete(slices.Clone(t.list), i, i+1)
	return taken, true
}
