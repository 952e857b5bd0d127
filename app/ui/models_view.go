package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// renderModel is the picker, and the card of a model that has to be downloaded.
func (p *Page) renderModel() app.UI {
	s := &p.state
	offer, offered := s.offer()
	choices := s.choices()
	return elem("div").Class("field").Body(
		elem("label").Attr("for", modelID).Text(recipe.Model.Label),
		elem("select").ID(modelID).Aria("describedby", p.describedBy(modelID)).Aria("invalid", p.invalid(modelID)).OnChange(p.chosen(recipe.Model.Option)).Body(
			app.Range(choices).Slice(func(i int) app.UI {
				m := choices[i]
				return app.Option().Value(m.Name).Selected(m.Name == s.Form.Model()).Text(s.optionText(m))
			}),
		),
		p.renderWrong(modelID),
		elem("p").ID(modelID+"-help").Class("help").Text(s.modelHelp()),
		p.renderHalves(s.halves()),
		app.If(offered, func() app.UI { return p.renderOffer(offer) }).Else(func() app.UI {
			return elem("div").Class("row").Body(p.downloadButton(""))
		}),
		elem("div").Class("row").Hidden(!p.live || !importsOffered()).Body(p.button(getModel, "", true, p.pressGet)),
	)
}

// renderHalves lets any CLIP go with any VQGAN.
func (p *Page) renderHalves(list []halfField) app.UI {
	return elem("div").Class("halves").Hidden(len(list) == 0).Body(
		app.Range(list).Slice(func(i int) app.UI {
			h := list[i]
			choose := func(ctx app.Context, _ app.Event) {
				p.state.ChooseHalf(h.id, ctx.JSSrc().Get("value").String())
				p.changed(now)
			}
			return elem("div").Class("field").Body(
				elem("label").Attr("for", h.id).Text(h.label),
				elem("select").ID(h.id).OnChange(choose).Body(
					app.Range(h.folders).Slice(func(i int) app.UI {
						m := h.folders[i]
						return app.Option().Value(m.Name).Selected(m.Name == h.chosen).Text(m.title())
					}),
				),
			)
		}),
	)
}

func (p *Page) downloadButton(class string) app.UI {
	s := &p.state
	return p.button(downloadModelsButton, class, s.Phase == Idle && (s.Loaded.Model != s.Form.Model() || s.judges(recipe.New(recipe.Perceptors.Is(s.perceptors()))) != nil), p.pressLoad)
}

func (p *Page) renderOffer(o offer) app.UI {
	return elem("section").Class("offer").Aria("labelledby", "offer-title").Body(
		elem("h2").ID("offer-title").Text(o.title),
		app.If(o.count != "", func() app.UI { return elem("p").Class("count").Text(o.count) }),
		elem("p").Text(o.text),
		app.If(p.live && saveData(), func() app.UI {
			return elem("p").Text(saveDataHint)
		}),
		elem("div").Class("row").Body(
			app.If(o.pausable, func() app.UI {
				return p.button(pauseDownloadButton, "", true, p.pressStop)
			}).ElseIf(o.count == "", func() app.UI { return p.downloadButton("primary") }),
			app.If(o.unkept, func() app.UI {
				return p.button(useUnkeptButton, "", p.state.Phase == Idle, p.pressLoadUnkept)
			}),
		),
	)
}

// renderStorage is what this device keeps.
func (p *Page) renderStorage() app.UI {
	s := &p.state
	models := s.Storage.Models
	return elem("div").Class("storage").Body(
		elem("h2").Text(storedTitle),
		elem("p").Text(s.roomText()),
		app.If(s.Storage.Quota > 0, func() app.UI {
			return elem("meter").Aria("label", roomLabel).Attr("max", 1).Attr("value", float64(s.Storage.Usage)/float64(s.Storage.Quota))
		}),
		elem("ul").Class("stored").Aria("label", storedLabel).Body(
			app.Range(models).Slice(func(i int) app.UI {
				name, title := models[i].Name, s.titleOf(models[i].Name)
				return elem("li").Body(
					elem("span").Class("name").Text(title),
					elem("span").Class("quiet").Text(storedText(models[i])),
					elem("div").Class("row").Body(
						p.button(selfTestButton, "", s.Phase == Idle, func(app.Context, app.Event) { p.send(s.PressSelfTest(p.weights(), name)) }).Aria("label", fmt.Sprintf(selfTestNamed, title)),
						p.button(deleteButton, "", s.Phase == Idle, func(app.Context, app.Event) { p.send(s.PressDelete(name)) }).Aria("label", fmt.Sprintf(deleteNamed, title)),
					),
				)
			}),
		),
		app.If(len(models) > 0, func() app.UI {
			return elem("div").Class("row").Body(
				elem("p").Class("help").Text(s.persistText()),
				app.If(!s.Storage.Persisted, func() app.UI { return p.button(persistButton, "", true, p.pressPersist) }),
			)
		}),
	)
}
