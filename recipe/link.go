package recipe

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// versionKey is the key of the form's version in a link.
const versionKey = "v"

// ToLink is Script.ToLink of a run that does not change on its way.
func (r Recipe) ToLink() string { return Script{Recipe: r}.ToLink() }

// ToLink writes a script as the fragment of a URL, "#p=…" with the prompt first, then the other options, then the changes, whose keys begin with
// their step and a dot, and the form's version last. It holds no space and no character outside ASCII.
func (s Script) ToLink() string {
	pair := func(one Setting) string { return one.Option.key() + "=" + escapeValue(one.Option.Format(one.Value)) }
	parts := []string{pair(Prompt.Is(Prompt.In(s.Recipe)))}
	for _, one := range s.Recipe.Said() {
		if one.Option != Prompt.Option {
			parts = append(parts, pair(one))
		}
	}
	for _, c := range s.Changes {
		for _, one := range c.Set {
			parts = append(parts, strconv.Itoa(c.Step)+"."+pair(one))
		}
	}
	return "#" + strings.Join(append(parts, versionKey+"="+strconv.Itoa(Version)), "&")
}

// FromLink reads what ToLink writes or a person typed, with or without the '#'; names are read where keys are shorter, and the names of
// other tools. Each key that is unknown and each value that cannot be read is left out and named in a notice.
func FromLink(fragment string) (Script, []string) {
	var s Script
	var notices []string
	version := notVersioned
	for _, pair := range strings.Split(strings.TrimPrefix(fragment, "#"), "&") {
		if pair == "" {
			continue
		}
		key, raw, _ := strings.Cut(pair, "=")
		value, err := unescapeValue(raw)
		if err != nil || !utf8.ValidString(value) {
			notices = append(notices, fmt.Sprintf("The link's %.30q could not be read and was left out.", key))
			continue
		}
		if key == versionKey {
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				version = n
				continue
			}
		}
		step, name, changes := change(key)
		o, ok := linked(name)
		if !ok {
			notices = append(notices, fmt.Sprintf("The link names %.30q, which Reverie does not know.", key))
			continue
		}
		v, err := o.Kind.Parse(value)
		if err != nil {
			notices = append(notices, fmt.Sprintf("The link's %s %.30q could not be read and was left out.", key, value))
			continue
		}
		switch one := (Setting{o, v}); {
		case !changes:
			s.Recipe = s.Recipe.With(one)
		case len(s.Changes) < MaxChanges:
			s.add(step, one)
		}
	}
	if version > Version {
		notices = append(notices, newer)
	}
	if len(s.ImageNames()) > MaxImages {
		s = s.Without(ImagePrompts.Option)
		notices = append(notices, "The link names more pictures than a run can have; all were left out.")
	}
	sort.Slice(s.Changes, func(i, j int) bool { return s.Changes[i].Step < s.Changes[j].Step })
	s.Recipe = s.Recipe.migrate(version)
	return s, limited(notices)
}

// change takes the step from the key of a change.
func change(key string) (step int, name string, ok bool) {
	digits, name, ok := strings.Cut(key, ".")
	step, err := strconv.Atoi(digits)
	if !ok || err != nil || step < 0 || step > MaxSteps {
		return 0, key, false
	}
	return step, name, true
}

// add sets one option more once step updates are made. The changes are in no order yet.
func (s *Script) add(step int, one Setting) {
	at := slices.IndexFunc(s.Changes, func(c Change) bool { return c.Step == step })
	if at < 0 {
		at, s.Changes = len(s.Changes), append(s.Changes, Change{Step: step})
	}
	s.Changes[at].Set = append(s.Changes[at].Set.without([]Setting{one}), one)
}

// linked is the option that a link calls by that key.
func linked(key string) (*Option, bool) {
	if o, ok := Named(key); ok {
		return o, true
	}
	for _, tool := range Tools {
		if o, ok := NamedBy(tool, key); ok {
			return o, true
		}
	}
	return nil, false
}
