package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"reverie/recipe/prompt"
)

// field is one setting as text: its key in a fragment, and in JSON where that differs.
type field struct {
	key  string
	json string
	get  func(*Settings) string
	set  func(*Settings, string) error
}

// fields is in the order in which a fragment is written: the prompt first.
var fields = []field{
	text("p", "prompt", func(s *Settings) *string { return &s.Prompt }),
	{"images", "image_prompts",
		func(s *Settings) string { return prompt.FormatImages(s.ImagePrompts) },
		func(s *Settings, v string) (err error) { s.ImagePrompts, err = prompt.ParseImages(v); return err }},
	text("model", "model", func(s *Settings) *string { return &s.Model }),
	whole("width", "width", func(s *Settings) *int { return &s.Width }),
	whole("height", "height", func(s *Settings) *int { return &s.Height }),
	whole("steps", "steps", func(s *Settings) *int { return &s.Steps }),
	{"seed", "seed",
		func(s *Settings) string { return strconv.FormatUint(s.Seed, 10) },
		func(s *Settings, v string) (err error) { s.Seed, err = ParseSeed(v); return err }},
	whole("cutouts", "cutouts", func(s *Settings) *int { return &s.Cutouts }),
	suggested("cut_pow", "cut_pow", func(s *Settings) **float64 { return &s.CutPow }),
	text("preset", "preset", func(s *Settings) *string { return &s.Preset }),
	text("augment", "augment", func(s *Settings) *string { return &s.Augment }),
	suggested("lr", "learning_rate", func(s *Settings) **float64 { return &s.LearningRate }),
	suggested("smoothness", "smoothness", func(s *Settings) **float64 { return &s.Smoothness }),
	text("optimizer", "optimizer", func(s *Settings) *string { return &s.Optimizer }),
	text("init_image", "init_image", func(s *Settings) *string { return &s.InitImage }),
	real("init_weight", "init_weight", func(s *Settings) *float64 { return &s.InitWeight }),
	text("init_loss", "init_loss", func(s *Settings) *string { return &s.InitLoss }),
	text("precision", "precision", func(s *Settings) *string { return &s.Precision }),
}

func text(key, json string, at func(*Settings) *string) field {
	return field{key, json,
		func(s *Settings) string { return *at(s) },
		func(s *Settings, v string) error { *at(s) = v; return nil }}
}

func whole(key, json string, at func(*Settings) *int) field {
	return field{key, json,
		func(s *Settings) string { return strconv.Itoa(*at(s)) },
		func(s *Settings, v string) error {
			n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
			if err != nil {
				return errors.New("not a whole number")
			}
			*at(s) = int(n)
			return nil
		}}
}

func real(key, json string, at func(*Settings) *float64) field {
	return field{key, json,
		func(s *Settings) string { return formatReal(*at(s)) },
		func(s *Settings, v string) error { return parseReal(v, at(s)) }}
}

// suggested is a number that is the model's where it is nil.
func suggested(key, json string, at func(*Settings) **float64) field {
	return field{key, json,
		func(s *Settings) string {
			if *at(s) == nil {
				return ""
			}
			return formatReal(**at(s))
		},
		func(s *Settings, v string) error {
			n := new(float64)
			if err := parseReal(v, n); err != nil {
				return err
			}
			*at(s) = n
			return nil
		}}
}

func formatReal(n float64) string { return strconv.FormatFloat(n, 'g', -1, 64) }

func parseReal(text string, to *float64) error {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return errors.New("not a number")
	}
	*to = n
	return nil
}

// ParseSeed reads a seed as typed: a whole number from 0 to 2^64-1. Its error is a sentence.
func ParseSeed(s string) (uint64, error) {
	seed, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("The seed %.30q is not a whole number from 0 to 18446744073709551615.", s)
	}
	return seed, nil
}

// ToFragment writes the settings that differ from the defaults as the fragment of a URL, "#p=…" with the prompt first.
// It holds no space and no character outside ASCII.
func (s Settings) ToFragment() string {
	byDefault := Default()
	var parts []string
	for i, f := range fields {
		if v := f.get(&s); i == 0 || v != f.get(&byDefault) {
			parts = append(parts, f.key+"="+strings.ReplaceAll(url.QueryEscape(v), "+", "%20"))
		}
	}
	return "#" + strings.Join(parts, "&")
}

// FromFragment reads what ToFragment writes or a person typed, with or without the '#'; keys of the JSON form are read too.
// Each key that is unknown and each value that cannot be read is left out and named in a notice.
func FromFragment(fragment string) (Settings, []string) {
	s, notices := Default(), []string(nil)
	for _, pair := range strings.Split(strings.TrimPrefix(fragment, "#"), "&") {
		if pair == "" {
			continue
		}
		key, raw, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(raw)
		if err != nil || !utf8.ValidString(value) {
			notices = append(notices, fmt.Sprintf("The link's %.30q could not be read and was left out.", key))
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key || f.json == key })
		if i < 0 {
			notices = append(notices, fmt.Sprintf("The link names %.30q, which Reverie does not know.", key))
			continue
		}
		if err := fields[i].set(&s, value); err != nil {
			notices = append(notices, fmt.Sprintf("The link's %s %.30q could not be read and was left out.", fields[i].key, value))
		}
	}
	return s, notices
}

// FromJSON reads settings written by this or another version of Reverie. Unknown members, and members of another type, are
// left out and named in the notices; only text that is no JSON object is an error.
func FromJSON(b []byte) (Settings, []string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return Settings{}, nil, fmt.Errorf("settings: %w", err)
	}
	s, notices := Default(), []string(nil)
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if key != "version" && !slices.ContainsFunc(fields, func(f field) bool { return f.json == key }) {
			notices = append(notices, fmt.Sprintf("The settings name %.30q, which Reverie does not know.", key))
			continue
		}
		changed := s
		member, err := json.Marshal(map[string]json.RawMessage{key: members[key]})
		if err == nil {
			err = json.Unmarshal(member, &changed)
		}
		if err != nil {
			notices = append(notices, fmt.Sprintf("The setting %q could not be read and was left out.", key))
			continue
		}
		s = changed
	}
	if len(s.ImagePrompts) == 0 {
		s.ImagePrompts = nil
	}
	return s, notices, nil
}
