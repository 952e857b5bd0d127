package ui

import (
	"fmt"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
	"reverie/recipe"
)

// Examples are prompts that a person can click. The embedded pair makes something recognisable of each: see its samples.
var Examples = []string{
	"a yellow star",
	"a blue heart",
	"a smiling face",
	"a green tree",
	"a snowman",
	"a birthday cake",
}

func (p *Page) Render() app.UI {
	return app.Div().Class("page").Body(
		app.Header().Body(
			app.H1().Text("Reverie"),
			app.P().Class("tagline").Text("Type a prompt and watch a picture form on your own GPU."),
		),
		app.Main().Body(
			p.renderScreen(),
			p.renderResume(),
			p.renderUpdate(),
			app.Div().Class("studio").Body(p.renderResult(), p.renderControls()),
			p.renderPictures(),
		),
		app.Footer().Body(
			app.P().Text("VQGAN+CLIP on WebGPU. The same seed, settings and GPU give the same picture; other GPUs give one very much like it."),
			app.P().Class("quiet").Text(p.adapterLine()),
			p.renderHelp(),
		),
	)
}

func (p *Page) adapterLine() string {
	if p.state.Adapter == "" {
		return ""
	}
	return "GPU: " + p.state.Adapter
}

func (p *Page) renderScreen() app.UI {
	s := &p.state
	if s.Phase != Broken {
		return app.Div().Hidden(true)
	}
	return app.Section().Class("screen").Aria("labelledby", "screen-title").Body(
		app.H2().ID("screen-title").Text(s.Screen.Title),
		app.P().Text(s.Screen.Text),
		app.If(s.Screen.Retry, func() app.UI {
			return p.button("Start the engine again", "primary", true, p.pressRetry)
		}),
		app.If(s.Screen.Detail != "", func() app.UI {
			return app.Details().Body(app.Summary().Text("Details for a bug report"), app.Pre().TabIndex(0).Text(s.Screen.Detail))
		}),
	)
}

// renderResume offers a run that broke off.
func (p *Page) renderResume() app.UI {
	s := &p.state
	step, ok := s.Resumable()
	if !ok {
		return app.Div().Hidden(true)
	}
	return app.Section().Class("resume").Hidden(false).Aria("labelledby", "resume-title").Body(
		app.Canvas().ID(resumeID).Hidden(s.Shown == nil).Aria("hidden", "true"),
		app.Div().Class("said").Body(
			app.H2().ID("resume-title").Text("A run broke off"),
			app.P().Text("“"+s.Run.Prompt()+"”"),
			app.Div().Class("row").Body(
				p.button(fmt.Sprintf("Resume from step %d", step), "primary", s.Phase == Idle, p.pressResumeRun),
				p.button("Discard", "", true, p.pressDiscard),
			),
		),
	)
}

// renderUpdate offers a new version, but never while something is under way.
func (p *Page) renderUpdate() app.UI {
	if !p.state.Update || p.state.Working() {
		return app.Div().Hidden(true)
	}
	return app.Div().Class("update").Hidden(false).Body(
		app.Span().Text("A new version of Reverie is ready. Save your picture first."),
		p.button("Load the new version", "", true, p.pressUpdate),
	)
}

// renderResult is the preview with what belongs to it.
func (p *Page) renderResult() app.UI {
	s := &p.state
	return app.Section().Class("result").Aria("label", "Picture").Body(
		app.Div().Class("frame").Body(
			app.Canvas().ID(previewID).Role("img").Aria("label", s.PreviewName()),
		),
		p.renderProgress(),
		app.P().ID("status").Role("status").Text(s.Status),
		p.renderNumbers(),
		notices(s.runNotices()),
	)
}

func (s *State) runNotices() []string {
	if s.Run == nil {
		return nil
	}
	return s.Run.Notices
}

