package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What a text looks like that a person reads: words with space between them, or one that begins as a sentence or a button does.
var (
	verb     = regexp.MustCompile(`%[-+ 0-9.]*[a-zA-Z]`)
	readable = regexp.MustCompile(`\pL{2}.*\s|\s.*\pL{2}|^\W*\p{Lu}\p{Ll}+`)
)

// What looks like one and is none: classes, drawings, media queries and selectors, units, errors that only the console holds, and the browser's and
// codecs' names.
var unread = regexp.MustCompile(`^( problem|status problem| crisp|chip strong|field wide|box-mark chosen|curve c%d|dot here|-help |out of memory)$|^M[0-9%]|^\(|^ui: |^\.toasts|^(input|textarea), |` +
	`^%(d|\.[0-9]f) [kMG]B$|^(Files|JSON|Object|Promise|Error|URL|URLSearchParams|CustomEvent|Blob|File|ClipboardItem|AbortError|Notification|Response|Worker|Uint8ClampedArray|X-Name|WebM|` +
	`Enter|Escape|Backspace|Delete|Arrow(Left|Right|Up|Down))$`)

// elsewhere are the files with texts of their own: the words themselves, and those for programs.
var elsewhere = []string{"words.go", "api_js.go"}

// All that the page says stands in words.go, so that a translation is one file.
func TestTextsStandInOnePlace(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(elsewhere, name) {
			continue
		}
		parsed, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.CallExpr: // of a class no person reads
				called, ok := n.Fun.(*ast.SelectorExpr)
				return !ok || called.Sel.Name != "Class"
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && readable.MatchString(verb.ReplaceAllString(text, "")) && !unread.MatchString(text) {
					t.Errorf("%s: %s", set.Position(n.Pos()), n.Value)
				}
			}
			return true
		})
	}
}
