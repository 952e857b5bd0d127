package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// layer is what the brush paints: where a prompt pulls, by the number that regions have of it, or one of the others.
type layer int

const (
	holdLayer  layer = -1 - iota // what is held still
	dreamLayer                   // what is dreamt anew
)

// option is where a layer's mask stands in the form.
func (l layer) option() *recipe.Option {
	switch l {
	case holdLayer:
		return recipe.Hold.Option
	case dreamLayer:
		return recipe.Dream.Option
	}
	return recipe.Regions.Option
}

// places are the options that the brush paints.
var places = []*recipe.Option{recipe.Regions.Option, recipe.Hold.Option, recipe.Dream.Option}

// paints says whether an option is painted, and not typed.
func paints(o *recipe.Option) bool { return slices.Contains(places, o) }

// brush is how a person paints on the picture, and what of it can be undone. Masks themselves stand in the form.
type brush struct {
	on     bool // the person paints
	layer  layer
	erases bool
	size   float64 // the brush's width in shares of the picture's shorter side
	shown  bool    // masks lie over the picture though nobody paints

	keys   bool // the cursor of the keyboard is of use
	cursor cell
	stroke stroke
	done   []painted // oldest first

	dreaming recipe.Mask // what the run has been told to dream anew, until a picture shows that it has
}

// cell is a token of the picture.
type cell struct{ column, row int }

// stroke is one that the pointer draws.
type stroke struct {
	points []float64 // x and y of each, in shares of the picture's sides
	values []float64 // of the layer's mask with it, token by token
}

// painted is a stroke, or another change of masks, that can be undone.
type painted struct {
	before, after [3]string // the texts of places
	dreamt        bool      // a run has dreamt it anew, which no undoing brings back
}

// The brush's width, in shares of the picture's shorter side.
const (
	brushSize = 0.2
	leastSize = 0.04
	mostSize  = 0.6
)

// softEdge is the width of a mask's edge: of a stroke, in shares of its radius, and of a half of the picture, in shares of its shorter side.
const (
	softStroke = 0.6
	softHalf   = 0.2
)

// half is a part of the picture that a button paints.
type half struct {
	Name      string
	rectangle []float64
}

// halves reach beyond the picture's edges, so that only the edge within it is soft.
var halves = []half{
	{leftHalf, []float64{-1, -1, 0.5, 2}},
	{rightHalf, []float64{0.5, -1, 2, 2}},
	{topHalf, []float64{-1, -1, 2, 0.5}},
	{bottomHalf, []float64{-1, 0.5, 2, 2}},
}

// everywhere is all of the picture.
var everywhere = []float64{-1, -1, 2, 2}

// pulling are the names of what pulls, by the numbers that regions have of it: the parts of the prompt, of all its phases, and then the
// pictures, whose numbers only a prompt of one phase tells.
func (s *State) pulling() []string {
	phases, err := prompt.Parse(s.Form.Text(recipe.Prompt.Option))
	if err != nil {
		return nil
	}
	var list []string
	for _, parts := range phases {
		for i, p := range parts {
			if i == len(list) {
				list = append(list, p.Text)
			} else {
				list[i] += " → " + p.Text
			}
		}
	}
	for _, image := range s.Images {
		if len(phases) == 1 && !image.Later {
			list = append(list, image.Name)
		}
	}
	return list
}

// name is what a layer is called, in a sentence.
func (s *State) name(l layer) string {
	switch l {
	case holdLayer:
		return heldName
	case dreamLayer:
		return dreamtName
	}
	return fmt.Sprintf(regionName, s.label(l))
}

// sheet is what is painted on: the picture's size in pixels, and in tokens. It is the size of the run under way, else of the next one.
func (s *State) sheet() (width, height, columns, rows int) {
	f := max(s.Model().Factor, 1)
	width, height, ok := s.sides()
	if s.underWay() {
		r := s.Run.now()
		width, height, f = recipe.Width.In(r), recipe.Height.In(r), s.factor()
	} else if !ok || max(width, height) > recipe.MaxSide {
		width, height = recipe.Width.Default.(int), recipe.Height.Default.(int)
	}
	columns, rows = max(1, (width+f/2)/f), max(1, (height+f/2)/f)
	return columns * f, rows * f, columns, rows
}

