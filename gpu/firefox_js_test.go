package gpu

import (
	"syscall/js"
	"testing"
	"time"
)

// Waiting for Firefox's queue goes on submitting until the promise settles; waiting for another's submits nothing.
func TestSettleNudgesFirefox(t *testing.T) {
	for _, c := range []struct {
		browser string
		nudges  bool
	}{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", true},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36", false},
	} {
		var resolve js.Value
		executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
			resolve = args[0]
			return nil
		})
		promise := js.Global().Get("Promise").New(executor)
		submitted := 0
		submit := js.FuncOf(func(js.Value, []js.Value) any {
			if submitted++; submitted == 3 {
				resolve.Invoke("done")
			}
			return nil
		})
		if !c.nudges {
			time.AfterFunc(20*nudgeEvery, func() { resolve.Invoke("done") })
		}
		d := &Device{info: Info{Browser: c.browser}, platform: platform{queue: js.ValueOf(map[string]any{"submit": submit})}}
		got, err := d.settle(t.Context(), promise)
		if err != nil || got.String() != "done" {
			t.Fatalf("settled with %v, %v", got, err)
		}
		if c.nudges != (submitted >= 3) || !c.nudges && submitted > 0 {
			t.Errorf("%s: %d submissions while waiting", c.browser, submitted)
		}
		waited := submitted // 3, and more where the machine is slow to tell that it is done
		time.Sleep(20 * nudgeEvery)
		if submitted > waited+3 { // one that was due may still come: a select with two ready channels chooses by chance
			t.Errorf("%s: %d submissions, %d of them when nobody waited any more", c.browser, submitted, submitted-waited)
		}
		executor.Release()
		submit.Release()
	}
}
