package ui

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// two is a page with two prompts.
func two(t *testing.T) *State {
	t.Helper()
	s := idle(t)
	write(s, recipe.Prompt, "a red apple | a blue heart:0.5")
	return s
}

// strokes draws on the picture through points, and wants nothing to be sent to a run.
func strokes(t *testing.T, s *State, points ...float64) {
	t.Helper()
	if m, ok := draws(s, points...); ok {
		t.Errorf("a stroke sends %+v", m)
	}
}

func draws(s *State, points ...float64) (protocol.Message, bool) {
	s.BeginStroke(points[0], points[1])
	for i := 2; i < len(points); i += 2 {
		s.MoveStroke(points[i], points[i+1])
	}
	return s.EndStroke()
}

// at is how much of a place belongs to a prompt's region.
func at(list []recipe.Region, number int, x, y float64) float64 {
	for _, r := range list {
		if r.Prompt == number {
			return r.Mask.At(x, y, 128, 128)
		}
	}
	return math.NaN()
}

// What is painted is what runs, and what a link carries; without a stroke a run has no regions, and records none.
func TestPaintedRegionsRun(t *testing.T) {
	s := two(t)
	s.Paint(1)
	strokes(t, s, 0.75, 0.25, 0.75, 0.5, 0.75, 0.9)
	s.Paint(0)
	s.PaintHalf(halves[0])
	s.Paint(holdLayer)
	strokes(t, s, 0.5, 0.5)
	m, ok := s.PressStart("/")
	if !ok {
		t.Fatal(s.Problem)
	}
	r := m.(protocol.Start).Script.Recipe
	got := recipe.Regions.In(r)
	if at(got, 0, 0.25, 0.5) != 1 || at(got, 0, 0.75, 0.5) != 0 || at(got, 1, 0.75, 0.6) != 1 || at(got, 1, 0.25, 0.5) != 0 {
		t.Errorf("the run has the regions %+v", got)
	}
	if hold := recipe.Hold.In(r); hold.At(0.5, 0.5, 128, 128) != 1 || hold.At(0.1, 0.1, 128, 128) != 0 {
		t.Errorf("the run holds %+v", hold)
	}
	if back, notices := recipe.FromLink(r.ToLink()); !reflect.DeepEqual(recipe.Regions.In(back.Recipe), got) || notices != nil {
		t.Errorf("the link gives %+v, %q", recipe.Regions.In(back.Recipe), notices)
	}
	s = two(t)
	s.Paint(0)
	strokes(t, s, 0.5, 0.5)
	s.ClearMasks()
	m, _ = s.PressStart("/")
	if r := m.(protocol.Start).Script.Recipe; recipe.Regions.In(r) != nil || recipe.Hold.In(r) != nil || recipe.Dream.In(r) != nil {
		t.Errorf("a run on which nothing is painted is %+v", r)
	}
}

func TestUndoStrokeByStroke(t *testing.T) {
	s := two(t)
	seen := [][3]string{s.masks()}
	for _, l := range []layer{0, 1, holdLayer, dreamLayer} {
		s.Paint(l)
		strokes(t, s, 0.5, 0.5, 0.7, 0.7)
		seen = append(seen, s.masks())
	}
	s.ClearMasks()
	for i := len(seen) - 1; i >= 0; i-- {
		s.UndoStroke()
		if s.masks() != seen[i] {
			t.Errorf("undone to %d strokes it is %q, want %q", i, s.masks(), seen[i])
		}
	}
	if s.CanUndoStroke() {
		t.Error("there is more to undo than there were strokes")
	}
	strokes(t, s, 0.5, 0.5)
	s.BeginStroke(0.1, 0.1)
	before := s.masks()
	s.DropStroke()
	if m, ok := s.EndStroke(); ok || s.masks() != before {
		t.Errorf("a stroke that was dropped paints %q, %+v", s.masks(), m)
	}
}

// A run takes what is painted while it goes on, and while it waits.
func TestPaintDuringARun(t *testing.T) {
	s := running(t, 100)
	step(s, 5, 1, nil)
	s.Paint(0)
	strokes(t, s, 0.25, 0.5)
	m := sends(t, s)
	if len(m.Set) != 1 || at(m.Set[0].Value.([]recipe.Region), 0, 0.25, 0.5) != 1 {
		t.Fatalf("sent %+v", m)
	}
	takes(s, m, 5)
	s.PressPause()
	s.Receive(protocol.Paused{Step: 6}, start)
	s.Paint(holdLayer)
	strokes(t, s, 0.75, 0.5)
	if m := sends(t, s); len(m.Set) != 1 || m.Set[0].Option != recipe.Hold.Option {
		t.Errorf("paused, sent %+v", m)
	}
	s.UndoStroke()
	wantChange(t, "undone", sends(t, s), recipe.Hold.Is(recipe.Mask(nil)))
}

