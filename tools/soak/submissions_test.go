//go:build linux && !js

package main

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"

	"reverie/tools/chromium"
	"reverie/tools/driver"
	"reverie/web"
)

// submitting submits as often as it is told, by web/gpu.js, and says when the GPU has done it.
const submitting = `
let device;
onmessage = async ({ data }) => {
  device ||= await (await navigator.gpu.requestAdapter()).requestDevice();
  for (let i = 1; i <= data; i++) {
    reverieGPU.run(device, new Uint32Array(0), [0], []);
    if (i % 100 === 0) await device.queue.onSubmittedWorkDone();
  }
  postMessage("done");
};
`

// What the browser keeps of submissions goes with the garbage that web/gpu.js makes. Without it the GPU process grows by 14 MB.
func TestSubmissionsLeaveNothingBehind(t *testing.T) {
	glue, err := fs.ReadFile(web.Assets, "gpu.js")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/worker.js", script(fmt.Appendf(nil, "%s%s", glue, submitting)))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html>")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	p, err := driver.Open(t.Context(), chromium.Software)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Navigate(server.URL); err != nil {
		t.Fatal(err)
	}
	after := func(submissions int) (bytes int64) {
		t.Helper()
		_, err := driver.Evaluate[string](p, fmt.Sprintf(`new Promise((done, failed) => {
			globalThis.worker ||= new Worker("worker.js");
			worker.onmessage = ({ data }) => done(data);
			worker.onerror = failed;
			worker.postMessage(%d);
		})`, submissions))
		if err != nil {
			t.Fatal(err)
		}
		processes, err := p.Processes("GPU")
		if err != nil {
			t.Fatal(err)
		}
		if bytes, err = driver.Resident(processes); err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	begun := after(3000)
	if grown := float64(after(10000)-begun) / 1e6; grown > 3 {
		t.Errorf("after 10,000 submissions more the GPU process is larger by %.1f MB", grown)
	} else {
		t.Logf("%.1f MB", grown)
	}
}
