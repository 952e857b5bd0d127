package ui

import (
	"fmt"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
)

// renderStage is the picture with what belongs to it.
func (p *Page) renderStage() app.UI {
	s := &p.state
	class := "frame"
	if p.crisp {
		class += " crisp"
	}
	return elem("section").Class("stage").Aria("label", pictureLabel).Body(
		elem("div").Class(class).ID(frameID).Body(
			elem("canvas").ID(previewID).Role("img").Aria("label", s.PreviewName()).Aria("hidden", p.finishedShown()),
			p.renderFinished(),
			p.renderVeil(),
			elem("div").ID(ringID).Aria("hidden", "true").Hidden(!s.brush.on),
			elem("p").ID(veilID+"-help").Class("unseen").Text(paintKeys),
			p.renderHello(),
			elem("div").Class("tools").Body(
				p.iconButton(fullScreenButton, "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", true, p.pressFullScreen),
				p.iconButton(showMasks, "M4 18c6 3 12-3 16-13M4 18c0-4 3-5 5-4", true, p.pressShowMasks).Aria("pressed", s.brush.shown).Hidden(s.brush.on || !s.Painted()),
				p.iconButton(crispButton, "M4 4h7v7H4zM13 13h7v7h-7z", true, p.pressCrisp).Aria("pressed", p.crisp),
				p.iconButton(seeInsideButton, "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z", true, p.pressInside),
			),
		),
		p.renderBrush(),
		elem("div").ID(timeID).Class("time").Body(
			p.renderProgress(),
			p.renderTrack(),
			p.renderLook(),
			p.renderActions(),
		),
	)
}

// renderHello is what fills the frame before the first picture.
func (p *Page) renderHello() app.UI {
	s := &p.state
	if s.Shown != nil || s.Run != nil || s.MasksVisible() {
		return elem("div").Hidden(true)
	}
	return elem("div").Class("hello").Hidden(false).Body(
		elem("div").Class("film").Body(
			// What the recorded run ends with: app.css lets it move. It says nothing that the words do not.
			elem("img").Attr("src", "/web/recorded-still.webp").Role("presentation").Attr("width", 512).Attr("height", 512).Attr("fetchpriority", "high"),
			elem("div").Class("said").Body(elem("p").Class("tagline").Text(tagline), elem("p").Text(where), elem("p").Class("played").Text(played)),
		),
	)
}

func (p *Page) renderTrack() app.UI {
	s := &p.state
	if s.Run == nil {
		return elem("div").Hidden(true)
	}
	t := newTrack(s.Run, s.Phase == Running)
	if s.look.on {
		t.Where = s.Run.atStep(s.look.step)
		t.Left = lookingBack
	}
	return t.Render()
}

// renderActions is what one does with a run and its picture.
func (p *Page) renderActions() app.UI {
	s := &p.state
	return elem("div").Class("actions").Body(
		p.button(copyLinkButton, "chip", true, p.pressCopyLink),
		p.button(stopButton, "chip", s.Working() && s.Phase != Stopping, p.pressStop),
		p.button(continueButton, "chip", s.CanContinue(), p.pressContinue),
		p.button(filmLabel, "chip", s.CanFilm(), p.pressFilm),
		p.renderShare(),
		p.button(downloadPNGButton, "chip strong", s.Shown != nil, p.pressDownload),
	)
}

// renderProgress is there while something is under way; the frame keeps its place.
func (p *Page) renderProgress() app.UI {
	s := &p.state
	row := elem("div").Class("progress")
	switch {
	case s.Phase == Loading || s.Phase == Measuring || s.Phase == Starting || s.Phase == Stopping && s.Progress.Phase != "" && !s.runUnderWay():
		bar := elem("progress").Aria("label", PhaseName(s.Progress.Phase))
		if s.Progress.Total > 0 {
			bar = bar.Attr("max", 1).Attr("value", float64(s.Progress.Done)/float64(s.Progress.Total))
		}
		return row.Body(bar, elem("span").Text(s.progressText()))
	case s.runUnderWay():
		row = row.Class("made")
		_, end := s.Run.Steps()
		if !end {
			return row.Body(elem("progress").Aria("label", stepsLabel))
		}
		steps, _ := s.Run.Steps()
		return row.Body(elem("progress").Aria("label", stepsLabel).Attr("max", steps).Attr("value", s.Run.Step))
	}
	return row
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
		return fmt.Sprintf(phaseCount, text, m.Done, m.Total)
	}
	return text + ": " + s.countText()
}

// countText is the bytes of a model that are there, and a download's speed and time left.
func (s *State) countText() string {
	m := s.Progress
	text := fmt.Sprintf(shareOf, byteCount(m.Done), byteCount(m.Total))
	if speed := s.rate.speed(); s.downloading() && speed > 0 {
		text += fmt.Sprintf(downloadPace, byteCount(int64(speed)), clock(s.rate.left(m.Total-m.Done)))
	}
	return text
}

// numbers says where a run is and how fast. Until some steps were measured the times are what was foreseen.
func (r *Run) numbers(running bool) []string {
	parts := []string{r.At()}
	about := aboutWord
	each, measured := r.Pace()
	if measured {
		about = ""
	}
	if each > 0 {
		parts = append(parts, about+pace(each))
		if _, end := r.Steps(); running && end {
			parts = append(parts, fmt.Sprintf(timeLeft, about, clock(r.Left())))
		}
	}
	return parts
}
