package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
	"reverie/recipe"
)

// veilID is the canvas over the picture, on which a person paints.
const veilID = "veil"

// ringID is a ring around the pointer there, as large as the brush.
const ringID = "ring"

// layers are all that can be painted now.
func (s *State) layers() []layer {
	var list []layer
	for i := range s.pulling() {
		list = append(list, layer(i))
	}
	return append(list, holdLayer, dreamLayer)
}

// look is how a layer is told from others: the class of its colour, and its pattern.
func (l layer) look() (colour string, pattern int) {
	switch l {
	case holdLayer:
		return "quiet", gridPattern
	case dreamLayer:
		return "accent", dotPattern
	}
	return fmt.Sprintf("c%d", int(l)%trackColors), int(l) % trackColors
}

func (l layer) swatch() app.UI {
	colour, pattern := l.look()
	return elem("span").Class("swatch").Class(colour).Class(fmt.Sprintf("p%d", pattern)).Aria("hidden", "true")
}

// renderPlaces chooses what the brush paints, and how large it is.
func (p *Page) renderPlaces() app.UI {
	s := &p.state
	var list []app.UI
	for _, l := range s.layers() {
		list = append(list, p.renderLayer(l))
	}
	body := []app.UI{
		elem("h3").ID("places-title").Text(placesTitle),
		elem("div").ID(fieldID(recipe.Regions.Option)).Class("row").TabIndex(-1).Role("group").Aria("labelledby", "places-title").Body(list...),
	}
	for _, o := range places {
		body = append(body, p.renderWrong(fieldID(o)))
	}
	if !s.brush.on {
		return elem("section").Class("places").Body(append(body, elem("p").Class("help").Text(placesHelp))...)
	}
	quick := make([]app.UI, len(halves), len(halves)+2)
	for i, h := range halves {
		quick[i] = p.button(h.Name, "chip", true, p.paints(func() (protocol.Message, bool) { return s.PaintHalf(h) }))
	}
	quick = append(quick,
		p.button(s.clearLabel(), "chip", true, p.press(s.ClearMask)),
		p.button(clearPaint, "chip", s.masks() != [3]string{}, p.press(s.ClearMasks)))
	return elem("section").Class("places").Body(append(body,
		elem("div").Class("slide").Body(
			elem("label").Attr("for", "brush-size").Text(brushSizeLabel),
			p.slider("brush-size", "", extent{leastSize, mostSize, 0.02}, s.brush.size, func(v float64) { s.brush.size = v }),
		),
		elem("div").Class("row").Role("group").Aria("label", paintAtOnce).Body(quick...),
		elem("p").Class("help").Text(s.layerHelp()),
	)...)
}

// clearLabel is what taking a layer's paint away leaves.
func (s *State) clearLabel() string {
	if s.brush.layer >= 0 {
		return everywhereButton
	}
	return nowhereButton
}

// layerHelp says what it means to paint a layer.
func (s *State) layerHelp() string {
	switch s.brush.layer {
	case holdLayer:
		return recipe.Hold.Help
	case dreamLayer:
		return dreamHelp
	}
	return regionHelp
}

// label is a layer's short name.
func (s *State) label(l layer) string {
	if l < 0 {
		return l.option().Label
	}
	if names := s.pulling(); int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf(promptNumber, l+1)
}

func (p *Page) renderLayer(l layer) app.UI {
	s := &p.state
	text := s.label(l)
	id, name := fmt.Sprintf("layer-%d", l), fmt.Sprintf(paintWhere, text)
	if l < 0 {
		id, name = fieldID(l.option()), text
	}
	return app.Button().ID(id).Type("button").Class("button chip layer").Disabled(!p.live).Aria("pressed", s.brush.on && s.brush.layer == l).Aria("label", name).
		Body(l.swatch(), elem("span").Class("text").Text(text)).OnClick(func(_ app.Context, e app.Event) {
		s.Paint(l)
		p.draw()
		if s.brush.on && !e.Get("detail").Truthy() { // by the keyboard, which goes on there
			p.ctx.Defer(func(app.Context) { focus(veilID) })
		}
	}, app.EventScope("layer", int(l), text))
}

// paints makes a handler of what paints.
func (p *Page) paints(do func() (protocol.Message, bool)) app.EventHandler {
	return func(app.Context, app.Event) {
		p.send(do())
		p.changed(now)
	}
}

// renderBrush stands under the picture while a person paints on it.
func (p *Page) renderBrush() app.UI {
	s := &p.state
	if !s.brush.on {
		return elem("div").Hidden(true)
	}
	return elem("div").Class("brush row").Hidden(false).Body(
		elem("p").Body(s.brush.layer.swatch(), elem("span").Text(s.label(s.brush.layer))),
		p.button(eraseButton, "chip", true, func(app.Context, app.Event) { s.brush.erases = !s.brush.erases }).Aria("pressed", s.brush.erases),
		p.iconButton(undoStroke, "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6", s.CanUndoStroke(), p.press(s.UndoStroke)),
		p.button(doneButton, "chip strong", true, func(app.Context, app.Event) {
			s.StopPainting()
			p.veil()
		}),
	)
}

// renderVeil is the canvas over the picture.
func (p *Page) renderVeil() app.UI {
	s := &p.state
	veil := elem("canvas").ID(veilID).Hidden(!s.MasksVisible())
	if !s.brush.on {
		return veil.Class("").TabIndex(-1).Aria("hidden", "true").Role("img").Aria("label", "").Aria("describedby", "")
	}
	return veil.Class("painting").TabIndex(0).Aria("hidden", "false").Role("application").Aria("label", fmt.Sprintf(paintLabel, s.name(s.brush.layer))).Aria("describedby", veilID+"-help")
}

