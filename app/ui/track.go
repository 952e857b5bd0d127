package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

// The track's own coordinates.
const (
	trackWidth  = 240
	trackHeight = 48
	trackPoints = 120 // a longer history is thinned to this many
	trackColors = 6
)

// curve is the loss of one prompt.
type curve struct {
	Name   string
	Losses []float64
}

// mark is a step from which on something is otherwise.
type mark struct {
	Step int
	What string
}

// track is what a run shows of itself under its picture: how far it is, how each prompt's loss falls, and where it was changed. It knows
// nothing of the page, so a head to look back with has a place here.
type track struct {
	Step, Steps int // of which no Steps are an endless run's
	Where, Left string
	Curves      []curve
	Marks       []mark
	Name        string // of the curves
}

// newTrack is the track of a run.
func newTrack(r *Run, running bool) track {
	t := track{Step: r.Step, Where: r.At(), Curves: r.curves(), Name: lossSoFar}
	if steps, end := r.Steps(); end {
		t.Steps = steps
	}
	if n := len(r.Losses); n > 1 {
		t.Name = fmt.Sprintf(lossFromTo, r.Losses[0], r.Losses[n-1])
	}
	t.Left = strings.Join(r.numbers(running)[1:], " · ")
	for _, c := range r.Script.Changes {
		if c.Step > 0 && c.Step <= r.Step {
			t.Marks = append(t.Marks, mark{c.Step, fmt.Sprintf(changedFromStep, c.Step+1, names(options(c.Set)))})
		}
	}
	return t
}

// curves are the run's losses: one for each prompt, as long as the run has them, else their sum.
func (r *Run) curves() []curve {
	names := r.promptNames()
	if len(r.parts) == 0 || len(names) < 2 || len(r.parts[len(r.parts)-1]) < len(names) {
		return []curve{{lossLabel, r.Losses}}
	}
	n := len(r.parts[len(r.parts)-1])
	list := make([]curve, len(names))
	for i := range list {
		list[i].Name = names[i]
		for _, losses := range r.parts {
			if len(losses) == n { // before a change there may have been others
				list[i].Losses = append(list[i].Losses, losses[n-len(names)+i])
			}
		}
	}
	return list
}

// promptNames are the texts and pictures that pull now, in the order of their losses.
func (r *Run) promptNames() []string {
	now := r.now()
	phases, err := prompt.Parse(recipe.Prompt.In(now))
	if err != nil || len(phases) != 1 {
		return nil
	}
	var list []string
	for _, p := range phases[0] {
		list = append(list, p.Text)
	}
	for _, image := range recipe.ImagePrompts.In(now) {
		list = append(list, image.Name)
	}
	if recipe.InitClip.In(now) > 0 && recipe.InitImage.In(now) != "" {
		list = append(list, recipe.InitImage.Label)
	}
	for _, part := range recipe.PartsOf(recipe.NoisePrompts.In(now)) {
		list = append(list, recipe.NoisePrompts.Label+" "+part.Name)
	}
	for range recipe.PartsOf(recipe.VectorPrompts.In(now)) {
		list = append(list, recipe.VectorPrompts.Label)
	}
	return list
}

// end is the step at the track's right end.
func (t track) end() int {
	if t.Steps > 0 {
		return max(t.Steps, t.Step)
	}
	return max(t.Step, 1)
}

// x is where a step lies.
func (t track) x(step int) float64 { return float64(step) / float64(t.end()) * trackWidth }

// points are a polyline of a curve, which ends at the present step; empty for fewer than two values.
func (t track) points(c curve) string {
	if len(c.Losses) < 2 {
		return ""
	}
	values := thin(c.Losses, trackPoints)
	low, high := t.span()
	from, to := t.x(t.Step-len(c.Losses)), t.x(t.Step)
	var b strings.Builder
	for i, v := range values {
		x := from + float64(i)/float64(len(values)-1)*(to-from)
		fmt.Fprintf(&b, "%.1f,%.1f ", x, 3+(high-v)/(high-low)*(trackHeight-10))
	}
	return strings.TrimSpace(b.String())
}

// span is the least and the greatest loss of all curves.
func (t track) span() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, c := range t.Curves {
		if len(c.Losses) > 0 {
			low, high = min(low, slices.Min(c.Losses)), max(high, slices.Max(c.Losses))
		}
	}
	if !(high > low) {
		high = low + 1
	}
	return low, high
}

const svgNamespace = "http://www.w3.org/2000/svg"

func svg(tag string) app.HTMLElem { return app.Elem(tag).XMLNS(svgNamespace) }

// Render draws the track.
func (t track) Render() app.UI {
	var drawn []app.UI
	for i, c := range t.Curves {
		drawn = append(drawn, svg("polyline").Attr("class", fmt.Sprintf("curve c%d", i%trackColors)).Attr("points", t.points(c)))
	}
	for _, m := range t.Marks {
		x := fmt.Sprintf("%.1f", t.x(m.Step))
		drawn = append(drawn, svg("line").Attr("class", "mark").Attr("x1", x).Attr("x2", x).Attr("y1", "0").Attr("y2", fmt.Sprint(trackHeight)).
			Body(svg("title").Text(m.What)))
	}
	legend := t.Curves
	if len(legend) < 2 {
		legend = nil
	}
	return elem("div").Class("track").Body(
		elem("div").Class("where").Body(
			elem("b").Text(t.Where), elem("span").Class("dim").Text(t.Left),
			elem("ul").Class("legend").Aria("label", curvesLabel).Hidden(len(legend) == 0).Body(
				app.Range(legend).Slice(func(i int) app.UI { return elem("li").Class(fmt.Sprintf("c%d", i%trackColors)).Text(legend[i].Name) }),
			),
		),
		svg("svg").Attr("class", "curves").Attr("viewBox", fmt.Sprintf("0 0 %d %d", trackWidth, trackHeight)).
			Attr("preserveAspectRatio", "none").Attr("role", "img").Attr("aria-label", t.Name).Body(drawn...),
	)
}

// thin replaces values by at most n means of equal stretches.
func thin(values []float64, n int) []float64 {
	if len(values) <= n {
		return values
	}
	means := make([]float64, n)
	for i := range means {
		stretch := values[i*len(values)/n : (i+1)*len(values)/n]
		for _, v := range stretch {
			means[i] += v / float64(len(stretch))
		}
	}
	return means
}