// masks are the texts of places in the form.
func (s *State) masks() [3]string { return masksOf(s.Form) }

func masksOf(f Form) (texts [3]string) {
	for i, o := range places {
		texts[i] = f.Text(o)
	}
	return texts
}

// Painted says whether anything is painted.
func (s *State) Painted() bool { return s.masks() != [3]string{} || len(s.brush.dreaming) > 0 }

// regions are those that the form says; what cannot be read is none.
func (s *State) regions() []recipe.Region {
	v, err := recipe.Regions.Parse(s.Form.Text(recipe.Regions.Option))
	if err != nil {
		return nil
	}
	return v.([]recipe.Region)
}

// mask is what is painted on a layer; has says that a prompt has a region, though it may be empty.
func (s *State) mask(l layer) (m recipe.Mask, has bool) {
	switch l {
	case holdLayer, dreamLayer:
		if l == dreamLayer && s.underWay() { // that of the form was dreamt as the run began
			return s.brush.dreaming, false
		}
		v, err := l.option().Parse(s.Form.Text(l.option()))
		if err != nil {
			return nil, false
		}
		return v.(recipe.Mask), false
	}
	for _, r := range s.regions() {
		if r.Prompt == int(l) {
			return r.Mask, true
		}
	}
	return nil, false
}

// Paint makes a layer the one that is painted, or, where it is that already, ends painting.
func (s *State) Paint(l layer) {
	s.brush.stroke = stroke{}
	if s.brush.on && s.brush.layer == l {
		s.StopPainting()
		return
	}
	if !s.brush.on {
		_, _, columns, rows := s.sheet()
		s.brush.cursor = cell{columns / 2, rows / 2}
	}
	s.brush.on, s.brush.layer, s.brush.erases, s.brush.keys = true, l, false, false
	s.stopLooking() // what is painted takes effect at the newest step
	s.Status = fmt.Sprintf(paintingText, s.name(l))
}

// StopPainting ends painting, and shows the picture as it is.
func (s *State) StopPainting() {
	s.brush.on, s.brush.shown, s.brush.stroke, s.brush.keys = false, false, stroke{}, false
}

// shape is a stroke of the brush. It is never so thin that it would pass between the tokens.
func (s *State) shape(points []float64) recipe.Shape {
	width, height, columns, rows := s.sheet()
	token := max(float64(width)/float64(columns), float64(height)/float64(rows)) / float64(min(width, height))
	radius := max(s.brush.size/2, 0.75*token)
	soft := softStroke * radius
	if s.brush.erases { // the soft edge of the same stroke, too
		radius += soft
	}
	return recipe.Shape{Stroke: points, Radius: radius, Softness: soft, Erase: s.brush.erases}
}

// beginning is a layer's mask as an eraser needs it: a prompt without a region pulls everywhere.
func (s *State) beginning(l layer) recipe.Mask {
	m, has := s.mask(l)
	if l >= 0 && !has && s.brush.erases {
		return recipe.Mask{{Rectangle: everywhere}}
	}
	return m
}

// values are a mask in the middles of the tokens, row by row.
func (s *State) values(m recipe.Mask) []float64 {
	width, height, columns, rows := s.sheet()
	list := make([]float64, columns*rows)
	if len(m) > 0 {
		for i := range list {
			list[i] = m.At((float64(i%columns)+0.5)/float64(columns), (float64(i/columns)+0.5)/float64(rows), width, height)
		}
	}
	return list
}

// BeginStroke puts the brush down at a place in shares of the picture's sides.
func (s *State) BeginStroke(x, y float64) {
	if !s.brush.on {
		return
	}
	s.brush.keys = false
	s.brush.stroke = stroke{values: s.values(s.beginning(s.brush.layer))}
	s.MoveStroke(x, y)
}

// MoveStroke draws the brush on. Only what it adds is looked at, for this comes with every movement of a hand.
func (s *State) MoveStroke(x, y float64) {
	t := &s.brush.stroke
	if t.values == nil {
		return
	}
	from := max(0, len(t.points)-2)
	t.points = append(t.points, x, y)
	piece := s.shape(t.points[from:])
	piece.Erase = false
	for i, v := range s.values(recipe.Mask{piece}) {
		if s.brush.erases {
			t.values[i] = min(t.values[i], 1-v)
		} else {
			t.values[i] = max(t.values[i], v)
		}
	}
}

