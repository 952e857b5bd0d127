package recipe

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"reverie/recipe/prompt"
)

// Kind is a kind of values: how they are read, written and bounded.
type Kind interface {
	// Parse reads a value as text. Its error says what to write, without a stop.
	Parse(text string) (any, error)
	Format(v any) string
	// decode reads a value in JSON.
	decode(b json.RawMessage) (any, error)
	// encode is what encoding/json writes for a value.
	encode(v any) any
	// check gives the value that can run, with a notice where it is another, or an error: both sentences.
	check(o *Option, v any) (valid any, notice string, err error)
	// schema is the value's JSON schema.
	schema() map[string]any
}

// Text is a kind of strings.
type Text struct{}

func (Text) Parse(text string) (any, error)              { return text, nil }
func (Text) Format(v any) string                         { return v.(string) }
func (Text) decode(b json.RawMessage) (any, error)       { return decodeAs[string](b) }
func (Text) encode(v any) any                            { return v }
func (Text) check(_ *Option, v any) (any, string, error) { return v, "", nil }
func (Text) schema() map[string]any                      { return map[string]any{"type": "string"} }

// Whole is a kind of whole numbers, of type int. What is above Max becomes Max; what is below Min cannot run.
type Whole struct {
	Min, Max int
	Advice   string // what to choose in place of too small a number, "choose at least Min" if empty
}

func (Whole) Parse(text string) (any, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return nil, errors.New("write a whole number")
	}
	return int(n), nil
}

func (Whole) Format(v any) string { return strconv.Itoa(v.(int)) }

func (Whole) decode(b json.RawMessage) (any, error) {
	n, err := decodeAs[int32](b)
	if err != nil {
		return nil, err
	}
	return int(n.(int32)), nil
}

func (Whole) encode(v any) any { return v }

func (k Whole) check(o *Option, v any) (any, string, error) {
	n := v.(int)
	if n < k.Min {
		advice := k.Advice
		if advice == "" {
			advice = fmt.Sprintf("choose at least %d", k.Min)
		}
		return v, "", fmt.Errorf("The %s is %d: %s.", o.noun(), n, advice)
	}
	if n > k.Max {
		return k.Max, fmt.Sprintf("The %s was %d and became %d, the most that is possible.", o.noun(), n, k.Max), nil
	}
	return v, "", nil
}

func (k Whole) schema() map[string]any {
	return map[string]any{"type": "integer", "minimum": k.Min, "maximum": k.Max}
}

// Real is a kind of numbers from 0 to Max, of type float64. What is above Max becomes Max.
type Real struct {
	Max      float64
	Positive bool // zero makes no sense
	Signed   bool // from -Max
}

func (Real) Parse(text string) (any, error) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, errors.New("write a number like 0.1")
	}
	return n, nil
}

func (Real) Format(v any) string                   { return strconv.FormatFloat(v.(float64), 'g', -1, 64) }
func (Real) decode(b json.RawMessage) (any, error) { return decodeAs[float64](b) }
func (Real) encode(v any) any                      { return v }

func (k Real) check(o *Option, v any) (any, string, error) {
	n := v.(float64)
	switch {
	case k.Positive && !(n > 0):
		return v, "", fmt.Errorf("The %s is %g: choose a positive number.", o.noun(), n)
	case k.Signed && !(n >= -k.Max):
		return -k.Max, fmt.Sprintf("The %s was %g and became %g, the least that is possible.", o.noun(), n, -k.Max), nil
	case !k.Signed && !(n >= 0):
		return v, "", fmt.Errorf("The %s is %g: choose 0 or a positive number.", o.noun(), n)
	case n > k.Max:
		return k.Max, fmt.Sprintf("The %s was %g and became %g, the most that is possible.", o.noun(), n, k.Max), nil
	}
	return v, "", nil
}

func (k Real) schema() map[string]any {
	least := "minimum"
	if k.Positive {
		least = "exclusiveMinimum"
	}
	from := 0.0
	if k.Signed {
		from = -k.Max
	}
	return map[string]any{"type": "number", least: from, "maximum": k.Max}
}

// Choice is a kind of one of a few words, of type string. "" is the default.
type Choice []Word

// Word is one value of a Choice, with what the page says beside it.
type Word struct{ Value, Label string }

func (Choice) Parse(text string) (any, error)        { return text, nil }
func (Choice) Format(v any) string                   { return v.(string) }
func (Choice) decode(b json.RawMessage) (any, error) { return decodeAs[string](b) }
func (Choice) encode(v any) any                      { return v }

