package ui

import "testing"

func TestHistoryKeepsTheLastSteps(t *testing.T) {
	h := History{Limit: 10}
	if _, _, ok := h.Range(); ok {
		t.Error("an empty history has a range")
	}
	for step := range 8 {
		h.Add(step, []byte{byte(step), 0, 0})
	}
	if first, last, _ := h.Range(); first != 5 || last != 7 || h.bytes != 9 {
		t.Errorf("ten bytes hold the steps %d to %d in %d bytes, want 5 to 7 in 9", first, last, h.bytes)
	}
	for _, test := range []struct {
		step, want int
		ok         bool
	}{{4, 0, false}, {5, 5, true}, {6, 6, true}, {9, 7, true}} {
		tokens, found, ok := h.At(test.step)
		if found != test.want || ok != test.ok || ok && int(tokens[0]) != test.want {
			t.Errorf("at step %d: tokens %v of step %d, %t", test.step, tokens, found, ok)
		}
	}
}

func TestHistoryGoesBackWithTheRun(t *testing.T) {
	var h History
	for step := range 5 {
		h.Add(step, []byte{byte(step), 0})
	}
	h.Add(2, []byte{9, 0})
	tokens, found, _ := h.At(4)
	if found != 2 || tokens[0] != 9 || h.bytes != 6 {
		t.Errorf("after going back: tokens %v of step %d, %d bytes", tokens, found, h.bytes)
	}
	h.Add(7, []byte{7, 0}) // steps between are not known
	if _, found, _ := h.At(6); found != 2 {
		t.Errorf("step 6 is shown by step %d, want 2", found)
	}
}
