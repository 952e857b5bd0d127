package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// What belongs to a run as a whole is said before it begins, or not at all.
func TestScriptsThatChangeWhatARunIs(t *testing.T) {
	for _, set := range []Setting{Width.Is(64), Model.Is("other"), Seed.Is(8), InitImage.Is("a.png")} {
		start := Script{Recipe: apple()}
		want := "After step 3: " + set.Option.Label + " belongs to a run as a whole: start a new run to change it."
		if _, _, err := start.With(3, set).Check(8); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", set.Option.Name, err, want)
		}
		if _, _, err := start.With(0, set).Check(8); err != nil {
			t.Errorf("%s before the first step: %v", set.Option.Name, err)
		}
	}
	if _, _, err := (Script{Recipe: apple()}).With(3, Width.Is(129), Steps.Is(9)).Check(8); err != nil {
		t.Errorf("a width that comes to the same: %v", err)
	}
}

// Scripts of as many changes as one may hold are read and checked in a moment: the time grows with their number and not with its square.
func TestLongScripts(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"version":2,"recipe":{"prompt":"a"},"changes":[`)
	for i := range MaxChanges {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"step":%d,"set":{"learning_rate":%g}}`, i+1, 0.1+float64(i%2)/10)
	}
	b.WriteString("]}")
	s, notices, err := FromJSON([]byte(b.String()))
	if err != nil || notices != nil || len(s.Changes) != MaxChanges {
		t.Fatalf("%d changes, %q, %v", len(s.Changes), notices, err)
	}
	allocations := testing.AllocsPerRun(1, func() {
		if _, _, err := s.Check(8); err != nil {
			t.Error(err)
		}
	})
	// Some dozens a change: a quadratic way would take ten thousand.
	if allocations > 200*MaxChanges {
		t.Errorf("checking takes %.0f allocations for %d changes", allocations, MaxChanges)
	}
}
