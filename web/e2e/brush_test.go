//go:build e2e && !js

package e2e

import (
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/driver"
)

// drag draws on the picture with the mouse, through places in shares of its sides.
func (v *visit) drag(places ...float64) {
	v.Helper()
	v.waits(`document.getElementById("veil").width > 0 && !document.getElementById("veil").hidden`)
	box, err := driver.Evaluate[[]float64](v.Page, `((e) => {
		const r = e.getBoundingClientRect(), s = Math.min(r.width / e.width, r.height / e.height);
		return [r.x + (r.width - s * e.width) / 2, r.y + (r.height - s * e.height) / 2, s * e.width, s * e.height];
	})(document.getElementById("veil"))`)
	v.must(err)
	points := make([]float64, len(places))
	for i, share := range places {
		points[i] = box[i%2] + share*box[2+i%2]
	}
	v.must(v.Drag(points...))
}

// seen is how much of a place the veil hides, from 0 to 255.
func (v *visit) seen(x, y float64) int {
	v.Helper()
	// A canvas of its own is read, for the page's is not meant to be.
	opacity, err := driver.Evaluate[int](v.Page, `((e, x, y) => {
		const side = 12, copy = new OffscreenCanvas(side, side).getContext("2d", {willReadFrequently: true});
		copy.drawImage(e, x * e.width - side / 2, y * e.height - side / 2, side, side, 0, 0, side, side);
		const data = copy.getImageData(0, 0, side, side).data;
		return Math.max(...data.filter((_, i) => i % 4 == 3));
	})(document.getElementById("veil"), `+recipe.Real{}.Format(x)+`, `+recipe.Real{}.Format(y)+`)`)
	v.must(err)
	return opacity
}

// What is painted with the pointer is what the run takes, and a stroke that was undone is not. That the halves of a
// picture follow their prompts is gpu/guide's to show, which needs no page.
func TestBrush(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple%20%7C%20a%20blue%20heart&width=64&height=32&cutouts=4&steps=1&seed=7&v=2")
	v.must(v.Click("button", "Paint where a red apple pulls"))
	v.drag(0.25, 0.1, 0.25, 0.9, 0.1, 0.5)
	v.drag(0.8, 0.2, 0.8, 0.8)
	v.waits(`document.querySelector("[aria-label='Undo stroke']").ariaDisabled === "false"`)
	v.must(v.Click("button", "Undo stroke"))
	v.status("undone")
	v.must(v.Click("button", "Paint where a blue heart pulls"))
	v.must(v.Click("button", "Right half"))
	v.must(v.Click("button", "Start"))
	regions := recipe.Regions.In(until[protocol.Started](v).Script.Recipe)
	if len(regions) != 2 || len(regions[0].Mask) != 1 || regions[0].Mask.At(0.25, 0.5, 64, 32) != 1 || regions[0].Mask.At(0.8, 0.5, 64, 32) != 0 ||
		regions[1].Mask.At(0.75, 0.5, 64, 32) != 1 || regions[1].Mask.At(0.25, 0.5, 64, 32) != 0 {
		t.Errorf("the run has the regions %+v", regions)
	}
	until[protocol.Done](v)
	_, err := driver.Evaluate[bool](v.Page, `document.getElementById("veil").dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true, cancelable: true})), true`)
	v.must(err)
	v.clean()
}

// The keyboard paints where the pointer does, and keys that do so do nothing else.
func TestBrushByKeyboard(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=1&steps=1&v=2")
	press := func(id, key string, command bool) {
		t.Helper()
		took, err := driver.Evaluate[bool](v.Page, `!document.getElementById("`+id+`").dispatchEvent(new KeyboardEvent("keydown", {key: "`+key+`", ctrlKey: `+map[bool]string{true: "true", false: "false"}[command]+`, bubbles: true, cancelable: true}))`)
		v.must(err)
		if !took {
			t.Errorf("%s does what it does elsewhere, too", key)
		}
	}
	v.must(v.Click("button", "Hold still"))
	v.waits(`document.activeElement.id === "veil"`)
	press("veil", "ArrowRight", false)
	v.status("Column 6 of 8, row 5 of 8.")
	press("veil", " ", false)
	v.status("Painted at column 6 of 8")
	v.must(v.Click("button", "Start"))
	if hold := recipe.Hold.In(until[protocol.Started](v).Script.Recipe); hold.At(5.5/8, 4.5/8, 64, 64) != 1 || hold.At(1.5/8, 4.5/8, 64, 64) != 0 {
		t.Errorf("the run holds %+v", hold)
	}
	until[protocol.Done](v)
	if v.seen(5.5/8, 4.5/8) < 100 || v.seen(1.5/8, 4.5/8) != 0 {
		t.Errorf("over the picture lies %d where it is held, and %d elsewhere", v.seen(5.5/8, 4.5/8), v.seen(1.5/8, 4.5/8))
	}
	press("veil", "z", true)
	v.status("undone")
	press("veil", "Escape", false)
	v.waits(`document.getElementById("veil").hidden`)

	v.must(v.Fill("textbox", "Add a prompt", "fog"))
	v.must(v.Click("button", "Add"))
	v.value("textbox", "Add a prompt", "")
	v.value("textbox", "Prompt", "a red apple | fog")
	v.must(v.Fill("textbox", "Prompt 2", "rain"))
	v.value("textbox", "Prompt", "a red apple | rain")
	press("prompt", "ArrowUp", true) // at whose end the cursor is
	v.value("textbox", "Prompt", "a red apple | rain:1.1")
	v.must(v.Click("button", "Remove prompt a red apple"))
	v.value("textbox", "Prompt", "rain:1.1")
	v.value("textbox", "Prompt 1", "rain")
	v.clean()
}
