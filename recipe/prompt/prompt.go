// Package prompt reads and writes the prompt grammar of VQGAN+CLIP.
//
// A prompt is one or more phases separated by "^", which follow each other as the run goes on. A phase is one or more parts separated by
// "|". A part is text[:weight[:stop]]:
//
//	a red apple
//	a castle in fog:2 | roses:-1:-0.95
//	a seed ^ a sapling:0.8 | rain ^ an oak
//
// The notebooks cut a part at its last two colons, whatever stands there, so "ratio 16:9 art" fails and "C:\img.png" is
// misread. Here a part is read from the right: at most two numbers are taken, and the first thing that is not a number ends
// the reading, so such colons stay in the text. A colon, bar or caret that would still be taken for a separator is written \:, \| or \^.
// A backslash means itself everywhere else; directly before a separator two backslashes stand for one.
package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxWeight is the largest weight in magnitude. A weight scales the gradient, Adam squares it, and a float32 must hold that.
const MaxWeight = 1e6

// NoStop is the stop of a part that names none: the loss may fall without limit.
var NoStop = math.Inf(-1)

// ErrEmpty is what Parse returns when no part has text. Like all errors here it is a sentence for the person who typed.
var ErrEmpty = errors.New("Type what the picture should show.")

// Prompt is one text and how strongly it pulls.
type Prompt struct {
	Text   string
	Weight float64 // 1 if not written; a negative one pushes away
	Stop   float64 // the signed distance below which the gradient is zero; NoStop if not written
}

// Image is one picture that pulls like a text. Name is the name of the file that the person chose.
type Image struct {
	Name   string
	Weight float64
	Stop   float64
}

// The separators of prompts, and of lists of pictures, whose names may hold a caret.
const (
	separators      = "|:^"
	imageSeparators = "|:"
)

// Parse reads a whole prompt, phase by phase. Texts are trimmed and parts and phases with nothing in them are left out; ErrEmpty says that
// none is left. Every other error is a sentence that names the part and says what to write.
func Parse(s string) ([][]Prompt, error) {
	var phases [][]Prompt
	for _, phase := range split(s, '^') {
		parts, err := parseParts(phase, separators)
		if err != nil {
			return nil, err
		}
		if len(parts) > 0 {
			phases = append(phases, parts)
		}
	}
	if len(phases) == 0 {
		return nil, ErrEmpty
	}
	return phases, nil
}

func parseParts(s, separators string) ([]Prompt, error) {
	var prompts []Prompt
	for _, part := range split(s, '|') {
		if strings.TrimSpace(part) == "" {
			continue
		}
		p, err := parsePart(part, separators)
		if err != nil {
			return nil, err
		}
		prompts = append(prompts, p)
	}
	return prompts, nil
}

// Unphased is a prompt in which carets are text, as they were before there were phases, in today's grammar.
func Unphased(s string) string {
	return rewriteRuns(s, "^", func(n int, next byte) int {
		if next != '^' {
			return n
		}
		return 2*n + 1
	})
}

// Format writes phases such that Parse gives them back. A part that Parse could not have given (no text, a weight that is
// not finite) is written all the same, and Parse then says what is wrong with it.
func Format(phases [][]Prompt) string {
	texts := make([]string, len(phases))
	for i, prompts := range phases {
		texts[i] = formatParts(prompts, separators)
	}
	return strings.Join(texts, " ^ ")
}

func formatParts(prompts []Prompt, separators string) string {
	parts := make([]string, len(prompts))
	for i, p := range prompts {
		parts[i] = formatPart(p, separators)
	}
	return strings.Join(parts, " | ")
}

// ParseImages reads image prompts in the same grammar, with file names in place of texts. No image at all is not an error.
func ParseImages(s string) ([]Image, error) {
	prompts, err := parseParts(s, imageSeparators)
	var images []Image
	for _, p := range prompts {
		images = append(images, Image{Name: p.Text, Weight: p.Weight, Stop: p.Stop})
	}
	return images, err
}

// FormatImages writes image prompts such that ParseImages gives them back.
func FormatImages(images []Image) string {
	prompts := make([]Prompt, len(images))
	for i, im := range images {
		prompts[i] = Prompt{Text: im.Name, Weight: im.Weight, Stop: im.Stop}
	}
	return formatParts(prompts, imageSeparators)
}

// imageJSON is Image as JSON, which has no infinity: a stop of NoStop is left out.
type imageJSON struct {
	Name   string   `json:"name"`
	Weight *float64 `json:"weight,omitempty"`
	Stop   *float64 `json:"stop,omitempty"`
}

