package recipe

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// versionKey is the key of the form's version in a link.
const versionKey = "v"

// ToLink writes a recipe as the fragment of a URL, "#p=…" with the prompt first and the form's version last. It holds no space and no
// character outside ASCII.
func (r Recipe) ToLink() string {
	parts := []string{Prompt.key() + "=" + escapeValue(Prompt.In(r))}
	for _, s := range r.Said() {
		if s.Option != Prompt.Option {
			parts = append(parts, s.Option.key()+"="+escapeValue(s.Option.Format(s.Value)))
		}
	}
	return "#" + strings.Join(append(parts, versionKey+"="+strconv.Itoa(Version)), "&")
}

// FromLink reads what ToLink writes or a person typed, with or without the '#'; names are read where keys are shorter, and the names of
// other tools. Each key that is unknown and each value that cannot be read is left out and named in a notice.
func FromLink(fragment string) (Recipe, []string) {
	var r Recipe
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
		o, ok := linked(key)
		if !ok {
			notices = append(notices, fmt.Sprintf("The link names %.30q, which Reverie does not know.", key))
			continue
		}
		v, err := o.Kind.Parse(value)
		if err != nil {
			notices = append(notices, fmt.Sprintf("The link's %s %.30q could not be read and was left out.", key, value))
			continue
		}
		r = r.With(Setting{o, v})
	}
	if version > Version {
		notices = append(notices, newer)
	}
	return r.migrate(version), limited(notices)
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
