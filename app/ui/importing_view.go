package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/imports"
	"reverie/app/protocol"
)

// The ids of the dialog and of what is in it.
const (
	getID      = "get-model"
	getPairID  = "get-pair"
	getCLIPID  = "get-clip"
	getVQGANID = "get-vqgan"
	getFormID  = "get-form"
	bringID    = "bring"
)

// importKey is the name under which the browser keeps a plan that is under way.
const importKey = "reverie-import"

// importsOffered says whether the site lets visitors import models.
func importsOffered() bool { return app.Getenv(ImportsEnv) != "" }

// restoreImport takes up what an earlier visit has begun. A page that is left ends its program, though the browser may keep it for a way back: the next
// visit could not go on beside it.
func (p *Page) restoreImport() {
	if !importsOffered() {
		return
	}
	p.state.RestoreImport(loadText(importKey))
	watchLeaving(func() {
		if p.importer == nil {
			return
		}
		p.importer.close()
		p.importer = nil
		p.ctx.Dispatch(func(app.Context) { p.state.importFailed("", true) })
	})
}

// pressGet opens the dialog, and brings the catalogue when it is opened first.
func (p *Page) pressGet(app.Context, app.Event) { p.openGet() }

func (p *Page) openGet() {
	p.openDialog(getID)
	if p.state.imports.catalogue != nil {
		return
	}
	p.ctx.Async(func() {
		text, err := get(p.weights() + imports.CatalogueFile)
		var c imports.Catalogue
		if err == nil {
			err = json.Unmarshal(text, &c)
		}
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				p.state.MissCatalogue()
				app.Log(err)
				return
			}
			p.state.SetCatalogue(c)
		})
	})
}

// tellImporter hands a message of the state to the program that imports, which is started when it is wanted.
func (p *Page) tellImporter(m imports.Message, ok bool) {
	if !ok {
		p.keepImport()
		return
	}
	if p.importer == nil {
		p.startImporter()
	}
	if _, begins := m.(imports.Begin); begins && !p.state.Storage.Persisted {
		p.persist()
	}
	if err := p.importer.post(m); err != nil {
		p.hearImporter(imports.Problem{Message: err.Error()})
		return
	}
	p.keepImport()
}

func (p *Page) startImporter() {
	var current *importer
	current = startImporter(func(m imports.Message) {
		p.ctx.Dispatch(func(app.Context) {
			if p.importer == current {
				p.hearImporter(m)
			}
		})
	})
	p.importer = current
}

// hearImporter acts on what the program says. One that has nothing to do any more goes, with its memory.
func (p *Page) hearImporter(m imports.Message) {
	if problem, ok := m.(imports.Problem); ok && disconnected() {
		problem.Message = importOffline
		m = problem
	}
	next, idle := p.state.ReceiveImport(m)
	switch m.(type) {
	case imports.Progress:
		return
	case imports.Done, imports.Cancelled:
		p.send(protocol.Imported{}, true)
	}
	if next == nil && idle && p.importer != nil {
		p.importer.close()
		p.importer = nil
	}
	if news := p.state.importNews(); news != "" && !dialogOpen(getID) {
		p.note(news)
	}
	p.tellImporter(next, next != nil)
}

// keepImport lets the browser keep the plan.
func (p *Page) keepImport() { storeText(importKey, p.state.ImportPlan()) }

// takeModels takes files that were dropped, if they are of models.
func (p *Page) takeModels(files []*imports.Source) bool {
	if !importsOffered() || !slices.ContainsFunc(files, func(f *imports.Source) bool { return isModelFile(f.Name) }) {
		return false
	}
	p.ctx.Dispatch(func(app.Context) { p.bring(files) })
	return true
}

// bring looks at files that may be models.
func (p *Page) bring(files []*imports.Source) {
	p.openGet()
	p.tellImporter(p.state.Bring(files))
}

// renderImport tells of an import while its dialog may be closed.
func (p *Page) renderImport() app.UI {
	s := &p.state
	if !s.Importing() {
		return elem("div").Hidden(true)
	}
	return elem("section").Class("update").Hidden(false).Aria("label", importLabel).Body(
		elem("span").Text(s.importText()),
		app.If(s.imports.problem != "", func() app.UI { return elem("span").Class("problem").Role("alert").Text(s.imports.problem) }),
		elem("div").Class("row").Body(p.importButtons()...),
		p.button(getModel, "", true, p.pressGet),
	)
}

