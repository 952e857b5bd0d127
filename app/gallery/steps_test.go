package gallery

import (
	"reflect"
	"testing"
)

// stepsOf are n steps of 2×1 tokens, whose first is the step's number.
func stepsOf(n int) Steps {
	s := Steps{Columns: 2, Rows: 1}
	for i := range n {
		s.List = append(s.List, Step{i, []byte{byte(i), byte(i >> 8), 7, 1}})
	}
	return s
}

func TestSteps(t *testing.T) {
	b := stepsOf(300).Pack(StepsBytes)
	if got, err := UnpackSteps(b); err != nil || !reflect.DeepEqual(got, stepsOf(300)) {
		t.Fatalf("%d bytes are %d steps, %v", len(b), len(got.List), err)
	}
	if s, err := UnpackSteps(nil); err != nil || len(s.List) != 0 {
		t.Errorf("of nothing there is %+v, %v", s, err)
	}
	if b := stepsOf(1).Pack(StepsBytes); b != nil {
		t.Errorf("one step is packed as %v", b)
	}
}

// Where there is no room for all, those that stay are spread over the run, with its first and its last.
func TestStepsAreThinned(t *testing.T) {
	for _, c := range []struct{ steps, most int }{{100, 100}, {100, 805}, {100, 804}, {7, 5 + 8*6}, {5, 5 + 8*2}, {5, 5 + 8*3}} {
		b := stepsOf(c.steps).Pack(c.most)
		got, err := UnpackSteps(b)
		n := len(got.List)
		if err != nil || len(b) > c.most || n < 2 || got.List[0].Number != 0 || got.List[n-1].Number != c.steps-1 {
			t.Errorf("%d steps in %d bytes: %d bytes with %+v, %v", c.steps, c.most, len(b), got.List, err)
			continue
		}
		widest := 0
		for i := range n - 1 {
			widest = max(widest, got.List[i+1].Number-got.List[i].Number)
		}
		if room := (c.most - 5) / 8; n > 2 && widest*(n-1) > 2*c.steps || n < min(c.steps, room)/2 {
			t.Errorf("%d steps in %d bytes: %d stay, %d apart", c.steps, c.most, n, widest)
		}
	}
	if b := stepsOf(9).Pack(20); b != nil {
		t.Errorf("20 bytes hold %v", b)
	}
}

func TestForeignSteps(t *testing.T) {
	whole := stepsOf(3).Pack(StepsBytes)
	changed := func(at int, to byte) []byte {
		b := append([]byte(nil), whole...)
		b[at] = to
		return b
	}
	for name, b := range map[string][]byte{
		"cut": whole[:len(whole)-1], "another version": changed(0, 2), "no columns": changed(1, 0), "too many rows": changed(4, 255),
		"a step twice": changed(5+8, 0), "a head alone": whole[:4],
	} {
		if s, err := UnpackSteps(b); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