func notices(lines []string) app.UI {
	if len(lines) == 0 {
		return app.Ul().Class("notices").Hidden(true)
	}
	return app.Ul().Class("notices").Hidden(false).Body(
		app.Range(lines).Slice(func(i int) app.UI { return app.Li().Text(lines[i]) }),
	)
}

// renderProgress is there while something is under way; the frame keeps its place.
func (p *Page) renderProgress() app.UI {
	s := &p.state
	row := app.Div().Class("progress")
	switch {
	case s.Phase == Loading || s.Phase == Measuring || s.Phase == Starting || s.Phase == Stopping && s.Progress.Phase != "" && !s.runUnderWay():
		bar := app.Progress().Aria("label", PhaseName(s.Progress.Phase))
		if s.Progress.Total > 0 {
			bar = bar.Max(1).Value(float64(s.Progress.Done) / float64(s.Progress.Total))
		}
		return row.Body(bar, app.Span().Text(s.progressText()))
	case s.runUnderWay():
		percent, end := s.Run.Percent()
		if !end {
			return row.Body(app.Progress().Aria("label", "Steps"), app.Span().Text(s.Run.At()))
		}
		steps, _ := s.Run.Steps()
		return row.Body(app.Progress().Aria("label", "Steps").Max(steps).Value(s.Run.Step), app.Span().Text(strconv.Itoa(percent)+" %"))
	}
	return row.Body(app.Span().Text(""))
}

func (s *State) runUnderWay() bool {
	return s.Run != nil && !s.Run.Ended && s.Phase >= Running
}

// progressText is the phase with its count, and a download's speed and time left.
func (s *State) progressText() string {
	m := s.Progress
	text := PhaseName(m.Phase)
	switch {
	case m.Total <= 0:
		return text
	case !s.downloading() && m.Phase != protocol.PhaseLoad:
		return fmt.Sprintf("%s: %d of %d", text, m.Done, m.Total)
	}
	return text + ": " + s.countText()
}

// countText is the bytes of a model that are there, and a download's speed and time left.
func (s *State) countText() string {
	m := s.Progress
	text := fmt.Sprintf("%s of %s", byteCount(m.Done), byteCount(m.Total))
	if speed := s.rate.speed(); s.downloading() && speed > 0 {
		text += fmt.Sprintf(" · %s/s · %s left", byteCount(int64(speed)), clock(s.rate.left(m.Total-m.Done)))
	}
	return text
}

func (p *Page) renderNumbers() app.UI {
	s := &p.state
	if s.Run == nil {
		return app.Div().Class("numbers")
	}
	parts := s.Run.numbers(s.Phase == Running)
	loss := ""
	if l, ok := s.Run.Loss(); ok {
		loss = fmt.Sprintf("Loss %.4f", l)
	}
	return app.Div().Class("numbers").Body(
		app.Ul().Body(
			app.Range(parts).Slice(func(i int) app.UI { return app.Li().Text(parts[i]) }),
			app.Li().ID("loss").Text(loss),
		),
		lossCurve(s.Run.Losses),
	)
}

// numbers says where a run is and how fast. Until some steps were measured the times are what was foreseen.
func (r *Run) numbers(running bool) []string {
	parts := []string{r.At()}
	about := "about "
	each, measured := r.Pace()
	if measured {
		about = ""
	}
	if each > 0 {
		parts = append(parts, about+pace(each))
		if _, end := r.Steps(); running && end {
			parts = append(parts, about+clock(r.Left())+" left")
		}
	}
	if r.Bytes > 0 {
		parts = append(parts, byteCount(r.Bytes)+" of GPU memory")
	}
	return parts
}

const svgNamespace = "http://www.w3.org/2000/svg"

func lossCurve(losses []float64) app.UI {
	name := "The loss so far"
	if n := len(losses); n > 1 {
		name = fmt.Sprintf("The loss from %.4f to %.4f", losses[0], losses[n-1])
	}
	return app.Elem("svg").XMLNS(svgNamespace).Attr("class", "sparkline").Attr("viewBox", fmt.Sprintf("0 0 %d %d", sparkWidth, sparkHeight)).
		Attr("preserveAspectRatio", "none").Attr("role", "img").Attr("aria-label", name).Body(
		app.Elem("polyline").XMLNS(svgNamespace).Attr("points", sparkline(losses)),
	)
}

