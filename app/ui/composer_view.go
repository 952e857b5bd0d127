package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// renderComposer is where a picture is asked for: the one message of the page, the prompt with Start, and what people change most.
func (p *Page) renderComposer() app.UI {
	s := &p.state
	label, enabled := s.primary()
	return elem("section").Class("compose").Aria("label", composerLabel).Body(
		p.renderMessage(),
		p.renderTrials(),
		elem("div").Class("box").Body(
			elem("div").Class("unseen").Body(elem("label").Attr("for", promptID).Text(recipe.Prompt.Label)),
			elem("textarea").ID(promptID).Attr("rows", 1).Attr("enterkeyhint", "go").Spellcheck(true).Aria("describedby", p.describedBy(promptID)).Aria("invalid", p.invalid(promptID)).
				Attr("placeholder", promptHint).Attr("value", s.Form.Text(recipe.Prompt.Option)).
				OnInput(p.typed(recipe.Prompt.Option)).OnChange(p.chosen(recipe.Prompt.Option)).OnKeyDown(p.promptKey),
			p.renderTokens(),
			p.button(label, "primary", enabled, p.pressPrimary),
		),
		p.renderWrong(promptID),
		elem("p").ID(promptID+"-help").Class("unseen").Text(recipe.Prompt.Help+" "+promptHelp),
		p.renderChips(),
		p.renderToasts(p.gallery.opened == ""),
	)
}

// renderTokens is how much of what the model reads the prompt takes.
func (p *Page) renderTokens() app.UI {
	short, sentence, over := p.state.tokensText()
	class := "tokens"
	if over {
		class += " problem"
	}
	return elem("span").ID("tokens").Class(class).Hidden(short == "").Title(sentence).Body(
		elem("span").Aria("hidden", "true").Text(short), elem("span").Class("unseen").Text(sentence))
}

// renderMessage is the one place where the page speaks. What is wrong with a field stands there, and is only spoken here.
func (p *Page) renderMessage() app.UI {
	s := &p.state
	text, class := s.Status, "status"
	if s.Problem != "" {
		text, class = s.Problem, "status problem"
	}
	if s.Wrong != "" {
		class = "unseen"
	}
	start, offer := "", ""
	if s.Start != nil {
		start = fmt.Sprintf(startsFrom, s.Start.Name)
	}
	if s.Offer != nil {
		offer = fmt.Sprintf(canBeStart, s.Offer.Name)
	}
	return elem("div").Class("message").Body(
		elem("div").Class("line").Body(elem("p").ID("status").Class(class).Role("status").Text(text), elem("p").Class("privacy").Text(privacy)),
		p.renderWrong(openImageID),
		notices(s.unsaid(text)),
		p.renderAside("undo", s.UndoText(), undoButton, p.pressUndo),
		p.renderAside("emphasis", s.emphasisText(), writePlainButton, p.press(s.WritePlain)),
		p.renderAside("new-run", s.NewRunText(), newRunButton, p.pressNewRun),
		p.renderAside("changes", s.changesText(), dropChangesButton, p.pressDropChanges),
		p.renderAside("start-picture", start, removeStartButton, p.pressRemoveStart),
		p.renderAside("offer", offer, useAsStartButton, p.pressUseOffer),
	)
}

// unsaid are the notices of the run and of what was opened, but for those that the message holds already.
func (s *State) unsaid(message string) []string {
	var list []string
	for _, notice := range append(slices.Clip(s.runNotices()), s.Notices...) {
		if !strings.Contains(message, notice) && !slices.Contains(list, notice) {
			list = append(list, notice)
		}
	}
	return list
}

// renderAside is a line with a button, where there is something to say.
func (p *Page) renderAside(id, text, label string, press app.EventHandler) app.UI {
	if text == "" {
		return elem("div").ID(id).Hidden(true)
	}
	return elem("div").ID(id).Class("row aside").Hidden(false).Body(elem("p").Text(text), p.button(label, "", true, press))
}

// primary is the one button that starts, pauses and resumes: it stays the same element, so it keeps the focus.
func (s *State) primary() (label string, enabled bool) {
	switch s.Phase {
	case Running:
		return pauseButton, true
	case Pausing:
		return pauseButton, false
	case Paused:
		return resumeButton, true
	}
	return startButton, s.Phase == Idle || s.Phase == Loading
}

