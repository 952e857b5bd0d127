package shaders

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A tensor is bound by a directive, and its kernel reads and writes it through functions: how its elements are stored is the buffer's
// affair, and every kernel takes all forms.
//
//	#tensor x read         load_x(i), the vec4f i
//	#tensor x read_write   also set_x(i, v), and store_x(i, v), which with the switch ACCUMULATE adds v to what is there

// Form is how a buffer stores a tensor's elements.
type Form string

const (
	Float32  Form = ""
	Float16  Form = "f16"  // packed; what it cannot hold becomes its largest number
	BFloat16 Form = "bf16" // packed; the upper half of a float32
)

// Size is the number of bytes of an element.
func (f Form) Size() int {
	if f == Float32 {
		return 4
	}
	return 2
}

// Exponent has the bits of an element's exponent: where all of them are set, the element is infinite or NaN.
func (f Form) Exponent() uint32 {
	switch f {
	case Float16:
		return 0x7c00
	case BFloat16:
		return 0x7f80
	}
	return 0x7f800000
}

// FormOf is the switch whose value is the form of the tensor at a binding, counted from 0.
func FormOf(binding int) string { return formOf + strconv.Itoa(binding) }

const formOf = "FORM_"

// access is how a form's vec4f is read and written, with the vector value at place of NAME.
type access struct{ element, load, store string }

// WGSL leaves open what packing makes of numbers beyond float16, hence the clamp. To bfloat16, bits are rounded to the nearest, ties to even.
var forms = map[Form]access{
	Float32: {"vec4f", "  return NAME[place];\n", "  NAME[place] = value;\n"},
	Float16: {"vec2u", `  let packed = NAME[place];
  return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
`, `  let held = clamp(value, vec4f(-65504.0), vec4f(65504.0));
  NAME[place] = vec2u(pack2x16float(held.xy), pack2x16float(held.zw));
`},
	BFloat16: {"vec2u", `  let packed = NAME[place];
  return bitcast<vec4f>(vec4u(packed.x << 16u, packed.x & 0xffff0000u, packed.y << 16u, packed.y & 0xffff0000u));
`, `  let exact = bitcast<vec4u>(value);
  let near = exact + 0x7fffu + ((exact >> vec4u(16u)) & vec4u(1u));
  NAME[place] = (near.xz >> vec2u(16u)) | (near.yw & vec2u(0xffff0000u));
`},
}

// tensor is the text of one directive.
func (x *expander) tensor(rest string) (string, error) {
	name, mode, _ := strings.Cut(rest, " ")
	if name == "" || mode != "read" && mode != "read_write" {
		return "", fmt.Errorf("#tensor wants a name and read or read_write, has %q", rest)
	}
	form, ok := forms[Form(x.defines[FormOf(x.bindings)])]
	if !ok {
		return "", fmt.Errorf("no tensor is stored as %s", x.defines[FormOf(x.bindings)])
	}
	x.tensors = append(x.tensors, x.bindings)
	text := fmt.Sprintf("%s var<storage, %s> NAME: array<%s>;\nfn load_NAME(place: u32) -> vec4f {\n%s}\n", x.word("BINDING"), mode, form.element, form.load)
	if mode == "read_write" {
		sum := "value"
		if _, ok := x.defines["ACCUMULATE"]; ok {
			sum = "load_NAME(place) + value"
		}
		text += fmt.Sprintf("fn set_NAME(place: u32, value: vec4f) {\n%s}\nfn store_NAME(place: u32, value: vec4f) {\n  set_NAME(place, %s);\n}\n", form.store, sum)
	}
	return strings.ReplaceAll(text, "NAME", name), nil
}

// allTensors fails when a form is asked for at a binding that is no tensor of the variant: the kernel would misread it.
func (x *expander) allTensors(file string) error {
	for name, form := range x.defines {
		binding, ok := strings.CutPrefix(name, formOf)
		if n, err := strconv.Atoi(binding); ok && err == nil && !slices.Contains(x.tensors, n) {
			return fmt.Errorf("shaders: %s: binding %d is no tensor and cannot be stored as %s", file, n, form)
		}
	}
	return nil
}