// A run dreams anew what is painted, once, at the step that it has reached; without one it is what the next run begins with.
func TestDreamIsPaintedOnce(t *testing.T) {
	s := running(t, 100)
	step(s, 5, 1, nil)
	s.Paint(dreamLayer)
	for i := range 2 { // the same twice
		m, ok := draws(s, 0.25, 0.5)
		if !ok {
			t.Fatal("nothing is sent")
		}
		change := m.(protocol.Change)
		mask := change.Set[0].Value.(recipe.Mask)
		if change.Set[0].Option != recipe.Dream.Option || mask.At(0.25, 0.5, 128, 128) != 1 || len(mask) != 1 {
			t.Errorf("sent %+v", change)
		}
		if text(s, recipe.Dream) != "" {
			t.Errorf("the next run would dream %q", text(s, recipe.Dream))
		}
		step(s, 6+3*i, 1, nil)
		if painted, _ := s.mask(dreamLayer); len(painted) != 1 {
			t.Errorf("before the answer %+v is shown", painted)
		}
		takes(s, change, 6+3*i)
		if got := s.Run.Script.DreamAt(6 + 3*i); !reflect.DeepEqual(got, mask) {
			t.Errorf("the script dreams %+v", got)
		}
		step(s, 7+3*i, 1, nil)
		if painted, _ := s.mask(dreamLayer); len(painted) != 0 {
			t.Errorf("once it is drawn %+v is shown", painted)
		}
	}
	wantChange(t, "the run has it", sends(t, s))
	s.UndoStroke()
	if !strings.Contains(s.Status, "look back") {
		t.Errorf("undo says %q", s.Status)
	}
	s.brush.erases = true
	if m, ok := draws(s, 0.25, 0.5); ok || !strings.Contains(s.Status, "nothing to erase") {
		t.Errorf("the eraser sends %+v, and the page says %q", m, s.Status)
	}

	s = idle(t)
	s.Paint(dreamLayer)
	strokes(t, s, 0.25, 0.5)
	m, _ := s.PressStart("/")
	if got := recipe.Dream.In(m.(protocol.Start).Script.Recipe); got.At(0.25, 0.5, 128, 128) != 1 {
		t.Errorf("the run begins with %+v", got)
	}

	s = ended(t)
	s.Paint(dreamLayer)
	strokes(t, s, 0.25, 0.5)
	m, _ = s.PressContinue("/")
	if got := m.(protocol.Start).Script.DreamAt(4); got.At(0.25, 0.5, 128, 128) != 1 || text(s, recipe.Dream) != "" {
		t.Errorf("the run goes on with %+v, and the form keeps %q", got, text(s, recipe.Dream))
	}
}

// No paint means everywhere for a prompt, so the eraser begins there, and what is erased as a whole is as before.
func TestErase(t *testing.T) {
	s := two(t)
	s.Paint(0)
	s.brush.erases = true
	strokes(t, s, 0.25, 0.5)
	if at(s.regions(), 0, 0.25, 0.5) != 0 || at(s.regions(), 0, 0.75, 0.5) != 1 {
		t.Errorf("erased from everywhere, %+v is left", s.regions())
	}
	s.brush.size = 3
	strokes(t, s, 0.5, 0.5)
	if len(s.regions()) != 0 {
		t.Errorf("erased as a whole, %+v is left", s.regions())
	}
	s.Paint(holdLayer)
	s.brush.erases = true
	strokes(t, s, 0.5, 0.5)
	if text(s, recipe.Hold) != "" {
		t.Errorf("erased from nothing, %q is held", text(s, recipe.Hold))
	}
}

// The smallest brush still paints a token, wherever it is put down.
func TestThinBrushPaints(t *testing.T) {
	s := two(t)
	s.brush.size = leastSize
	for _, x := range []float64{0.5, 0.51, 0.53, 0.5625} {
		s.Paint(holdLayer)
		strokes(t, s, x, x)
		m, _ := s.mask(holdLayer)
		if slices.Max(s.values(m)) < 0.5 {
			t.Errorf("at %g it holds nothing", x)
		}
		s.ClearMasks()
		s.StopPainting()
	}
}

func TestPaintByKeyboard(t *testing.T) {
	s := two(t)
	s.Paint(1)
	s.MoveCursor(-100, 2)
	s.MoveCursor(3, 0)
	if s.Status != "Column 4 of 16, row 11 of 16." {
		t.Errorf("the page says %q", s.Status)
	}
	s.Dab(false)
	if s.Status != "Painted at column 4 of 16, row 11 of 16." {
		t.Errorf("the page says %q", s.Status)
	}
	if s.MoveCursor(0, 0); s.Status != "Column 4 of 16, row 11 of 16, painted." {
		t.Errorf("there the page says %q", s.Status)
	}
	if v := at(s.regions(), 1, 3.5/16, 10.5/16); v != 1 {
		t.Errorf("%g of the token is painted", v)
	}
	s.Dab(true)
	if len(s.regions()) != 0 {
		t.Errorf("erased, %+v is left", s.regions())
	}
}