// renderChips is what people change most.
func (p *Page) renderChips() app.UI {
	s := &p.state
	sh, _ := s.shapeOf()
	return elem("div").Class("chips").Role("group").Aria("label", quickSettings).Body(
		p.chip("shape", shapeLabel, sh.Word, p.shapeMenu),
		p.chip("size", sizeLabel, s.sizeText(), p.sizeMenu),
		p.chip("length", lengthLabel, s.stepsText(), p.lengthMenu),
		p.chip("seed", drawsLabel, s.seedText(), p.seedMenu),
		p.chip("style", styleLabel, s.stylesText(), p.styleMenu),
		p.button(surpriseButton, "chip", true, p.sends(s.Surprise)),
		p.button(fourSeedsButton, "chip", s.Phase == Idle || s.Phase == Loading || s.underWay(), p.sends(s.TryFour)).Title(trialsHelp),
		p.chip("queue", queueLabel, s.queueText(), p.queueMenu),
	)
}

// chip is a button that tells a setting and opens what there is to choose.
func (p *Page) chip(id, title, text string, choices func() []app.UI) app.UI {
	id += "-menu"
	open := p.open == id
	menu := elem("div").ID(id).Class("menu").Hidden(!open).Role("group").Aria("label", title)
	if open || !p.live {
		menu = menu.Body(choices()...)
	}
	return elem("div").Class("holder").Body(
		app.Button().Type("button").Class("button chip").Disabled(!p.live).Aria("haspopup", "true").Aria("expanded", open).Aria("controls", id).Text(text).
			OnClick(func(app.Context, app.Event) {
				if p.open == id {
					p.open = ""
				} else {
					p.open = id
				}
			}, app.EventScope(id)),
		menu,
	)
}

// choice is a button of a menu.
func (p *Page) choice(label string, on bool, do func(), scope ...any) app.UI {
	return app.Button().Type("button").Class("choice").Disabled(!p.live).Aria("pressed", on).Text(label).OnClick(p.press(do), app.EventScope(append(scope, label)...))
}

// press makes a handler of what changes the form.
func (p *Page) press(do func(), _ ...any) app.EventHandler {
	return func(app.Context, app.Event) {
		do()
		p.changed(now)
	}
}

func (p *Page) shapeMenu() []app.UI {
	s := &p.state
	is, listed := s.shapeOf()
	var list []app.UI
	for _, sh := range shapes {
		list = append(list, p.choice(sh.Word, listed && sh == is, func() { s.ChooseShape(sh); p.open = "" }))
	}
	return append(list, p.choice(ownShape, !listed, func() { p.reveal(fieldID(recipe.Width.Option)) }))
}

func (p *Page) sizeMenu() []app.UI {
	s := &p.state
	sh, _ := s.shapeOf()
	w, h, _ := s.sides()
	var list []app.UI
	for _, long := range sizes {
		cw, ch := s.fit(sh, long)
		list = append(list, p.choice(fmt.Sprintf("%d × %d", cw, ch), cw == w && ch == h, func() { s.ChooseSize(long); p.open = "" }, w, h))
	}
	return append(list, elem("p").ID("forecast").Class("help").Text(s.forecastText()))
}

func (p *Page) lengthMenu() []app.UI {
	s := &p.state
	var list []app.UI
	for _, e := range efforts {
		list = append(list, p.choice(s.effortText(e), s.Form.Text(recipe.Steps.Option) == strconv.Itoa(e.Steps), func() { s.ChooseEffort(e); p.open = "" }))
	}
	return append(list, p.choice(anotherNumber, false, func() { p.reveal(fieldID(recipe.Steps.Option)) }))
}

func (p *Page) seedMenu() []app.UI {
	s := &p.state
	return []app.UI{
		p.choice(newSeedEachTime, !s.Form.Locked, func() { s.LockSeed(false); p.open = "" }),
		p.choice(keepSeed, s.Form.Locked, func() { s.LockSeed(true); p.open = "" }),
		p.choice(typeSeed, false, func() { p.reveal(fieldID(recipe.Seed.Option)) }),
		elem("p").Class("help").Text(recipe.Seed.Help),
	}
}

func (p *Page) styleMenu() []app.UI {
	s := &p.state
	var list []app.UI
	for _, st := range styles {
		words := st.Words
		list = append(list, elem("p").Class("kind").Text(st.Kind), elem("div").Class("words").Body(
			app.Range(words).Slice(func(i int) app.UI {
				return p.choice(words[i], s.styled(words[i]), func() { s.ToggleStyle(words[i]) })
			}),
		))
	}
	return list
}
