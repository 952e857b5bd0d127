package recipe

import "reverie/recipe/prompt"

// notVersioned is what a form that does not tell its version has: before version 2, links did not.
const notVersioned = 1

const newer = "These settings come from a newer Reverie; what this one does not know is left out."

// migrate gives what was written in a form of that version the same meaning in today's.
func (r Recipe) migrate(version int) Recipe {
	for _, o := range table {
		if r.Says(o) {
			continue
		}
		if was, ok := o.was(version); ok {
			r = r.With(Setting{o, was})
		}
	}
	if version < 2 {
		r = r.With(Prompt.Is(prompt.Unphased(Prompt.In(r))))
	}
	return r
}

// was is what leaving the option out meant in a form of that version, where that was something else than today.
func (o *Option) was(version int) (any, bool) {
	for last := version; last < Version; last++ {
		if v, ok := o.Was[last]; ok {
			return v, true
		}
	}
	return nil, false
}
