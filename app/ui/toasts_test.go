package ui

import (
	"testing"
	"time"
)

// texts are the notes that are shown.
func (t *toasts) texts() string {
	all := ""
	for _, one := range t.list {
		all += one.text + "."
	}
	return all
}

func TestToastsGo(t *testing.T) {
	var list toasts
	list.add("a", action{})
	list.add("b", action{label: "Undo"})
	if list.pass(toastFor - time.Second); list.texts() != "a.b." {
		t.Errorf("just before their time there are %q", list.texts())
	}
	if list.pass(0) {
		t.Error("one has gone in no time")
	}
	if !list.pass(time.Second) || list.texts() != "b." {
		t.Errorf("after the time of the first there are %q", list.texts())
	}
	if !list.pass(actionFor-toastFor) || list.texts() != "" {
		t.Errorf("after all their time there are %q", list.texts())
	}
}

func TestToastsAreFew(t *testing.T) {
	var list toasts
	for _, text := range []string{"a", "b", "c", "d"} {
		list.add(text, action{})
	}
	if list.texts() != "b.c.d." {
		t.Errorf("there are %q", list.texts())
	}
}

// What a note offers is done once.
func TestToastIsTakenOnce(t *testing.T) {
	var list toasts
	done := 0
	list.add("a", action{label: "Undo", do: func() { done++ }})
	list.add("b", action{})
	for range 2 {
		if one, ok := list.take(1); ok {
			one.act.do()
		}
	}
	if done != 1 || list.texts() != "b." {
		t.Errorf("it is done %d times, and there are %q", done, list.texts())
	}
}
