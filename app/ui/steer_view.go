package ui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// renderSteer is what may change while a run goes on: how strongly each prompt pulls, and the numbers.
func (p *Page) renderSteer() []app.UI {
	body := []app.UI{p.renderParts(), p.renderPlaces(), elem("h3").Text(liveTitle)}
	for _, live := range steerings {
		body = append(body, p.renderLive(live))
	}
	return append(body, elem("p").Class("help").Text(steerNote))
}

// renderParts is the prompt, part by part: its text, how strongly it pulls, and a way to remove it. It says what the composer says.
func (p *Page) renderParts() app.UI {
	s := &p.state
	parts := s.parts()
	if len(parts) == 0 && len(s.pulling()) > 0 {
		return elem("p").Class("help").Text(onePhase)
	}
	var rows []app.UI
	for i := range parts {
		rows = append(rows, p.renderPart(i, parts[i].Text, parts[i].Weight))
	}
	add := func(app.Context, app.Event) {
		s.AddPart(p.adding)
		p.adding = ""
		p.changed(now)
	}
	return elem("div").Class("weights").Body(append(rows, elem("div").Class("row add").Body(
		app.Input().Type("text").Aria("label", addPromptLabel).Placeholder(addPromptLabel).Attr("value", p.adding).
			OnInput(func(ctx app.Context, _ app.Event) { p.adding = ctx.JSSrc().Get("value").String() }).
			OnKeyDown(func(ctx app.Context, e app.Event) {
				if e.Get("key").String() == "Enter" {
					add(ctx, e)
				}
			}),
		p.button(addButton, "chip", true, add),
	))...)
}

func (p *Page) renderPart(i int, text string, weight float64) app.UI {
	s := &p.state
	id := fmt.Sprintf("part-%d", i)
	take := func(when time.Duration) app.EventHandler {
		return func(ctx app.Context, _ app.Event) {
			s.Reword(i, ctx.JSSrc().Get("value").String())
			p.changed(when)
		}
	}
	return elem("div").Class("part-row").Body(
		layer(i).swatch(),
		app.Input().ID(id).Type("text").Aria("label", fmt.Sprintf(promptNumber, i+1)).Attr("value", text).OnInput(take(soon), app.EventScope(id)).OnChange(take(now), app.EventScope(id)),
		elem("output").Text(number(weight)),
		p.iconButton(fmt.Sprintf(removePrompt, text), "M6 6l12 12M18 6L6 18", true, p.press(func() { s.RemovePart(i) })),
		elem("label").Attr("for", id+"-weight").Class("unseen").Text(fmt.Sprintf(weightOf, text)),
		p.slider(id+"-weight", "", extent{-1, 3, 0.05}, weight, func(v float64) { s.Weigh(i, v) }),
	)
}

// steers says whether an option is in Steer, and not among the settings.
func steers(o *recipe.Option) bool {
	return slices.ContainsFunc(steerings, func(s explained) bool { return s.Option == o })
}

// extent is a slider's least and greatest value and its step.
type extent struct{ min, max, step float64 }

// reach is where the useful values of a live number lie; what is typed may lie beyond.
func reach(o *recipe.Option) extent {
	switch o {
	case recipe.LearningRate.Option:
		return extent{0.01, 0.5, 0.01}
	case recipe.WeightDecay.Option:
		return extent{0, 0.2, 0.005}
	case recipe.CutPow.Option, recipe.Smoothness.Option:
		return extent{0, 2, 0.05}
	case recipe.InitWeight.Option:
		return extent{0, 2, 0.05}
	}
	return extent{0, 3, 0.1}
}

// value is what a run takes of a live number now.
func (s *State) value(o *recipe.Option) float64 {
	text := s.Form.Text(o)
	if text == "" {
		text = s.Model().suggests(o)
	}
	v, err := o.Parse(text)
	if err != nil {
		return 0
	}
	return v.(float64)
}

// renderLive is a number with its plain word, its term, a slider and a field for any other value.
func (p *Page) renderLive(live explained) app.UI {
	o, plain := live.Option, live.Plain
	id := fieldID(o)
	help := o.Help
	if o.Open == recipe.ByModel {
		help += modelsOwn
	}
	return elem("div").Class("slide live").Title(help).Body(
		elem("span").Class("name").Body(elem("b").Text(plain), app.Text(" "), elem("label").Class("dim").Attr("for", id).Text(o.Label),
			app.Text(" "), p.termOf(live)),
		p.input(o, "decimal").Placeholder(p.state.Model().suggests(o)),
		p.slider(id+"-slider", plain, reach(o), p.state.value(o), func(v float64) { p.state.Edit(o, o.Format(v)) }),
		elem("p").ID(id+"-help").Class("unseen").Text(help),
		p.renderWrong(id),
	)
}

// slider sets a number; a run takes it when it is let go, or rests.
func (p *Page) slider(id, name string, of extent, v float64, set func(float64)) app.UI {
	take := func(when func(*Page)) app.EventHandler {
		return func(ctx app.Context, _ app.Event) {
			if v, err := strconv.ParseFloat(ctx.JSSrc().Get("value").String(), 64); err == nil {
				set(v)
				when(p)
			}
		}
	}
	slider := app.Input().ID(id).Type("range").Min(of.min).Max(of.max).Step(of.step).Attr("value", strconv.FormatFloat(v, 'g', 6, 64)).
		OnInput(take(func(p *Page) { p.changed(soon) }), app.EventScope(id)).OnChange(take(func(p *Page) { p.changed(now) }), app.EventScope(id))
	if name != "" {
		slider = slider.Aria("label", name)
	}
	return slider
}