// importButtons are what can be done with the import.
func (p *Page) importButtons() []app.UI {
	s := &p.state
	press := func(do func() (imports.Message, bool)) app.EventHandler {
		return func(app.Context, app.Event) { p.tellImporter(do()) }
	}
	var list []app.UI
	switch phase := s.imports.phase; {
	case phase == importWorking:
		list = append(list, p.button(pauseButton, "", true, press(s.PressPauseImport)))
	case phase == importPaused:
		list = append(list, p.button(resumeButton, "primary", true, press(s.PressPauseImport)))
	case phase == importBroken && !s.imports.lacksFiles():
		list = append(list, p.button(getGoOn, "primary", true, press(s.PressGoOnImport)))
	}
	return append(list, p.button(cancelButton, "", s.imports.phase != importStopping, press(s.PressCancelImport)))
}

// renderGet is the dialog.
func (p *Page) renderGet() app.UI { return p.dialog(getID, "film-dialog", getModel, p.getBody) }

func (p *Page) getBody() []app.UI {
	s := &p.state
	return []app.UI{
		elem("p").Class("help").Text(getHelp),
		elem("p").Class("problem").Role("alert").Text(s.imports.problem),
		elem("div").Class("import").Hidden(s.imports.catalogue == nil || s.Importing()).Body(p.renderCatalogue()...),
		elem("div").Class("progress").Body(
			app.If(s.imports.progress.Total > 0 && s.Importing(), func() app.UI {
				return elem("progress").Aria("label", importLabel).Attr("max", s.imports.progress.Total).Attr("value", s.imports.progress.Done)
			}),
			elem("p").Role("status").Text(s.importText()),
		),
		elem("div").Class("row").Hidden(!s.Importing()).Body(app.If(s.Importing(), func() app.UI { return elem("div").Class("row").Body(p.importButtons()...) })),
		elem("div").Class("import").Hidden(s.Importing() && !s.imports.ownFiles()).Body(p.renderBring()...),
		elem("div").Class("row").Body(p.button(closeButton, "", true, func(app.Context, app.Event) { closeDialog(getID) })),
	}
}

// renderCatalogue is the choice of published models.
func (p *Page) renderCatalogue() []app.UI {
	s := &p.state
	i := &s.imports
	if i.catalogue == nil {
		return nil
	}
	pair := i.pairChosen()
	pairs := []app.UI{}
	for n, c := range i.catalogue.Pairs {
		pairs = append(pairs, option(fmt.Sprint(n), c.Title, n == pair))
	}
	about := ""
	if pair >= 0 {
		about = i.catalogue.Pairs[pair].About
	} else {
		pairs = append(pairs, option("-1", getOtherPair, true))
	}
	forms := []app.UI{}
	for _, q := range importQuants {
		forms = append(forms, option(q.name, q.label, q.name == i.quant))
	}
	room := s.importRoom()
	label := getDownload
	if len(s.wantedOffers()) == 0 {
		label = getUse
	}
	return []app.UI{
		p.choiceOf(getPairID, getPairLabel, about, func(value string) {
			n := -1
			fmt.Sscan(value, &n)
			s.ChoosePair(n)
		}, pairs),
		p.choiceOf(getCLIPID, getCLIPLabel, "", func(id string) { i.clip = id }, p.offerOptions(false)),
		p.choiceOf(getVQGANID, getVQGANLabel, "", func(id string) { i.vqgan = id }, p.offerOptions(true)),
		p.choiceOf(getFormID, getFormLabel, "", func(quant string) { i.quant = quant }, forms),
		elem("ul").Class("offers").Body(app.Range(i.chosenOffers()).Slice(func(n int) app.UI { return renderChosen(i.chosenOffers()[n]) })),
		elem("p").Text(s.summary()),
		elem("p").Class("problem").Text(room),
		elem("div").Class("row").Body(p.button(label, "primary", room == "", func(app.Context, app.Event) {
			p.tellImporter(s.PressImport(p.weights()))
			p.changed(now)
		})),
	}
}