func (p *Page) renderControls() app.UI {
	s := &p.state
	return app.Section().Class("controls").Aria("label", "Settings").Body(
		app.Div().Class("field").Body(
			app.Label().For(promptID).Text(recipe.Prompt.Label),
			app.Textarea().ID(promptID).Rows(3).Spellcheck(true).Aria("describedby", p.describedBy(promptID)).Aria("invalid", p.invalid(promptID)).
				Placeholder("a red apple | green leaves:0.5").Attr("value", s.Form.Text(recipe.Prompt.Option)).
				OnInput(p.typed(recipe.Prompt.Option)).OnChange(p.chosen(recipe.Prompt.Option)).OnKeyDown(p.promptKey),
			p.renderWrong(promptID),
			app.P().ID(promptID+"-help").Class("help").Text(recipe.Prompt.Help+" As in “roses | fog:0.5 | text:-0.3”. Ctrl+Enter starts."),
		),
		app.Div().Class("examples").Role("group").Aria("label", "Examples").Body(
			app.Range(Examples).Slice(func(i int) app.UI {
				return p.button(Examples[i], "chip", true, func(app.Context, app.Event) {
					s.UseExample(Examples[i])
					p.changed(now)
				})
			}),
		),
		p.renderUndo(),
		p.renderButtons(),
		p.renderProblem(),
		p.renderAside("new-run", s.NewRunText(), "Start a new run", p.pressNewRun),
		p.renderAside("changes", s.changesText(), "Drop the changes", p.pressDropChanges),
		app.P().Class("privacy").Text("Runs on your device. Nothing is uploaded."),
		p.renderEssentials(),
		app.P().ID("forecast").Class("help").Text(s.forecastText()),
		p.renderModel(),
		p.renderImages(),
		p.renderAdvanced(),
		p.renderStorage(),
		notices(s.Notices),
	)
}

// renderProblem says what is wrong, unless it stands at a field.
func (p *Page) renderProblem() app.UI {
	text := p.state.Problem
	if p.state.Wrong != "" {
		text = ""
	}
	return app.P().ID("problem").Class("problem").Hidden(text == "").Text(text)
}

func (p *Page) renderUndo() app.UI {
	return p.renderAside("undo", p.state.UndoText(), "Undo", p.pressUndo)
}

// renderAside is a line with a button, where there is something to say.
func (p *Page) renderAside(id, text, label string, press app.EventHandler) app.UI {
	if text == "" {
		return app.Div().ID(id).Hidden(true)
	}
	return app.Div().ID(id).Class("row aside").Hidden(false).Body(app.P().Text(text), p.button(label, "", true, press))
}

func (p *Page) renderButtons() app.UI {
	s := &p.state
	label, enabled := s.primary()
	return app.Div().Class("buttons").Body(
		p.button(label, "primary", enabled, p.pressPrimary),
		p.button("Stop", "", s.Working() && s.Phase != Stopping, p.pressStop),
		p.button("Continue", "", s.CanContinue(), p.pressContinue),
		p.button("Download PNG", "", s.Shown != nil, p.pressDownload),
		p.button("Copy link", "", true, p.pressCopyLink),
	)
}

// primary is the one button that starts, pauses and resumes: it stays the same element, so it keeps the focus.
func (s *State) primary() (label string, enabled bool) {
	switch s.Phase {
	case Running:
		return "Pause", true
	case Pausing:
		return "Pause", false
	case Paused:
		return "Resume", true
	}
	return "Start", s.Phase == Idle || s.Phase == Loading
}

