package bpe

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The two tokens that a text can name.
const (
	startOfText = "<|startoftext|>"
	endOfText   = "<|endoftext|>"
)

// literals are cut out before anything else, the first that fits: the named tokens, then English contractions.
var literals = []string{startOfText, endOfText, "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}

// split cuts cleaned text, in small letters, as CLIP's regular expression does: literals, runs of letters, single numbers, runs
// of anything else that is not white space.
func split(s string) []string {
	var words []string
	for s != "" {
		n := wordLength(s)
		if n > 0 {
			words = append(words, s[:n])
		} else {
			_, n = utf8.DecodeRuneInString(s)
		}
		s = s[n:]
	}
	return words
}

// wordLength is the length in bytes of the word that s begins with, 0 if it begins with none.
func wordLength(s string) int {
	for _, literal := range literals {
		if n := foldedPrefix(s, literal); n > 0 {
			return n
		}
	}
	first, n := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsLetter(first):
		return runLength(s, unicode.IsLetter)
	case unicode.IsNumber(first):
		return n
	}
	return runLength(s, isOther)
}

func runLength(s string, member func(rune) bool) int {
	if n := strings.IndexFunc(s, func(r rune) bool { return !member(r) }); n >= 0 {
		return n
	}
	return len(s)
}

// isOther: the expression ignores case, and U+0345 has the capital form of the letter iota, so it is neither a letter nor
// something else, and is dropped.
func isOther(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.White_Space, r) && r != 0x345
}

// foldedPrefix is the length of the part of s that equals the literal without regard to case, or 0. Of the characters that
// stay as they are in small letters, only the long s has another one's capital form.
func foldedPrefix(s, literal string) int {
	rest := s
	for i := range len(literal) {
		switch {
		case rest != "" && rest[0] == literal[i]:
			rest = rest[1:]
		case literal[i] == 's' && strings.HasPrefix(rest, "ſ"):
			rest = rest[len("ſ"):]
		default:
			return 0
		}
	}
	return len(s) - len(rest)
}
