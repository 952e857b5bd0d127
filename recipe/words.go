package recipe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Words is a kind of lists of words out of some, each once, in an order that matters, of type string with spaces between. Also maps other
// tools' words to these.
type Words struct {
	Of   []string
	Also map[string]string
}

func (k Words) Parse(text string) (any, error) {
	var list []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		if known, ok := k.Also[word]; ok {
			word = known
		}
		if !slices.Contains(k.Of, word) {
			return nil, fmt.Errorf("write some of %s, not %.20q", strings.Join(k.Of, ", "), word)
		}
		if slices.Contains(list, word) {
			return nil, fmt.Errorf("write %s once", word)
		}
		list = append(list, word)
	}
	return strings.Join(list, " "), nil
}

func (Words) Format(v any) string { return v.(string) }

func (k Words) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (Words) encode(v any) any { return v }

func (k Words) check(o *Option, v any) (any, string, error) {
	valid, err := k.Parse(v.(string))
	if err != nil {
		return v, "", fmt.Errorf("The %s cannot be read: %w.", o.noun(), err)
	}
	return valid, "", nil
}

func (Words) schema() map[string]any { return map[string]any{"type": "string"} }
