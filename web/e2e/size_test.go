//go:build e2e && !js

package e2e

import (
	"sync"
	"testing"

	"reverie/web/compress"
	"reverie/web/wasm"
)

// The programs that these tests build are ones that a visitor can download.
func TestProgramSizes(t *testing.T) {
	var sizes [4]int
	var work sync.WaitGroup
	files := [len(sizes)]string{"app.wasm", "engine.wasm", "export.wasm", "import.wasm"}
	for i, file := range files { // side by side: each takes half a minute of a core
		work.Go(func() { sizes[i] = len(compress.Formats[0].Pack(programs[file].Data)) })
	}
	work.Wait()
	for i, file := range files {
		t.Logf("%s: %d bytes, %d in Brotli at its best", file, len(programs[file].Data), sizes[i])
	}
	page, both, export, imports := sizes[0], sizes[0]+sizes[1], sizes[2], sizes[3]
	target(t, 4, "the page's program takes %.2f MB of Brotli (<= %.1f), with the engine %.2f (<= %.1f)", float64(page)/1e6, float64(wasm.MostPage)/1e6, float64(both)/1e6, float64(wasm.MostEngine)/1e6)
	const what = "see which packages are new with `GOOS=js GOARCH=wasm go list -modfile bin/go-app-….mod -deps ./app/page ./app/engine ./app/export ./app/importer`, what the " +
		"compiler inlines in web/wasm/wasm.go, and what is left out in web/wasm/slim.go"
	if page > wasm.MostPage {
		t.Errorf("the page takes %d bytes, and %d are the limit: %s", page, wasm.MostPage, what)
	}
	if both > wasm.MostEngine {
		t.Errorf("the page and the engine take %d bytes, and %d are the limit: %s", both, wasm.MostEngine, what)
	}
	if imports > wasm.MostImport {
		t.Errorf("what imports takes %d bytes, and %d are the limit: %s", imports, wasm.MostImport, what)
	}
	if export > wasm.MostExport {
		t.Errorf("what exports takes %d bytes, and %d are the limit: %s", export, wasm.MostExport, what)
	}
}
