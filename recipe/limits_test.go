package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// list is format for each number below n, with commas between.
func list(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, ",")
}

// A script that nobody can run is not read into a form, and says so in few sentences.
func TestLimitsOfReading(t *testing.T) {
	images := func(n int) string { return `"image_prompts":[` + list(n, `{"name":"%d"}`) + `]` }
	for _, c := range []struct {
		name, recipe, changes string
		images, notices       int
		last, wrong           string // pieces
	}{
		{"as many image prompts as there may be", images(64), "", 64, 0, "", ""},
		{"one more", images(65), "", 0, 1, `"image_prompts" has more than 64 pictures and was left out.`, ""},
		{"500 image prompts", images(500), "", 0, 1, "more than 64", ""},
		{"500 in a change", "", `{"step":1,"set":{` + images(500) + `}}`, 0, 1, "more than 64", ""},
		{"as many notices as there may be", list(20, `"x%d":0`), "", 0, 20, "does not know", ""},
		{"too many notices", list(1000, `"x%d":0`), "", 0, 20, "981 more settings", ""},
		{"too many notices of changes", "", list(1000, `{"step":%d,"set":{"x":0}}`), 0, 20, "981 more settings", ""},
		{"changes with pictures", "", list(1024, `{"step":1,"set":{"image_prompts":[{"name":"a%[1]d"}]}},{"step":%[1]d,"set":{"image_prompts":[{"name":"%[1]d"}]}}`), 1024, 0, "", ""},
		{"changes with too many pictures", "", list(1025, `{"step":%[1]d,"set":{"image_prompts":[{"name":"%[1]d"}]}}`), -1, 0, "", "1025 pictures"},
		{"too many changes", "", list(10001, `{"step":%d,"set":{"steps":1}}`), -1, 0, "", "10001 changes"},
		{"too many bytes", `"prompt":"` + strings.Repeat("a", maxJSON) + `"`, "", -1, 0, "", "more than 8388608"},
	} {
		s, notices, err := FromJSON([]byte(`{"version":2,"recipe":{` + c.recipe + `},"changes":[` + c.changes + `]}`))
		if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
		if err == nil && (len(s.ImageNames()) != c.images || len(notices) != c.notices || c.notices > 0 && !strings.Contains(notices[len(notices)-1], c.last)) {
			t.Errorf("%s: %d images, %d notices %.200q", c.name, len(s.ImageNames()), len(notices), notices)
		}
	}
	if _, notices := FromLink("#" + strings.ReplaceAll(list(1000, "x%d=0"), ",", "&")); len(notices) != 20 {
		t.Errorf("a link gives %d notices", len(notices))
	}
	if s, notices := FromLink("#images=" + strings.Repeat("a%7C", 65)); len(ImagePrompts.In(s.Recipe)) != 0 || len(notices) != 1 {
		t.Errorf("a link gives %d image prompts, %q", len(ImagePrompts.In(s.Recipe)), notices)
	}
	if s, notices := FromLink("#p=a&" + strings.ReplaceAll(list(MaxImages+1, "%[1]d.images=x%[1]d"), ",", "&")); len(s.Changes) != 0 || len(notices) != 1 {
		t.Errorf("a link gives %d changes, %q", len(s.Changes), notices)
	}
}
