package convert

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"reverie/tools/peak"
	"reverie/weights"
	"reverie/weights/vocab"
)

// wide is a CLIP with ViT-L/14's widths and vocabulary, but one layer per tower: its largest tensor is as large as any of OpenAI's.
var wide = weights.CLIPConfig{ImageSize: 224, PatchSize: 14, VisionWidth: 1024, VisionLayers: 1, VisionHeads: 16, TextWidth: 768, TextLayers: 1, TextHeads: 12,
	ContextLength: 77, VocabSize: 49408, EmbedDim: 768}

// hollow writes a safetensors file of zeros that take no room on the disk. It returns the bytes of the largest tensor.
func hollow(t *testing.T, path string, specs []weights.Spec) (largest int64) {
	t.Helper()
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	header, end := map[string]entry{}, int64(0)
	for _, s := range specs {
		tensor := weights.Tensor{Shape: s.Shape}
		size := 4 * int64(tensor.Elements())
		header[s.Name] = entry{"F32", s.Shape, [2]int64{end, end + size}}
		end += size
		largest = max(largest, size)
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	head := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	if err := os.WriteFile(path, head, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, int64(len(head))+end); err != nil {
		t.Fatal(err)
	}
	return largest
}

// A conversion holds one tensor at a time, as numbers and as it is stored: the program's memory stays under twice the largest one and 64 MB.
func TestMemory(t *testing.T) {
	const largest = 4 * 49408 * 768 // the token embedding
	limit := peak.Limit{Memory: 2*largest + 64e6, Time: time.Minute}
	for _, quant := range []string{weights.TypeF32, weights.TypeQ4} {
		t.Run(quant, func(t *testing.T) {
			peak.Test(t, limit, func(t *testing.T, dir string) {
				if n := hollow(t, filepath.Join(dir, "clip.safetensors"), append(wide.TextTensors(), wide.ImageTensors()...)); n != largest {
					t.Fatalf("the largest tensor has %d bytes, want %d", n, largest)
				}
			}, func(t *testing.T, dir string) {
				o := Options{Model: Model{Vocab: vocab.CLIP, Quant: quant, Name: "wide"}, CLIP: filepath.Join(dir, "clip.safetensors"), Out: filepath.Join(dir, "out")}
				if _, _, err := Run(o); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
