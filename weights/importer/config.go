package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"reverie/weights/foreign"
)

// section is a mapping of a configuration, in YAML or JSON. Its methods read options; the first that does not hold what it should is
// remembered for the whole configuration.
type section struct {
	path   string         // of the section, with a dot behind, for messages
	values map[string]any // nil, bool, int64, float64, string, []any, map[string]any
	wrong  *error
}

// config is a configuration that was read whole.
type config struct {
	section
	err error
}

func newConfig(values map[string]any) *config {
	c := new(config)
	c.section = section{values: values, wrong: &c.err}
	return c
}

// parseJSON reads a configuration in JSON.
func parseJSON(data []byte) (*config, error) {
	var values map[string]any
	if err := foreign.JSON(data, (*numbered)(&values), "a configuration"); err != nil {
		return nil, err
	}
	return newConfig(values), nil
}

// numbered is a mapping in JSON whose whole numbers are kept as such.
type numbered map[string]any

func (n *numbered) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		return err
	}
	*n, _ = plain(values).(map[string]any)
	return nil
}

// plain replaces what stands for numbers in JSON.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(string(v))
	case []any:
		for i, item := range v {
			v[i] = plain(item)
		}
	case map[string]any:
		for key, item := range v {
			v[key] = plain(item)
		}
	}
	return v
}

func number(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	f, _ := strconv.ParseFloat(text, 64) // infinite where it is too large
	return f
}

// parseYAML reads a configuration in YAML. Aliases share what they stand for, however often they are used.
func parseYAML(data []byte) (*config, error) {
	head := data[:min(len(data), foreign.HeadSize)]
	if err := foreign.Recognise(head, "a configuration"); err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, foreign.YAML(err, "a configuration")
	}
	if len(document.Content) != 1 {
		return nil, errors.New("it is empty")
	}
	r := &yamlReader{budget: new(foreign.Budget), known: map[*yaml.Node]any{}}
	v, err := r.value(document.Content[0], 0)
	if err != nil {
		return nil, err
	}
	values, ok := v.(map[string]any)
	if !ok {
		if err := foreign.RecogniseText(head, "a configuration"); err != nil {
			return nil, err
		}
		return nil, errors.New("it is not a configuration in YAML: it is no mapping")
	}
	return newConfig(values), nil
}

// yamlReader turns nodes of YAML into plain values.
type yamlReader struct {
	budget *foreign.Budget
	known  map[*yaml.Node]any // mappings and lists that were read; nil while one is
}

// maxNesting is how deeply a configuration may be nested.
const maxNesting = 64

// perValue pays for one value of a configuration, in units of foreign.Budget.
const perValue = 256

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	if err := r.budget.Spend(perValue + 2*len(n.Value)); err != nil {
		return nil, err
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("it is nested too deeply in line %d to be a configuration", n.Line)
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode {
		return scalar(n), nil
	}
	if v, ok := r.known[n]; ok {
		if v == nil {
			return nil, fmt.Errorf("what line %d begins holds itself, which no configuration does", n.Line)
		}
		return v, nil
	}
	r.known[n] = nil
	var v any
	var err error
	if n.Kind == yaml.SequenceNode {
		v, err = r.list(n, depth)
	} else {
		v, err = r.mapping(n, depth)
	}
	r.known[n] = v
	return v, err
}

func (r *yamlReader) list(n *yaml.Node, depth int) (any, error) {
	items := make([]any, len(n.Content))
	for i, item := range n.Content {
		var err error
		if items[i], err = r.value(item, depth+1); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (r *yamlReader) mapping(n *yaml.Node, depth int) (any, error) {
	values := make(map[string]any, len(n.Content)/2)
	var merged []any
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		v, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		if _, twice := values[key.Value]; twice {
			return nil, fmt.Errorf("it is not a configuration in YAML: line %d has %.60q again", key.Line, key.Value)
		}
		values[key.Value] = v
	}
	return values, r.merge(values, merged)
}

// merge adds the members of other mappings that a mapping lacks.
func (r *yamlReader) merge(values map[string]any, from []any) error {
	for _, v := range from {
		switch v := v.(type) {
		case map[string]any:
			if err := r.budget.Spend(perValue * len(v)); err != nil {
				return err
			}
			for key, item := range v {
				if _, ok := values[key]; !ok {
					values[key] = item
				}
			}
		case []any:
			if err := r.merge(values, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		var v any
		if n.Decode(&v) != nil {
			return n.Value
		}
		switch v := v.(type) {
		case int:
			return int64(v)
		case uint64:
			return float64(v)
		}
		return v
	}
	return n.Value
}

// fail remembers what is wrong with an option.
func (s section) fail(name, format string, args ...any) {
	if *s.wrong == nil {
		*s.wrong = fmt.Errorf("its %s%s %s", s.path, name, fmt.Sprintf(format, args...))
	}
}

// has reports whether an option is there and not null.
func (s section) has(name string) bool { return s.values[name] != nil }

// in is a section of this one, and whether it is there.
func (s section) in(name string) (section, bool) {
	v, ok := s.values[name].(map[string]any)
	if !ok && s.has(name) {
		s.fail(name, "is %s and must be a mapping", inWords(s.values[name]))
	}
	return section{s.path + name + ".", v, s.wrong}, ok
}

// whole reads a whole number; one that is not there leaves the value as it is.
func (s section) whole(name string, into *int) {
	switch v := s.values[name].(type) {
	case nil:
	case int64:
		*into = int(v)
	default:
		s.fail(name, "is %s and must be a whole number", inWords(v))
	}
}

// wholes reads a list of whole numbers.
func (s section) wholes(name string, into *[]int) {
	if !s.has(name) {
		return
	}
	items, ok := s.values[name].([]any)
	list := make([]int, len(items))
	for i, item := range items {
		n, isWhole := item.(int64)
		list[i], ok = int(n), ok && isWhole
	}
	if !ok {
		s.fail(name, "is %s and must be a list of whole numbers", inWords(s.values[name]))
		return
	}
	*into = list
}

// three reads a list of three numbers, one for each of red, green and blue.
func (s section) three(name string, into *[3]float32) {
	if !s.has(name) {
		return
	}
	items, _ := s.values[name].([]any)
	ok := len(items) == 3
	for i := 0; ok && i < 3; i++ {
		var v float64
		if v, ok = float(items[i]); ok {
			into[i] = float32(v)
		}
	}
	if !ok {
		s.fail(name, "is %s and must be a list of three numbers", inWords(s.values[name]))
	}
}

// truth reads true or false.
func (s section) truth(name string, into *bool) {
	switch v := s.values[name].(type) {
	case nil:
	case bool:
		*into = v
	default:
		s.fail(name, "is %s and must be true or false", inWords(v))
	}
}

// text reads a text.
func (s section) text(name string, into *string) {
	switch v := s.values[name].(type) {
	case nil:
	case string:
		*into = v
	default:
		s.fail(name, "is %s and must be a text", inWords(v))
	}
}

// only refuses an option that changes what a model computes and has another value than the supported ones. What is off (null, false, zero or
// empty) is supported where nothing else is.
func (s section) only(name string, supported ...any) {
	v, ok := s.values[name]
	if !ok || v == nil || len(supported) == 0 && isOff(v) {
		return
	}
	for _, want := range supported {
		if same(v, want) {
			return
		}
	}
	if len(supported) == 0 {
		s.fail(name, "is %s, which is not supported", inWords(v))
		return
	}
	words := make([]string, len(supported))
	for i, want := range supported {
		words[i] = inWords(want)
	}
	s.fail(name, "is %s, and only %s is supported", inWords(v), strings.Join(words, " or "))
}

// onlyKnown refuses options that are neither known nor off.
func (s section) onlyKnown(known ...string) {
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if !slices.Contains(known, name) && !isOff(s.values[name]) {
			s.fail(strings.Trim(fmt.Sprintf("%.60q", name), `"`), "is %s, and this option is not known here; it may change what the model computes", inWords(s.values[name]))
		}
	}
}

func isOff(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case string:
		return v == "" || v == "none"
	}
	return v == nil || v == false || v == int64(0) || v == 0.0
}

func same(a, b any) bool {
	x, ok1 := float(a)
	y, ok2 := float(b)
	if ok1 && ok2 {
		return x == y
	}
	switch a.(type) {
	case []any, map[string]any: // not comparable
		return false
	}
	return a == b
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// inWords writes a value of a configuration for a message.
func inWords(v any) string {
	switch v := v.(type) {
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case string:
		return fmt.Sprintf("%.60q", v)
	}
	return fmt.Sprint(v)
}
