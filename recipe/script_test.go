package recipe

import "testing"

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