// button stays focusable when it is off, so that the focus is never lost. As the server renders it, nothing listens yet, so it is really
// disabled there.
func (p *Page) button(label, class string, enabled bool, press app.EventHandler) app.HTMLButton {
	return app.Button().Type("button").Class("button").Class(class).Disabled(!p.live).Aria("disabled", !enabled).Text(label).
		OnClick(func(ctx app.Context, e app.Event) {
			if enabled {
				press(ctx, e)
			}
		}, app.EventScope(label, enabled))
}

func (p *Page) renderImages() app.UI {
	s := &p.state
	start := "Choose or drop a picture: one of Reverie's restores its settings, any other is the start picture."
	if s.Start != nil {
		start = "The next run starts from " + s.Start.Name + "."
	}
	return app.Div().Class("field").Body(
		app.Div().Class("row").Body(
			p.fileInput(openImageID, "Open image", openImageID+"-help", p.chooseFile(openImageID, s.OpenFile)),
			app.If(s.Start != nil, func() app.UI {
				return p.button("Remove start picture", "", true, func(app.Context, app.Event) {
					s.RemoveStart()
					p.changed(now)
				})
			}),
			app.If(s.Offer != nil, func() app.UI {
				return p.button("Use it as start picture", "", true, func(app.Context, app.Event) {
					s.UseOffer()
					p.changed(now)
				})
			}),
		),
		app.P().ID(openImageID+"-help").Class("help").Text(start),
		p.renderWrong(openImageID),
	)
}

// fileInput looks like a button; the input itself is there for keyboards and screen readers.
func (p *Page) fileInput(id, label, describedBy string, chosen app.EventHandler) app.UI {
	return app.Div().Class("file").Body(
		app.Input().ID(id).Type("file").Disabled(!p.live).Accept("image/*").Aria("describedby", describedBy).OnChange(chosen, app.EventScope(id, label)),
		app.Label().For(id).Class("button").Text(label),
	)
}

func (p *Page) renderImagePrompts() app.UI {
	s := &p.state
	const id = "group-image-prompts"
	return app.Section().Class("group").Aria("labelledby", id).Body(
		app.H2().ID(id).Text(recipe.ImagePrompts.Label),
		app.Div().Class("field").Body(
			p.fileInput(imagePromptID, "Add image prompt", imagePromptID+"-help", p.chooseFile(imagePromptID, s.AddImagePrompt)),
			app.P().ID(imagePromptID+"-help").Class("help").Text("A picture that pulls like a text."),
			p.renderWrong(imagePromptID),
			app.Ul().Class("image-prompts").Body(
				app.Range(s.Images).Slice(func(i int) app.UI { return p.renderImagePrompt(i) }),
			),
		),
	)
}

func (p *Page) renderImagePrompt(i int) app.UI {
	image := p.state.Images[i]
	field := func(id, kind, text string, set func(*ImagePrompt, string)) app.UI {
		return app.Span().Body(
			app.Label().For(id).Text(kind+" of "+image.Name),
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
		name += " (for a change on the way)"
	}
	row := []app.UI{app.Span().Class("name").ID(fmt.Sprintf("image-%d-name", i)).Text(name)}
	if !image.Later {
		row = append(row,
			field(weightID(i), "Weight", image.Weight, func(image *ImagePrompt, text string) { image.Weight = text }),
			field(stopID(i), "Stop", image.Stop, func(image *ImagePrompt, text string) { image.Stop = text }))
	}
	if image.Picture == nil {
		id := fmt.Sprintf("image-%d-file", i)
		row = append(row, p.fileInput(id, "Open "+image.Name, fmt.Sprintf("image-%d-name", i), p.chooseFile(id, p.state.FillImagePrompt(image.Name))))
	}
	if !image.Later {
		row = append(row, p.button("Remove "+image.Name, "", true, func(app.Context, app.Event) {
			p.state.RemoveImagePrompt(i)
			p.changed(now)
		}))
	}
	return app.Li().Body(row...)
}