// DropStroke forgets a stroke that came to no end.
func (s *State) DropStroke() { s.brush.stroke = stroke{} }

// EndStroke lifts the brush: the stroke is in the form, or, where a run is to dream it anew, is sent to that.
func (s *State) EndStroke() (protocol.Message, bool) {
	t := s.brush.stroke
	s.brush.stroke = stroke{}
	if len(t.points) == 0 || !s.brush.on {
		return nil, false
	}
	shape := s.shape(nil)
	shape.Stroke = thinStroke(t.points, shape.Radius/3)
	return s.paintShape(shape)
}

// Dab paints or erases at the keyboard's cursor.
func (s *State) Dab(erases bool) (protocol.Message, bool) {
	_, _, columns, rows := s.sheet()
	at := s.brush.cursor
	was := s.brush.erases
	s.brush.erases = erases
	defer func() { s.brush.erases = was }()
	m, ok := s.paintShape(s.shape([]float64{(float64(at.column) + 0.5) / float64(columns), (float64(at.row) + 0.5) / float64(rows)}))
	what := paintedWord
	if erases {
		what = erasedWord
	}
	s.Status = fmt.Sprintf(strokeText, what, s.cursorText())
	return m, ok
}

// MoveCursor moves the keyboard's cursor by so many tokens, as far as the picture reaches.
func (s *State) MoveCursor(columns, rows int) {
	_, _, w, h := s.sheet()
	c := &s.brush.cursor
	c.column, c.row = max(0, min(w-1, c.column+columns)), max(0, min(h-1, c.row+rows))
	s.brush.keys = true
	s.Status = upperFirst(s.cursorText())
	m, _ := s.mask(s.brush.layer)
	if s.values(m)[c.row*w+c.column] >= 0.5 {
		s.Status += cursorPainted
	}
	s.Status += "."
}

// cursorText tells where the keyboard's cursor is.
func (s *State) cursorText() string {
	_, _, columns, rows := s.sheet()
	at := s.brush.cursor
	return fmt.Sprintf(cursorPlace, at.column+1, columns, at.row+1, rows)
}

// PaintHalf makes a half of the picture the layer's mask.
func (s *State) PaintHalf(h half) (protocol.Message, bool) {
	if !s.brush.on {
		return nil, false
	}
	m := recipe.Mask{{Rectangle: h.rectangle, Softness: softHalf}}
	if s.brush.layer == dreamLayer && s.underWay() {
		return s.dream(m)
	}
	s.setMask(s.brush.layer, m)
	return nil, false
}

// paintShape adds a shape to the layer that is painted.
func (s *State) paintShape(shape recipe.Shape) (protocol.Message, bool) {
	l := s.brush.layer
	if l == dreamLayer && s.underWay() {
		if shape.Erase {
			s.Status = alreadyDreamt
			return nil, false
		}
		return s.dream(recipe.Mask{shape})
	}
	m := s.beginning(l)
	if len(m) == 0 && shape.Erase {
		return nil, false
	}
	m = append(slices.Clip(m), shape)
	if shape.Erase && slices.Max(s.values(m)) < 0.05 { // as if it had never been painted
		m = nil
	}
	s.setMask(l, m)
	return nil, false
}

// setMask puts a layer's mask into the form; none leaves a prompt to pull everywhere.
func (s *State) setMask(l layer, m recipe.Mask) {
	o := l.option()
	text := ""
	if l < 0 {
		text = o.Format(m)
	} else {
		list := slices.DeleteFunc(s.regions(), func(r recipe.Region) bool { return r.Prompt == int(l) })
		if len(m) > 0 {
			list = append(list, recipe.Region{Prompt: int(l), Mask: m})
			slices.SortFunc(list, func(a, b recipe.Region) int { return a.Prompt - b.Prompt })
		}
		text = o.Format(list)
	}
	before := s.masks()
	s.Edit(o, text)
	s.brush.done = append(s.brush.done, painted{before: before, after: s.masks()})
}

