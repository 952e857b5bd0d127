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
		p.foldRow(steerFold, steerTitle, steerWhen),
		p.part(steerFold, steerTitle, p.renderSteer),
		p.foldRow(settingsFold, settingsTitle, settingsWhen),
		p.part(settingsFold, settingsTitle, p.renderSettings),
		p.foldRow(insideFold, insideTitle, insideWhen),
		p.part(insideFold, insideTitle, p.renderInside),
		p.foldRow(helpFold, helpTitle, ""),
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

func (p *Page) foldRow(id, name, dim string) app.UI {
	return elem("h2").Class("fold").Body(p.foldButton(id, strings.TrimSpace(name+" "+dim), elem("span").Text(name), app.Text(" "), elem("span").Class("dim").Text(dim)))
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
		p.folds[fold] = true
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

// renderSettings is all options that are no part of Steer, as the table groups them.
func (p *Page) renderSettings() []app.UI {
	body := []app.UI{p.renderEssentials(), p.renderImagePrompts()}
	for _, group := range recipe.Groups {
		var list []app.UI
		for _, o := range fields() {
			if o.Group == group && group != recipe.Essentials && !steers(o) && !paints(o) {
				list = append(list, p.renderField(o))
			}
		}
		if len(list) > 0 {
			id := "group-" + strings.ReplaceAll(strings.ToLower(string(group)), " ", "-")
			body = append(body, elem("section").Class("group").Aria("labelledby", id).Body(elem("h3").ID(id).Text(string(group)), elem("div").Class("grid").Body(list...)))
		}
	}
	return body
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
