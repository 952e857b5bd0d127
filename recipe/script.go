package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"

	"reverie/recipe/prompt"
)

// Script is a whole run: the recipe that it starts with, and what changes on its way.
type Script struct {
	Recipe  Recipe
	Changes []Change // by step, no two of one
}

// Change is what is set once Step updates are made: update Step+1 is the first to feel it.
type Change struct {
	Step int      `json:"step"`
	Set  Settings `json:"set"`
}

// At is the recipe by which the update after step updates is made.
func (s Script) At(step int) Recipe {
	r := s.Recipe
	for _, c := range s.Changes {
		if c.Step <= step {
			r = r.With(c.Set...)
		}
	}
	return r
}

// DreamAt is the part of the picture whose tokens are drawn anew once step updates are made, or nil.
func (s Script) DreamAt(step int) Mask {
	for _, c := range s.Changes {
		for _, one := range c.Set {
			if c.Step == step && one.Option == Dream.Option {
				return one.Value.(Mask)
			}
		}
	}
	if step == 0 {
		return Dream.In(s.Recipe)
	}
	return nil
}

// With is the script with settings changed once step updates are made. What was to change later stays, but for these options.
func (s Script) With(step int, set ...Setting) Script {
	var changes []Change
	var here Settings
	for _, c := range s.Changes {
		switch {
		case c.Step < step:
			changes = append(changes, c)
		case c.Step == step:
			here = c.Set.without(set)
		}
	}
	changes = append(changes, Change{step, append(here, set...)})
	for _, c := range s.Changes {
		if c.Step <= step {
			continue
		}
		if later := c.Set.without(set); len(later) > 0 {
			changes = append(changes, Change{c.Step, later})
		}
	}
	return Script{s.Recipe, changes}
}

// without leaves out the options of other settings.
func (s Settings) without(other []Setting) Settings {
	return slices.DeleteFunc(slices.Clone(s), func(a Setting) bool {
		return slices.ContainsFunc(other, func(b Setting) bool { return a.Option == b.Option })
	})
}

// Without is the script without what it says of some options, at its start and on its way.
func (s Script) Without(options ...*Option) Script {
	bare := Script{Recipe: s.Recipe.Without(options...)}
	for _, c := range s.Changes {
		set := slices.DeleteFunc(slices.Clone(c.Set), func(one Setting) bool { return slices.Contains(options, one.Option) })
		if len(set) > 0 {
			bare.Changes = append(bare.Changes, Change{c.Step, set})
		}
	}
	return bare
}

// Until is the script without what changes once more than step updates are made.
func (s Script) Until(step int) Script {
	return Script{s.Recipe, slices.DeleteFunc(slices.Clone(s.Changes), func(c Change) bool { return c.Step > step })}
}

// scriptForm is a script as JSON.
type scriptForm struct {
	Version int      `json:"version"`
	Recipe  Recipe   `json:"recipe"`
	Changes []Change `json:"changes,omitempty"`
}

// MarshalJSON writes {"version":2,"recipe":{…},"changes":[{"step":30,"set":{…}}…]}.
func (s Script) MarshalJSON() ([]byte, error) {
	return json.Marshal(scriptForm{Version, s.Recipe, s.Changes})
}

// UnmarshalJSON reads what MarshalJSON writes and forgives nothing.
func (s *Script) UnmarshalJSON(b []byte) error {
	var form scriptForm
	err := json.Unmarshal(b, &form)
	*s = Script{form.Recipe, form.Changes}
	return err
}

// Limits of a script, which comes in files that anybody may have made.
const (
	MaxChanges = 10000
	MaxImages  = 1024    // pictures of different names, over all changes
	maxJSON    = 8 << 20 // bytes
	maxNotices = 20      // sentences on what could not be read; the last one then counts the rest
)

// limited keeps notices to maxNotices.
func limited(notices []string) []string {
	if more := len(notices) - maxNotices + 1; more > 1 {
		return append(notices[:maxNotices-1:maxNotices-1], fmt.Sprintf("%d more settings could not be read and were left out.", more))
	}
	return notices
}

