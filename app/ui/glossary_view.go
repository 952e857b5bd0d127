package ui

import (
	"fmt"
	"slices"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// The ids of the glossary's elements that are looked for.
const (
	noteID     = "term-note"
	glossaryID = "glossary"
)

// glossaryView is the glossary, once somebody has asked for it, and the note that explains a term beside it.
type glossaryView struct {
	entries []Entry
	failed  bool
	asked   bool
	note    string // the ID of the term that is explained, or ""
	moves   int    // of the pointer and the focus, to and from terms
}

// noteGrace is how long a note stays when the pointer leaves its term, so that it can be reached.
const noteGrace = 200 * time.Millisecond

// linked is a text whose terms lead to the glossary. As the server renders it they lead nowhere yet, and go-app would put space around them.
func (p *Page) linked(text string) []app.UI {
	if !p.live {
		return []app.UI{app.Text(text)}
	}
	if p.linkedTexts == nil {
		p.linkedTexts = map[string][]piece{}
	}
	list, ok := p.linkedTexts[text]
	if !ok {
		list = pieces(text)
		p.linkedTexts[text] = list
	}
	var body []app.UI
	for _, one := range list {
		if one.Term == "" {
			body = append(body, app.Text(one.Text))
		} else {
			body = append(body, elem("span").Class("unbroken").Body(p.term(one.Term, one.Text, ""), app.Text(one.After)))
		}
	}
	return body
}

// term is a word that is explained where it stands; its name is label, or else the word.
func (p *Page) term(id, word, label string) app.UI {
	show := func(ctx app.Context, _ app.Event) { p.explain(id, ctx.JSSrc()) }
	button := app.Button().Type("button").Class("term").Disabled(!p.live).Aria("expanded", p.glossary.note == id).Aria("controls", noteID).Text(word).
		OnClick(show, app.EventScope(id)).OnFocus(show, app.EventScope(id)).OnMouseEnter(show, app.EventScope(id)).
		OnBlur(p.leaveTerm).OnMouseLeave(p.leaveTerm)
	if label != "" {
		button = button.Aria("label", label)
	}
	return button
}

// explain shows what the glossary says of a term, beside where it stands.
func (p *Page) explain(id string, at app.Value) {
	p.glossary.moves++
	p.glossary.note = id
	p.fetchGlossary(func() { p.ctx.Defer(func(app.Context) { placeNote(noteID, at) }) })
}

// leaveTerm takes the note away in a moment, unless the pointer or the focus comes back, or goes on to the note.
func (p *Page) leaveTerm(app.Context, app.Event) {
	p.glossary.moves++
	moves := p.glossary.moves
	p.ctx.After(noteGrace, func(app.Context) {
		if p.glossary.moves == moves {
			p.glossary.note = ""
		}
	})
}

// dropNote takes the note away at once, and says whether there was one.
func (p *Page) dropNote() bool {
	was := p.glossary.note != ""
	if was {
		p.ctx.Dispatch(func(app.Context) { p.glossary.note = "" })
	}
	return was
}

// fetchGlossary brings the glossary, once, and then calls then; the program itself does not hold it.
func (p *Page) fetchGlossary(then func()) {
	g := &p.glossary
	if g.asked {
		then()
		return
	}
	g.asked = true
	p.ctx.Async(func() {
		data, err := get(root() + "web/glossary.json")
		var entries []Entry
		if err == nil {
			entries, err = parseGlossary(data)
		}
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				app.Log(err)
				g.asked, g.failed = false, true // the next press tries again
				return
			}
			g.entries, g.failed = entries, false
			then()
		})
	})
}

// entry is what the glossary says of a term.
func (g *glossaryView) entry(id string) Entry {
	if i := slices.IndexFunc(g.entries, func(e Entry) bool { return e.ID == id }); i >= 0 {
		return g.entries[i]
	}
	if g.failed {
		return Entry{Text: glossaryMissing}
	}
	return Entry{}
}

// renderGlossary is the note beside a term, and the dialog with all of them.
func (p *Page) renderGlossary() app.UI {
	g := &p.glossary
	e := g.entry(g.note)
	stay := func(app.Context, app.Event) { g.moves++ }
	return elem("div").Body(
		app.Div().ID(noteID).Class("note").Role("note").Aria("live", "polite").Hidden(g.note == "" || e.Text == "").OnMouseEnter(stay).OnMouseLeave(p.leaveTerm).Body(
			elem("b").Text(e.Name), elem("p").Text(e.Text),
		),
		p.dialog(glossaryID, "glossary", glossaryTitle, p.glossaryBody),
	)
}

func (p *Page) glossaryBody() []app.UI {
	g := &p.glossary
	return []app.UI{
		elem("p").Class("problem").Hidden(!g.failed).Text(glossaryMissing),
		elem("div").Class("list").TabIndex(0).Role("group").Aria("labelledby", glossaryID+"-title").Body(elem("dl").Body(app.Range(g.entries).Slice(func(i int) app.UI {
			return elem("div").Body(elem("dt").Text(g.entries[i].Name), elem("dd").Text(g.entries[i].Text))
		}))),
		p.button(closeButton, "", true, func(app.Context, app.Event) { closeDialog(glossaryID) }),
	}
}

// pressGlossary opens the dialog.
func (p *Page) pressGlossary(app.Context, app.Event) {
	p.fetchGlossary(func() {})
	p.openDialog(glossaryID)
}

// fieldLabel is an option's name in plain words, if it needs one, its label, and what leads to the glossary.
func (p *Page) fieldLabel(o *recipe.Option) app.UI {
	id := fieldID(o)
	i := slices.IndexFunc(settingNames, func(e explained) bool { return e.Option == o })
	if i < 0 {
		return elem("label").Attr("for", id).Text(o.Label)
	}
	return elem("div").Class("named").Body(
		elem("b").Text(settingNames[i].Plain), app.Text(" "), elem("label").Attr("for", id).Text(o.Label), app.Text(" "),
		p.termOf(settingNames[i]),
	)
}

// termOf leads from an option's label to the glossary.
func (p *Page) termOf(e explained) app.UI {
	return p.term(e.Term, "?", fmt.Sprintf(whatMeans, e.Option.Label))
}
