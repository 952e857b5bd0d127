package shaders

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	read := func(m map[string]string) func(string) (string, error) {
		return func(name string) (string, error) {
			s, ok := m[name]
			if !ok {
				return "", errors.New("no file " + name)
			}
			return s, nil
		}
	}
	cases := []struct {
		name, text string
		defines    Defines
		want       string
		err        string
	}{
		{name: "a switch that is on keeps its lines", text: "#ifdef A\nx\n#else\ny\n#endif", defines: Defines{"A": ""}, want: "x\n"},
		{name: "a switch that is off takes the else", text: "#ifdef A\nx\n#else\ny\n#endif", want: "y\n"},
		{name: "ifs nest", text: "#ifdef A\n#ifndef B\nx\n#endif\n#endif\nz", defines: Defines{"A": ""}, want: "x\nz\n"},
		{name: "values compare", text: "#if T == f16\nh\n#endif\nq", defines: Defines{"T": "f16"}, want: "h\nq\n"},
		{name: "whole words are replaced", text: "let N_X = N;", defines: Defines{"N": "4"}, want: "let N_X = 4;\n"},
		{name: "comments stay", text: "N // N", defines: Defines{"N": "4"}, want: "4 // N\n"},
		{name: "bindings count what is taken", text: "BINDING var<storage, read> a: f;\n#ifdef B\nBINDING var<uniform> b: f;\n#endif\nBINDING var<storage, read_write> c: f;",
			want: "@group(0) @binding(0) var<storage, read> a: f;\n@group(0) @binding(1) var<storage, read_write> c: f;\n"},
		{name: "includes", text: "#include \"b\"\nz", want: "B\nz\n"},
		{name: "include cycle", text: "#include \"main\"", err: "deeper"},
		{name: "loops count", text: "#for I 3\na$I = b$I;\n#endfor", want: "a0 = b0;\na1 = b1;\na2 = b2;\n"},
		{name: "loops nest", text: "#for I N\n#for J 2\na$I_$J\n#endfor\n#endfor", defines: Defines{"N": "2"}, want: "a0_0\na0_1\na1_0\na1_1\n"},
		{name: "loop without end", text: "#for I 3\nx", err: "main:1: #for without #endfor"},
		{name: "loop without count", text: "#for I\nx\n#endfor", err: "main:1: #for wants NAME"},
		{name: "missing endif", text: "#ifdef A", err: "#if without #endif"},
		{name: "stray else", text: "#else", err: "main:1: #else without #if"},
		{name: "a tensor", text: "#tensor x read",
			want: "@group(0) @binding(0) var<storage, read> x: array<vec4f>;\nfn load_x(place: u32) -> vec4f {\n  return x[place];\n}"},
		{name: "a tensor that gradients are added to", text: "BINDING var<uniform> p: f;\n#tensor y read_write", defines: Defines{"ACCUMULATE": "", FormOf(1): "bf16"},
			want: "@group(0) @binding(0) var<uniform> p: f;\n@group(0) @binding(1) var<storage, read_write> y: array<vec2u>;\n" +
				"fn load_y(place: u32) -> vec4f {\n" + strings.ReplaceAll(forms[BFloat16].load, "NAME", "y") + "}\nfn set_y(place: u32, value: vec4f) {\n" + strings.ReplaceAll(forms[BFloat16].store, "NAME", "y") +
				"}\nfn store_y(place: u32, value: vec4f) {\n  set_y(place, load_y(place) + value);\n}"},
		{name: "a tensor without a mode", text: "#tensor x", err: "main:1: #tensor wants a name"},
		{name: "a form that there is none of", text: "#tensor x read", defines: Defines{FormOf(0): "q8"}, err: "main:1: no tensor is stored as q8"},
		{name: "a form of what is no tensor", text: "BINDING var<storage, read> x: array<u32>;", defines: Defines{FormOf(0): "f16"}, err: "binding 0 is no tensor"},
		{name: "unknown directive", text: "a\n#pragma x", err: "main:2: unknown directive #pragma"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := expand("main", c.defines, read(map[string]string{"main": c.text, "b": "B"}))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want one with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimRight(got.Text, "\n") != strings.TrimRight(c.want, "\n") {
				t.Errorf("got %q, want %q", got.Text, c.want)
			}
		})
	}
}

func TestFloatsAreTensorsAndArraysOfFloats(t *testing.T) {
	text := `#tensor x read
BINDING var<storage, read_write> codes: array<u32>;
BINDING var<storage, read> sums: array<vec2f>; // of rows
BINDING var<uniform> p: Params;
BINDING var<storage, read> packed: array<vec2u>;
BINDING var<storage, read> state: State;
BINDING var<storage,read_write> losses: array<f32>;
#tensor y read_write`
	src, err := expand("main", Defines{FormOf(0): "f16", FormOf(7): "bf16"}, func(string) (string, error) { return text, nil })
	if err != nil {
		t.Fatal(err)
	}
	if want := []bool{true, false, true, false, false, false, true, true}; !slices.Equal(src.Floats, want) {
		t.Errorf("got %v, want %v", src.Floats, want)
	}
}

func TestExponents(t *testing.T) {
	for _, c := range []struct {
		form             Form
		largest, endless uint32 // the largest finite number, and infinity
	}{{Float32, math.Float32bits(math.MaxFloat32), math.Float32bits(float32(math.Inf(1)))}, {Float16, 0x7bff, 0x7c00}, {BFloat16, 0x7f7f, 0x7f80}} {
		if e := c.form.Exponent(); c.largest&e == e || c.endless&e != e {
			t.Errorf("%q: %#x takes %#x or leaves %#x", c.form, e, c.largest, c.endless)
		}
	}
}

func TestOriginNamesTheIncludedFile(t *testing.T) {
	src, err := expand("main", nil, func(name string) (string, error) {
		return map[string]string{"main": "a\n#include \"b\"\nc", "b": "x"}[name], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := src.Origin(2), (Line{"b", 1}); got != want {
		t.Errorf("line 2 comes from %v, want %v", got, want)
	}
	if got, want := src.Origin(3), (Line{"main", 3}); got != want {
		t.Errorf("line 3 comes from %v, want %v", got, want)
	}
}
