package ui

import (
	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// describedBy names the elements that explain a field: what is wrong with it, and its help.
func (p *Page) describedBy(id string) string {
	if p.state.Wrong == id {
		return id + "-problem" + " " + id + "-help"
	}
	return id + "-help"
}

// renderWrong says what is wrong with a field, if something is.
func (p *Page) renderWrong(id string) app.UI {
	wrong := p.state.Wrong == id
	text := ""
	if wrong {
		text = p.state.Problem
	}
	return elem("p").ID(id + "-problem").Class("problem").Hidden(!wrong).Text(text)
}

func (p *Page) invalid(id string) string {
	if p.state.Wrong == id {
		return "true"
	}
	return "false"
}

// renderField is an option's label, field, what is wrong with that, and help, as its kind and its entry in the table say.
func (p *Page) renderField(o *recipe.Option) app.UI {
	id := fieldID(o)
	help := o.Help
	if o.Open == recipe.ByModel {
		help += modelsOwn
	}
	class := "field"
	var field app.UI
	switch kind := o.Kind.(type) {
	case recipe.Choice:
		class, field = "field wide", p.picker(o, kind)
	case recipe.Switch:
		return elem("div").Class("field wide").Body(
			elem("div").Class("check").Body(p.checkbox(id, p.state.Form.Text(o) == "true", func(on bool) { p.state.Edit(o, o.Format(on)) }), elem("label").Attr("for", id).Text(o.Label)),
			p.renderWrong(id), elem("p").ID(id+"-help").Class("help").Text(help),
		)
	case recipe.Text, recipe.Colours, recipe.Words, recipe.Parts, recipe.PerceptorList, recipe.Curves, recipe.Numbers:
		class, field = "field wide", p.input(o, "text")
	case recipe.Whole:
		field = p.whole(o, kind.Min)
	case recipe.Side:
		field = p.whole(o, 1)
	case recipe.Number64:
		field = p.input(o, "text").Placeholder(newOne).OnKeyDown(p.seedKey)
	default:
		field = p.input(o, "decimal").Placeholder(p.state.Model().suggests(o))
	}
	return elem("div").Class(class).Body(p.fieldLabel(o), field, p.renderWrong(id), elem("p").ID(id+"-help").Class("help").Body(p.linked(help)...))
}

// input is a field for text, with a keyboard that suits it. It is for all numbers that a number input would round, too.
func (p *Page) input(o *recipe.Option, keyboard string) app.HTMLInput {
	id := fieldID(o)
	return app.Input().ID(id).Type("text").Attr("inputmode", keyboard).Aria("describedby", p.describedBy(id)).Aria("invalid", p.invalid(id)).
		Value(p.state.Form.Text(o)).OnInput(p.typed(o), app.EventScope(o.Name)).OnChange(p.chosen(o), app.EventScope(o.Name))
}

func (p *Page) whole(o *recipe.Option, min int) app.UI {
	return p.input(o, "numeric").Type("number").Min(min).Attr("step", "1")
}

func (p *Page) picker(o *recipe.Option, words recipe.Choice) app.UI {
	id, chosen := fieldID(o), p.state.Form.Text(o)
	return elem("select").ID(id).Aria("describedby", p.describedBy(id)).Aria("invalid", p.invalid(id)).OnChange(p.chosen(o), app.EventScope(o.Name)).Body(
		app.Range(words).Slice(func(i int) app.UI {
			return app.Option().Value(words[i].Value).Selected(words[i].Value == chosen).Text(words[i].Label)
		}),
	)
}

func (p *Page) checkbox(id string, on bool, set func(on bool)) app.UI {
	return app.Input().ID(id).Type("checkbox").Checked(on).Aria("describedby", p.describedBy(id)).OnChange(func(ctx app.Context, _ app.Event) {
		set(ctx.JSSrc().Get("checked").Bool())
		p.changed(now)
	}, app.EventScope(id))
}

// typed takes what is typed in a field, key by key.
func (p *Page) typed(o *recipe.Option) app.EventHandler {
	return func(ctx app.Context, _ app.Event) {
		p.state.Edit(o, ctx.JSSrc().Get("value").String())
		p.changed(soon)
	}
}

// chosen takes what stands in a field that the person has left, or has chosen in it.
func (p *Page) chosen(o *recipe.Option) app.EventHandler {
	return func(ctx app.Context, _ app.Event) {
		if text := ctx.JSSrc().Get("value").String(); text != p.state.Form.Text(o) {
			p.state.Edit(o, text)
		}
		p.changed(now)
	}
}

// seedKey counts the seed up and down, to the last digit.
func (p *Page) seedKey(_ app.Context, e app.Event) {
	if key := e.Get("key").String(); key == "ArrowUp" || key == "ArrowDown" {
		e.PreventDefault()
		p.state.NudgeSeed(key == "ArrowUp")
		p.changed(soon)
	}
}

// renderLock says whether runs take the seed that is typed.
func (p *Page) renderLock() app.UI {
	return elem("div").Class("field beside").Body(
		elem("div").Class("check").Body(p.checkbox(lockID, p.state.Form.Locked, p.state.LockSeed), elem("label").Attr("for", lockID).Text(lockSeedLabel)),
		elem("p").ID(lockID+"-help").Class("help").Text(lockSeedHelp),
	)
}