// pressShowMasks shows what is painted, or no longer.
func (p *Page) pressShowMasks(app.Context, app.Event) {
	p.state.brush.shown = !p.state.brush.shown
	p.veil()
}

// veiled is what the veil was last drawn from.
type veiled struct {
	masks         [3]string
	dreaming      int
	brush         brushLook
	columns, rows int
	paper         bool
}

// brushLook is what of the brush the veil shows.
type brushLook struct {
	on, visible, keys bool
	layer             layer
	cursor            cell
	points            int
}

// veil draws the masks over the picture, if they look otherwise than before, once what was changed is on the page.
func (p *Page) veil() {
	s := &p.state
	_, _, columns, rows := s.sheet()
	b := &s.brush
	now := veiled{masks: s.masks(), dreaming: len(b.dreaming), columns: columns, rows: rows, paper: p.onPaper(),
		brush: brushLook{b.on, s.MasksVisible(), b.keys, b.layer, b.cursor, len(b.stroke.points)}}
	if now == p.veiled {
		return
	}
	moved := p.veiled
	p.veiled = now
	moved.brush.points = now.brush.points
	if !now.brush.visible {
		return
	}
	v := veil{columns: columns, rows: rows, paper: now.paper}
	if b.on && b.keys {
		v.cursor = &b.cursor
	}
	if moved != now || len(p.veilLayers) == 0 { // else only the stroke has got on
		p.veilLayers = p.layersOfVeil()
	}
	for _, l := range p.veilLayers {
		if l.active && b.stroke.values != nil {
			l.values = b.stroke.values
		}
		v.layers = append(v.layers, l)
	}
	picture := v.picture()
	if moved == now { // the canvas is on the page as it is
		draw(veilID, picture, p.veilBack)
		return
	}
	p.ctx.Defer(func(app.Context) { draw(veilID, picture, p.veilBack) })
}

// veilBack is told that the canvas has lost what it showed.
func (p *Page) veilBack() {
	p.ctx.Dispatch(func(app.Context) {
		p.veiled = veiled{}
		p.veil()
	})
}

// layersOfVeil are the masks of all layers that have one, the one that is painted last.
func (p *Page) layersOfVeil() []veilLayer {
	s := &p.state
	var list, active []veilLayer
	for _, l := range s.layers() {
		m, _ := s.mask(l)
		paints := s.brush.on && s.brush.layer == l
		if len(m) == 0 && !paints {
			continue
		}
		colour, pattern := l.look()
		drawn := veilLayer{values: s.values(m), colour: cssColour("--" + colour), pattern: pattern, active: paints}
		if paints {
			active = append(active, drawn)
		} else {
			list = append(list, drawn)
		}
	}
	return append(list, active...)
}

// onPaper says whether there is no picture of the shape that is painted on.
func (p *Page) onPaper() bool {
	s := &p.state
	shown, _, _ := s.Visible()
	width, height, _, _ := s.sheet()
	return shown == nil || shown.Width*height != shown.Height*width
}

// paintOn takes what the pointer does on the veil: at a place in shares of the picture's sides.
func (p *Page) paintOn(what string, x, y float64) {
	p.ctx.Dispatch(func(ctx app.Context) {
		switch what {
		case "pointerdown":
			p.state.BeginStroke(x, y)
		case "pointermove":
			p.state.MoveStroke(x, y)
		case "pointercancel":
			p.state.DropStroke()
		case "pointerup":
			p.send(p.state.EndStroke())
			p.changed(now)
			return
		}
		p.veil()
		if what != "pointerdown" {
			ctx.PreventUpdate()
		}
	})
}

// arrows are the ways of the keyboard's cursor.
var arrows = map[string]cell{"ArrowLeft": {-1, 0}, "ArrowRight": {1, 0}, "ArrowUp": {0, -1}, "ArrowDown": {0, 1}}

// paintKey takes a key that is pressed on the veil, and says whether that stands for something there. Undo and Esc work wherever nothing is
// typed.
func (p *Page) paintKey(key string, onVeil, command bool) bool {
	s := &p.state
	do := func(what func()) bool {
		p.ctx.Dispatch(func(app.Context) {
			what()
			p.changed(now)
		})
		return true
	}
	way, arrow := arrows[key]
	switch {
	case command && (key == "z" || key == "Z") && s.MasksVisible() && s.CanUndoStroke():
		return do(s.UndoStroke)
	case key == "Escape" && s.brush.on: // and not the run
		return do(s.StopPainting)
	case command || !onVeil:
		return false
	case arrow:
		return do(func() { s.MoveCursor(way.column, way.row) })
	case key == " " || key == "Enter":
		return do(func() { p.send(s.Dab(s.brush.erases)) })
	case key == "Backspace" || key == "Delete":
		return do(func() { p.send(s.Dab(true)) })
	}
	return false
}

// weighKey changes the weight of what is marked in the prompt by the keyboard.
func (p *Page) weighKey(key string, from, to int) bool {
	by, ok := map[string]float64{"ArrowUp": weighStep, "ArrowDown": -weighStep}[key]
	if !ok {
		return false
	}
	p.ctx.Dispatch(func(app.Context) {
		from, to = p.state.WeighAt(from, to, by)
		p.changed(soon)
		p.ctx.Defer(func(app.Context) { markText(promptID, from, to) })
	})
	return true
}

// weighStep is what a press of Ctrl and an arrow key adds to a weight.
const weighStep = 0.1
