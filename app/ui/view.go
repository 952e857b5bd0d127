package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/settings"
	"reverie/gpu/guide"
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
			p.renderUpdate(),
			app.Div().Class("studio").Body(p.renderResult(), p.renderControls()),
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
		bar := app.Progress().Aria("label", phaseName(s.Progress.Phase))
		if s.Progress.Total > 0 {
			bar = bar.Max(1).Value(float64(s.Progress.Done) / float64(s.Progress.Total))
		}
		return row.Body(bar, app.Span().Text(s.progressText()))
	case s.runUnderWay():
		bar := app.Progress().Aria("label", "Steps").Max(s.Run.Settings.Steps).Value(s.Run.Step)
		return row.Body(bar, app.Span().Text(strconv.Itoa(s.Run.Percent())+" %"))
	}
	return row.Body(app.Span().Text(""))
}

func (s *State) runUnderWay() bool {
	return s.Run != nil && !s.Run.Ended && s.Phase >= Running
}

// progressText is the phase with its count, and a download's speed and time left.
func (s *State) progressText() string {
	m := s.Progress
	text := phaseName(m.Phase)
	switch {
	case m.Total <= 0:
		return text
	case !s.downloading() && m.Phase != guide.PhaseLoad:
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
	parts := []string{fmt.Sprintf("Step %d of %d", s.Run.Step, s.Run.Settings.Steps)}
	if pace1 := s.Run.Pace(); pace1 > 0 {
		parts = append(parts, pace(pace1))
		if s.Phase == Running {
			parts = append(parts, clock(s.Run.Left())+" left")
		}
	}
	if s.Run.Bytes > 0 {
		parts = append(parts, byteCount(s.Run.Bytes)+" of GPU memory")
	}
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
			app.Label().For("prompt").Text("Prompt"),
			app.Textarea().ID(promptID).Rows(3).Spellcheck(true).Aria("describedby", "prompt-help").
				Placeholder("a red apple | green leaves:0.5").Attr("value", s.Form.Prompt).
				OnInput(p.typed(&s.Form.Prompt)).OnKeyDown(p.promptKey),
			app.P().ID("prompt-help").Class("help").Text("Several prompts with | between them, each with a weight if you like, as in “roses | fog:0.5 | text:-0.3”. Ctrl+Enter starts."),
		),
		app.Div().Class("examples").Role("group").Aria("label", "Examples").Body(
			app.Range(Examples).Slice(func(i int) app.UI {
				return p.button(Examples[i], "chip", true, func(app.Context, app.Event) { s.Form.Prompt = Examples[i] })
			}),
		),
		p.renderButtons(),
		app.P().ID("problem").Class("problem").Hidden(s.Problem == "").Text(s.Problem),
		app.P().Class("privacy").Text("Runs on your device. Nothing is uploaded."),
		p.renderNumberFields(),
		app.P().ID("forecast").Class("help").Text(s.forecastText()),
		p.renderModel(),
		p.renderImages(),
		p.renderAdvanced(),
		p.renderStorage(),
		notices(s.Notices),
	)
}

