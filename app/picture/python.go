package picture

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"reverie/recipe/prompt"
)

// pythonPrompts turns prompts as Python prints them, as a text or as a list, into a prompt.
func pythonPrompts(s string) string {
	if phases, ok := pythonList(s); ok {
		return prompted(phases)
	}
	return pythonValue(s)
}

// prompted joins parts and phases by the prompt's separators.
func prompted(phases [][]string) string {
	texts := make([]string, len(phases))
	for i, parts := range phases {
		trimmed := make([]string, len(parts))
		for j, part := range parts {
			trimmed[j] = strings.TrimSpace(part)
		}
		texts[i] = strings.Join(trimmed, " | ")
	}
	return strings.Join(texts, " ^ ")
}

// unphased is prompted for tools in whose texts a caret means itself.
func unphased(phases [][]string) string { return prompt.Unphased(prompted(phases)) }

// pythonValue is a value as Python prints it, and "" for what says that there is none.
func pythonValue(s string) string {
	switch s = strings.TrimSpace(s); s {
	case "None", "False", "[]", "()", "{}", "''", `""`, "N/A":
		return ""
	}
	return s
}

// pythonList reads the repr of a list of strings, ['a', "b's"], which is one phase of a prompt, or of a list of such lists.
func pythonList(s string) (phases [][]string, ok bool) {
	s = strings.TrimSpace(s)
	phase := func(s string) ([]string, string, bool) { return pythonItems(s, pythonString) }
	if parts, rest, ok := phase(s); ok {
		return [][]string{parts}, rest == ""
	}
	phases, rest, ok := pythonItems(s, phase)
	return phases, ok && rest == ""
}

// pythonItems reads a list that is not empty from the start of s and returns what follows it.
func pythonItems[T any](s string, item func(string) (T, string, bool)) (items []T, rest string, ok bool) {
	for s, ok = strings.CutPrefix(s, "["); ok && s != ""; s, ok = strings.CutPrefix(s, ", ") {
		var v T
		if v, s, ok = item(s); !ok {
			break
		}
		items = append(items, v)
		if rest, ok := strings.CutPrefix(s, "]"); ok {
			return items, rest, true
		}
	}
	return nil, "", false
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