func (k Choice) check(o *Option, v any) (any, string, error) {
	if v == "" {
		return o.Default, "", nil
	}
	if !slices.Contains(k.values(), v.(string)) {
		return v, "", fmt.Errorf("There is no %s %.40q: choose %s.", o.noun(), v, strings.Join(k.values(), ", "))
	}
	return v, "", nil
}

func (k Choice) values() []string {
	var values []string
	for _, w := range k {
		values = append(values, w.Value)
	}
	return values
}

func (k Choice) schema() map[string]any { return map[string]any{"enum": k.values()} }

// Switch is a kind of yes or no, of type bool.
type Switch struct{}

func (Switch) Parse(text string) (any, error) {
	b, err := strconv.ParseBool(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("write true or false")
	}
	return b, nil
}

func (Switch) Format(v any) string                         { return strconv.FormatBool(v.(bool)) }
func (Switch) decode(b json.RawMessage) (any, error)       { return decodeAs[bool](b) }
func (Switch) encode(v any) any                            { return v }
func (Switch) check(_ *Option, v any) (any, string, error) { return v, "", nil }
func (Switch) schema() map[string]any                      { return map[string]any{"type": "boolean"} }

// Number64 is a kind of whole numbers from 0 to 2^64-1, of type uint64; a string in JSON, whose numbers many readers keep to 53 bits. Words, which
// begin with a letter, are read as the number that is their hash: FNV-1a of 64 bits, of their bytes.
type Number64 struct{}

func (Number64) Parse(text string) (any, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 64)
	if first, _ := utf8.DecodeRuneInString(text); err != nil && unicode.IsLetter(first) {
		hash := fnv.New64a()
		hash.Write([]byte(text))
		return hash.Sum64(), nil
	}
	if err != nil {
		return nil, errors.New("write words, or a whole number from 0 to 18446744073709551615")
	}
	return n, nil
}

func (Number64) Format(v any) string { return strconv.FormatUint(v.(uint64), 10) }

func (k Number64) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (k Number64) encode(v any) any                          { return k.Format(v) }
func (Number64) check(_ *Option, v any) (any, string, error) { return v, "", nil }

func (Number64) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^([0-9]{1,20}|\\p{L}.*)$"}
}

// Pictures is a kind of lists of image prompts, of type []prompt.Image. As text they are written like prompts, with names of files.
type Pictures struct{}

func (Pictures) Parse(text string) (any, error) {
	images, err := prompt.ParseImages(text)
	if err != nil {
		return nil, errors.New(strings.TrimSuffix(lowerFirst(err.Error()), "."))
	}
	if len(images) > MaxParts {
		return nil, fmt.Errorf("leave at most %d pictures", MaxParts)
	}
	return images, nil
}

// errImages is a list in JSON that is longer than any that can run.
var errImages = fmt.Errorf("more than %d pictures", MaxParts)

func (Pictures) Format(v any) string { return prompt.FormatImages(v.([]prompt.Image)) }

func (Pictures) decode(b json.RawMessage) (any, error) {
	v, err := decodeAs[[]prompt.Image](b)
	if err != nil {
		return nil, err
	}
	switch images := v.([]prompt.Image); {
	case len(images) > MaxParts:
		return nil, errImages
	case len(images) == 0:
		return []prompt.Image(nil), nil
	}
	return v, nil
}

func (Pictures) encode(v any) any { return append([]prompt.Image{}, v.([]prompt.Image)...) } // none is [], for null is no value

func (Pictures) check(_ *Option, v any) (any, string, error) {
	for _, image := range v.([]prompt.Image) {
		if err := image.Check(); err != nil {
			return v, "", err
		}
	}
	return v, "", nil
}

func (Pictures) schema() map[string]any {
	return map[string]any{"type": "array", "maxItems": MaxParts, "items": map[string]any{"type": "object", "required": []string{"name"},
		"properties": map[string]any{"name": map[string]any{"type": "string"}, "weight": map[string]any{"type": "number"}, "stop": map[string]any{"type": "number"}}}}
}

// decodeAs reads JSON that must be of Go's type T; null is none.
func decodeAs[T any](b json.RawMessage) (any, error) {
	var v *T
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, errors.New("null")
	}
	return *v, nil
}

func lowerFirst(s string) string {
	if s == "" || len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
