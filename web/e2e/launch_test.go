//go:build e2e && !js

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// A picture of Reverie's that the operating system opens with the installed app restores its settings.
func TestOpenedByTheSystem(t *testing.T) {
	v := open(t, chromium.Software, "", `window.launchQueue.__proto__.setConsumer = (f) => { window.launch = f }`)
	until[protocol.Ready](v)
	_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`launch({files: []}),
		launch({files: [{name: "heart.png", getFile: async () => new File([new Uint8Array(%s)], "heart.png")}]}), true`, bytesOf(t, "a blue heart")))
	v.must(err)
	v.status("The settings of heart.png are restored")
	v.value("textbox", "Prompt", "a blue heart")
	v.clean()
}

// What another app shares stays in the service worker: a picture waits in a cache for the page, which takes it once, and a text is a prompt.
func TestShared(t *testing.T) {
	v := open(t, chromium.Software, "")
	_, err := driver.Evaluate[bool](v.Page, `navigator.serviceWorker.ready.then(() => true)`)
	v.must(err)
	v.keeps("mini", whole)
	v.must(v.serve.Close()) // nobody else answers
	share := func(field, value string) {
		t.Helper()
		v.must(v.Navigate("about:blank"))
		_, err := driver.Evaluate[bool](v.Page, fmt.Sprintf(`(() => {
			const form = document.createElement("form"), input = document.createElement("input");
			form.method = "POST", form.enctype = "multipart/form-data", form.action = %q;
			input.name = %q, %s;
			form.append(input), document.body.append(form);
			setTimeout(() => form.submit());
			return true;
		})()`, v.url+"share", field, value))
		v.must(err)
		until[protocol.Ready](v)
	}
	share("picture", fmt.Sprintf(`(() => {
		const files = new DataTransfer();
		files.items.add(new File([new Uint8Array(%s)], "Herz, blau.png", {type: "image/png"}));
		input.type = "file", input.files = files.files;
	})()`, bytesOf(t, "a blue heart")))
	v.status("The settings of Herz, blau.png are restored")
	v.value("textbox", "Prompt", "a blue heart")
	v.must(v.Fill("textbox", "Prompt", "typed"))
	v.waits(`Object.values(localStorage).some((kept) => kept.includes("typed"))`)
	v.again("?shared")
	until[protocol.Ready](v)
	v.value("textbox", "Prompt", "typed")
	share("text", `input.value = "a red apple & more"`)
	v.value("textbox", "Prompt", "a red apple & more")
}

// bytesOf is a picture with a prompt inside, as a list in JavaScript.
func bytesOf(t *testing.T, prompt string) string {
	t.Helper()
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is(prompt), recipe.Seed.Is(7)).Suggest(recipe.Recipe{})}
	png, _, err := picture.Write(make([]byte, 4*64*64), 64, 64, picture.Meta{Script: script, Step: 3})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, b := range png {
		list = append(list, strconv.Itoa(int(b)))
	}
	return "[" + strings.Join(list, ",") + "]"
}
