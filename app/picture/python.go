package picture

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// pythonPrompts turns a list of prompts as Python prints it, ['a', "b's"], into a prompt. Anything else is a prompt already.
func pythonPrompts(s string) string {
	inner, ok := strings.CutPrefix(strings.TrimSpace(s), "[")
	if ok {
		inner, ok = strings.CutSuffix(inner, "]")
	}
	if !ok {
		return strings.TrimSpace(s)
	}
	var prompts []string
	for rest := strings.TrimSpace(inner); rest != ""; {
		prompt, after, ok := pythonString(rest)
		if !ok {
			return strings.TrimSpace(s)
		}
		prompts = append(prompts, strings.TrimSpace(prompt))
		rest = strings.TrimLeft(after, ", ")
	}
	return strings.Join(prompts, " | ")
}

// pythonString reads one quoted string from the start of s and returns what follows it.
func pythonString(s string) (value, rest string, ok bool) {
	if s[0] != '\'' && s[0] != '"' {
		return "", "", false
	}
	quote := s[0]
	var b strings.Builder
	for s = s[1:]; s != ""; {
		switch {
		case s[0] == quote:
			return b.String(), s[1:], true
		case s[0] == '\\':
			r, tail, ok := pythonEscape(s[1:])
			if !ok {
				return "", "", false
			}
			b.WriteRune(r)
			s = tail
		default:
			r, n := utf8.DecodeRuneInString(s)
			b.WriteRune(r)
			s = s[n:]
		}
	}
	return "", "", false
}

// pythonEscape reads what follows a backslash.
func pythonEscape(s string) (rune, string, bool) {
	if s == "" {
		return 0, "", false
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	switch {
	case digits > 0 && len(s) > digits:
		v, err := strconv.ParseUint(s[1:1+digits], 16, 32)
		return rune(v), s[1+digits:], err == nil && v <= utf8.MaxRune
	case s[0] == 'n':
		return '\n', s[1:], true
	case s[0] == 't':
		return '\t', s[1:], true
	case s[0] == 'r':
		return '\r', s[1:], true
	case s[0] == '\\' || s[0] == '\'' || s[0] == '"':
		return rune(s[0]), s[1:], true
	}
	return 0, "", false
}
