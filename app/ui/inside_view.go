package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/protocol"
)

// The ids of the canvases of the walk.
const (
	insidePictureID = "inside-picture"
	insideGlowID    = "inside-glow"
	insideMapID     = "inside-map"
	stationID       = "station"
	insideCutoutID  = "inside-cutout-"
	insideStripesID = "inside-stripes-"
)

const (
	mostCutouts = 16 // that are shown
	mostStripes = 4  // prompts whose embeddings are shown
)

// renderInside is the walk through the loop, on the person's own run.
func (p *Page) renderInside() []app.UI {
	s := &p.state
	at, in := s.Station(), s.Inside()
	next := (s.inside.station + 1) % len(stations)
	body := []app.UI{
		elem("div").Class("loop").Role("group").Aria("label", loopLabel).Body(app.Range(stations).Slice(func(i int) app.UI {
			now := "false"
			if i == s.inside.station {
				now = "step"
			}
			return app.Button().Type("button").Disabled(!p.live).Aria("current", now).Body(elem("b").Text(fmt.Sprint(i+1)), elem("span").Text(stations[i].Word)).
				OnClick(p.goesTo(i), app.EventScope(i))
		})),
		elem("h3").ID(stationID).TabIndex(-1).Body(app.Text(fmt.Sprintf("%d · %s ", s.inside.station+1, at.Title)), elem("span").Class("dim").Text(at.Term)),
		elem("p").Class("told").Body(p.linked(at.Text)...),
		elem("p").Class("quiet").ID("inside-where").Text(s.insideWhere()),
	}
	if in != nil {
		facts := s.facts(in)
		body = append(body, p.renderPlot(at.ID, in), elem("ul").Class("facts").Hidden(false).Aria("label", stationFacts).Body(
			app.Range(facts).Slice(func(i int) app.UI { return elem("li").Text(facts[i]) })))
	} else {
		body = append(body, elem("div").Hidden(true), elem("div").Hidden(true))
	}
	return append(body, elem("div").Class("row").Body(
		p.button(fmt.Sprintf(nextStation, next+1, stations[next].Word), "primary", true, p.goesTo(next)),
		p.button(glossaryTitle, "", true, p.pressGlossary),
	))
}

// pressInside unfolds the walk and leads the person to it.
func (p *Page) pressInside(app.Context, app.Event) {
	p.folds[insideFold] = true
	p.askInside()
	p.drawInside()
	p.ctx.Defer(func(app.Context) { focus(stationID) })
}

// goesTo leads to a station.
func (p *Page) goesTo(i int) app.EventHandler {
	return func(app.Context, app.Event) {
		p.state.GoTo(i)
		p.drawInside()
	}
}

// renderPlot shows a station's own data.
func (p *Page) renderPlot(station string, in *protocol.Inspected) app.UI {
	plot := elem("div").Class("plot").ID("plot-" + station).Hidden(false)
	picture := func(over ...app.UI) app.UI {
		return elem("div").Class("layers").Body(append([]app.UI{elem("canvas").ID(insidePictureID).Role("img").Aria("label", stationPicture)}, over...)...)
	}
	lit := func(name string) app.UI { return elem("canvas").ID(insideGlowID).Role("img").Aria("label", name) }
	switch station {
	case "latent":
		return plot.Body(elem("canvas").ID(insideMapID).Class("map").Role("img").Aria("label", tokenMapLabel), elem("p").Class("help").Text(mapHelp))
	case "decoder":
		return plot.Body(picture())
	case "cutouts":
		return plot.Body(picture(p.renderBoxes(in)), p.renderCutouts(in, nil))
	case "clip":
		return plot.Body(p.renderCutouts(in, nil), p.renderStripes(in), elem("p").Class("help").Text(stripesHelp))
	case "distance":
		return plot.Body(p.renderDistances(in), p.renderCutouts(in, in.Scores))
	case "backward":
		return plot.Body(picture(lit(gradientLabel)))
	}
	return plot.Body(picture(lit(movedLabel)))
}

// renderBoxes marks where the cutouts were taken.
func (p *Page) renderBoxes(in *protocol.Inspected) app.UI {
	drawn := make([]app.UI, 0, mostCutouts)
	for i, b := range in.Boxes[:min(len(in.Boxes), mostCutouts)] {
		class := "box-mark"
		if i == p.state.inside.cutout {
			class = "box-mark chosen"
		}
		drawn = append(drawn, svg("rect").Attr("class", class).Attr("x", fmt.Sprint(b.X)).Attr("y", fmt.Sprint(b.Y)).Attr("width", fmt.Sprint(b.W)).Attr("height", fmt.Sprint(b.H)))
	}
	return svg("svg").Attr("class", "boxes").Attr("viewBox", fmt.Sprintf("0 0 %d %d", in.Picture.Width, in.Picture.Height)).Attr("aria-hidden", "true").Body(drawn...)
}

