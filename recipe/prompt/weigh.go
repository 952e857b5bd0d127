package prompt

import (
	"math"
	"slices"
	"strings"
)

// span is where a part stands in a prompt, in bytes, without what separates it from others, and the number of its phase.
type span struct{ start, end, phase int }

// spans are all parts, those with nothing in them, too.
func spans(s string) []span {
	var list []span
	at := span{}
	backslashes := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\':
			backslashes++
			continue
		case (c == '|' || c == '^') && backslashes%2 == 0:
			at.end = i
			list = append(list, at)
			at.start = i + 1
			if c == '^' {
				at.phase++
			}
		}
		backslashes = 0
	}
	at.end = len(s)
	return append(list, at)
}

// Weigh adds to the weight of what is marked in a prompt between two bytes: of the part in which a mere cursor stands, or of some of a
// part's words, which for that stand once more, as a part of their own, until that has no weight. It gives the prompt and where the same is
// marked in it; ok is false where there is nothing to weigh.
func Weigh(s string, from, to int, by float64) (changed string, newFrom, newTo int, ok bool) {
	if from < 0 || to < from || to > len(s) {
		return s, from, to, false
	}
	list := spans(s)
	own := list[slices.IndexFunc(list, func(p span) bool { return from <= p.end })]
	p, err := parsePart(s[own.start:own.end], separators)
	if err != nil {
		return s, from, to, false
	}
	text, _ := cutNumbers(s[own.start:own.end])
	if to <= own.start+len(text) {
		words := strings.TrimSpace(s[from:to])
		if words != "" && !strings.Contains(words, ":") && unescape(words, separators) != p.Text {
			return weighWords(s, list, own, words, by), from, to, true
		}
	}
	changed = s[:own.start] + weighed(s[own.start:own.end], p, by) + s[own.end:]
	end := own.start + len(strings.TrimRight(text, " "))
	return changed, min(from, end), min(to, end), true
}

// weighed is a part with more weight, written as it was else.
func weighed(part string, p Prompt, by float64) string {
	p.Weight = hundredths(p.Weight + by)
	text, _ := cutNumbers(part)
	after := part[len(strings.TrimRight(part, " \n")):]
	plain := strings.TrimRight(text, " \n") + p.numbers() + after
	if again, err := parsePart(plain, separators); err == nil && again == p {
		return plain
	}
	return formatPart(p, separators) + after
}

// weighWords weighs words as a part of their own: one of their phase, or a new one behind the part that they are of.
func weighWords(s string, list []span, of span, words string, by float64) string {
	for i, other := range list {
		part := s[other.start:other.end]
		p, err := parsePart(part, separators)
		switch {
		case other.phase != of.phase || err != nil || p.Text != unescape(words, separators):
		case hundredths(p.Weight+by) == 0 && i > 0:
			return s[:list[i-1].start+len(strings.TrimRight(s[list[i-1].start:list[i-1].end], " "))] + after(s, other)
		default:
			return s[:other.start] + weighed(part, p, by) + s[other.end:]
		}
	}
	end := of.start + len(strings.TrimRight(s[of.start:of.end], " \n"))
	return s[:end] + " | " + words + Prompt{Weight: hundredths(by), Stop: NoStop}.numbers() + s[end:]
}

// after is what follows a part, with the space before it.
func after(s string, p span) string {
	part := s[p.start:p.end]
	return part[len(strings.TrimRight(part, " \n")):] + s[p.end:]
}

func hundredths(v float64) float64 { return math.Round(100*v) / 100 }

// Plain rewrites a prompt with the emphasis of A1111 (AUTOMATIC1111's stable-diffusion-webui, prompt_parser.py), where (fog:1.3) multiplies
// a word's weight by 1.3, each pair of doubled round brackets by 1.1, and each pair of square ones divides it by that. Here parts have
// weights: what is emphasised stands without brackets, and again as a part that has the rest of its weight. First is what was found first, or
// "" where nothing was. Single round brackets without a number are text.
func Plain(s string) (plain, first string) {
	var b strings.Builder
	at := 0
	for _, p := range spans(s) {
		b.WriteString(s[at:p.start])
		part, found := plainPart(s[p.start:p.end])
		b.WriteString(part)
		at = p.end
		if first == "" {
			first = found
		}
	}
	if first == "" {
		return s, ""
	}
	return b.String(), first
}

// emphasised is a text in brackets.
type emphasised struct {
	source, text string
	factor       float64
}

func plainPart(part string) (plain, first string) {
	var groups []emphasised
	var b strings.Builder
	for i := 0; i < len(part); {
		if e, ok := emphasisAt(part[i:]); ok && (i == 0 || part[i-1] != '\\') {
			groups = append(groups, e)
			b.WriteString(e.text)
			i += len(e.source)
			continue
		}
		b.WriteByte(part[i])
		i++
	}
	p, err := parsePart(b.String(), separators)
	if len(groups) == 0 || err != nil {
		return part, ""
	}
	if len(groups) == 1 && unescape(strings.TrimSpace(groups[0].text), separators) == p.Text {
		return weighed(b.String(), p, p.Weight*(groups[0].factor-1)), groups[0].source
	}
	text := strings.TrimRight(b.String(), " \n")
	for _, e := range groups {
		weight := hundredths(p.Weight * (e.factor - 1))
		text += " | " + strings.TrimSpace(e.text) + Prompt{Weight: weight, Stop: NoStop}.numbers()
	}
	return text + b.String()[len(strings.TrimRight(b.String(), " \n")):], groups[0].source
}

// mostBrackets is how many brackets of a kind are read as one emphasis.
const mostBrackets = 8

// step is what a pair of brackets multiplies or divides by.
const step = 1.1

// emphasisAt reads what is emphasised at the beginning of s.
func emphasisAt(s string) (e emphasised, ok bool) {
	const brackets = "()[]|^\\"
	if s[0] != '(' && s[0] != '[' {
		return e, false
	}
	open, closing := s[:1], map[byte]string{'(': ")", '[': "]"}[s[0]]
	n := 1
	for n < min(len(s), mostBrackets) && s[n] == s[0] {
		n++
	}
	length := strings.IndexAny(s[n:], brackets)
	end := n + length + n
	if length < 0 || end > len(s) || s[n+length:end] != strings.Repeat(closing, n) {
		return e, false
	}
	e = emphasised{source: s[:end], text: s[n : n+length], factor: math.Pow(step, float64(n))}
	text, numbers := cutNumbers(e.text)
	switch {
	case strings.TrimSpace(text) == "" || open == "[" && strings.Contains(e.text, ":"):
		return e, false
	case open == "[":
		e.factor = 1 / e.factor
	case len(numbers) == 1 && math.Abs(numbers[0]) <= MaxWeight: // which NaN is not
		e.text, e.factor = text, numbers[0]*e.factor/step
	case n == 1 || len(numbers) > 0:
		return e, false
	}
	return e, true
}