func (p *Page) renderButtons() app.UI {
	s := &p.state
	label, enabled := s.primary()
	return app.Div().Class("buttons").Body(
		p.button(label, "primary", enabled, p.pressPrimary),
		p.button("Stop", "", s.Working() && s.Phase != Stopping, p.pressStop),
		p.button("Download PNG", "", s.Shown != nil, p.pressDownload),
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

// typed keeps what is typed in a field.
func (p *Page) typed(to *string) app.EventHandler {
	return func(ctx app.Context, _ app.Event) {
		*to = ctx.JSSrc().Get("value").String()
		p.foresee()
	}
}

func (p *Page) renderNumberFields() app.UI {
	f := &p.state.Form
	return app.Div().Class("grid").Body(
		p.number("Width", "1", &f.Width, "Pixels; rounded to what the model draws."),
		p.number("Height", "1", &f.Height, ""),
		p.number("Steps", "0", &f.Steps, "You can stop at any time."),
		p.number("Cutouts", "1", &f.Cutouts, "Views of the picture that CLIP judges per step. More is smoother and slower."),
		p.number("Seed", "0", &f.Seed, "The same seed gives the same picture."),
		app.Div().Class("field beside").Body(p.button("New seed", "", true, p.pressRandomSeed)),
	)
}

func fieldID(label string) string {
	return "field-" + strings.ReplaceAll(strings.ToLower(label), " ", "-")
}

// number is a spinbutton with its label and help.
func (p *Page) number(label, min string, to *string, help string) app.UI {
	id := fieldID(label)
	return app.Div().Class("field").Body(
		app.Label().For(id).Text(label),
		app.Input().ID(id).Type("number").Min(min).Attr("step", "1").Attr("inputmode", "numeric").Aria("describedby", id+"-help").
			Value(*to).OnInput(p.typed(to), app.EventScope(label)),
		app.P().ID(id+"-help").Class("help").Text(help),
	)
}

// decimal is a text field for a number that need not be whole. While it is empty, byDefault stands there.
func (p *Page) decimal(label string, to *string, byDefault, help string) app.UI {
	id := fieldID(label)
	return app.Div().Class("field").Body(
		app.Label().For(id).Text(label),
		app.Input().ID(id).Type("text").Attr("inputmode", "decimal").Aria("describedby", id+"-help").
			Placeholder(byDefault).Value(*to).OnInput(p.typed(to), app.EventScope(label)),
		app.P().ID(id+"-help").Class("help").Text(help),
	)
}

func (p *Page) renderImages() app.UI {
	s := &p.state
	start := "Choose or drop a picture: one of Reverie's restores its settings, any other is the start picture."
	if s.Start != nil {
		start = "The next run starts from " + s.Start.Name + "."
	}
	return app.Div().Class("field").Body(
		app.Div().Class("row").Body(
			p.fileInput(openImageID, "Open image", p.chooseFile(openImageID, s.OpenFile)),
			app.If(s.Start != nil, func() app.UI {
				return p.button("Remove start picture", "", true, func(app.Context, app.Event) { s.RemoveStart() })
			}),
			app.If(s.Offer != nil, func() app.UI {
				return p.button("Use it as start picture", "", true, func(app.Context, app.Event) { s.UseOffer() })
			}),
		),
		app.P().ID(openImageID+"-help").Class("help").Text(start),
	)
}

// fileInput looks like a button; the input itself is there for keyboards and screen readers.
func (p *Page) fileInput(id, label string, chosen app.EventHandler) app.UI {
	return app.Div().Class("file").Body(
		app.Input().ID(id).Type("file").Disabled(!p.live).Accept("image/png,image/jpeg,image/gif").Aria("describedby", id+"-help").OnChange(chosen, app.EventScope(id)),
		app.Label().For(id).Class("button").Text(label),
	)
}

func (p *Page) renderAdvanced() app.UI {
	s := &p.state
	rate, cutPow, smoothness := s.Model().suggests()
	return app.Details().Class("advanced").Body(
		app.Summary().Text("Advanced"),
		p.choice("preset", "Preset", &s.Form.Preset, "How the cutouts are made before CLIP sees them.",
			option(settings.PresetUpd, "upd: crops, flipped, turned and noisy", s.Form.Preset),
			option(settings.PresetZQ, "zq: plain crops", s.Form.Preset),
			option(settings.PresetPool, "pool: the whole picture, strongly varied", s.Form.Preset)),
		p.choice("augment", "Augmentations", &s.Form.Augment, "What of the preset is done to the cutouts: “all” is what the notebooks do.",
			option(settings.AugmentMoves, "moves: flips, turns, perspective and noise", s.Form.Augment),
			option(settings.AugmentAll, "all: blurred, recoloured and erased, too", s.Form.Augment)),
		app.Div().Class("grid").Body(
			p.decimal("Learning rate", &s.Form.LearningRate, rate, "How far each step goes: 0.05 is calm, 0.3 is wild. Left empty, the model's own."),
			p.decimal("Cut power", &s.Form.CutPow, cutPow, "Above 1 prefers small cutouts, below 1 large ones. Left empty, the model's own."),
			p.decimal("Smoothness", &s.Form.Smoothness, smoothness, "How strongly stray strokes are kept off plain grounds: 0 leaves them. Left empty, the model's own."),
			p.decimal("Start weight", &s.Form.InitWeight, "", "How strongly the picture is held to its start."),
		),
		p.choice("precision", "Precision", &s.Form.Precision, "Half makes room for larger pictures. The same seed gives a slightly different one.",
			option(settings.PrecisionFull, "full", s.Form.Precision),
			option(settings.PrecisionHalf, "half: takes less memory", s.Form.Precision)),
		app.Div().Class("field").Body(
			p.fileInput(imagePromptID, "Add image prompt", p.chooseFile(imagePromptID, s.AddImagePrompt)),
			app.P().ID(imagePromptID+"-help").Class("help").Text("A picture that pulls like a text."),
			app.Ul().Class("image-prompts").Body(
				app.Range(s.Images).Slice(func(i int) app.UI { return p.renderImagePrompt(i) }),
			),
		),
	)
}

// choice is a setting that is one of a few.
func (p *Page) choice(id, label string, to *string, help string, options ...app.UI) app.UI {
	return app.Div().Class("field").Body(
		app.Label().For(id).Text(label),
		app.Select().ID(id).Aria("describedby", id+"-help").OnChange(p.typed(to)).Body(options...),
		app.P().ID(id+"-help").Class("help").Text(help),
	)
}

func option(value, label, chosen string) app.UI {
	return app.Option().Value(value).Selected(value == chosen).Text(label)
}

func (p *Page) renderImagePrompt(i int) app.UI {
	image := &p.state.Images[i]
	field := func(kind string, to *string) app.UI {
		label := kind + " of " + image.Name
		id := fmt.Sprintf("image-%d-%s", i, kind)
		return app.Span().Body(
			app.Label().For(id).Text(label),
			app.Input().ID(id).Type("text").Attr("inputmode", "decimal").Value(*to).OnInput(func(ctx app.Context, _ app.Event) {
				if i < len(p.state.Images) {
					*to = ctx.JSSrc().Get("value").String()
				}
			}, app.EventScope(image.Name, label)),
		)
	}
	name := image.Name
	if image.Picture == nil {
		name += " (not opened yet)"
	}
	return app.Li().Body(
		app.Span().Class("name").Text(name),
		field("Weight", &image.Weight),
		field("Stop", &image.Stop),
		p.button("Remove "+image.Name, "", true, func(app.Context, app.Event) { p.state.RemoveImagePrompt(i) }),
	)
}
