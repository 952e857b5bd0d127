package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/recipe"
)

// The server's HTML is what search engines and people without the program see; its names are the page's contract.
func TestServersPage(t *testing.T) {
	html := app.HTMLString(NewPage().Render())
	for _, want := range []string{
		"<h1>Reverie</h1>", `<label for="prompt">Prompt</label>`, ">Start</button>", ">Stop</button>", ">Continue</button>", ">Download PNG</button>", ">Copy link</button>", ">Download models</button>",
		`<label for="field-steps">Steps</label>`, `<label for="field-seed">Seed</label>`, `<label for="field-cutouts">Cutouts</label>`,
		`<label for="field-width">Width</label>`, `<label for="field-height">Height</label>`, `<label for="model">Model</label>`, `<label for="lock-seed">Lock seed</label>`,
		`<label for="open-image" class="button">Open image</label>`, `role="img"`, `aria-label="Step 0 of 150`, `role="status"`,
		"Runs on your device. Nothing is uploaded.",
	} {
		if !strings.Contains(strings.ReplaceAll(html, `class="button" for="open-image"`, `for="open-image" class="button"`), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// What is wrong with a field is said somewhere, whichever it is.
func TestEveryProblemIsShown(t *testing.T) {
	for _, o := range recipe.Options() {
		p := NewPage()
		p.state.complain(&recipe.Wrong{Option: o, Reason: errors.New("It is wrong.")}, nil)
		html := app.HTMLString(p.Render())
		if strings.Count(html, "It is wrong.") != 2 { // there and in the status
			t.Errorf("%s: the page says %d times what is wrong", o.Name, strings.Count(html, "It is wrong."))
		}
	}
}

// Labels and help texts point to elements by id; a space or a slip in one breaks them silently.
func TestReferencesHaveTargets(t *testing.T) {
	html := app.HTMLString(NewPage().Render())
	for _, attribute := range []string{"for", "aria-describedby", "aria-labelledby"} {
		for _, part := range strings.Split(html, " "+attribute+`="`)[1:] {
			for id := range strings.FieldsSeq(part[:strings.Index(part, `"`)]) {
				if !strings.Contains(html, ` id="`+id+`"`) {
					t.Errorf("%s points to %s, which is not there", attribute, id)
				}
			}
		}
	}
}

// The Content-Security-Policy blocks style attributes, so go-app's Style must not be used.
func TestNoInlineStyles(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") && strings.Contains(string(text), ".Style"+"(") {
			t.Errorf("%s sets an inline style", file)
		}
	}
}
