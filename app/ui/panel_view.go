package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
	"reverie/recipe"
)

// The parts of the panel that fold, by the ids of what they show.
const (
	modelFold    = "model-part"
	steerFold    = "steer-part"
	settingsFold = "settings-part"
	insideFold   = "inside-part"
	helpFold     = "help-part"
)

// renderPanel is what is not needed all the time.
func (p *Page) renderPanel() app.UI {
	return elem("section").Class("panel").Aria("label", panelLabel).Body(
		p.part(modelFold, modelTitle, func() []app.UI { return []app.UI{p.renderModel(), p.renderStorage()} }),
		p.renderTry(),
		p.foldRow("h2", steerFold, steerTitle, steerWhen),
		p.part(steerFold, steerTitle, p.renderSteer),
		p.foldRow("h2", settingsFold, settingsTitle, settingsWhen),
		p.part(settingsFold, settingsTitle, p.renderSettings),
		p.foldRow("h2", insideFold, insideTitle, insideWhen),
		p.part(insideFold, insideTitle, p.renderInside),
		p.foldRow("h2", helpFold, helpTitle, ""),
		p.part(helpFold, helpTitle, p.renderHelp),
		elem("footer").Body(elem("p").Body(p.linked(about)...), elem("p").Text(p.adapterLine())),
	)
}

func (p *Page) adapterLine() string {
	if p.state.Adapter == "" {
		return ""
	}
	line := gpuLine + p.state.Adapter
	if r := p.state.Run; r != nil && r.Bytes > 0 {
		line += fmt.Sprintf(memoryTaken, byteCount(r.Bytes))
	}
	return line
}

// foldButton shows and hides a part of the panel.
func (p *Page) foldButton(id, name string, body ...app.UI) app.HTMLButton {
	return app.Button().Type("button").Disabled(!p.live).Aria("expanded", p.folds[id]).Aria("controls", id).Aria("label", name).
		Body(body...).OnClick(func(app.Context, app.Event) {
		p.folds[id] = !p.folds[id]
		if id == modelFold && p.folds[id] {
			p.ctx.Defer(func(app.Context) { focus(modelID) })
		}
		if id == insideFold {
			p.askInside()
			p.drawInside()
		}
	}, app.EventScope(id))
}

// foldRow is the heading of a part, h2 or h3, by which it is shown and hidden.
func (p *Page) foldRow(heading, id, name, dim string) app.UI {
	return elem(heading).Class("fold").Body(p.foldButton(id, strings.TrimSpace(name+" "+dim), elem("span").Text(name), app.Text(" "), elem("span").Class("dim").Text(dim)))
}

// part is what a fold button shows. While it is folded away it is empty: most of the page's elements lie in its parts, and nobody should wait for them before
// the page answers, or at each step of a run. As the server renders it, it is whole.
func (p *Page) part(id, name string, body func() []app.UI) app.UI {
	part := elem("section").ID(id).Class("part").Hidden(!p.folds[id]).Aria("label", name)
	if p.live && !p.folds[id] {
		return part
	}
	return part.Body(body()...)
}

// foldOf is the part of the panel in which the element with that id lies.
func foldOf(id string) string {
	if id == modelID {
		return modelFold
	}
	inSteer := func(o *recipe.Option) bool { return fieldID(o) == id && (steers(o) || paints(o)) }
	if slices.ContainsFunc(recipe.Options(), inSteer) {
		return steerFold
	}
	if id == promptID || id == openImageID {
		return ""
	}
	return settingsFold
}

// reveal unfolds what is around a field and leads the person to it.
func (p *Page) reveal(id string) {
	p.open = ""
	if fold := foldOf(id); fold != "" {
		p.folds[fold], p.sought = true, ""
	}
	if i := slices.IndexFunc(recipe.Options(), func(o *recipe.Option) bool { return fieldID(o) == id }); i >= 0 {
		p.folds[groupFold(recipe.Options()[i].Group)] = true
	}
	p.ctx.Defer(func(app.Context) { focus(id) })
}

// renderTry shows examples until there is a run.
func (p *Page) renderTry() app.UI {
	s := &p.state
	if s.Run != nil {
		return elem("div").Hidden(true)
	}
	return elem("section").Class("try").Hidden(false).Aria("labelledby", "try-title").Body(
		elem("h2").ID("try-title").Text(tryTitle),
		elem("div").Class("tries").Body(app.Range(Examples).Slice(func(i int) app.UI {
			return app.Button().Type("button").Class("example").Disabled(!p.live).Body(elem("span").Class(fmt.Sprintf("art e%d", i)), elem("span").Text(Examples[i])).
				OnClick(p.sends(func(base string) (protocol.Message, bool) { return s.StartExample(Examples[i], base) }), app.EventScope(i))
		})),
	)
}

// renderSettings is all options that are no part of Steer, as the table groups them, or those of them that the person looks for.
func (p *Page) renderSettings() []app.UI {
	found := found(p.sought)
	body := []app.UI{p.renderFinder()}
	for _, group := range recipe.Groups {
		var list []*recipe.Option
		for _, o := range found {
			if o.Group == group && !steers(o) && !paints(o) {
				list = append(list, o)
			}
		}
		if group != recipe.Essentials {
			body = append(body, p.renderGroup(group, list))
			continue
		}
		essentials := p.renderFields(list)
		if answers(recipe.Seed.Option, p.sought) {
			essentials = append(essentials, p.renderLock())
		}
		body = append(body, elem("div").Class("grid").Body(essentials...))
		if answers(recipe.ImagePrompts.Option, p.sought) {
			body = append(body, p.renderImagePrompts())
		}
	}
	return append(body, p.renderElsewhere(found))
}

