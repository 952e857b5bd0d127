package tidy

import (
	"strings"
	"unicode"
)

// class groups the few hundred characters that UTF-8 turns into under wrong character sets, by where they stand in sound
// text. A character can be in several.
type class uint32

const (
	anywhere    class = 1 << iota // characters that tell nothing by themselves
	control                       // C1 control characters
	odd                           // hardly ever in sound text
	legal                         // signs of paragraphs and sections
	money                         // currency signs
	opening                       // punctuation before a word
	closing                       // punctuation behind a word
	numeric                       // numbers and mathematics
	faces                         // letters that emoticons are made of
	upperAccent                   // Latin capitals with marks
	lowerAccent                   // small Latin letters with marks
	upperPlain                    // capitals of Greek and Cyrillic, and thorn
	lowerPlain                    // small letters of Greek and Cyrillic
	boxes                         // lines and blocks
	asciiUpper
	asciiLower
	letter // what Python's \w matches
	space  // what Python's \s matches
)

// members lists the characters of each class; a '-' between two is a range.
var members = map[class]string{
	anywhere: "\u00a0\u00ad·´–—―…’",
	control:  "\u0080-\u009f",
	odd:      "¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\ufffdªº",
	legal:    "¶§",
	money:    "¢£¥₧€",
	opening:  "¡«¿©΄΅‘‚“„•‹\uf8ff",
	closing:  "®»˝”›™",
	numeric:  "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№",
	faces:    "Ò-ÖÙ-Üò-öø-üŐŌŪŲ°",

	upperAccent: "À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ",
	lowerAccent: "ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґﬁﬂ",
	upperPlain:  "ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я",
	lowerPlain:  "α-ωάέήίΰа-џ",

	boxes: "│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓",
}

var classes = findClasses()

func findClasses() map[rune]class {
	all := map[rune]class{}
	for c, list := range members {
		runes := []rune(list)
		for i := 0; i < len(runes); i++ {
			first, last := runes[i], runes[i]
			if i+2 < len(runes) && runes[i+1] == '-' {
				last = runes[i+2]
				i += 2
			}
			for r := first; r <= last; r++ {
				all[r] |= c
			}
		}
	}
	return all
}

func classOf(r rune) class {
	c := classes[r]
	switch {
	case 'a' <= r && r <= 'z':
		c |= asciiLower
	case 'A' <= r && r <= 'Z':
		c |= asciiUpper
	}
	if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
		c |= letter
	}
	if isSpace(r) {
		c |= space
	}
	return c
}

// isSpace is Python's str.isspace, which counts four ASCII separators.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r < 0x20 }

// set is one place of a rule: it tells whether a character, of that class, may stand there.
type set func(r rune, c class) bool

// in is a set of classes and, beside them, of single characters.
func in(classes class, beside ...string) set {
	runes := strings.Join(beside, "")
	return func(r rune, c class) bool { return c&classes != 0 || strings.ContainsRune(runes, r) }
}

func of(runes string) set { return in(0, runes) }

func noASCIILetter(_ rune, c class) bool { return c&asciiLetter == 0 }
func anyInLine(r rune, _ class) bool     { return r != '\n' }

const (
	asciiLetter = asciiUpper | asciiLower
	accented    = upperAccent | lowerAccent
	quoting     = opening | closing
)

// rules are sequences of characters that sound text hardly ever has.
var rules = [][]set{
	{in(control)},

	// Odd characters beside letters with marks, signs and each other.
	{in(odd | accented | boxes | quoting | money | numeric | legal), in(odd)},
	{in(asciiLetter), in(lowerPlain | upperPlain), in(odd)},
	{in(odd), in(accented | boxes | quoting | money | numeric | legal)},

	// Letters and signs in an order that no language has.
	{in(lowerAccent | lowerPlain | boxes | closing | money | numeric), in(upperAccent)},
	{in(boxes | closing | money | numeric), in(lowerAccent)},
	{in(lowerAccent | boxes | closing), in(money)},
	{in(space), in(upperAccent), in(money)},
	{in(upperAccent | boxes), in(numeric | legal)},
	{in(accented | boxes | money | closing), in(opening), in(numeric)},
	{in(accented | money | numeric | boxes | legal), in(closing), in(opening)},
	{in(money | numeric | boxes), in(opening)},
	{in(asciiLower), in(upperAccent), in(opening | money)},
	{in(boxes), in(faces)},
	{in(accented | money | numeric | quoting | legal), in(boxes)},
	{in(boxes), in(closing)},
	{in(accented), in(quoting), in(letter)},
	{of("Œœ"), noASCIILetter},
	{in(upperAccent), of("°")},

	// Windows-1252: of Latin and Greek letters, powers, Arabic, and the scripts of southern India.
	{of("ÂÃÎÐ"), in(quoting, "€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´")},
	{of("×"), of("²³")},
	{of("ØÙ"), arabicSecond, of("ØÙ"), arabicSecond},
	{of("à"), of("²µ¹¼½¾")},

	// MacRoman.
	{of("√"), of("±∂†≠®™´≤≥¥µø")},
	{of("≈"), of("°¢")},
	{of("‚"), of("Ä"), of("ìîïòôúùû†°¢π")},
	{of("‚"), of("âó"), of("àä°ê")},

	// Windows-1251: punctuation, and letters where three characters in a row agree.
	{of("в"), of("Ђ")},
	{of("ВГРС"), in(control|odd|quoting|money, "°µ"), of("ВГРС")},
	{of("Г"), of("ў"), of("В"), of("Ђ"), of("В"), anyInLine, in(asciiLetter, " ")},

	// "à" and its no-break space, also where that became a space.
	{of("Ã"), of("\u00a0¡")},
	{in(asciiLower), of("ÃÂ"), of(" ")},
	{in(asciiLower), in(space), of("ÃÂ"), of(" ")},
	{in(asciiLower|closing, ".,?!"), of("Â"), in(quoting, " ")},

	// Windows-1253 and Windows-1257.
	{of("β"), of("€"), of("™\u00a0Ά\u00ad®°")},
	{of("ΒΓΞΟ"), in(control|odd|quoting|money, "°"), of("ΒΓΞΟ")},
	{of("ā"), of("€")},
}

var arabicSecond = in(anywhere|money|odd|numeric|opening, "ŸŠ®°µ»")

// suspicious reports whether s looks as if it had been decoded with a wrong character set.
func suspicious(s string) bool {
	if isASCII(s) {
		return false
	}
	runes := []rune(s)
	if len(runes) > 1 && (runes[0] == 'Ã' || runes[0] == 'Â') && runes[1] == ' ' {
		return true
	}
	found := make([]class, len(runes))
	for i, r := range runes {
		found[i] = classOf(r)
	}
	for i := range runes {
		for _, rule := range rules {
			if fits(rule, runes[i:], found[i:]) {
				return true
			}
		}
	}
	return false
}

func fits(rule []set, runes []rune, found []class) bool {
	if len(rule) > len(runes) {
		return false
	}
	for i, s := range rule {
		if !s(runes[i], found[i]) {
			return false
		}
	}
	return true
}
