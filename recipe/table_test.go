//go:build !js

package recipe_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/app/ui"
	"reverie/gpu/guide"
	"reverie/recipe"
	"reverie/recipe/prompt"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// other is a value of an option that is not its default.
func other(t *testing.T, o *recipe.Option) any {
	t.Helper()
	switch o {
	case recipe.Prompt.Option:
		return "a blue heart:2 | x:-0.5:-0.25"
	case recipe.InitImage.Option:
		return "b.png"
	}
	switch k := o.Kind.(type) {
	case recipe.Text:
		return "other"
	case recipe.Whole:
		return o.Default.(int) + 3
	case recipe.Side:
		return 64
	case recipe.Real:
		return o.Default.(float64)/2 + 0.25
	case recipe.Choice:
		if k[0].Value == o.Default {
			return k[1].Value
		}
		return k[0].Value
	case recipe.Switch:
		return !o.Default.(bool)
	case recipe.TokenGrid:
		return recipe.Tokens{Columns: 12, Rows: 12, Codes: slices.Repeat([]uint16{3, 1023, 256}, 48)}
	case recipe.Area:
		return recipe.Mask{{Rectangle: []float64{-0.25, 0, 0.5, 1}, Softness: 0.125}, {Stroke: []float64{0.25, 0.5, 0.75, 0.5}, Radius: 0.125, Erase: true}}
	case recipe.RegionList:
		return []recipe.Region{{Prompt: 1, Mask: recipe.Mask{{Rectangle: []float64{0, 0, 0.5, 1}}}}}
	case recipe.Parts:
		if k.Vectors { // of as many numbers as mini's embeddings have
			return base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\x00\x00\x80\x3f", 256))) + ":0.5"
		}
		return "3 | 4:-0.5"
	case recipe.PerceptorList:
		return "mini:0.5"
	case recipe.Curves:
		return "aug_noise 0:(0.25), 4:(2); saturation 2:(1)"
	case recipe.Words:
		return "elastic flip"
	case recipe.Colours:
		return "12ab34"
	case recipe.Numbers:
		return "0 37.5"
	case recipe.Number64:
		return uint64(1)<<63 + 7
	case recipe.Pictures:
		return []prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}}
	}
	t.Fatalf("%s: no other value of %T", o.Name, o.Kind)
	return nil
}

// beside is the recipe beside which an option has an effect.
func beside(t *testing.T, o *recipe.Option) recipe.Recipe {
	t.Helper()
	base := recipe.New(recipe.Prompt.Is("a red apple"), recipe.Seed.Is(7), recipe.LearningRate.Is(0.1), recipe.CutPow.Is(1), recipe.Smoothness.Is(0),
		recipe.Width.Is(96), recipe.Height.Is(96), recipe.Steps.Is(5), recipe.Cutouts.Is(2))
	if o.Beside == "" {
		return base
	}
	var r recipe.Recipe
	if err := json.Unmarshal([]byte(o.Beside), &r); err != nil {
		t.Fatalf("%s: beside: %v", o.Name, err)
	}
	return base.With(r.Said()...)
}

// Every option keeps its value on every way that a run takes, and the engine does something else with another one: it records another
// step, or draws, starts or updates otherwise. Whoever removes the line that hands an option on sees it here.
func TestEveryOption(t *testing.T) {
	manifest, err := folder.Manifest(mini.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range recipe.Options() {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			base := beside(t, o)
			value := other(t, o)
			changed := base.With(recipe.Setting{Option: o, Value: value})
			if reflect.DeepEqual(changed.Value(o), base.Value(o)) {
				t.Fatalf("%v is no other value", value)
			}
			for _, way := range []struct {
				name string
				take func(*testing.T, recipe.Recipe) recipe.Recipe
			}{
				{"JSON", throughJSON}, {"link", throughLink}, {"picture", throughPicture}, {"form", throughForm}, {"flag", throughFlags}, {"protocol", throughProtocol},
			} {
				if got := way.take(t, changed).Value(o); !reflect.DeepEqual(got, value) {
					t.Errorf("through %s it is %v, was %v", way.name, got, value)
				}
			}
			if cost := changed.CostKey() != base.CostKey(); cost != o.Costs {
				t.Errorf("a run of another value has another key of costs: %t, and it costs something: %t", cost, o.Costs)
			}
			if o != recipe.Model.Option { // which model is run the worker decides: see its tests
				demandEffect(t, manifest, o, base, changed)
				demandEffects(t, manifest, o, base, changed)
			}
		})
	}
}

