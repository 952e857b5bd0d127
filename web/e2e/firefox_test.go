//go:build e2e && !js

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/tools/chromium"
	"reverie/tools/driver"
)

// pace is how many seconds a step was to take, and took.
type pace struct{ foreseen, measured float64 }

// near says that neither is three times the other.
func (p pace) near() bool { return p.measured < 3*p.foreseen && p.foreseen < 3*p.measured }

// took is the median of how long the next n steps take, in seconds.
func (v *visit) took(n int) float64 {
	v.Helper()
	var all []float64
	for range n {
		all = append(all, until[protocol.Step](v).Milliseconds/1e3)
	}
	slices.Sort(all)
	return all[n/2]
}

// paced makes a run of ten steps whose settings the page has.
func (v *visit) paced() pace {
	v.Helper()
	foreseen := until[protocol.Foreseen](v).Seconds
	v.must(v.Click("button", "Start"))
	p := pace{foreseen, v.took(10)}
	until[protocol.Done](v)
	return p
}

// A visit with Firefox: a run with a pause, which a reload interrupts and which goes on; its picture, with the settings in it; and the same run
// again without the server.
func TestFirefox(t *testing.T) {
	const settings = "#p=a%20red%20apple&width=64&height=64&cutouts=2&steps=10&seed=7&v=2"
	v := openIn(t, driver.OpenFirefox, plain(t), chromium.Software, "?tune=off"+settings)
	const adapter = "a processor through Firefox (wgpu)"
	if ready := until[protocol.Ready](v); ready.Adapter != adapter {
		t.Errorf("the adapter is %q, want %q", ready.Adapter, adapter)
	}
	v.waits(fmt.Sprintf(`document.body.textContent.includes(%q)`, "GPU: "+adapter))
	foreseen := until[protocol.Foreseen](v).Seconds

	v.must(v.Click("button", "Start"))
	until[protocol.Step](v)
	v.must(v.Click("button", "Pause"))
	paused := until[protocol.Paused](v)
	v.status("Paused")
	v.kept(paused.Step)
	v.must(v.Click("button", "Resume"))
	until[protocol.Step](v)
	v.again("?tune=off")
	resume, err := v.Find("button", "Resume from step …")
	v.must(err)
	v.must(v.Click("button", resume.Name))
	started := until[protocol.Started](v)
	if started.Step < paused.Step || resume.Name != fmt.Sprintf("Resume from step %d", started.Step) {
		t.Errorf("after a pause at step %d and “%s” it goes on after %d", paused.Step, resume.Name, started.Step)
	}
	paces := []pace{{foreseen, v.took(10 - started.Step)}}
	until[protocol.Done](v)

	path := v.download()
	resumed, err := os.ReadFile(path)
	v.must(err)
	found, err := picture.Read(resumed)
	v.must(err)
	if r := found.Script.Recipe; !found.Complete || recipe.Prompt.In(r) != "a red apple" || recipe.Seed.In(r) != 7 || found.Step != 10 {
		t.Errorf("the file tells %+v", found)
	}
	v.must(v.Fill("textbox", "Prompt", "a blue heart"))
	v.must(v.Fill("spinbutton", "Steps", "9"))
	v.must(v.Fill("textbox", "Seed", "8"))
	v.must(v.Choose("Open image", path))
	v.status("restored")
	v.value("textbox", "Prompt", "a red apple")
	v.value("spinbutton", "Steps", "10")
	v.value("textbox", "Seed", "7")
	v.must(os.Remove(path)) // the next one has its name

	v.waits(`navigator.serviceWorker.ready.then(() => true)`)
	v.clean()
	v.must(v.serve.Close())
	v.again("?offline&tune=off" + settings)
	paces = append(paces, v.paced())
	if uninterrupted := v.file(); !bytes.Equal(resumed, uninterrupted) {
		t.Error("the picture of a run that was interrupted is another file than that of one that was not")
	}
	// Other work on the machine may make some of them wrong.
	for len(paces) < 5 && !slices.ContainsFunc(paces, pace.near) {
		v.again("?offline&tune=off" + settings)
		paces = append(paces, v.paced())
	}
	if !slices.ContainsFunc(paces, pace.near) {
		t.Errorf("seconds a step, foreseen and measured, in several visits: %.2f", paces)
	}
}
