package recipe

import "fmt"

// Option is one thing that a person can choose for a run. It is said once, as an entry of the table in options.go; all forms in which
// recipes travel, the page's fields, render's flags and docs/options.md follow from that.
type Option struct {
	Name    string      // in scripts and pictures, and with dashes as a flag
	Key     string      // in links, where it is not Name
	Kind    Kind        // its values and how they are written
	Default any         // its value where nobody says one
	Was     map[int]any // what leaving it out meant in forms of older versions, by the last of them, where that was not to leave it open
	Open    Open        // who chooses where the person does not
	During  Effect      // what happens when it changes during a run
	Costs   bool        // a run's memory or time depend on it

	Group Group
	Label string // of its field
	Noun  string // in sentences, "The … is 3", where it is not the label
	Unit  string
	Help  string // one sentence

	Elsewhere map[Tool]string // its name in other tools
	Beside    string          // a recipe as JSON beside which it has an effect, where it has none by itself
}

// Of is an option whose values are of type T.
type Of[T any] struct{ *Option }

// In is the option's value in a recipe: what was said or else the default.
func (o Of[T]) In(r Recipe) T { return r.Value(o.Option).(T) }

// Is is the option with a value, for Recipe.With.
func (o Of[T]) Is(v T) Setting { return Setting{o.Option, v} }

// Setting is an option with a value of its kind.
type Setting struct {
	Option *Option
	Value  any
}

// Open says who chooses an option's value where the person does not. A value that is said is kept even where it is the default.
type Open int

const (
	ByDefault Open = iota // nobody: it has its default
	ByModel               // the model may suggest one
	AtStart               // a run without one gets a new one
)

// Effect says what a run does when an option changes on its way.
type Effect int

const (
	NeedsNewRun Effect = iota // nothing: the option belongs to a run as a whole
	RecordsAnew               // the step is recorded anew and the state carried over
	TakesAtOnce               // the next update takes it
)

// Steers says whether a run under way can take the option from one value to another: of some that belong to a run as a whole, a part.
func (o *Option) Steers(from, to any) bool {
	in, ok := o.Kind.(interface{ steers(from, to any) bool })
	return o.During != NeedsNewRun || ok && in.steers(from, to)
}

// Group is where the page and the documentation show an option.
type Group string

// The groups, in the order in which they are shown. The first is always in view.
const (
	Essentials Group = "Essentials"
	Cutting    Group = "Cutouts"
	Optimising Group = "Optimiser"
	Losing     Group = "Losses"
	Starting   Group = "Start picture"
	Placing    Group = "Places"
	Phasing    Group = "Prompts and phases"
	Moving     Group = "Motion"
	Computing  Group = "Computing"
)

// Groups lists them.
var Groups = []Group{Essentials, Cutting, Optimising, Losing, Starting, Placing, Phasing, Moving, Computing}

// Tool is another program whose names for options are known.
type Tool string

const (
	Notebook Tool = "notebook" // Crowson's and its descendants
	Nerdy    Tool = "nerdyrodent"
	RKH      Tool = "rkhamilton"
	Pixray   Tool = "pixray"
	Pytti    Tool = "pytti"
)

// Tools lists them.
var Tools = []Tool{Notebook, Nerdy, RKH, Pixray, Pytti}

// table holds all options in the order in which they are written.
var table []*Option

// Options are all options, in the order in which they are written: the prompt first.
func Options() []*Option { return table }

// Named is the option of that name, or of that key in links.
func Named(name string) (*Option, bool) {
	for _, o := range table {
		if o.Name == name || o.key() == name {
			return o, true
		}
	}
	return nil, false
}

// NamedBy is the option that another tool calls by that name.
func NamedBy(tool Tool, name string) (*Option, bool) {
	for _, o := range table {
		if name != "" && o.Elsewhere[tool] == name {
			return o, true
		}
	}
	return nil, false
}

// add puts an option into the table.
func add[T any](o Option, kind Kind, byDefault T) Of[T] {
	o.Kind, o.Default = kind, byDefault
	table = append(table, &o)
	return Of[T]{&o}
}

func (o *Option) key() string {
	if o.Key != "" {
		return o.Key
	}
	return o.Name
}

// noun is what sentences call the option.
func (o *Option) noun() string {
	if o.Noun != "" {
		return o.Noun
	}
	return lowerFirst(o.Label)
}

// Parse reads a value as a person types it. Its error is Wrong.
func (o *Option) Parse(text string) (any, error) {
	v, err := o.Kind.Parse(text)
	if err != nil {
		return nil, wrong(o, fmt.Errorf("%s is %.20q: %w.", o.Label, text, err))
	}
	return v, nil
}

// Format writes a value such that Parse gives it back.
func (o *Option) Format(v any) string { return o.Kind.Format(v) }

// Check gives the value that can run in place of v, with a notice where it is another, or an error: both are sentences.
func (o *Option) Check(v any) (valid any, notice string, err error) { return o.Kind.check(o, v) }