func option(value, text string, chosen bool) app.UI {
	return elem("option").Attr("value", value).Attr("selected", chosen).Text(text)
}

// choiceOf is a picker with its label and what is to be said of the choice.
func (p *Page) choiceOf(id, label, help string, choose func(value string), options []app.UI) app.UI {
	return elem("div").Class("field").Body(
		elem("label").Attr("for", id).Text(label),
		elem("select").ID(id).OnChange(func(ctx app.Context, _ app.Event) { choose(ctx.JSSrc().Get("value").String()) }, app.EventScope(id)).Body(options...),
		elem("p").Class("help").Hidden(help == "").Text(help),
	)
}

// offerOptions are the catalogue's models of a kind.
func (p *Page) offerOptions(vqgan bool) []app.UI {
	s := &p.state
	chosen := s.imports.clip
	if vqgan {
		chosen = s.imports.vqgan
	}
	list := []app.UI{option("", getNone, chosen == "")}
	for _, o := range s.imports.catalogue.Files {
		if o.VQGAN == vqgan {
			list = append(list, option(o.ID, s.offerText(o), o.ID == chosen))
		}
	}
	return list
}

// renderChosen is what to know of a model before it is fetched.
func renderChosen(o imports.Offer) app.UI {
	return elem("li").Body(
		elem("b").Text(o.Title), elem("p").Text(o.About), elem("p").Class("help").Text(fmt.Sprintf(getLicence, o.Licence)),
		elem("p").Class("help").Hidden(o.Notice == "").Text(o.Notice),
	)
}

// renderBring is the choice of files that the person has.
func (p *Page) renderBring() []app.UI {
	s := &p.state
	i := &s.imports
	body := []app.UI{
		elem("h3").Text(bringTitle),
		elem("p").ID(bringID + "-help").Class("help").Text(bringHelp),
		elem("div").Class("file").Body(
			app.Input().ID(bringID).Type("file").Multiple(true).Accept(strings.Join(modelEndings, ",")).Aria("describedby", bringID+"-help").
				OnChange(func(app.Context, app.Event) { p.bring(chosenFiles(bringID)) }),
			elem("label").Attr("for", bringID).Class("button").Text(bringChoose),
		),
		elem("p").Hidden(i.phase != importExamining).Text(bringLooking),
	}
	if i.found == nil || s.Importing() {
		return body
	}
	text, ready := s.brought()
	for n := range i.found.Parts {
		body = append(body, p.renderBrought(n))
	}
	for _, problem := range i.found.Problems {
		body = append(body, elem("p").Class("problem").Text(problem))
	}
	if len(i.found.Unused) > 0 {
		body = append(body, elem("p").Class("help").Text(fmt.Sprintf(bringUnused, strings.Join(i.found.Unused, ", "))))
	}
	return append(body, elem("p").Role("status").Text(text), elem("div").Class("row").Hidden(len(i.found.Parts) == 0).Body(p.button(bringImport, "primary", ready, func(app.Context, app.Event) {
		p.tellImporter(s.PressBring(p.weights()))
	})))
}

// renderBrought is a checkpoint that was recognised, and the name that it gets.
func (p *Page) renderBrought(n int) app.UI {
	i := &p.state.imports
	part := i.found.Parts[n]
	id := fmt.Sprintf("%s-name-%d", bringID, n)
	return elem("div").Class("field").Body(
		elem("p").Text(fmt.Sprintf(bringKept, part.What, byteCount(part.Kept[i.quantOr()]))),
		app.Range(part.Notes).Slice(func(n int) app.UI { return elem("p").Class("help").Text(part.Notes[n]) }),
		elem("label").Attr("for", id).Text(fmt.Sprintf(bringNameLabel, i.files[part.File].Name)),
		app.Input().ID(id).Type("text").Value(i.names[n]).OnInput(func(ctx app.Context, _ app.Event) {
			p.state.NamePart(n, ctx.JSSrc().Get("value").String())
		}, app.EventScope(id)),
	)
}
