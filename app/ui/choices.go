package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// A shape is the proportion of a picture's sides, in a word.
type shape struct {
	Word string
	W, H int
}

var shapes = []shape{{shapeSquare, 1, 1}, {shapePortrait, 2, 3}, {shapeWide, 3, 2}}

// sizes are the longer sides that are offered, in pixels.
var sizes = []int{64, 96, 128, 192, 256, 384, 512}

// sides are what is typed; ok is false where it cannot be read.
func (s *State) sides() (w, h int, ok bool) {
	w, errW := strconv.Atoi(s.Form.Text(recipe.Width.Option))
	h, errH := strconv.Atoi(s.Form.Text(recipe.Height.Option))
	return w, h, errW == nil && errH == nil && w > 0 && h > 0
}

// fit is the sides of a shape whose longer one is as given, in whole tokens of the model.
func (s *State) fit(sh shape, long int) (w, h int) {
	f := max(s.Model().Factor, 1)
	side := func(part int) int {
		return max(f, int(math.Round(float64(long*part)/float64(max(sh.W, sh.H)*f)))*f)
	}
	return side(sh.W), side(sh.H)
}

// shapeOf is the shape of the sides that are typed; ok is false where they have none of the list.
func (s *State) shapeOf() (sh shape, ok bool) {
	w, h, read := s.sides()
	for _, sh := range shapes {
		if fw, fh := s.fit(sh, max(w, h)); read && fw == w && fh == h {
			return sh, true
		}
	}
	return shape{Word: ownShape, W: max(w, 1), H: max(h, 1)}, false
}

// ChooseShape gives the picture another shape; its longer side stays.
func (s *State) ChooseShape(sh shape) {
	w, h, ok := s.sides()
	if !ok {
		w, h = recipe.Width.Default.(int), recipe.Height.Default.(int)
	}
	s.editSides(s.fit(sh, max(w, h)))
}

// ChooseSize gives the picture's longer side another length; its shape stays.
func (s *State) ChooseSize(long int) {
	sh, _ := s.shapeOf()
	s.editSides(s.fit(sh, long))
}

func (s *State) editSides(w, h int) {
	s.Edit(recipe.Width.Option, strconv.Itoa(w))
	s.Edit(recipe.Height.Option, strconv.Itoa(h))
}

// sizeText is the picture's size as its chip tells it.
func (s *State) sizeText() string {
	w, h, ok := s.sides()
	switch {
	case !ok:
		return sizeLabel
	case w == h:
		return fmt.Sprintf(pixelsChip, w)
	}
	return fmt.Sprintf(sidesChip, w, h)
}

// stepsText is the run's length as its chip tells it.
func (s *State) stepsText() string {
	text := strings.TrimSpace(s.Form.Text(recipe.Steps.Option))
	if s.Form.Text(recipe.Endless.Option) == "true" {
		return endlessChip
	}
	for _, e := range efforts {
		if strconv.Itoa(e.Steps) == text {
			return fmt.Sprintf(effortChip, e.Word, text)
		}
	}
	if text == "1" {
		return oneStepChip
	}
	return fmt.Sprintf(stepsChip, text)
}

// effortText is an effort with what it takes here: a smaller size, where this device needs that, and the time, where that is known.
func (s *State) effortText(e effort) string {
	text := fmt.Sprintf(effortChoice, e.Word, e.Steps)
	w, h, seconds := s.effortSides(e)
	if now, _, _ := s.sides(); seconds > 0 && w != now {
		text += fmt.Sprintf(", %d × %d", w, h)
	}
	if seconds > 0 {
		text += fmt.Sprintf(aboutTime, span(seconds))
	}
	return text
}

// effortSides are the sides of an effort's pictures with the seconds that one takes by the forecast, or 0 while there is none: the present ones, or
// where those take longer than people wait, the largest that do not. A step's time is taken to follow the pixels; its cutouts' share does not, so a
// smaller picture takes somewhat longer than is told here, and the forecast of that size tells better.
func (s *State) effortSides(e effort) (w, h int, seconds float64) {
	w, h, ok := s.sides()
	if m := s.forecast.told; ok && m != nil {
		seconds = m.Seconds * float64(e.Steps)
	}
	sh, _ := s.shapeOf()
	for i := len(sizes) - 1; i >= 0 && seconds > e.Wait.Seconds(); i-- {
		if long := max(w, h); sizes[i] < long {
			before := w * h
			w, h = s.fit(sh, sizes[i])
			seconds *= float64(w*h) / float64(before)
		}
	}
	return w, h, seconds
}

// span is a time in words, as exact as a forecast is.
func span(seconds float64) string {
	switch {
	case seconds < 90:
		return fmt.Sprintf("%d s", max(1, int(math.Round(seconds))))
	case seconds < 90*60:
		return fmt.Sprintf(minutesText, int(math.Round(seconds/60)))
	}
	return fmt.Sprintf(hoursText, seconds/3600)
}

