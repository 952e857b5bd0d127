package tidy

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Unescape replaces HTML's character references as Python's html.unescape does: named ones with or without semicolon (then
// the longest name that fits), and numbers, where those of no character vanish.
func Unescape(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i])
		s = s[i:]
		if value, rest, ok := numericReference(s); ok {
			b.WriteString(value)
			s = rest
			continue
		}
		// Names are ASCII letters and digits; html.UnescapeString knows them all.
		end := 1
		for end < len(s) && isAlphanumeric(s[end]) {
			end++
		}
		if end < len(s) && s[end] == ';' {
			end++
		}
		if end > 1 {
			b.WriteString(html.UnescapeString(s[:end]))
		} else {
			b.WriteByte('&')
		}
		s = s[end:]
	}
}

// numericReference reads &#123; or &#x7b; with or without the semicolon from the start of s.
func numericReference(s string) (value, rest string, ok bool) {
	digits, found := strings.CutPrefix(s, "&#")
	if !found {
		return "", s, false
	}
	base := 10
	if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
		base = 16
		digits = digits[1:]
	}
	end := 0
	for end < len(digits) && (isDigit(digits[end]) || base == 16 && isHexLetter(digits[end])) {
		end++
	}
	if end == 0 {
		return "", s, false
	}
	number, err := strconv.ParseUint(digits[:end], base, 32)
	if err != nil {
		number = utf8.MaxRune + 1 // too long for any character
	}
	return referenced(rune(min(number, utf8.MaxRune+1))), strings.TrimPrefix(digits[end:], ";"), true
}

// referenced is what HTML5 makes of a number: Windows-1252 for the C1 range, and nothing for what is no character.
func referenced(r rune) string {
	switch {
	case r == 0 || r > utf8.MaxRune || 0xd800 <= r && r < 0xe000:
		return string(utf8.RuneError)
	case r == '\r':
		return "\r"
	case 0x80 <= r && r < 0xa0:
		return string(windows1252.decode[r-0x80])
	case r < 0x09, r == 0x0b, 0x0e <= r && r < 0x20, r == 0x7f, 0xfdd0 <= r && r < 0xfdf0, r&0xfffe == 0xfffe:
		return ""
	}
	return string(r)
}

// strictEntities replaces only references that end in a semicolon and are known as a whole, so that "this&not that" stays. It
// also knows the names of letters in capitals (&EACUTE; in an upper-cased text), where they have no other meaning.
func strictEntities(s string) string {
	const longest = 24
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i])
		s = s[i:]
		start := 1
		if len(s) > 1 && s[1] == '#' {
			start = 2
		}
		end := start
		for end < len(s) && isAlphanumeric(s[end]) {
			end++
		}
		if end == start || end-start > longest || end == len(s) || s[end] != ';' {
			b.WriteString(s[:start])
			s = s[start:]
			continue
		}
		end++
		b.WriteString(strictEntity(s[:end]))
		s = s[end:]
	}
}

func strictEntity(reference string) string {
	value := Unescape(reference)
	// A rest that keeps its semicolon was a shorter name's or number's.
	if !strings.Contains(value, ";") || reference == "&semi;" {
		return value
	}
	if value != reference || reference != strings.ToUpper(reference) {
		return reference
	}
	lower := strings.ToLower(reference)
	if value = html.UnescapeString(lower); strings.Contains(value, ";") {
		return reference
	}
	return upper(value)
}

// upper is Python's str.upper for the letters that have names in HTML.
func upper(s string) string { return strings.ToUpper(apart.Replace(s)) }

// apart takes letters apart that have no capital form.
var apart = strings.NewReplacer("ß", "ss", "ŉ", "ʼn", "ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl")

func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isHexLetter(c byte) bool    { return 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
func isAlphanumeric(c byte) bool { return isDigit(c) || isASCIILetter(rune(c)) }