// renderCutouts are the cutouts as CLIP sees them, to choose from, with the distance to the first prompt under each if scores are given.
func (p *Page) renderCutouts(in *protocol.Inspected, scores [][]float64) app.UI {
	n := min(len(in.Boxes), mostCutouts)
	list := elem("ul").Class("cuts").Aria("label", fmt.Sprintf(chosenOf, n, count(len(in.Boxes), "cutout")))
	return list.Body(app.Range(make([]struct{}, n)).Slice(func(i int) app.UI {
		name, text := fmt.Sprintf(cutoutNumber, i+1), ""
		if len(scores) > 0 {
			text = fmt.Sprintf("%.2f", math.Abs(scores[0][i]))
			name += fmt.Sprintf(cutoutDistance, text)
		}
		return elem("li").Body(app.Button().Type("button").Class("cut").Aria("pressed", i == p.state.inside.cutout).Aria("label", name).
			Body(elem("canvas").ID(fmt.Sprint(insideCutoutID, i)), elem("span").Text(text)).
			OnClick(func(app.Context, app.Event) {
				p.state.ChooseCutout(i)
				p.drawInside()
			}, app.EventScope(i)))
	}))
}

// renderStripes are the embeddings of the chosen cutout and of the prompts, one above the other.
func (p *Page) renderStripes(in *protocol.Inspected) app.UI {
	names := []string{fmt.Sprintf(cutoutNumber, p.state.inside.cutout+1)}
	for i, name := range p.state.targetNames(in)[:min(len(in.Scores), mostStripes)] {
		names = append(names, fmt.Sprintf(nameDistance, name, math.Abs(in.Scores[i][p.state.inside.cutout])))
	}
	return elem("div").Class("stripes").Body(app.Range(names).Slice(func(i int) app.UI {
		return elem("div").Body(elem("p").Class("help").Text(names[i]), elem("canvas").ID(fmt.Sprint(insideStripesID, i)).Role("img").Aria("label", fmt.Sprintf(embeddingOf, names[i])))
	}))
}

// renderDistances are bars, one for each cutout, prompt by prompt, with a line at their mean.
func (p *Page) renderDistances(in *protocol.Inspected) app.UI {
	const w, h = 240, 56
	names := p.state.targetNames(in)
	most := 0.01
	for _, scores := range in.Scores {
		for _, d := range scores {
			most = max(most, math.Abs(d))
		}
	}
	return elem("div").Class("bars").Body(app.Range(names).Slice(func(k int) app.UI {
		scores := in.Scores[k]
		var path strings.Builder
		each := float64(w) / float64(len(scores))
		for i, d := range scores {
			fmt.Fprintf(&path, "M%.1f %dv%.1fh%.1fV%dz", float64(i)*each+each*0.1, h, -math.Abs(d)/most*h, each*0.8, h)
		}
		line := fmt.Sprintf("%.1f", h-math.Abs(mean(scores))/most*h)
		name := fmt.Sprintf(distancesOf, names[k], math.Abs(slices.Min(scores)), math.Abs(slices.Max(scores)), math.Abs(mean(scores)))
		return elem("div").Class(fmt.Sprintf("c%d", k%trackColors)).Body(
			elem("p").Text(names[k]),
			svg("svg").Attr("viewBox", fmt.Sprintf("0 0 %d %d", w, h)).Attr("preserveAspectRatio", "none").Attr("role", "img").Attr("aria-label", name).Body(
				svg("path").Attr("d", path.String()),
				svg("line").Attr("class", "mean").Attr("x1", "0").Attr("x2", fmt.Sprint(w)).Attr("y1", line).Attr("y2", line)),
		)
	}))
}

// insidePictures are the pictures of the station that is shown, by the ids of their canvases.
func (s *State) insidePictures() map[string]*protocol.Picture {
	in := s.Inside()
	if in == nil {
		return nil
	}
	list := map[string]*protocol.Picture{insidePictureID: in.Picture}
	switch s.Station().ID {
	case "latent":
		if in.Tokens != nil {
			list[insideMapID] = tokenMap(codes(in.Tokens), s.tokensBefore(in), in.Move.Columns)
		}
	case "clip":
		list[insideStripesID+"0"] = stripes(embedding(in, len(in.Scores)+s.inside.cutout))
		for i := range min(len(in.Scores), mostStripes) {
			list[fmt.Sprint(insideStripesID, i+1)] = stripes(embedding(in, i))
		}
	case "backward":
		list[insideGlowID] = glow(in.Pull)
	case "adam":
		list[insideGlowID] = glow(in.Move)
	}
	if id := s.Station().ID; id == "cutouts" || id == "clip" || id == "distance" {
		for i := range min(len(in.Boxes), mostCutouts) {
			list[fmt.Sprint(insideCutoutID, i)] = cutout(in.Cutouts, i)
		}
	}
	return list
}

// drawInside puts the pictures of the station on their canvases, once these are on the page.
func (p *Page) drawInside() {
	if !p.folds[insideFold] {
		return
	}
	p.ctx.Defer(func(app.Context) {
		for id, picture := range p.state.insidePictures() {
			draw(id, picture, p.canvasBack)
		}
	})
}

// askInside asks for the inside of a step, if the panel shows it.
func (p *Page) askInside() {
	p.state.OpenInside(p.folds[insideFold])
	p.send(p.state.AskInside(time.Now()))
}