// ChooseEffort gives runs another length, and where this device needs that, another size.
func (s *State) ChooseEffort(e effort) {
	w, h, seconds := s.effortSides(e)
	if now, _, _ := s.sides(); seconds > 0 && w != now {
		s.editSides(w, h)
	}
	s.Edit(recipe.Steps.Option, strconv.Itoa(e.Steps))
}

// seedText tells whether the next run draws a seed.
func (s *State) seedText() string {
	if s.Form.Locked {
		return fmt.Sprintf(seedChip, shortSeed(s.Form.Text(recipe.Seed.Option)))
	}
	return newSeedChip
}

// shortSeed is a seed that fits a chip.
func shortSeed(text string) string {
	if len(text) > 8 {
		return text[:4] + "…" + text[len(text)-3:]
	}
	return text
}

// firstPart is where the text of a prompt's first part ends: before its weight, and before what separates it from others.
func firstPart(text string) (own, rest string) {
	end := len(text)
	if at := strings.IndexAny(text, "|:^"); at >= 0 {
		end = at
	}
	own = strings.TrimRight(text[:end], " ")
	return own, text[len(own):]
}

// words are those of the first part, between its commas.
func wordsOf(own string) []string {
	var list []string
	for _, word := range strings.Split(own, ",") {
		if word = strings.TrimSpace(word); word != "" {
			list = append(list, word)
		}
	}
	return list
}

// styled says whether the prompt has a style's word.
func (s *State) styled(word string) bool {
	own, _ := firstPart(s.Form.Text(recipe.Prompt.Option))
	for _, w := range wordsOf(own) {
		if w == word {
			return true
		}
	}
	return false
}

// ToggleStyle puts a style's word into the first part of the prompt, or takes it out.
func (s *State) ToggleStyle(word string) {
	own, rest := firstPart(s.Form.Text(recipe.Prompt.Option))
	var list []string
	there := false
	for _, w := range wordsOf(own) {
		if w == word {
			there = true
		} else {
			list = append(list, w)
		}
	}
	if !there {
		list = append(list, word)
	}
	s.Edit(recipe.Prompt.Option, strings.Join(list, ", ")+rest)
}

// stylesText is how many styles' words the prompt has.
func (s *State) stylesText() string {
	n := 0
	for _, st := range styles {
		for _, word := range st.Words {
			if s.styled(word) {
				n++
			}
		}
	}
	if n == 0 {
		return styleChip
	}
	return fmt.Sprintf(styleCountChip, n)
}

// Surprise makes a prompt of the page's own words, and begins its run as an example's does.
func (s *State) Surprise(base string) (protocol.Message, bool) {
	pick := func(list []string) string { return list[s.draw()%uint64(len(list))] }
	text := pick(subjects)
	if of := styles[s.draw()%uint64(len(styles))]; s.draw()%2 == 0 {
		text += ", " + pick(of.Words)
	}
	m, ok := s.startWords(theSurprise, text, base)
	s.surprise = text
	return m, ok
}

// parts are the prompts that pull now, with their weights, where their sliders can be shown: in one phase.
func (s *State) parts() []prompt.Prompt {
	phases, err := prompt.Parse(s.Form.Text(recipe.Prompt.Option))
	if err != nil || len(phases) != 1 {
		return nil
	}
	return phases[0]
}

// Weigh gives the i-th part of the prompt another weight.
func (s *State) Weigh(i int, weight float64) {
	parts := s.parts()
	if i >= len(parts) {
		return
	}
	parts[i].Weight = weight
	s.Edit(recipe.Prompt.Option, prompt.Format([][]prompt.Prompt{parts}))
}

// patience is how long a person who has chosen nothing yet should wait for the first picture.
const patience = 3 * time.Minute

// suit chooses a size for a slow device, once, where nobody has chosen anything yet, and says so.
func (s *State) suit() {
	m := s.forecast.told
	if !s.fresh || m == nil || m.Seconds <= 0 || m.Problem != "" {
		return
	}
	s.fresh = false
	if s.Phase != Idle || s.chosen(recipe.Width.Option) || s.chosen(recipe.Height.Option) || s.chosen(recipe.Steps.Option) || s.chosen(recipe.Cutouts.Option) {
		return
	}
	steps := recipe.Steps.Default.(int)
	if time.Duration(m.Seconds*float64(steps))*time.Second <= patience {
		return
	}
	w := recipe.Width.Default.(int)
	s.editSides(w/2, w/2)
	s.Status = fmt.Sprintf(smallerSize, w, w, span(m.Seconds*float64(steps)), w/2, w/2)
}

// chosen says whether a field says something else than an empty page.
func (s *State) chosen(o *recipe.Option) bool { return s.Form.Text(o) != emptyText(o) }