// Regions stay with their prompts while prompts come and go.
func TestRegionsFollowTheirPrompts(t *testing.T) {
	paints := func(s *State, numbers ...layer) {
		s.ClearMasks()
		for _, n := range numbers {
			s.setMask(n, recipe.Mask{{Stroke: []float64{float64(n) / 10, 0}, Radius: 0.1}})
		}
	}
	numbers := func(s *State) map[int]float64 {
		list := map[int]float64{}
		for _, r := range s.regions() {
			list[r.Prompt] = math.Round(10 * r.Mask[0].Stroke[0])
		}
		return list
	}
	for _, c := range []struct {
		what string
		do   func(*State)
		want map[int]float64
	}{
		{"one is written in front", func(s *State) { write(s, recipe.Prompt, "new | a | b | c") }, map[int]float64{1: 0, 3: 2}},
		{"one is written between", func(s *State) { write(s, recipe.Prompt, "a | new | b | c") }, map[int]float64{0: 0, 3: 2}},
		{"one is written behind", func(s *State) { write(s, recipe.Prompt, "a | b | c | new") }, map[int]float64{0: 0, 2: 2}},
		{"the middle one is deleted", func(s *State) { write(s, recipe.Prompt, "a | c") }, map[int]float64{0: 0, 1: 2}},
		{"all is written anew", func(s *State) {
			for _, text := range []string{"", "x", "x | y", "x | y | z"} {
				write(s, recipe.Prompt, text)
			}
		}, map[int]float64{0: 0, 2: 2}},
		{"a text is edited", func(s *State) { s.Reword(2, "see") }, map[int]float64{0: 0, 2: 2}},
		{"a weight is edited", func(s *State) { s.Weigh(0, 2) }, map[int]float64{0: 0, 2: 2}},
		{"the first is removed", func(s *State) { s.RemovePart(0) }, map[int]float64{1: 2}},
		{"the first is removed, and comes back", func(s *State) { s.RemovePart(0); s.PressUndo() }, map[int]float64{0: 0, 2: 2}},
		{"the last is removed, and another added", func(s *State) { s.RemovePart(2); s.AddPart("d") }, map[int]float64{0: 0}},
	} {
		s := idle(t)
		write(s, recipe.Prompt, "a | b | c")
		paints(s, 0, 2)
		c.do(s)
		if got := numbers(s); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	s := idle(t)
	s.Images = []ImagePrompt{{Name: "p", Weight: "1", Picture: pixel(1)}, {Name: "later", Later: true}, {Name: "q", Weight: "1", Picture: pixel(2)}}
	paints(s, 0, 1, 2)
	s.AddPart("new")
	if got, want := numbers(s), (map[int]float64{0: 0, 2: 1, 3: 2}); !reflect.DeepEqual(got, want) {
		t.Errorf("with a prompt before the pictures: %v, want %v", got, want)
	}
	s.RemoveImagePrompt(0)
	if got, want := numbers(s), (map[int]float64{0: 0, 2: 2}); !reflect.DeepEqual(got, want) {
		t.Errorf("with a picture less: %v, want %v", got, want)
	}
}

// Rows say what the composer says.
func TestPromptsByRows(t *testing.T) {
	s := running(t, 100)
	s.AddPart("  fog: thick ")
	s.AddPart(" ")
	s.Weigh(1, 0.5)
	s.Reword(0, "a blue | heart ")
	s.Reword(0, " ")
	if got, want := text(s, recipe.Prompt), `a blue \| heart | fog: thick:0.5`; got != want {
		t.Errorf("the prompt is %q, want %q", got, want)
	}
	if m := sends(t, s); len(m.Set) != 1 || m.Set[0].Value != text(s, recipe.Prompt) {
		t.Errorf("sent %+v", m)
	}
	s.RemovePart(0)
	if got := text(s, recipe.Prompt); got != "fog: thick:0.5" || s.UndoText() == "" {
		t.Errorf("the prompt is %q, and %q", got, s.UndoText())
	}
}

// A draft that brings masks shows them, until the person starts the run that they are of.
func TestOpenedMasksAreShown(t *testing.T) {
	s := two(t)
	s.restore("x.png", recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a | b"), recipe.Regions.Is([]recipe.Region{{Prompt: 1, Mask: recipe.Mask{{Rectangle: []float64{0, 0, 0.5, 1}}}}}))}, nil)
	if m, has := s.mask(1); !s.MasksVisible() || !has || m.At(0.25, 0.5, 128, 128) != 1 {
		t.Errorf("shown %t: %+v", s.MasksVisible(), m)
	}
	if s.PressStart("/"); s.MasksVisible() {
		t.Error("the run forms behind masks")
	}
	again := NewState()
	again.RestoreForm(s.FormText(""))
	if again.masks() != s.masks() || !again.MasksVisible() {
		t.Errorf("the next visit has %q", again.masks())
	}
	s = two(t)
	s.restore("x.png", recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a | b"))}, nil)
	if s.MasksVisible() {
		t.Error("shown, though nothing is painted")
	}
}

func TestSheet(t *testing.T) {
	s := two(t)
	write(s, recipe.Width, "100")
	write(s, recipe.Height, "64")
	if w, h, columns, rows := s.sheet(); [4]int{w, h, columns, rows} != [4]int{104, 64, 13, 8} {
		t.Errorf("%d×%d pixels, %d×%d tokens", w, h, columns, rows)
	}
	write(s, recipe.Height, "many")
	if _, h, _, rows := s.sheet(); h != 128 || rows != 16 {
		t.Errorf("height %d, %d rows", h, rows)
	}
}

// Whoever cannot tell colours apart sees what is painted, and of what.
func TestVeil(t *testing.T) {
	half := make([]float64, 64)
	for i := range half {
		if i%8 < 4 {
			half[i] = 1
		}
	}
	opacities := func(pattern int) []byte {
		p := veil{columns: 8, rows: 8, layers: []veilLayer{{values: half, colour: [3]byte{90, 90, 90}, pattern: pattern, active: true}}}.picture()
		if p.Width != 8*mostCell || p.Height != p.Width {
			t.Fatalf("%d×%d pixels", p.Width, p.Height)
		}
		var list []byte
		for i := 3; i < len(p.Pix); i += 4 {
			list = append(list, p.Pix[i])
		}
		return list
	}
	side := 8 * mostCell
	var seen [][]byte
	for pattern := range dotPattern + 1 {
		got := opacities(pattern)
		if slices.ContainsFunc(seen, func(other []byte) bool { return slices.Equal(other, got) }) {
			t.Errorf("pattern %d is another's", pattern)
		}
		seen = append(seen, got)
		row := got[side*side/2 : side*side/2+side]
		if slices.Min(row[:side/2]) == 0 || slices.Max(row[side/2:]) != 0 {
			t.Errorf("pattern %d: not the left half", pattern)
		}
		if edge := row[side/2-1]; edge < 240 {
			t.Errorf("pattern %d: its edge has the opacity %d", pattern, edge)
		}
	}
	cursor := veil{columns: 8, rows: 8, cursor: &cell{7, 0}}.picture()
	if cursor.Pix[4*(side-1)+3] != 255 || cursor.Pix[3] != 0 {
		t.Error("the cursor is not where it is")
	}
	if paper := (veil{columns: 1, rows: 1, paper: true}).picture(); paper.Pix[3] != 255 {
		t.Error("paper lets what lies under it through")
	}
}

func TestWeighAtTheCursor(t *testing.T) {
	s := idle(t)
	write(s, recipe.Prompt, "😀 sky | fog:0.5")
	from, to := s.WeighAt(11, 11, weighStep)
	if got := text(s, recipe.Prompt); got != "😀 sky | fog:0.6" || from != 11 || to != 11 {
		t.Errorf("%q, marked from %d to %d", got, from, to)
	}
	from, to = s.WeighAt(3, 6, weighStep)
	if got := text(s, recipe.Prompt); got != "😀 sky | sky:0.1 | fog:0.6" || from != 3 || to != 6 {
		t.Errorf("%q, marked from %d to %d", got, from, to)
	}
}

func TestEmphasisOfAnotherTool(t *testing.T) {
	s := idle(t)
	if s.emphasisText() != "" {
		t.Errorf("%q", s.emphasisText())
	}
	write(s, recipe.Prompt, "a castle in (fog:1.3)")
	if want := "“(fog:1.3)” is another tool's way to weigh a word. Here each part has a weight: “a castle in fog | fog:0.3”."; s.emphasisText() != want {
		t.Errorf("%q, want %q", s.emphasisText(), want)
	}
	s.WritePlain()
	if phases, err := prompt.Parse(text(s, recipe.Prompt)); err != nil || len(phases[0]) != 2 || s.UndoText() == "" || s.emphasisText() != "" {
		t.Errorf("the prompt is %q", text(s, recipe.Prompt))
	}
}

func TestThinStroke(t *testing.T) {
	got := thinStroke([]float64{0, 0, 0.01, 0, 0.1, 0, 0.11, 0, 0.12, 0}, 0.05)
	if want := []float64{0, 0, 0.1, 0, 0.12, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
