package recipe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Numbers is a kind of lists of numbers from 0 to Max, in order, of type string with spaces between; in JSON one of them may stand by itself as a
// number.
type Numbers struct {
	Max  float64
	Most int // of them
}

func (k Numbers) Parse(text string) (any, error) {
	var list []float64
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;[]", r) }) {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || !(n >= 0 && n <= k.Max) {
			return nil, fmt.Errorf("write numbers from 0 to %.0f like 50 75, not %.20q", k.Max, word)
		}
		list = append(list, n)
	}
	if len(list) > k.Most {
		return nil, fmt.Errorf("leave at most %d numbers", k.Most)
	}
	slices.Sort(list)
	var words []string
	for _, n := range list {
		words = append(words, Real{}.Format(n))
	}
	return strings.Join(words, " "), nil
}

func (Numbers) Format(v any) string { return v.(string) }

func (k Numbers) decode(b json.RawMessage) (any, error) {
	if n, err := decodeAs[float64](b); err == nil {
		return k.Parse(Real{}.Format(n))
	}
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (Numbers) encode(v any) any { return v }

func (k Numbers) check(o *Option, v any) (any, string, error) {
	valid, err := k.Parse(v.(string))
	if err != nil {
		return v, "", fmt.Errorf("The %s cannot be read: %w.", o.noun(), err)
	}
	return valid, "", nil
}

func (Numbers) schema() map[string]any { return map[string]any{"type": []string{"string", "number"}} }

// NumbersOf are the numbers of a value of Numbers that was checked.
func NumbersOf(value string) (list []float64) {
	for _, word := range strings.Fields(value) {
		n, _ := strconv.ParseFloat(word, 64)
		list = append(list, n)
	}
	return list
}
