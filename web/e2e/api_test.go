//go:build e2e && !js

package e2e

import (
	"testing"

	"reverie/tools/driver"
)

// A program starts a run, follows it, steers it, and has its picture and its state; what cannot be is a sentence.
func TestProgramsRun(t *testing.T) {
	v := revisit(t, "v=2")
	said, err := driver.Evaluate[string](v.Page, `(async () => {
		const recipe = { prompt: "a red apple", width: 64, height: 64, steps: 100000, cutouts: 1, seed: "7" };
		const wrong = await reverie.start({ version: 2, recipe: { ...recipe, cutouts: -1 } }).catch((e) => e.message);
		const run = await reverie.start({ version: 2, recipe }, { every: 2 });
		const second = await reverie.start({ version: 2, recipe }).catch((e) => e.message);
		const steps = [], pictures = [];
		const third = new Promise((reached) => run.on("step", (e) => { steps.push(e); if (e.step === 3) reached() }));
		run.on("picture", (e) => pictures.push(e)).on("step", () => { throw new Error("the program's own") });
		const done = new Promise((done) => run.on("done", done));
		await third;
		const paused = await run.pause();
		const still = steps.length;
		const changed = await run.change({ learning_rate: 0.3 });
		const bad = await run.change({ width: 128 }).catch((e) => e.message);
		await run.resume();
		const state = await run.state();
		const stopped = await run.stop();
		const end = await done;
		const late = await new Promise((heard) => run.on("done", heard));
		const png = await run.png();
		const over = await run.pause().catch((e) => e.message);
		return JSON.stringify({
			wrong, second, bad, over, field: document.getElementById("field-learning-rate").value,
			ordered: steps.every((e, i) => e.step === i + 1 && e.loss > 0 && e.losses.length > 0), paused: paused === still && paused === changed,
			pictures: pictures.length > 0 && pictures.every((e) => e.step % 2 === 0 && e.png[1] === 80), png: png[1] === 80 && png.length > 1000, state: state.length > 1000,
			end: end.stopped && end.step === stopped && late.step === stopped,
		});
	})()`)
	v.must(err)
	const want = `{"wrong":"The number of cutouts is -1: choose at least 1.","second":"The engine is busy or not there: wait for it, or stop the run first.",` +
		`"bad":"Width belongs to a run as a whole: start a new run to change it.","over":"This run has ended.","field":"0.3","ordered":true,"paused":true,"pictures":true,"png":true,"state":true,"end":true}`
	if said != want {
		t.Errorf("it says\n%s\nwant\n%s", said, want)
	}
}
