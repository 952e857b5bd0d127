// Package shaders holds the WGSL sources and the small preprocessor that makes their variants.
//
// A kernel's variants come from one file by compile-time switches, never from copies. The directives stand alone on a line:
//
//	#include "name.wgsl"
//	#define NAME value
//	#ifdef NAME   #ifndef NAME   #if NAME == value   #else   #endif
//	#for NAME count   #endfor
//	#tensor name read   #tensor name read_write
//
// The lines between #for and #endfor are repeated count times (a number or a name), with $NAME counting from 0: registers
// have names and not indices, so tiles of any size are written out this way. #tensor binds a tensor and says how to load and store it: see
// tensor.go. Names given by the caller or by #define are replaced where they stand as whole words. The word BINDING becomes
// "@group(0) @binding(n)" with n counted upwards, so that a variant may leave bindings out.
package shaders

import (
	"embed"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"
	"strconv"
	"strings"
)

//go:embed *.wgsl
var files embed.FS

// Defines are the compile-time switches of one variant; an empty value marks a switch that is merely on.
type Defines map[string]string

// Key is the variant's identity: the file's name and its switches in order.
func Key(file string, d Defines) string {
	names := make([]string, 0, len(d))
	for n := range d {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString(file)
	for _, n := range names {
		b.WriteString(" " + n)
		if d[n] != "" {
			b.WriteString("=" + d[n])
		}
	}
	return b.String()
}

// Line is where a line of expanded source came from.
type Line struct {
	File   string
	Number int
}

// Source is a variant ready to compile.
type Source struct {
	Key      string
	Text     string
	Bindings []Binding // in binding order
	Floats   []bool    // which bindings hold floating-point numbers and nothing else: tensors, and arrays of f32 and its vectors
	lines    []Line
}

// Origin maps a line of Text, counted from 1, back to its file. Lines out of range give the zero Line.
func (s *Source) Origin(line int) Line {
	if line < 1 || line > len(s.lines) {
		return Line{}
	}
	return s.lines[line-1]
}

// Binding is how a variant uses one bound buffer.
type Binding int

const (
	Read Binding = iota
	ReadWrite
	Uniform
)

// Expand makes one variant of an embedded file.
func Expand(file string, d Defines) (*Source, error) {
	return expand(file, d, func(name string) (string, error) {
		b, err := files.ReadFile(name)
		return string(b), err
	})
}

// Files lists the embedded sources.
func Files() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the file system is part of the program
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// Sum identifies all sources: programs of one sum have the same kernels. Nobody forges it, and what makes sums that nobody can would be 40 kB of the
// engine's download.
func Sum() string {
	h := fnv.New128a()
	for _, name := range Files() {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // the file system is part of the program
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

const maxIncludeDepth = 8

type expander struct {
	read     func(string) (string, error)
	defines  Defines
	bindings int
	tensors  []int // the bindings that #tensor made
	out      strings.Builder
	lines    []Line
}

func expand(file string, d Defines, read func(string) (string, error)) (*Source, error) {
	x := &expander{read: read, defines: Defines{}}
	for k, v := range d {
		x.defines[k] = v
	}
	if err := x.file(file, 0); err != nil {
		return nil, err
	}
	if err := x.allTensors(file); err != nil {
		return nil, err
	}
	text := x.out.String()
	bindings, floats, err := parseBindings(text)
	if err != nil {
		return nil, fmt.Errorf("shaders: %s: %w", file, err)
	}
	for _, tensor := range x.tensors { // packed ones are declared as whole numbers
		floats[tensor] = true
	}
	return &Source{Key: Key(file, d), Text: text, Bindings: bindings, Floats: floats, lines: x.lines}, nil
}

func (x *expander) file(name string, depth int) error {
	if depth > maxIncludeDepth {
		return fmt.Errorf("shaders: %s: includes go deeper than %d", name, maxIncludeDepth)
	}
	text, err := x.read(name)
	if err != nil {
		return fmt.Errorf("shaders: %w", err)
	}
	return x.block(name, strings.Split(text, "\n"), 1, depth)
}

// block expands lines of a file, the first of which has the number first.
func (x *expander) block(name string, lines []string, first, depth int) error {
	var on []bool // one per open #if: is this branch taken?
	taken := func() bool {
		for _, b := range on {
			if !b {
				return false
			}
		}
		return true
	}
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		fail := func(format string, args ...any) error {
			return fmt.Errorf("shaders: %s:%d: %s", name, first+i, fmt.Sprintf(format, args...))
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		rest = strings.TrimSpace(rest)
		switch word {
		case "#ifdef", "#ifndef", "#if":
			cond, err := x.condition(word, rest)
			if err != nil {
				return fail("%v", err)
			}
			on = append(on, cond)
			continue
		case "#else":
			if len(on) == 0 {
				return fail("#else without #if")
			}
			on[len(on)-1] = !on[len(on)-1]
			continue
		case "#endif":
			if len(on) == 0 {
				return fail("#endif without #if")
			}
			on = on[:len(on)-1]
			continue
		}
		if !taken() {
			continue
		}
		switch word {
		case "#define":
			n, v, _ := strings.Cut(rest, " ")
			x.defines[n] = strings.TrimSpace(v)
		case "#include":
			if err := x.file(strings.Trim(rest, `"`), depth+1); err != nil {
				return fmt.Errorf("%s:%d: %w", name, first+i, err)
			}
		case "#for":
			end := endOfLoop(lines, i)
			if end < 0 {
				return fail("#for without #endfor")
			}
			if err := x.loop(rest, name, lines[i+1:end], first+i+1, depth); err != nil {
				return err
			}
			i = end
		case "#tensor":
			text, err := x.tensor(rest)
			if err != nil {
				return fail("%v", err)
			}
			for code := range strings.Lines(text) {
				x.out.WriteString(code)
				x.lines = append(x.lines, Line{File: name, Number: first + i})
			}
		default:
			if strings.HasPrefix(word, "#") {
				return fail("unknown directive %s", word)
			}
			x.out.WriteString(x.substitute(line) + "\n")
			x.lines = append(x.lines, Line{File: name, Number: first + i})
		}
	}
	if len(on) > 0 {
		return fmt.Errorf("shaders: %s: #if without #endif", name)
	}
	return nil
}

// endOfLoop finds the #endfor of the #for in line start, or -1.
func endOfLoop(lines []string, start int) int {
	depth := 0
	for i := start; i < len(lines); i++ {
		switch word, _, _ := strings.Cut(strings.TrimSpace(lines[i]), " "); word {
		case "#for":
			depth++
		case "#endfor":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// loop expands the body of "#for NAME count".
func (x *expander) loop(head, name string, body []string, first, depth int) error {
	variable, bound, _ := strings.Cut(head, " ")
	if v, ok := x.defines[bound]; ok {
		bound = v
	}
	count, err := strconv.Atoi(strings.TrimSuffix(bound, "u"))
	if err != nil || count < 0 || count > maxLoop {
		return fmt.Errorf("shaders: %s:%d: #for wants NAME and a count up to %d, has %q", name, first-1, maxLoop, head)
	}
	variable = "$" + variable
	for i := range count {
		x.defines[variable] = strconv.Itoa(i)
		if err := x.block(name, body, first, depth); err != nil {
			return err
		}
	}
	delete(x.defines, variable)
	return nil
}

// maxLoop keeps a mistaken count from filling the memory.
const maxLoop = 64

func (x *expander) condition(word, rest string) (bool, error) {
	if word == "#if" {
		f := strings.Fields(rest)
		if len(f) != 3 || f[1] != "==" {
			return false, fmt.Errorf("#if wants NAME == value, has %q", rest)
		}
		return x.defines[f[0]] == f[2], nil
	}
	if rest == "" {
		return false, fmt.Errorf("%s wants a name", word)
	}
	_, defined := x.defines[rest]
	return defined == (word == "#ifdef"), nil
}

// substitute replaces names in a line of code. Comments stay as they are.
func (x *expander) substitute(line string) string {
	code, comment, found := strings.Cut(line, "//")
	code = x.words(x.loopVariables(code))
	if found {
		return code + "//" + comment
	}
	return code
}

// loopVariables replaces $A to $Z, which may stand within a word.
func (x *expander) loopVariables(code string) string {
	before, after, found := strings.Cut(code, "$")
	if !found {
		return code
	}
	var out strings.Builder
	for ; found; before, after, found = strings.Cut(after, "$") {
		out.WriteString(before)
		if after != "" {
			if v, ok := x.defines["$"+after[:1]]; ok {
				out.WriteString(v)
				after = after[1:]
				continue
			}
		}
		out.WriteByte('$')
	}
	out.WriteString(before)
	return out.String()
}

// words replaces whole words of capital letters, digits and underscores that begin with a letter.
func (x *expander) words(code string) string {
	var out strings.Builder
	for i := 0; i < len(code); {
		end := i
		for end < len(code) && isWord(code[end]) {
			end++
		}
		if end == i {
			end++
		}
		out.WriteString(x.word(code[i:end]))
		i = end
	}
	return out.String()
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func (x *expander) word(w string) string {
	if w == "BINDING" {
		x.bindings++
		return fmt.Sprintf("@group(0) @binding(%d)", x.bindings-1)
	}
	if v, ok := x.defines[w]; ok && 'A' <= w[0] && w[0] <= 'Z' && w == strings.ToUpper(w) {
		return v
	}
	return w
}

// parseBindings reads the declarations of an expanded source: how each binding is used, and which are arrays of floats.
func parseBindings(text string) (bindings []Binding, floats []bool, err error) {
	declarations := strings.Split(text, "@group(0) @binding(")
	for i, d := range declarations[1:] {
		number, rest, _ := strings.Cut(d, ")")
		if number != strconv.Itoa(i) {
			return nil, nil, fmt.Errorf("binding %s stands in place %d", number, i)
		}
		space, rest, _ := strings.Cut(strings.TrimSpace(rest), ">")
		switch strings.ReplaceAll(strings.TrimPrefix(space, "var<"), " ", "") {
		case "storage", "storage,read":
			bindings = append(bindings, Read)
		case "storage,read_write":
			bindings = append(bindings, ReadWrite)
		case "uniform":
			bindings = append(bindings, Uniform)
		default:
			return nil, nil, fmt.Errorf("binding %d has address space %q", i, space)
		}
		declared, _, _ := strings.Cut(rest, ";")
		_, kind, _ := strings.Cut(declared, ":")
		floats = append(floats, slices.Contains(floatArrays, strings.TrimSpace(kind)))
	}
	return bindings, floats, nil
}

var floatArrays = []string{"array<f32>", "array<vec2f>", "array<vec4f>"}