// dream tells the run under way to draw a part of the picture anew at the step that it has reached.
func (s *State) dream(m recipe.Mask) (protocol.Message, bool) {
	v, err := recipe.Dream.Parse(recipe.Dream.Format(m)) // in thousandths, as a script has it
	if err != nil {
		return nil, false
	}
	m = v.(recipe.Mask)
	s.changes++
	set := recipe.Settings{recipe.Dream.Is(m)}
	s.Run.sent = append(s.Run.sent, sentChange{s.changes, set})
	s.brush.dreaming = append(slices.Clip(s.brush.dreaming), m...)
	s.brush.done = append(s.brush.done, painted{before: s.masks(), after: s.masks(), dreamt: true})
	s.Status = dreamingText
	return protocol.Change{ID: s.changes, Set: set}, true
}

// dreams says whether the run has been told to dream something anew and has not answered.
func (r *Run) dreams() bool {
	return slices.ContainsFunc(r.sent, func(c sentChange) bool {
		return slices.Contains(options(c.set), recipe.Dream.Option)
	})
}

// dreamt is told that the run has got on, or has ended: what it was to dream anew is in its picture.
func (s *State) dreamt() {
	if s.Run == nil || !s.Run.dreams() {
		s.brush.dreaming = nil
	}
}

// CanUndoStroke says whether there is a stroke that can be undone.
func (s *State) CanUndoStroke() bool { return len(s.brush.done) > 0 }

// UndoStroke takes the last stroke back.
func (s *State) UndoStroke() {
	n := len(s.brush.done)
	if n == 0 {
		return
	}
	last := s.brush.done[n-1]
	s.brush.done = s.brush.done[:n-1]
	switch {
	case last.dreamt:
		s.Status = dreamtText
	case last.after != s.masks(): // something else has changed them
		s.brush.done = nil
	default:
		s.setMasks(last.before)
		s.Status = strokeUndone
	}
}

// setMasks puts the texts of places into the form.
func (s *State) setMasks(texts [3]string) {
	for i, o := range places {
		if s.Form.Text(o) != texts[i] {
			s.Edit(o, texts[i])
		}
	}
}

// ClearMasks takes all that is painted away, which can be undone.
func (s *State) ClearMasks() {
	before := s.masks()
	if before == [3]string{} {
		return
	}
	s.setMasks([3]string{})
	s.brush.done = append(s.brush.done, painted{before: before})
	s.Status = nothingPainted
}

// ClearMask takes what is painted on the present layer away.
func (s *State) ClearMask() {
	if m, has := s.mask(s.brush.layer); len(m) > 0 || has {
		s.setMask(s.brush.layer, nil)
	}
}

// masksReplaced is told that another draft has taken the place of the person's: what it has painted is shown.
func (s *State) masksReplaced(before [3]string) {
	if s.masks() != before {
		s.brush.done = nil
		s.brush.shown = s.Painted()
	}
}

// MasksVisible says whether masks lie over the picture.
func (s *State) MasksVisible() bool { return s.brush.on || s.brush.shown && s.Painted() }

// renumber gives regions the numbers that their prompts have once the list of what pulls has changed. A region belongs to what stands as far
// from the end as before, where that has the same name; else to its number, for its text may have been edited.
func (s *State) renumber(before []string) {
	after := s.pulling()
	list := s.regions()
	if len(list) == 0 || len(after) == 0 || len(after) == len(before) {
		return
	}
	same := 0
	for same < min(len(before), len(after)) && before[same] == after[same] {
		same++
	}
	tail := 0
	for tail < min(len(before), len(after))-same && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	s.renumberBy(func(n int) (int, bool) {
		if n >= len(before)-tail && n < len(before) {
			return n + len(after) - len(before), true
		}
		return n, false
	})
}

