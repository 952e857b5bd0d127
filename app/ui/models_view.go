package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// renderModel is the picker, and the card of a model that has to be downloaded.
func (p *Page) renderModel() app.UI {
	s := &p.state
	offer, offered := s.offer()
	return app.Div().Class("field").Body(
		app.Label().For(modelID).Text(recipe.Model.Label),
		app.Select().ID(modelID).Aria("describedby", p.describedBy(modelID)).Aria("invalid", p.invalid(modelID)).OnChange(p.chosen(recipe.Model.Option)).Body(
			app.Range(s.Models).Slice(func(i int) app.UI {
				m := s.Models[i]
				return app.Option().Value(m.Name).Selected(m.Name == s.Form.Model()).Text(s.optionText(m))
			}),
		),
		p.renderWrong(modelID),
		app.P().ID(modelID+"-help").Class("help").Text(s.modelHelp()),
		app.If(offered, func() app.UI { return p.renderOffer(offer) }).Else(func() app.UI {
			return app.Div().Class("row").Body(p.downloadButton(""))
		}),
	)
}

func (p *Page) downloadButton(class string) app.UI {
	s := &p.state
	return p.button("Download models", class, s.Phase == Idle && s.Loaded.Model != s.Form.Model(), p.pressLoad)
}

func (p *Page) renderOffer(o offer) app.UI {
	return app.Section().Class("offer").Aria("labelledby", "offer-title").Body(
		app.H2().ID("offer-title").Text(o.title),
		app.If(o.count != "", func() app.UI { return app.P().Class("count").Text(o.count) }),
		app.P().Text(o.text),
		app.If(p.live && saveData(), func() app.UI {
			return app.P().Text("Your browser is set to save data, and this is a big download.")
		}),
		app.Div().Class("row").Body(
			app.If(o.pausable, func() app.UI {
				return p.button("Pause the download", "", true, p.pressStop)
			}).ElseIf(o.count == "", func() app.UI { return p.downloadButton("primary") }),
			app.If(o.unkept, func() app.UI {
				return p.button("Use it without keeping it", "", p.state.Phase == Idle, p.pressLoadUnkept)
			}),
		),
	)
}

// renderStorage is what this device keeps.
func (p *Page) renderStorage() app.UI {
	s := &p.state
	models := s.Storage.Models
	return app.Details().Class("advanced").Open(s.ShowStorage).Body(
		app.Summary().Text("Storage"),
		app.P().Text(s.roomText()),
		app.If(s.Storage.Quota > 0, func() app.UI {
			return app.Meter().Aria("label", "Room used").Max(1).Value(float64(s.Storage.Usage) / float64(s.Storage.Quota))
		}),
		app.Ul().Class("stored").Aria("label", "Models on this device").Body(
			app.Range(models).Slice(func(i int) app.UI {
				name, title := models[i].Name, s.titleOf(models[i].Name)
				return app.Li().Body(
					app.Span().Class("name").Text(title),
					app.Span().Class("quiet").Text(storedText(models[i])),
					p.button("Delete", "", s.Phase == Idle, func(app.Context, app.Event) { p.send(s.PressDelete(name)) }).Aria("label", "Delete "+title),
				)
			}),
		),
		app.If(len(models) > 0, func() app.UI {
			return app.Div().Class("row").Body(
				app.P().Class("help").Text(s.persistText()),
				app.If(!s.Storage.Persisted, func() app.UI { return p.button("Ask the browser to keep it", "", true, p.pressPersist) }),
			)
		}),
	)
}
