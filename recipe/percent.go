package recipe

import (
	"errors"
	"strconv"
	"strings"
)

// Links are written and read as net/url's QueryEscape and QueryUnescape do, but for a space, which is written %20. That package itself brings
// addresses of networks into the page's and the engine's programs, a fiftieth of what a visitor downloads.

// escapeValue is a value as a link holds it.
func escapeValue(v string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(v) {
		switch c := v[i]; {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-_.~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// unescapeValue is the inverse of escapeValue; a plus is a space.
func unescapeValue(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] != '%':
			b.WriteByte(s[i])
		default:
			if i+2 >= len(s) {
				return "", errors.New("recipe: a percent sign at the end")
			}
			c, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", errors.New("recipe: a percent sign without two hexadecimal digits")
			}
			b.WriteByte(byte(c))
			i += 2
		}
	}
	return b.String(), nil
}
