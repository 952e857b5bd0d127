// Package tidy cleans up text as CLIP's tokeniser does before it cuts words: CLIP was trained on text that had gone through
// Python's ftfy (6.3, "fixes text for you", by Robyn Speer) and html.unescape, so a prompt must go through the same to
// get the same tokens.
//
// Text undoes HTML entities, text that was decoded with the wrong character set ("cafÃ©"), ligatures, full-width forms and
// curly quotes, and removes control characters. What ftfy takes for broken is a matter of its judgement; the rules here
// follow that judgement, in their own form.
package tidy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPasses bounds the repetition of repairs. Each pass undoes one layer of damage, and real text has two or three.
const maxPasses = 16

// Text returns s cleaned up. Bytes that are not UTF-8 become U+FFFD.
func Text(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	var b strings.Builder
	entities := true
	for s != "" {
		line := s
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			line = s[:i+1]
		}
		s = s[len(line):]
		// A '<' means that this is HTML, and entities belong there, from this line on.
		entities = entities && !strings.Contains(line, "<")
		b.WriteString(fixLine(line, entities))
	}
	return b.String()
}

func fixLine(s string, entities bool) string {
	for range maxPasses {
		before := s
		if entities {
			s = strictEntities(s)
		}
		s = repair(s)
		s = strings.Map(windowsControl, s)
		s = ligatures.Replace(s)
		s = standardWidth(s)
		s = punctuation.Replace(s)
		s = removeEscapes(s)
		s = strings.Map(withoutControls, s)
		s = nfc(s)
		if s == before {
			break
		}
	}
	return s
}

// ligatures takes Latin ligatures apart, and digraphs that exist for the sake of older character sets.
var ligatures = strings.NewReplacer(
	"Ĳ", "IJ", "ĳ", "ij", "ŉ", "ʼn",
	"Ǳ", "DZ", "ǲ", "Dz", "ǳ", "dz", "Ǆ", "DŽ", "ǅ", "Dž", "ǆ", "dž",
	"Ǉ", "LJ", "ǈ", "Lj", "ǉ", "lj", "Ǌ", "NJ", "ǋ", "Nj", "ǌ", "nj",
	"ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "ſt", "ﬆ", "st",
)

// punctuation straightens quotes and makes every line break a line feed.
var punctuation = strings.NewReplacer(
	"ʼ", "'", "‘", "'", "’", "'", "‚", "'", "‛", "'",
	"“", `"`, "”", `"`, "„", `"`, "‟", `"`,
	"\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n",
)

// standardWidth replaces full-width and half-width forms, and the ideographic space.
func standardWidth(s string) string {
	special := func(r rune) bool { return r == 0x3000 || 0xff01 <= r && r < 0xfff0 }
	if strings.IndexFunc(s, special) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == 0x3000:
			b.WriteByte(' ')
		case special(r):
			b.WriteString(nfkc(string(r)))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// removeEscapes removes terminals' colour sequences: ESC [ numbers letter.
func removeEscapes(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			break
		}
		end := i + 2
		for end < len(s) {
			r, n := utf8.DecodeRuneInString(s[end:])
			if r != ';' && !unicode.Is(unicode.Nd, r) {
				break
			}
			end += n
		}
		if end < len(s) && isASCIILetter(rune(s[end])) {
			b.WriteString(s[:i])
			s = s[end+1:]
		} else {
			b.WriteString(s[:i+2])
			s = s[i+2:]
		}
	}
	return b.String() + s
}

// windowsControl reads a C1 control character as Windows-1252, as browsers do.
func windowsControl(r rune) rune {
	if 0x80 <= r && r < 0xa0 {
		return windows1252.decode[r-0x80]
	}
	return r
}

// withoutControls drops characters that are not meant to be in a text. White space stays, and so do joiners and marks
// of direction; they change what is seen.
func withoutControls(r rune) rune {
	switch {
	case r < 0x09, r == 0x0b, 0x0e <= r && r < 0x20, r == 0x7f,
		0x206a <= r && r < 0x2070, r == 0xfeff, 0xfff9 <= r && r < 0xfffd:
		return -1
	}
	return r
}

func isASCIILetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }
