package recipe

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Markdown is docs/options.md: every option by group.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Options\n\nEvery option of a run. In scripts and pictures an option has its name, as a flag of `render` its name with dashes, in links the key. " +
		"An option that is left out has its default.\nThis page is made from the table in [recipe/options.go](../recipe/options.go) by `make docs`; " +
		"[script.schema.json](script.schema.json) is the form of scripts.\n")
	for _, group := range Groups {
		fmt.Fprintf(&b, "\n## %s\n\n| option | key | values | default | during a run | what it does | elsewhere |\n| --- | --- | --- | --- | --- | --- | --- |\n", group)
		for _, o := range table {
			if o.Group == group {
				fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | **%s.** %s | %s |\n", o.Name, o.key(), o.values(), o.byDefault(), during[o.During], o.Label, cell(o.Help), o.elsewhere())
			}
		}
	}
	return b.String()
}

var during = map[Effect]string{NeedsNewRun: "needs a new run", RecordsAnew: "changes, the step is recorded anew", TakesAtOnce: "changes at the next step"}

// cell is text that a cell of a table can hold.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// values are what the option can be, in words.
func (o *Option) values() string {
	switch k := o.Kind.(type) {
	case Whole:
		return fmt.Sprintf("whole number, %d to %d", k.Min, k.Max)
	case Side:
		return fmt.Sprintf("whole number, up to %d", MaxSide)
	case Real:
		if k.Positive {
			return fmt.Sprintf("number above 0, up to %g", k.Max)
		}
		if k.Signed {
			return fmt.Sprintf("number, %g to %g", -k.Max, k.Max)
		}
		return fmt.Sprintf("number, 0 to %g", k.Max)
	case Choice:
		return "`" + strings.Join(k.values(), "`, `") + "`"
	case Switch:
		return "`true` or `false`"
	case TokenGrid:
		return "tokens, as `2x1.AQACAA`: columns, rows, and two bytes each in base64"
	case Area:
		return "list of shapes `{\"rectangle\":[left,top,right,bottom]}` or `{\"stroke\":[x,y…],\"radius\":r}`, each with `softness` and `erase` if need be, in shares of " +
			"the picture; as text `r0_0_500_1000_100` or `s50_20_300_400` (radius, softness, x, y…) in thousandths, with dots between; `left_100`, `right`, `top` and `bottom` are the halves, with softness"
	case RegionList:
		return "list of `{\"prompt\":0,\"mask\":[shapes…]}`; as text `0r0_0_500_1000_100~1r500_0_1000_1000_100`"
	case PerceptorList:
		return "list of names"
	case Parts:
		if k.Vectors {
			return "float32 as base64, with weights, parted by `|`"
		}
		return "seeds, with weights, parted by `|`"
	case Numbers:
		return fmt.Sprintf("numbers, 0 to %g, with spaces between", k.Max)
	case Curves:
		return "`OPTION STEP:(VALUE), STEP:(VALUE)…; OPTION…`, of options that change at the next step and are numbers with fractions"
	case Words:
		return "some of `" + strings.Join(k.Of, "`, `") + "`, with spaces between"
	case Colours:
		return k.many() + ", with spaces between"
	case Number64:
		return "whole number, 0 to 2⁶⁴−1"
	}
	return "text"
}

func (o *Option) byDefault() string {
	value := o.Format(o.Default)
	if value != "" {
		value = "`" + value + "`"
	}
	switch o.Open {
	case ByModel:
		return "the model's, or else " + value
	case AtStart:
		return "a new one on the page, " + value + " in scripts"
	}
	return value
}

func (o *Option) elsewhere() string {
	var names []string
	for _, tool := range Tools {
		if name := o.Elsewhere[tool]; name != "" {
			names = append(names, fmt.Sprintf("%s: `%s`", tool, name))
		}
	}
	return strings.Join(names, ", ")
}

// Schema is docs/script.schema.json: the JSON schema of scripts.
func Schema() ([]byte, error) {
	properties := map[string]any{}
	for _, o := range table {
		property := map[string]any{"description": o.Help}
		for k, v := range o.Kind.schema() {
			property[k] = v
		}
		if o.Open == ByDefault {
			property["default"] = o.Kind.encode(o.Default)
		}
		properties[o.Name] = property
	}
	change := map[string]any{"type": "object", "required": []string{"step", "set"}, "properties": map[string]any{
		"step": map[string]any{"type": "integer", "minimum": 0, "maximum": MaxSteps, "description": "updates made before the change"},
		"set":  map[string]any{"$ref": "#/$defs/options"},
	}}
	b, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A Reverie script", "type": "object", "required": []string{"version", "recipe"},
		"properties": map[string]any{
			"version": map[string]any{"const": Version},
			"recipe":  map[string]any{"$ref": "#/$defs/options"},
			"changes": map[string]any{"type": "array", "maxItems": MaxChanges, "items": change},
		},
		"$defs": map[string]any{"options": map[string]any{"type": "object", "additionalProperties": false, "properties": properties}},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("recipe: the schema: %w", err)
	}
	return append(b, '\n'), nil
}
