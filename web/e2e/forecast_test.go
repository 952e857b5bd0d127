//go:build e2e && !js

package e2e

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/driver"
)

// says waits until the element with that id has want in its text.
func (v *visit) says(id, want string) {
	v.Helper()
	var text string
	for range 100 {
		var err error
		text, err = driver.Evaluate[string](v.Page, `document.getElementById("`+id+`").textContent`)
		v.must(err)
		if strings.Contains(text, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.Errorf("%s says %q, want %q in it", id, text, want)
}

// forecasts wants what a run would take to be said where its size is chosen.
func (v *visit) forecasts(want string) {
	v.Helper()
	_, err := driver.Evaluate[bool](v.Page, `(document.getElementById("forecast") ?? document.querySelector("[aria-controls=size-menu]").click(), true)`)
	v.must(err)
	v.waits(`document.getElementById("forecast") !== null`)
	v.says("forecast", want)
}

// foresees waits for the forecast of a run that takes another amount of memory than the one before: the page may tell one twice.
func (v *visit) foresees(before protocol.Foreseen) protocol.Foreseen {
	v.Helper()
	for {
		if f := until[protocol.Foreseen](v); f.Bytes != before.Bytes {
			return f
		}
	}
}

// While settings are typed, the page says what a run would take; the run says so, too. How near the time comes is logged and not wanted:
// the machine may be busy.
func TestForecast(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=4&steps=4")
	foreseen := until[protocol.Foreseen](v)
	if foreseen.Bytes <= 0 || foreseen.Seconds <= 0 {
		t.Errorf("foreseen %+v", foreseen)
	}
	v.forecasts("GPU memory")
	v.must(v.Fill("spinbutton", "Cutouts", "8"))
	more := v.foresees(foreseen)
	if more.Bytes <= foreseen.Bytes || more.Seconds <= foreseen.Seconds {
		t.Errorf("with twice the cutouts %+v is foreseen, before %+v", more, foreseen)
	}
	v.must(v.Click("button", "Start"))
	started := until[protocol.Started](v)
	if math.Abs(float64(started.Bytes-more.Bytes)) > 0.05*float64(started.Bytes) {
		t.Errorf("%d bytes were foreseen, and the run takes %d", more.Bytes, started.Bytes)
	}
	var took float64
	for range 4 {
		took += until[protocol.Step](v).Milliseconds / 4e3
	}
	until[protocol.Done](v)
	again := until[protocol.Foreseen](v)
	t.Logf("%.0f ms a step were foreseen, %.0f are foreseen after the run, and it took %.0f", 1e3*more.Seconds, 1e3*again.Seconds, 1e3*took)
	v.clean()
}

// Half precision is foreseen to take less, a run with it and all augmentations takes what was foreseen, and its picture remembers both.
func TestHalfPrecisionAndAugmentations(t *testing.T) {
	v := revisit(t, "p=a%20red%20apple&width=64&height=64&cutouts=4&steps=2")
	full := until[protocol.Foreseen](v)
	v.choose("field-precision", "half")
	half := v.foresees(full)
	if half.Bytes >= full.Bytes {
		t.Errorf("half precision is foreseen to take %d bytes, full %d", half.Bytes, full.Bytes)
	}
	v.choose("field-augment", "all")
	half = until[protocol.Foreseen](v)
	v.must(v.Click("button", "Start"))
	started := until[protocol.Started](v)
	if r := started.Script.Recipe; recipe.Precision.In(r) != "half" || recipe.Augment.In(r) != "all" || math.Abs(float64(started.Bytes-half.Bytes)) > 0.05*float64(started.Bytes) {
		t.Errorf("%d bytes were foreseen, and the run of %+v takes %d", half.Bytes, r, started.Bytes)
	}
	until[protocol.Done](v)
	data, err := os.ReadFile(v.download())
	v.must(err)
	if found, err := picture.Read(data); err != nil || recipe.Precision.In(found.Script.Recipe) != "half" || recipe.Augment.In(found.Script.Recipe) != "all" {
		t.Errorf("the file tells %+v, %v", found, err)
	}
	v.clean()
}