// renumberBy gives regions other numbers; one that is certain takes the place of one that is not.
func (s *State) renumberBy(to func(n int) (number int, certain bool)) {
	var list []recipe.Region
	for _, sure := range []bool{true, false} {
		for _, r := range s.regions() {
			n, certain := to(r.Prompt)
			taken := slices.ContainsFunc(list, func(other recipe.Region) bool { return other.Prompt == n })
			if certain == sure && n >= 0 && !taken {
				list = append(list, recipe.Region{Prompt: n, Mask: r.Mask})
			}
		}
	}
	slices.SortFunc(list, func(a, b recipe.Region) int { return a.Prompt - b.Prompt })
	if text := recipe.Regions.Format(list); text != s.Form.Text(recipe.Regions.Option) {
		s.Form = s.Form.With(recipe.Regions.Option, text)
		s.edited(recipe.Regions.Option)
	}
}

// thinStroke leaves out points that lie nearer than that to the one before, but for the last.
func thinStroke(points []float64, least float64) []float64 {
	kept := points[:2:2]
	for i := 2; i+1 < len(points); i += 2 {
		n := len(kept)
		if i+2 >= len(points) || math.Hypot(points[i]-kept[n-2], points[i+1]-kept[n-1]) >= least {
			kept = append(kept, points[i], points[i+1])
		}
	}
	return kept
}

// Reword gives the i-th part of the prompt another text; no text is not yet one.
func (s *State) Reword(i int, text string) {
	parts := s.parts()
	if i >= len(parts) || strings.TrimSpace(text) == "" {
		return
	}
	parts[i].Text = strings.TrimSpace(text)
	s.Edit(recipe.Prompt.Option, prompt.Format([][]prompt.Prompt{parts}))
}

// AddPart adds a prompt, which pulls everywhere.
func (s *State) AddPart(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	parts := append(s.parts(), prompt.Prompt{Text: text, Weight: 1, Stop: prompt.NoStop})
	s.Edit(recipe.Prompt.Option, prompt.Format([][]prompt.Prompt{parts}))
}

// RemovePart takes the i-th part out of the prompt, with its region.
func (s *State) RemovePart(i int) {
	parts := s.parts()
	if i >= len(parts) {
		return
	}
	name := parts[i].Text
	with := s.Draft
	with.Form = with.Form.With(recipe.Prompt.Option, prompt.Format([][]prompt.Prompt{slices.Delete(parts, i, i+1)}))
	s.replace(fmt.Sprintf(removingPart, name), with)
	s.dropNumber(i)
}

// dropNumber takes the region of what had that number away, and counts those behind it anew.
func (s *State) dropNumber(i int) {
	s.renumberBy(func(n int) (int, bool) {
		switch {
		case n == i:
			return -1, true
		case n > i:
			return n - 1, true
		}
		return n, true
	})
	if s.brush.layer >= layer(len(s.pulling())) {
		s.StopPainting()
	}
}

// WeighAt changes the weight of what is marked in the prompt, in UTF-16 units as browsers count them, and returns where that is marked now.
func (s *State) WeighAt(from, to int, by float64) (newFrom, newTo int) {
	text := s.Form.Text(recipe.Prompt.Option)
	changed, a, b, ok := prompt.Weigh(text, byteAt(text, from), byteAt(text, to), by)
	if !ok {
		return from, to
	}
	s.Edit(recipe.Prompt.Option, changed)
	return unitAt(changed, a), unitAt(changed, b)
}

// byteAt is the byte at which a UTF-16 unit of a text lies, and unitAt the reverse.
func byteAt(text string, unit int) int {
	for i, r := range text {
		if unit <= 0 {
			return i
		}
		unit -= utf16.RuneLen(r)
	}
	return len(text)
}

func unitAt(text string, b int) (unit int) {
	for _, r := range text[:b] {
		unit += utf16.RuneLen(r)
	}
	return unit
}

// emphasisText says how a prompt that is written for another tool would be written here, or "".
func (s *State) emphasisText() string {
	plain, found := prompt.Plain(s.Form.Text(recipe.Prompt.Option))
	if found == "" {
		return ""
	}
	return fmt.Sprintf(otherEmphasis, strings.TrimSpace(found), plain)
}

// WritePlain rewrites a prompt that is written for another tool.
func (s *State) WritePlain() {
	plain, found := prompt.Plain(s.Form.Text(recipe.Prompt.Option))
	if found != "" {
		s.setPrompt(rewrittenPrompt, plain)
	}
}