// MarshalJSON writes {"name", "weight", "stop"} without a stop that is NoStop.
func (im Image) MarshalJSON() ([]byte, error) {
	j := imageJSON{Name: im.Name, Weight: &im.Weight}
	if im.Stop != NoStop {
		j.Stop = &im.Stop
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes; a weight left out is 1.
func (im *Image) UnmarshalJSON(b []byte) error {
	var j imageJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*im = Image{Name: j.Name, Weight: 1, Stop: NoStop}
	if j.Weight != nil {
		im.Weight = *j.Weight
	}
	if j.Stop != nil {
		im.Stop = *j.Stop
	}
	return nil
}

func parsePart(part, separators string) (Prompt, error) {
	text, numbers := cutNumbers(part)
	p := Prompt{Text: unescape(strings.TrimSpace(text), separators), Weight: 1, Stop: NoStop}
	switch len(numbers) {
	case 1:
		p.Weight = numbers[0]
	case 2:
		p.Weight, p.Stop = numbers[1], numbers[0]
	}
	return p, p.check(strings.TrimSpace(part))
}

// cutNumbers takes at most two numbers off the end of a part, the last one first. The text is as it is written.
func cutNumbers(part string) (text string, numbers []float64) {
	fields := split(part, ':')
	for len(fields) > 1 && len(numbers) < 2 {
		v, ok := number(fields[len(fields)-1])
		if !ok {
			break
		}
		numbers = append(numbers, v)
		fields = fields[:len(fields)-1]
	}
	return strings.Join(fields, ":"), numbers
}

// check says what is wrong with p, which was written as part.
func (p Prompt) check(part string) error {
	part = shorten(part)
	switch {
	case p.Text == "":
		return fmt.Errorf("%q has a weight but no text: write the text before the colon.", part)
	case math.IsNaN(p.Weight) || math.Abs(p.Weight) > MaxWeight:
		return fmt.Errorf("The weight in %q must be a number between -1000000 and 1000000; write \\: if the colon belongs to the text.", part)
	case math.IsNaN(p.Stop) || math.IsInf(p.Stop, 1):
		return fmt.Errorf("The stop in %q must be a finite number or -inf; write \\: if the colon belongs to the text.", part)
	}
	return nil
}

// Check says what is wrong with an image prompt that did not come from ParseImages, or nil.
func (im Image) Check() error {
	if strings.TrimSpace(im.Name) == "" {
		return errors.New("An image prompt has no file name: choose the picture again.")
	}
	return Prompt{Text: im.Name, Weight: im.Weight, Stop: im.Stop}.check(im.Name)
}

// number reads what Python's float() reads in ASCII, so that prompts written for the notebooks keep their meaning. A value
// beyond float64 is ±Inf.
func number(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	switch strings.ToLower(strings.TrimLeft(s, "+-")) {
	case "inf", "infinity", "nan":
		v, err := strconv.ParseFloat(s, 64)
		return v, err == nil
	}
	digit := func(i int) bool { return i >= 0 && i < len(s) && '0' <= s[i] && s[i] <= '9' }
	var plain strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case digit(i) || strings.IndexByte("+-.eE", c) >= 0:
			plain.WriteByte(c)
		case c == '_' && digit(i-1) && digit(i+1):
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(plain.String(), 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// split cuts s at each separator with an even number of backslashes before it. The pieces are still escaped.
func split(s string, separator byte) []string {
	var pieces []string
	start, backslashes := 0, 0
	for i := range len(s) {
		switch {
		case s[i] == '\\':
			backslashes++
			continue
		case s[i] == separator && backslashes%2 == 0:
			pieces = append(pieces, s[start:i])
			start = i + 1
		}
		backslashes = 0
	}
	return append(pieces, s[start:])
}

// unescape halves the runs of backslashes that stand directly before a separator, or before the end of the text, where a
// separator stood. Only at the end of the whole prompt a run can be odd there: nothing is escaped, so the odd one stays.
func unescape(s, separators string) string {
	return rewriteRuns(s, separators, func(n int, next byte) int {
		if next == 0 {
			n++
		}
		return n / 2
	})
}

// escape is the inverse of unescape: it doubles such runs, and adds one backslash before each separator of escaped, which has to be part of
// the text.
func escape(s, separators, escaped string) string {
	return rewriteRuns(s, separators, func(n int, next byte) int {
		n *= 2
		if next != 0 && strings.IndexByte(escaped, next) >= 0 {
			n++
		}
		return n
	})
}

// rewriteRuns replaces each run of n backslashes (also n = 0) directly before a separator or the end by length(n, what follows) of them;
// the end is 0.
func rewriteRuns(s, separators string, length func(n int, next byte) int) string {
	var b strings.Builder
	run := 0
	for i := range len(s) {
		c := s[i]
		if c == '\\' {
			run++
			continue
		}
		if strings.IndexByte(separators, c) >= 0 {
			run = length(run, c)
		}
		b.WriteString(strings.Repeat(`\`, run))
		b.WriteByte(c)
		run = 0
	}
	b.WriteString(strings.Repeat(`\`, length(run, 0)))
	return b.String()
}

func formatPart(p Prompt, separators string) string {
	between := strings.ReplaceAll(separators, ":", "")
	text := escape(strings.TrimSpace(p.Text), separators, between)
	// A text that ends in numbers after colons would lose them to the weight: write its colons as its own.
	if fields := split(text, ':'); len(fields) > 1 {
		if _, ok := number(fields[len(fields)-1]); ok {
			text = escape(strings.TrimSpace(p.Text), separators, separators)
		}
	}
	return text + p.numbers()
}

// numbers are the weight and the stop as they stand behind the text, as far as they are not left out.
func (p Prompt) numbers() string {
	text := ""
	if p.Weight != 1 || p.Stop != NoStop {
		text = ":" + strconv.FormatFloat(p.Weight, 'g', -1, 64)
	}
	if p.Stop != NoStop {
		text += ":" + strconv.FormatFloat(p.Stop, 'g', -1, 64)
	}
	return text
}

// shorten keeps a message readable when the part is long.
func shorten(s string) string {
	r := []rune(s)
	if len(r) <= 40 {
		return s
	}
	return string(r[:39]) + "…"
}