// groupFold is the id of the part that a group of settings is.
func groupFold(group recipe.Group) string {
	return "group-" + strings.ReplaceAll(strings.ToLower(string(group)), " ", "-")
}

// renderGroup is a group of settings, which folds, and says folded away how many of them are changed. What is looked for is not folded away.
func (p *Page) renderGroup(group recipe.Group, list []*recipe.Option) app.UI {
	name, id, changed := string(group), groupFold(group), 0
	for _, o := range list {
		if p.state.Form.Text(o) != emptyText(o) {
			changed++
		}
	}
	dim := ""
	if changed > 0 {
		dim = fmt.Sprintf(changedSettings, changed)
	}
	fields := func() []app.UI { return []app.UI{elem("div").Class("grid").Body(p.renderFields(list)...)} }
	switch {
	case len(list) == 0:
		return elem("div").Class("group").Hidden(true)
	case p.sought != "":
		return elem("div").Class("group").Hidden(false).Body(elem("h3").Text(name), elem("section").ID(id).Class("part").Hidden(false).Aria("label", name).Body(fields()...))
	}
	return elem("div").Class("group").Hidden(false).Body(p.foldRow("h3", id, name, dim), p.part(id, name, fields))
}

func (p *Page) renderFields(list []*recipe.Option) []app.UI {
	var fields []app.UI
	for _, o := range list {
		fields = append(fields, p.renderField(o))
	}
	return fields
}

// renderFinder is where a person says what to look for among the settings.
func (p *Page) renderFinder() app.UI {
	return app.Input().Type("search").Aria("label", findSetting).Placeholder(findSetting).Value(p.sought).
		OnInput(func(ctx app.Context, _ app.Event) { p.sought = ctx.JSSrc().Get("value").String() })
}

// renderElsewhere leads to what is found in Steer, and says where nothing is found.
func (p *Page) renderElsewhere(found []*recipe.Option) app.UI {
	if p.sought == "" {
		return elem("div").Hidden(true)
	}
	var list []app.UI
	for _, o := range found {
		if steers(o) || paints(o) {
			list = append(list, p.button(fmt.Sprintf(underSteer, o.Label), "chip", true, p.press(func() { p.reveal(fieldID(o)) })))
		}
	}
	if len(found) == 0 && !answers(recipe.ImagePrompts.Option, p.sought) {
		list = append(list, elem("p").Aria("live", "polite").Text(noneFound))
	}
	return elem("div").Class("row").Hidden(false).Body(list...)
}

func (p *Page) renderImagePrompts() app.UI {
	s := &p.state
	const id = "group-image-prompts"
	return elem("section").Class("group").Aria("labelledby", id).Body(
		elem("h3").ID(id).Text(recipe.ImagePrompts.Label),
		elem("div").Class("field").Body(
			p.fileInput(imagePromptID, addImagePrompt, imagePromptID+"-help", p.chooseFile(imagePromptID, s.AddImagePrompt)),
			elem("p").ID(imagePromptID+"-help").Class("help").Text(imagePromptHelp),
			p.renderWrong(imagePromptID),
			elem("ul").Class("image-prompts").Body(
				app.Range(s.Images).Slice(func(i int) app.UI { return p.renderImagePrompt(i) }),
			),
		),
	)
}

func (p *Page) renderImagePrompt(i int) app.UI {
	image := p.state.Images[i]
	field := func(id, kind, text string, set func(*ImagePrompt, string)) app.UI {
		return elem("span").Body(
			elem("label").Attr("for", id).Text(fmt.Sprintf(labelOf, kind, image.Name)),
			app.Input().ID(id).Type("text").Attr("inputmode", "decimal").Aria("invalid", p.invalid(id)).Value(text).OnInput(func(ctx app.Context, _ app.Event) {
				text := ctx.JSSrc().Get("value").String()
				p.state.EditImage(i, func(image *ImagePrompt) { set(image, text) })
				p.changed(soon)
			}, app.EventScope(image.Name, kind)).OnChange(func(app.Context, app.Event) { p.changed(now) }, app.EventScope(image.Name, kind)),
			p.renderWrong(id),
		)
	}
	name := image.Name
	if image.Later {
		name += imageLater
	}
	row := []app.UI{elem("span").Class("name").ID(fmt.Sprintf("image-%d-name", i)).Text(name)}
	if !image.Later {
		row = append(row,
			field(weightID(i), weightLabel, image.Weight, func(image *ImagePrompt, text string) { image.Weight = text }),
			field(stopID(i), stopLabel, image.Stop, func(image *ImagePrompt, text string) { image.Stop = text }))
	}
	if image.Picture == nil {
		id := fmt.Sprintf("image-%d-file", i)
		row = append(row, p.fileInput(id, fmt.Sprintf(openNamed, image.Name), fmt.Sprintf("image-%d-name", i), p.chooseFile(id, p.state.FillImagePrompt(image.Name))))
	}
	if !image.Later {
		row = append(row, p.button(fmt.Sprintf(removeNamed, image.Name), "", true, func(app.Context, app.Event) {
			p.state.RemoveImagePrompt(i)
			p.changed(now)
		}))
	}
	return elem("li").Body(row...)
}
