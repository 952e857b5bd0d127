package tidy

import (
	"strings"
	"unicode/utf8"
)

// repair undoes the decoding of UTF-8 with a wrong character set, as often as it happened.
func repair(s string) string {
	for range maxPasses {
		repaired := repairOnce(s)
		if repaired == s {
			break
		}
		s = repaired
	}
	return s
}

// repairOnce tries the character sets in turn: if s can be written in one, and the bytes are UTF-8, that is what happened.
func repairOnce(s string) string {
	if !suspicious(s) {
		return s
	}
	for _, c := range charsets {
		b, ok := c.bytes(s)
		if !ok {
			continue
		}
		if !c.mac {
			b = restoreSpaces(b)
		}
		if c.sloppy {
			b = replaceLossy(b)
		}
		if decoded, ok := decodeUTF8(b); ok {
			return decoded
		}
	}
	// No set fits the whole: mend the parts that look like UTF-8.
	if repaired := repairParts(s); repaired != s {
		return repaired
	}
	// C1 control characters were meant to be Windows-1252.
	return strings.Map(windowsControl, s)
}

// repairParts repairs the stretches that look like wrongly decoded UTF-8, each by itself.
func repairParts(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i := 0; i < len(runes); {
		n := 0
		if i == 0 || !has(runes[i-1], continuesStrictly) {
			n = garbled(runes[i:])
		}
		if n == 0 {
			b.WriteRune(runes[i])
			i++
			continue
		}
		part := string(runes[i : i+n])
		if n < len(runes) && suspicious(part) {
			part = repair(part)
		}
		b.WriteString(part)
		i += n
	}
	return b.String()
}

// garbled is the length of the longest run of UTF-8 sequences, each of its bytes seen as a character, that runes begin with.
func garbled(runes []rune) int {
	n := 0
	for {
		length := 0
		for _, lead := range []struct {
			kind   kind
			length int
		}{{leadsTwo, 2}, {leadsThree, 3}, {leadsFour, 4}} {
			if sequenceOf(runes[n:], lead.kind, lead.length) {
				length = lead.length
				break
			}
		}
		if length == 0 {
			return n
		}
		n += length
	}
}

func sequenceOf(runes []rune, lead kind, length int) bool {
	if len(runes) < length || !has(runes[0], lead) {
		return false
	}
	for _, r := range runes[1:length] {
		if !has(r, continues) {
			return false
		}
	}
	return true
}

// kind says which part of a UTF-8 sequence a character is when its byte is decoded with a wrong character set. A
// character can be several, of different sets.
type kind uint8

const (
	leadsTwo          kind = 1 << iota // bytes C2 to DF
	leadsThree                         // E0 to EF
	leadsFour                          // F0 and F3; the others lead to characters that are not assigned
	continues                          // 80 to BF, and the space that stood for A0
	continuesStrictly                  // of those, what does not stand beside words anyway
)

func has(r rune, k kind) bool { return kinds[r]&k != 0 }

var kinds = findKinds()

// findKinds looks at the character sets whose upper half is letters, as Latin-1's is.
func findKinds() map[rune]kind {
	const beside = " –—―‘’‚“”„•…" // spaces, dashes, quotes, bullet, ellipsis
	all := map[rune]kind{' ': continues}
	for _, c := range charsets[:7] {
		for i, r := range c.decode {
			switch b := 0x80 + i; {
			case b < 0xc0:
				all[r] |= continues
				if !strings.ContainsRune(beside, r) {
					all[r] |= continuesStrictly
				}
			case 0xc2 <= b && b < 0xe0:
				all[r] |= leadsTwo
			case 0xe0 <= b && b < 0xf0:
				all[r] |= leadsThree
			case b == 0xf0 || b == 0xf3:
				all[r] |= leadsFour
			}
		}
	}
	return all
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
