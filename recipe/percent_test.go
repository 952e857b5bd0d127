package recipe

import (
	"net/url"
	"strings"
	"testing"
)

// Values of links are what net/url makes of them.
func FuzzPercent(f *testing.F) {
	for _, s := range []string{"a b+c%20", "%", "%2", "%zz", "%+1", "%c3%BC", "ü&=#/?\x00\xff", "~-_.!*'()"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := escapeValue(s), strings.ReplaceAll(url.QueryEscape(s), "+", "%20"); got != want {
			t.Errorf("%q is written %s, want %s", s, got, want)
		}
		got, err := unescapeValue(s)
		if want, wrong := url.QueryUnescape(s); got != want || (err == nil) != (wrong == nil) {
			t.Errorf("%q is read as %q, %v; want %q, %v", s, got, err, want, wrong)
		}
	})
}
