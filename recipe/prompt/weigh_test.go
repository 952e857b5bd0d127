package prompt

import (
	"math"
	"strings"
	"testing"
)

// marked is a prompt whose cursor is a bar of double width, or two of them around what is marked.
func marked(s string) (text string, from, to int) {
	from = strings.Index(s, "‖")
	s = s[:from] + s[from+len("‖"):]
	to = from
	if at := strings.Index(s, "‖"); at >= 0 {
		to = at
		s = s[:at] + s[at+len("‖"):]
	}
	return s, from, to
}

func TestWeigh(t *testing.T) {
	for _, c := range []struct {
		in   string
		by   float64
		want string
	}{
		{"a cas‖tle | fog:0.5", 0.1, "a castle:1.1 | fog:0.5"},
		{"a castle | fo‖g:0.5", 0.1, "a castle | fog:0.6"},
		{"a castle | fog:0.‖5", -0.1, "a castle | fog:0.4"},
		{"a castle |  fog:0.9:-0.2 ^ x‖ ", -0.5, "a castle |  fog:0.9:-0.2 ^ x:0.5 "},
		{"fog:‖0.9", 0.1, "fog"},
		{"fog:0.9:-0.2‖", 0.1, "fog:1:-0.2"},
		{`ratio 16\:9:0.9‖`, 0.1, `ratio 16\:9`},
		{"1:2:0.9:‖-inf", 0.1, `1\:2`},
		{"a castle in ‖fog‖", 0.1, "a castle in fog | fog:0.1"},
		{"a castle in ‖fog‖ | fog:0.1 | x", 0.1, "a castle in fog | fog:0.2 | x"},
		{"a castle in ‖fog‖ | fog:0.1 | x", -0.1, "a castle in fog | x"},
		{"a castle in ‖fog‖ | fog:0.1", -0.1, "a castle in fog"},
		{"a castle in ‖fog‖ ^ fog:0.1", 0.1, "a castle in fog | fog:0.1 ^ fog:0.1"},
		{"‖a castle‖ | x", 0.1, "a castle:1.1 | x"},
		{"a ‖castle | x‖", 0.1, "a castle:1.1 | x"},
		{"‖", 0.1, ""},
		{"x |‖ | y", 0.1, "x | | y"},
	} {
		text, from, to := marked(c.in)
		got, newFrom, newTo, ok := Weigh(text, from, to, c.by)
		if got != c.want || ok != (got != text) || newFrom > newTo || newTo > len(got) {
			t.Errorf("%s %+g: %q (%d to %d, %t), want %q", c.in, c.by, got, newFrom, newTo, ok, c.want)
		}
	}
	if got, from, to, _ := Weigh("a castle in fog", 12, 15, 0.1); got[from:to] != "fog" || from != 12 {
		t.Errorf("%q is marked, from %d", got[from:to], from)
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string][2]string{
		"a castle in (fog:1.3)":       {"a castle in fog | fog:0.3", "(fog:1.3)"},
		"a castle, [blurry], ((red))": {"a castle, blurry, red | blurry:-0.09 | red:0.21", "[blurry]"},
		"(fog:1.3) | x":               {"fog:1.3 | x", "(fog:1.3)"},
		"(dark fog:0.5) :2":           {"dark fog", "(dark fog:0.5)"},
		"a (dark fog:0.5) :2":         {"a dark fog :2 | dark fog:-1", "(dark fog:0.5)"},
		"((fog:1.2)) here ^ x":        {"fog here | fog:0.32 ^ x", "((fog:1.2))"},
		"a castle (Neuschwanstein)":   {"", ""},
		"a castle [fog:rain:0.5]":     {"", ""},
		`a castle \[fog] (`:           {"", ""},
		"([fog]) (:3) (a:nan) [] ()":  {"(fog) (:3) (a:nan) [] () | fog:-0.09", "[fog]"},
	} {
		if want[1] == "" {
			want[0] = in
		}
		if plain, first := Plain(in); plain != want[0] || first != want[1] {
			t.Errorf("%s: %q by %q, want %q", in, plain, first, want)
		}
	}
}

// What is weighed or rewritten can still be read.
func FuzzWeigh(f *testing.F) {
	f.Add("a castle in fog | fog:0.1", 12, 15, 0.1)
	f.Add(`((a\:b:1.2)) ^ [x]:2`, 0, 3, -0.5)
	f.Fuzz(func(t *testing.T, s string, from, to int, by float64) {
		if _, err := Parse(s); err != nil || !(math.Abs(by) <= 10) {
			return
		}
		changed, _, _, _ := Weigh(s, from, to, by)
		plain, _ := Plain(s)
		for _, text := range []string{changed, plain} {
			if _, err := Parse(text); err != nil && !strings.Contains(err.Error(), "weight") {
				t.Errorf("%q became %q: %v", s, text, err)
			}
		}
	})
}
