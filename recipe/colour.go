package recipe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Colours is a kind of lists of colours, of type string: rrggbb in hexadecimal, with spaces between. Parse also reads #rrggbb, #rgb and commas.
type Colours struct{ Min, Max int }

func (k Colours) Parse(text string) (any, error) {
	var list []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' }) {
		hex := strings.ToLower(strings.TrimPrefix(word, "#"))
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		if _, err := strconv.ParseUint(hex, 16, 24); err != nil || len(hex) != 6 {
			return nil, fmt.Errorf("write colours like ff8800, not %.20q", word)
		}
		list = append(list, hex)
	}
	if len(list) < k.Min || len(list) > k.Max {
		return nil, fmt.Errorf("write %s", k.many())
	}
	return strings.Join(list, " "), nil
}

// many says how many colours there may be.
func (k Colours) many() string {
	if k.Max == 1 {
		return "one colour like ff8800"
	}
	return fmt.Sprintf("at most %d colours like ff8800", k.Max)
}

func (Colours) Format(v any) string { return v.(string) }

func (k Colours) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (Colours) encode(v any) any { return v }

func (k Colours) check(o *Option, v any) (any, string, error) {
	valid, err := k.Parse(v.(string))
	if err != nil {
		return v, "", fmt.Errorf("The %s cannot be read: %w.", o.noun(), err)
	}
	return valid, "", nil
}

func (Colours) schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^([0-9a-f]{6}( [0-9a-f]{6})*)?$"}
}

// ColoursOf are the colours of a value of Colours that was checked: red, green and blue, in [0, 1].
func ColoursOf(value string) [][3]float64 {
	var list [][3]float64
	for _, hex := range strings.Fields(value) {
		n, _ := strconv.ParseUint(hex, 16, 24)
		list = append(list, [3]float64{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255})
	}
	return list
}
