package recipe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// MarshalJSON writes {"prompt": …} with what is said, in the table's order.
func (r Recipe) MarshalJSON() ([]byte, error) { return Settings(r.Said()).MarshalJSON() }

// UnmarshalJSON reads what MarshalJSON writes. Unlike FromJSON it forgives nothing: it is for what this build has written, and for what a
// host says of a model.
func (r *Recipe) UnmarshalJSON(b []byte) error {
	var s Settings
	err := s.UnmarshalJSON(b)
	*r = New(s...)
	return err
}

// Settings are values for some options, each said even where it is the default.
type Settings []Setting

// MarshalJSON writes an object of the options' values.
func (s Settings) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, one := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(one.Option.Kind.encode(one.Value))
		if err != nil {
			return nil, fmt.Errorf("recipe: %s: %w", one.Option.Name, err)
		}
		fmt.Fprintf(&b, "%q:%s", one.Option.Name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes and forgives nothing.
func (s *Settings) UnmarshalJSON(b []byte) error {
	read, notices, err := settingsOf(b)
	if err == nil && len(notices) > 0 {
		err = fmt.Errorf("recipe: %s", notices[0])
	}
	*s = read
	return err
}

// settingsOf reads a JSON object whose members are options, in the table's order. What is unknown or of another type is left out and named
// in a notice.
func settingsOf(b []byte) (Settings, []string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return nil, nil, fmt.Errorf("recipe: %w", err)
	}
	var read Settings
	var notices []string
	for _, o := range table {
		text, ok := members[o.Name]
		if !ok {
			continue
		}
		delete(members, o.Name)
		if v, err := o.Kind.decode(text); err == nil {
			read = append(read, Setting{o, v})
		} else if errors.Is(err, errImages) {
			notices = append(notices, fmt.Sprintf("The setting %q has %v and was left out.", o.Name, err))
		} else {
			notices = append(notices, fmt.Sprintf("The setting %q could not be read and was left out.", o.Name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		notices = append(notices, fmt.Sprintf("The settings name %.30q, which Reverie does not know.", name))
	}
	return read, notices, nil
}
