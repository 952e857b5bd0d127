package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
)

// queuePromptID is the field's in which a run that is to wait gets its prompt: the composer's own steers the run under way.
const queuePromptID = "queue-prompt"

// trialID is the canvas' with the i-th small picture.
func trialID(i int) string { return fmt.Sprintf("trial-%d", i) }

// sends makes a handler of a button that may start a run.
func (p *Page) sends(press func(base string) (protocol.Message, bool)) app.EventHandler {
	return func(app.Context, app.Event) {
		p.open = ""
		p.apply() // what was typed a moment ago
		p.send(press(p.weights()))
		p.started()
	}
}

// queueMenu adds to the queue and shows it.
func (p *Page) queueMenu() []app.UI {
	s := &p.state
	return []app.UI{
		elem("div").Class("field").Body(
			elem("label").Attr("for", queuePromptID).Text(queuePromptLabel),
			app.Input().ID(queuePromptID).Type("text").Placeholder(queueHint).Value(p.waits).OnInput(func(ctx app.Context, _ app.Event) {
				p.waits = ctx.JSSrc().Get("value").String()
			}).OnKeyDown(func(_ app.Context, e app.Event) {
				if e.Get("key").String() == "Enter" {
					p.enqueue()
				}
			}),
		),
		elem("div").Class("row").Body(
			p.button(addToQueueButton, "primary", s.Phase > Broken, func(app.Context, app.Event) { p.enqueue() }),
			p.button(startQueueButton, "", len(s.jobs) > 0 && (s.Phase == Idle || s.Phase == Loading), p.sends(s.PressNext)),
		),
		elem("ol").Class("queue").Role("list").Aria("label", queueChip).Hidden(len(s.jobs) == 0).Body(
			app.Range(s.jobs).Slice(func(i int) app.UI {
				text := s.jobs[i].text()
				return elem("li").Body(
					elem("span").Text(text),
					p.iconButton(fmt.Sprintf(earlierNamed, text), "M12 19V5M6 11l6-6 6 6", i > 0, p.press(func() { s.Prefer(i) })),
					p.iconButton(fmt.Sprintf(removeQueued, text), "M6 6l12 12M18 6L6 18", true, p.press(func() { s.Dequeue(i) })),
				)
			}),
		),
		elem("p").Class("help").Text(queueHelp),
	}
}

func (p *Page) enqueue() {
	p.apply()
	p.state.Enqueue(p.waits)
	if p.state.Problem == "" {
		p.waits = ""
	}
	p.changed(now)
}

// renderTrials shows the small pictures, of which one goes on large at a press.
func (p *Page) renderTrials() app.UI {
	s := &p.state
	if len(s.trials) == 0 {
		return elem("div").Hidden(true)
	}
	return elem("section").Class("trials").Hidden(false).Aria("labelledby", "trials-title").Body(
		elem("h2").ID("trials-title").Text(trialsTitle),
		elem("div").Class("row").Body(
			app.Range(s.trials).Slice(func(i int) app.UI {
				name := fmt.Sprintf(goOnLarge, i+1, trialCount)
				return app.Button().Type("button").Class("thumbnail").Disabled(!p.live).Aria("disabled", !s.CanGoOnLarge()).Aria("label", name).Title(name).
					Body(elem("canvas").ID(trialID(i))).OnClick(p.sends(func(base string) (protocol.Message, bool) { return s.GoOnLarge(i, base) }), app.EventScope(i))
			}),
			p.iconButton(putTrialsAway, "M6 6l12 12M18 6L6 18", true, p.press(s.DropTrials)),
		),
	)
}
