//go:build e2e && !js

package e2e

import (
	"bytes"
	"testing"

	"github.com/andybalholm/brotli"

	"reverie/web/compress"
	"reverie/web/wasm"
)

// The programs that these tests build are ones that a visitor can download. What stays within its limit when it is packed in a second or two does so at its
// best, which takes half a minute of a core.
func TestProgramSizes(t *testing.T) {
	t.Parallel() // beside TestFaults, which often waits
	sizes := map[string]int{}
	for file, quickly := range map[string]int{"app.wasm": 0, "engine.wasm": 0, "export.wasm": wasm.MostExport, "import.wasm": wasm.MostImport} {
		data, how := programs[file].Data, "quickly"
		if quickly > 0 {
			sizes[file] = quicklyPacked(data)
		}
		if quickly == 0 || sizes[file] > quickly {
			sizes[file], how = len(compress.Formats[0].Pack(data)), "at its best"
		}
		t.Logf("%s: %d bytes, %d in Brotli, packed %s", file, len(data), sizes[file], how)
	}
	page, both, export, imports := sizes["app.wasm"], sizes["app.wasm"]+sizes["engine.wasm"], sizes["export.wasm"], sizes["import.wasm"]
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

// quicklyPacked is how many bytes Brotli makes of data by its last quality that is quick.
func quicklyPacked(data []byte) int {
	var packed bytes.Buffer
	w := brotli.NewWriterLevel(&packed, 9)
	w.Write(data) // to memory, which does not fail
	w.Close()
	return packed.Len()
}
