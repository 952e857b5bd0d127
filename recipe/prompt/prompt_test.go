package prompt

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func one(text string, weight, stop float64) []Prompt {
	return []Prompt{{Text: text, Weight: weight, Stop: stop}}
}

func TestParse(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []Prompt
	}{
		{"a cat", one("a cat", 1, NoStop)},
		{"  a cat\n", one("a cat", 1, NoStop)},
		{"a cat:2", one("a cat", 2, NoStop)},
		{"a cat:+2", one("a cat", 2, NoStop)},
		{"a cat:2:0.5", one("a cat", 2, 0.5)},
		{"a cat:-0.5:-0.2", one("a cat", -0.5, -0.2)},
		{" spaced :1.5: 0.25 ", one("spaced", 1.5, 0.25)},
		{"a cat:1_0", one("a cat", 10, NoStop)},
		{"a cat:1__0", one("a cat:1__0", 1, NoStop)},
		{"a cat:.5:1e-2", one("a cat", 0.5, 0.01)},
		{"a cat:1:-inf", one("a cat", 1, NoStop)},
		{"a cat:0x10", one("a cat:0x10", 1, NoStop)},
		{"a cat:0", one("a cat", 0, NoStop)},
		{"ratio 16:9", one("ratio 16", 9, NoStop)},
		{"ratio 16:9 art", one("ratio 16:9 art", 1, NoStop)},
		{"ratio 16:9 art:2", one("ratio 16:9 art", 2, NoStop)},
		{"1:2:3:4", one("1:2", 3, 4)},
		{"7", one("7", 1, NoStop)},
		{"a:2:b", one("a:2:b", 1, NoStop)},
		{"a: b", one("a: b", 1, NoStop)},
		{"a cat:", one("a cat:", 1, NoStop)},
		{`C:\img.png`, one(`C:\img.png`, 1, NoStop)},
		{`C:\img.png:0.5`, one(`C:\img.png`, 0.5, NoStop)},
		{`\\server\share`, one(`\\server\share`, 1, NoStop)},
		{`C:\`, one(`C:\`, 1, NoStop)},
		{`C:\\:2`, one(`C:\`, 2, NoStop)},
		{"https://example.com/a.png", one("https://example.com/a.png", 1, NoStop)},
		{"https://example.com:80/a.png:-1:-0.9", one("https://example.com:80/a.png", -1, -0.9)},
		{`ratio 16\:9`, one("ratio 16:9", 1, NoStop)},
		{`ratio 16\:9:3`, one("ratio 16:9", 3, NoStop)},
		{`a\|b:2`, one("a|b", 2, NoStop)},
		{"one|two:2| |three||", []Prompt{{"one", 1, NoStop}, {"two", 2, NoStop}, {"three", 1, NoStop}}},
		{`one\\|two`, []Prompt{{`one\`, 1, NoStop}, {"two", 1, NoStop}}},
	} {
		got, err := Parse(test.in)
		if err != nil || !reflect.DeepEqual(got, [][]Prompt{test.want}) {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", test.in, got, err, test.want)
		}
	}
}

func TestPhases(t *testing.T) {
	for _, test := range []struct {
		in   string
		want [][]Prompt
	}{
		{"a seed ^ a tree:2 | rain", [][]Prompt{{{"a seed", 1, NoStop}}, {{"a tree", 2, NoStop}, {"rain", 1, NoStop}}}},
		{"^a^ ^b:1:-1^", [][]Prompt{{{"a", 1, NoStop}}, {{"b", 1, -1}}}},
		{`2\^3 ^ x`, [][]Prompt{{{"2^3", 1, NoStop}}, {{"x", 1, NoStop}}}},
		{`a\\^b`, [][]Prompt{{{`a\`, 1, NoStop}}, {{"b", 1, NoStop}}}},
	} {
		if got, err := Parse(test.in); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("Parse(%q) = %+v, %v; want %+v", test.in, got, err, test.want)
		}
	}
}

// Before there were phases a caret was text, with whatever stood before it.
func TestUnphased(t *testing.T) {
	for _, text := range []string{"a^b", `a\^b`, `a\\^ b\`, "^", `^\^`} {
		got, err := Parse(Unphased(text))
		if err != nil || len(got) != 1 || got[0][0].Text != text {
			t.Errorf("%q as it was meant before there were phases: %+v, %v", text, got, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", "Type what the picture should show."},
		{" | |", "Type what the picture should show."},
		{":3", "no text"},
		{"a | :3", `":3"`},
		{"a cat:inf", "weight"},
		{"a cat:-Infinity:2", "weight"},
		{"a cat:nan", "weight"},
		{"a cat:1e999", "weight"},
		{"a cat:1000001", "weight"},
		{"a cat:1:nan", "stop"},
		{"a cat:1:inf", "stop"},
		{strings.Repeat("long ", 100) + ":nan", "…"},
	} {
		if got, err := Parse(test.in); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Parse(%q) = %+v, %v; want an error with %q", test.in, got, err, test.want)
		}
	}
	if _, err := Parse("\t"); !errors.Is(err, ErrEmpty) {
		t.Errorf("a blank prompt gives %v, want ErrEmpty", err)
	}
}

func TestFormat(t *testing.T) {
	for _, test := range []struct {
		prompts []Prompt
		want    string
	}{
		{one("a cat", 1, NoStop), "a cat"},
		{one("a cat", 2, NoStop), "a cat:2"},
		{one("a cat", 1, -0.5), "a cat:1:-0.5"},
		{one("ratio 16:9", 1, NoStop), `ratio 16\:9`},
		{one("ratio 16:9 art", 1, NoStop), "ratio 16:9 art"},
		{one(`a\`, 2, NoStop), `a\\:2`},
		{[]Prompt{{"a|b", 1, NoStop}, {"c", 0.1, NoStop}}, `a\|b | c:0.1`},
	} {
		if got := Format([][]Prompt{test.prompts}); got != test.want {
			t.Errorf("Format(%+v) = %q, want %q", test.prompts, got, test.want)
		}
	}
}

func TestImages(t *testing.T) {
	want := []Image{{"a:1.png", -1, -0.95}, {"b.jpg", 1, NoStop}}
	got, err := ParseImages(FormatImages(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("through the grammar: %+v, %v; want %+v", got, err, want)
	}
	if none, err := ParseImages(" "); none != nil || err != nil {
		t.Errorf("no images: %v, %v", none, err)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("through %s: %+v, %v; want %+v", b, got, err, want)
	}
	for _, bad := range []Image{{"", 1, NoStop}, {"a", math.NaN(), NoStop}, {"a", 1, math.Inf(1)}} {
		if bad.Check() == nil {
			t.Errorf("%+v passes the check", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a cat:2:0.5 | b", `a\|b\:3:1:-inf`, `C:\\:1`, "::1:", "a:nan", "\xff:1", ":\\", `\\\:`, `a ^ b\^c\\^:2`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		prompts, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(Format(prompts))
		if err != nil || !reflect.DeepEqual(again, prompts) {
			t.Errorf("%q is read as %+v; written as %q it is read as %+v, %v", s, prompts, Format(prompts), again, err)
		}
	})
}

// FuzzImages reads lists of image prompts, whose names are of files: a list that is read is written such that it is read again.
func FuzzImages(f *testing.F) {
	for _, s := range []string{"a.png:2:0.5 | b^c.jpg", `C:\Users\a\|b.png:1:-inf`, "", "|:|", ":1", "a\x00.png"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		images, err := ParseImages(s)
		if err != nil {
			if len(err.Error()) > 300 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		again, err := ParseImages(FormatImages(images))
		if err != nil || !reflect.DeepEqual(again, images) {
			t.Errorf("%q is read as %+v; written as %q it is read as %+v, %v", s, images, FormatImages(images), again, err)
		}
	})
}

func FuzzFormat(f *testing.F) {
	f.Add("a cat", 1.0, -0.5, `b\`)
	f.Add(`16:9\`, -2.0, math.Inf(-1), "|:1")
	f.Fuzz(func(t *testing.T, text string, weight, stop float64, second string) {
		var phase []Prompt
		for _, s := range []string{text, second} {
			p := Prompt{Text: strings.TrimSpace(s), Weight: weight, Stop: stop}
			if p.check(s) == nil {
				phase = append(phase, p)
			}
		}
		if phase == nil {
			return
		}
		want := [][]Prompt{phase, phase[:1]}
		if got, err := Parse(Format(want)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v is written as %q and read as %+v, %v", want, Format(want), got, err)
		}
	})
}
