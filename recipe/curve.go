package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Curves is a kind of courses that options take over a run's steps, of type string: learning_rate 0:(0.1), 60:(0.3); smoothness 0:(0), 50:(1.2).
// Each is an option that a run takes at once and whose values are real numbers, with keyframes: the number of updates made, and the value then.
type Curves struct{}

// MaxKeyframes is the most that all curves have together.
const MaxKeyframes = 10000

// curve is one option's course.
type curve struct {
	option *Option
	frames []keyframe // by step
}

type keyframe struct {
	step  int
	value float64
}

// at is the value after step updates: on a line between keyframes, and before the first and after the last as there.
func (c curve) at(step int) float64 {
	next, _ := slices.BinarySearchFunc(c.frames, step, func(k keyframe, step int) int { return k.step - step })
	switch {
	case next == 0:
		return c.frames[0].value
	case next == len(c.frames):
		return c.frames[next-1].value
	}
	a, b := c.frames[next-1], c.frames[next]
	return a.value + (b.value-a.value)*float64(step-a.step)/float64(b.step-a.step)
}

// CanFollow says whether an option can have a curve.
func (o *Option) CanFollow() bool {
	_, real := o.Kind.(Real)
	return real && o.During == TakesAtOnce
}

func parseCurves(text string) (list []curve, err error) {
	count := 0
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, frames, _ := strings.Cut(part, " ")
		o, ok := Named(name)
		if !ok || !o.CanFollow() {
			return nil, fmt.Errorf("no option %.30q can follow keyframes: write one like learning_rate 0:(0.1), 60:(0.3)", name)
		}
		if slices.ContainsFunc(list, func(c curve) bool { return c.option == o }) {
			return nil, fmt.Errorf("write %s once", name)
		}
		c := curve{option: o}
		for frame := range strings.SplitSeq(frames, ",") {
			step, value, _ := strings.Cut(strings.TrimSpace(frame), ":")
			n, errStep := strconv.ParseUint(strings.TrimSpace(step), 10, 31)
			v, errValue := strconv.ParseFloat(strings.Trim(strings.TrimSpace(value), "()"), 64)
			if errStep != nil || errValue != nil || n > MaxSteps || math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("write keyframes like 60:(0.3), not %.20q", frame)
			}
			if valid, _, err := o.Check(v); err != nil || valid != v {
				return nil, fmt.Errorf("%s cannot be %g", name, v)
			}
			c.frames = append(c.frames, keyframe{int(n), v})
		}
		slices.SortStableFunc(c.frames, func(a, b keyframe) int { return a.step - b.step })
		for i := 1; i < len(c.frames); i++ {
			if c.frames[i].step == c.frames[i-1].step {
				return nil, fmt.Errorf("%s has two keyframes at step %d", name, c.frames[i].step)
			}
		}
		list, count = append(list, c), count+len(c.frames)
	}
	if count > MaxKeyframes {
		return nil, errors.New("leave at most " + strconv.Itoa(MaxKeyframes) + " keyframes")
	}
	return list, nil
}

func (Curves) Parse(text string) (any, error) {
	list, err := parseCurves(text)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, c := range list {
		var frames []string
		for _, k := range c.frames {
			frames = append(frames, fmt.Sprintf("%d:(%s)", k.step, Real{}.Format(k.value)))
		}
		parts = append(parts, c.option.Name+" "+strings.Join(frames, ", "))
	}
	return strings.Join(parts, "; "), nil
}

func (Curves) Format(v any) string { return v.(string) }

func (k Curves) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (Curves) encode(v any) any { return v }

func (k Curves) check(o *Option, v any) (any, string, error) {
	valid, err := k.Parse(v.(string))
	if err != nil {
		return v, "", fmt.Errorf("The %s cannot be read: %w.", o.noun(), err)
	}
	return valid, "", nil
}

func (Curves) schema() map[string]any { return map[string]any{"type": "string"} }

// Keyed is the recipe with the values that its keyframes give once step updates are made.
func (r Recipe) Keyed(step int) Recipe {
	return r.followed(func(c curve) float64 { return c.at(step) })
}

// Peak is the recipe with the largest value that its keyframes give each option: what a run has a weight for at any time has one here.
func (r Recipe) Peak() Recipe {
	return r.followed(func(c curve) float64 {
		most := c.frames[0].value
		for _, k := range c.frames {
			most = max(most, k.value)
		}
		return most
	})
}

// lastRead are the curves that were read last, for a run asks for the same ones at each step.
var lastRead atomic.Pointer[readCurves]

type readCurves struct {
	text string
	list []curve
}

func (r Recipe) followed(value func(curve) float64) Recipe {
	text := Keyframes.In(r)
	if text == "" {
		return r
	}
	read := lastRead.Load()
	if read == nil || read.text != text {
		list, _ := parseCurves(text) // it was checked
		read = &readCurves{text, list}
		lastRead.Store(read)
	}
	var set []Setting
	for _, c := range read.list {
		set = append(set, Setting{c.option, value(c)})
	}
	return r.With(set...)
}
