package peers

import (
	"slices"
	"strings"
	"testing"

	"reverie/recipe"
)

// Every option of the other tools has an answer: where it is, by options that there are, or in words why it is not.
func TestEveryOptionHasAnAnswer(t *testing.T) {
	counts := map[string]int{}
	for _, o := range Options() {
		counts[o.Tool]++
		for _, name := range o.Ours {
			if _, known := recipe.Named(name); !known {
				t.Errorf("%s, %s: there is no option %q", o.Tool, o.Name, name)
			}
		}
		if !slices.Contains([]Standing{Have, Part, None, NotApplicable}, o.Standing) {
			t.Errorf("%s, %s: standing %q", o.Tool, o.Name, o.Standing)
		}
		if o.Standing == None && len(o.Ours) > 0 {
			t.Errorf("%s, %s: Reverie has it not, and has %v", o.Tool, o.Name, o.Ours)
		}
		if o.where() == "" || o.Note != "" && !strings.HasSuffix(o.Note, ".") {
			t.Errorf("%s, %s: %q says nothing of where or why", o.Tool, o.Name, o.where())
		}
	}
	// What these tools have, as their sources say; options of one name and meaning stand once for EleutherAI's and nerdyrodent's.
	want := map[string]int{"upd notebook": 35, "animation notebook": 13, "zq, cb and mse notebooks": 13, "nerdyrodent": 35, "EleutherAI": 2, "rkhamilton": 42, "pixray": 72, "pytti": 83}
	for tool, n := range want {
		if counts[tool] != n {
			t.Errorf("%s: %d options of %d", tool, counts[tool], n)
		}
	}
	if len(counts) != len(want) {
		t.Errorf("tools %v", counts)
	}
}

// What the table calls an option of another tool is among that tool's, and points back.
func TestOptionsPointBack(t *testing.T) {
	for _, o := range recipe.Options() {
		for tool := range o.Elsewhere {
			if !slices.ContainsFunc(Options(), func(p Option) bool { return slices.Contains(p.Ours, o.Name) }) {
				t.Errorf("%s is one of %s's, and no option of another tool points to it", o.Name, tool)
			}
		}
	}
}