func throughJSON(t *testing.T, r recipe.Recipe) recipe.Recipe {
	return scriptThroughJSON(t, recipe.Script{Recipe: r}).Recipe
}

func scriptThroughJSON(t *testing.T, s recipe.Script) recipe.Script {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	read, notices, err := recipe.FromJSON(b)
	if err != nil || notices != nil {
		t.Errorf("%s: %q, %v", b, notices, err)
	}
	return read
}

func throughLink(t *testing.T, r recipe.Recipe) recipe.Recipe {
	t.Helper()
	read, notices := recipe.FromLink(r.ToLink())
	if notices != nil {
		t.Errorf("%s: %q", r.ToLink(), notices)
	}
	return read.Recipe
}

func throughPicture(t *testing.T, r recipe.Recipe) recipe.Recipe {
	t.Helper()
	png, _, err := picture.Write(make([]byte, 4*96*96), 96, 96, picture.Meta{Script: recipe.Script{Recipe: r}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := picture.Read(png)
	if err != nil || !found.Complete {
		t.Errorf("%+v, %v", found, err)
	}
	return found.Script.Recipe
}

// throughForm types every value into an empty form, by its text; pictures come with files, which have no field.
func throughForm(t *testing.T, r recipe.Recipe) recipe.Recipe {
	t.Helper()
	s := ui.NewState()
	for _, one := range r.Said() {
		s.Form = s.Form.With(one.Option, one.Option.Format(one.Value))
	}
	for _, image := range recipe.ImagePrompts.In(r) {
		s.Images = append(s.Images, ui.ImagePrompt{Name: image.Name, Weight: "2", Picture: &protocol.Picture{}})
	}
	if name := recipe.InitImage.In(r); name != "" {
		s.Start = &ui.Opened{Name: name, Picture: protocol.Picture{}}
	}
	s.Form.Locked = true
	s.Receive(protocol.Ready{}, time.Time{})
	s.SetModels([]ui.Model{{Name: recipe.Model.In(r), Factor: 8}})
	m, ok := s.PressStart("")
	if !ok {
		t.Fatalf("the form of %+v cannot run: %s", r, s.Problem)
	}
	return m.(protocol.Start).Script.Recipe
}

func throughFlags(t *testing.T, r recipe.Recipe) recipe.Recipe {
	t.Helper()
	var read recipe.Recipe
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	recipe.AddFlags(flags, &read, recipe.Options())
	var args []string
	for _, one := range r.Said() {
		args = append(args, "-"+one.Option.Flag(), one.Option.Format(one.Value))
	}
	if err := flags.Parse(args); err != nil {
		t.Error(err)
	}
	return read
}

func throughProtocol(t *testing.T, r recipe.Recipe) recipe.Recipe {
	t.Helper()
	w, err := protocol.Encode(protocol.Start{Script: recipe.Script{Recipe: r}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := protocol.Decode(w)
	if err != nil {
		t.Fatal(err)
	}
	return m.(protocol.Start).Script.Recipe
}

// effects are the lines of the engine's description that must all differ where an option has several uses: one that is lost would hide behind
// the others. "dispatch" is any of the dispatches.
var effects = map[*recipe.Option][]string{
	recipe.Seed.Option: {"start tokens", "state", "numbers cutouts", "numbers sharpness", "numbers affine", "numbers perspective", "numbers jitter",
		"numbers erase", "numbers noise", "dreams"},
	recipe.Cutouts.Option:      {"dispatch", "numbers cutouts", "numbers affine", "numbers perspective", "numbers noise"},
	recipe.Width.Option:        {"start tokens", "dispatch", "numbers cutouts"},
	recipe.Height.Option:       {"start tokens", "dispatch", "numbers cutouts"},
	recipe.Preset.Option:       {"dispatch"},
	recipe.InitLoss.Option:     {"dispatch"},
	recipe.Optimizer.Option:    {"optimiser", "dispatch"},
	recipe.StartTokens.Option:  {"start tokens"},
	recipe.Regions.Option:      {"dispatch", "numbers regions"},
	recipe.Hold.Option:         {"dispatch", "numbers hold"},
	recipe.Dream.Option:        {"dreams"},
	recipe.Tile.Option:         {"dispatch", "numbers roll"},
	recipe.Transparent.Option:  {"dispatch", "numbers backdrop", "numbers transparent"},
	recipe.MotionEvery.Option:  {"moved by", "move"},
	recipe.MotionMemory.Option: {"optimiser", "move"},
}

// demandEffects fails where not all lines of effects differ between two recipes, in any of the variations that have them.
func demandEffects(t *testing.T, m *weights.Manifest, o *recipe.Option, base, changed recipe.Recipe) {
	t.Helper()
	missing := slices.Clone(effects[o])
	for _, variation := range []recipe.Recipe{{}, recipe.New(recipe.Augment.Is("all")), recipe.New(recipe.Preset.Is("pool"), recipe.Augment.Is("all")),
		recipe.New(recipe.Dream.Is(recipe.Mask{{Rectangle: []float64{0, 0, 1, 1}}}))} {
		if len(missing) == 0 {
			return
		}
		said := variation.Without(o).Said()
		a := described(t, m, recipe.Script{Recipe: base.With(said...)})
		b := described(t, m, recipe.Script{Recipe: changed.With(said...)})
		missing = slices.DeleteFunc(missing, func(prefix string) bool { return lines(a, prefix) != lines(b, prefix) })
	}
	for _, prefix := range missing {
		t.Errorf("%s: the same by %+v and by %+v", prefix, base, changed)
	}
}

// lines are those of a text that begin with a prefix.
func lines(text, prefix string) string {
	var found strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			found.WriteString(line)
		}
	}
	return found.String()
}

// demandEffect fails when the engine does the same by two recipes in the first updates, and if the option may change during a run, when it
// does not do otherwise after a change.
func demandEffect(t *testing.T, m *weights.Manifest, o *recipe.Option, base, changed recipe.Recipe) {
	t.Helper()
	if described(t, m, recipe.Script{Recipe: base}) == described(t, m, recipe.Script{Recipe: changed}) {
		t.Errorf("the engine does the same by %+v and by %+v", base, changed)
	}
	if o.During == recipe.NeedsNewRun {
		return
	}
	s := recipe.Script{Recipe: base}.With(1, recipe.Setting{Option: o, Value: changed.Value(o)})
	if described(t, m, recipe.Script{Recipe: base}) == described(t, m, s) {
		t.Errorf("the engine does the same when it changes to %v", changed.Value(o))
	}
}

// descriptions are those that were made, by the script's JSON: options beside the same recipe share that one's.
var descriptions sync.Map

// described is what the engine does in the first updates: more than enough for a phase to change, and for a run to end.
func described(t *testing.T, m *weights.Manifest, s recipe.Script) string {
	t.Helper()
	key, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := descriptions.Load(string(key)); ok {
		return text.(string)
	}
	var all strings.Builder
	for step := range 6 {
		text, err := guide.Describe(context.Background(), m, s, step, slices.Repeat([]*weights.Manifest{m}, len(recipe.PerceptorsOf(recipe.Perceptors.In(s.Recipe))))...)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(text)
	}
	descriptions.Store(string(key), all.String())
	return all.String()
}
