package tidy

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// sequence is a pattern of consecutive bytes, each one out of a set.
type sequence [][256]bool

// sequences reads patterns: bytes in hexadecimal, one set after the other; a set is bytes and ranges with commas.
func sequences(patterns ...string) []sequence {
	all := make([]sequence, len(patterns))
	for i, pattern := range patterns {
		for _, set := range strings.Fields(pattern) {
			var members [256]bool
			for _, span := range strings.Split(set, ",") {
				low, high, ranged := strings.Cut(span, "-")
				if !ranged {
					high = low
				}
				for c := hexByte(low); ; c++ {
					members[c] = true
					if c == hexByte(high) {
						break
					}
				}
			}
			all[i] = append(all[i], members)
		}
	}
	return all
}

func hexByte(s string) byte {
	v, err := strconv.ParseUint(s, 16, 8)
	if err != nil {
		panic(err) // only for patterns in this file
	}
	return byte(v)
}

// match is the length of the first pattern that b begins with, or 0.
func match(b []byte, patterns []sequence) int {
next:
	for _, p := range patterns {
		if len(p) > len(b) {
			continue
		}
		for i := range p {
			if !p[i][b[i]] {
				continue next
			}
		}
		return len(p)
	}
	return 0
}

// spaced are UTF-8 sequences in which a space stands for byte A0, which some program took for a no-break space. Only
// sequences of likely characters are taken: after a lead byte of two, those of à, Š, Π, Р and ٠ and the no-break space itself.
var spaced = sequences(
	"c2,c3,c5,ce,d0,d9 20",
	"e2,e3 20 80-84,86-9f,a1-bf",
	"e0-e3 80-84,86-9f,a1-bf 20",
	"f0 20 80-bf 80-bf",
	"f0 80-bf 20 80-bf",
	"f0 80-bf 80-bf 20",
)

// restoreSpaces puts byte A0 back into such sequences. A lone "Ã " is most often the French or Italian word "à", whose own
// space was lost, unless it begins one of the Portuguese words às, àquele, àquela, àquilo.
func restoreSpaces(b []byte) []byte {
	found := false
	for i := range b {
		found = found || match(b[i:], spaced) > 0
	}
	if !found {
		return b
	}
	var words []byte
	for i := 0; i < len(b); i++ {
		if b[i] == 0xc3 && i+1 < len(b) && b[i+1] == ' ' && !continuesWord(string(b[i+2:])) {
			words = append(words, 0xc3, 0xa0, ' ')
			i++
		} else {
			words = append(words, b[i])
		}
	}
	for i := 0; i < len(words); {
		n := match(words[i:], spaced)
		for j := range n {
			if words[i+j] == ' ' {
				words[i+j] = 0xa0
			}
		}
		i += max(n, 1)
	}
	return words
}

func continuesWord(s string) bool {
	for _, rest := range []string{" ", "quele", "quela", "quilo", "s "} {
		if strings.HasPrefix(s, rest) {
			return true
		}
	}
	return false
}

// lossy are UTF-8 and CESU-8 sequences of which bytes were lost; one of them may also have become a question mark.
var lossy = sequences(
	"c2-df 1a",
	"c2-c3 3f",
	"ed a0-af 1a,3f ed b0-bf 1a,3f,80-bf",
	"ed a0-af 1a,3f,80-bf ed b0-bf 1a,3f",
	"e0-ef 1a,3f 1a,80-bf",
	"e0-ef 1a,80-bf 1a,3f",
	"f0-f4 1a,3f 1a,80-bf 1a,80-bf",
	"f0-f4 1a,80-bf 1a,3f 1a,80-bf",
	"f0-f4 1a,80-bf 1a,80-bf 1a,3f",
	"1a",
)

// replaceLossy makes each such sequence U+FFFD, so that the rest can be decoded.
func replaceLossy(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); {
		if n := match(b[i:], lossy); n > 0 {
			out = utf8.AppendRune(out, utf8.RuneError)
			i += n
		} else {
			out = append(out, b[i])
			i++
		}
	}
	return out
}

var surrogates = sequences("ed a0-af 80-bf ed b0-bf 80-bf")

// decodeUTF8 decodes b, all or nothing. Beside UTF-8 it takes what Java and old databases write: a character beyond U+FFFF
// as two surrogates (CESU-8) and U+0000 as two bytes.
func decodeUTF8(b []byte) (string, bool) {
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case n > 1 || r != utf8.RuneError:
		case len(b) > 1 && b[0] == 0xc0 && b[1] == 0x80:
			r, n = 0, 2
		case match(b, surrogates) > 0:
			r, n = 0x10000+rune(b[1]&0x0f)<<16+rune(b[2]&0x3f)<<10+rune(b[4]&0x0f)<<6+rune(b[5]&0x3f), 6
		default:
			return "", false
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String(), true
}