// FromJSON reads a script written by this or another version of Reverie: {"version":2,"recipe":…} or the flat form of version 1, in which
// options stand beside the version. Unknown members, and members of another type, are left out and named in the notices; only text that is
// no JSON object, or that is no script, is an error.
func FromJSON(b []byte) (Script, []string, error) {
	if len(b) > maxJSON {
		return Script{}, nil, fmt.Errorf("recipe: a script of %d bytes, more than %d", len(b), maxJSON)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return Script{}, nil, fmt.Errorf("recipe: %w", err)
	}
	version := notVersioned
	if n, err := decodeAs[int](members["version"]); err == nil {
		version = max(n.(int), 1)
	}
	options, nested := members["recipe"]
	if !nested {
		delete(members, "version")
		options, _ = json.Marshal(members) // raw members always can be
	}
	set, notices, err := settingsOf(options)
	if err != nil {
		return Script{}, nil, err
	}
	if version > Version {
		notices = append(notices, newer)
	}
	s := Script{Recipe: New(set...).migrate(version)}
	if nested {
		err = s.readChanges(members["changes"], &notices)
	}
	if images := len(s.ImageNames()); err == nil && images > MaxImages {
		err = fmt.Errorf("recipe: a script with %d pictures, more than %d", images, MaxImages)
	}
	return s, limited(notices), err
}

// readChanges reads a script's list of changes, which may be missing.
func (s *Script) readChanges(b json.RawMessage, notices *[]string) error {
	if b == nil {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("recipe: the script's changes: %w", err)
	}
	if len(list) > MaxChanges {
		return fmt.Errorf("recipe: a script with %d changes, more than %d", len(list), MaxChanges)
	}
	var changes []Change
	for _, b := range list {
		c, told, err := readChange(b)
		if err != nil {
			told = []string{"A change of the script could not be read and was left out."}
		}
		*notices = append(*notices, told...)
		if len(c.Set) > 0 {
			changes = append(changes, c)
		}
	}
	sort.SliceStable(changes, func(i, j int) bool { return changes[i].Step < changes[j].Step }) // slices' weighs 13 kB more for a struct
	for _, c := range changes {
		if n := len(s.Changes); n > 0 && s.Changes[n-1].Step == c.Step {
			s.Changes[n-1].Set = append(s.Changes[n-1].Set.without(c.Set), c.Set...)
		} else {
			s.Changes = append(s.Changes, c)
		}
	}
	return nil
}

func readChange(b json.RawMessage) (Change, []string, error) {
	var c struct {
		Step *int            `json:"step"`
		Set  json.RawMessage `json:"set"`
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return Change{}, nil, err
	}
	if c.Step == nil || *c.Step < 0 || *c.Step > MaxSteps {
		return Change{}, nil, errors.New("no step")
	}
	set, notices, err := settingsOf(c.Set)
	return Change{*c.Step, set}, notices, err
}

// ImageNames are the names of all image prompts of the script, each once.
func (s Script) ImageNames() []string {
	var names []string
	known := map[string]bool{}
	add := func(images []prompt.Image) {
		for _, image := range images {
			if !known[image.Name] {
				known[image.Name] = true
				names = append(names, image.Name)
			}
		}
	}
	add(ImagePrompts.In(s.Recipe))
	for _, c := range s.Changes {
		add(ImagePrompts.In(New(c.Set...)))
	}
	return names
}

// Suggest fills in what the script's recipe leaves to the model; see Recipe.Suggest.
func (s Script) Suggest(by Recipe) Script { return Script{s.Recipe.Suggest(by), s.Changes} }

// Check gives the script that will run with a model of that factor; see Recipe.Check. Changes are checked as they will stand.
func (s Script) Check(factor int) (Script, []string, error) {
	r, notices, err := s.Recipe.Check(factor)
	if err != nil {
		return s, nil, err
	}
	checked := Script{Recipe: r}
	for _, c := range s.Changes {
		next, told, err := r.With(c.Set...).Check(factor)
		if err == nil && c.Step > 0 {
			err = r.CheckChange(next)
		}
		if err != nil {
			return s, nil, fmt.Errorf("After step %d: %w", c.Step, err)
		}
		set := slices.Clone(c.Set)
		for i, one := range set {
			set[i].Value = next.Value(one.Option)
		}
		r = r.With(set...)
		checked.Changes = append(checked.Changes, Change{c.Step, set})
		notices = append(notices, told...)
	}
	return checked, notices, nil
}
