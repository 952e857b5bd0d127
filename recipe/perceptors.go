package recipe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Perceptor is a further CLIP that judges the picture: a folder of models, and how much it counts where the model's own counts 1.
type Perceptor struct {
	Name   string
	Weight float64
}

// The limits of perceptors.
const (
	MaxPerceptors = 4
	mostWeight    = 100
)

// PerceptorList is a kind of lists of perceptors, of type string: names between spaces or commas, each with a weight behind a colon or none.
type PerceptorList struct{}

func (PerceptorList) Parse(text string) (any, error) {
	list, err := parsePerceptors(text)
	if err != nil {
		return nil, err
	}
	var words []string
	for _, p := range list {
		word := p.Name
		if p.Weight != 1 {
			word += ":" + strconv.FormatFloat(p.Weight, 'g', -1, 64)
		}
		words = append(words, word)
	}
	return strings.Join(words, " "), nil
}

func parsePerceptors(text string) (list []Perceptor, err error) {
	for _, word := range strings.Fields(strings.ReplaceAll(text, ",", " ")) {
		name, weight, weighed := strings.Cut(word, ":")
		p := Perceptor{Name: name, Weight: 1}
		if weighed {
			if p.Weight, err = strconv.ParseFloat(weight, 64); err != nil || !(p.Weight > 0 && p.Weight <= mostWeight) {
				return nil, fmt.Errorf("write a weight over 0 and up to %d behind the colon, not %.20q", mostWeight, weight)
			}
		}
		if err := CheckName(name); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	if len(list) > MaxPerceptors {
		return nil, fmt.Errorf("leave at most %d", MaxPerceptors)
	}
	return list, nil
}

// PerceptorsOf are those of a value that was checked.
func PerceptorsOf(value string) []Perceptor {
	list, _ := parsePerceptors(value)
	return list
}

func (PerceptorList) Format(v any) string { return v.(string) }

func (k PerceptorList) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (PerceptorList) encode(v any) any { return v }

func (k PerceptorList) check(o *Option, v any) (any, string, error) {
	valid, err := k.Parse(v.(string))
	if err != nil {
		return v, "", fmt.Errorf("The %s cannot be read: %w.", o.noun(), err)
	}
	return valid, "", nil
}

func (PerceptorList) schema() map[string]any { return map[string]any{"type": "string"} }

// steers says whether only the weights differ.
func (PerceptorList) steers(from, to any) bool {
	return slices.EqualFunc(PerceptorsOf(from.(string)), PerceptorsOf(to.(string)), func(a, b Perceptor) bool { return a.Name == b.Name })
}
