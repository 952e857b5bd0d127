package convert

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/tools/peak"
	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/internal/torchfile"
	"reverie/weights/vocab"
)

// The files of a hostile conversion, in a folder of their own. Where one is missing, a sound one takes its place.
const (
	hostileVQGAN  = "model.ckpt"
	hostileConfig = "model.yaml"
	hostileCLIP   = "clip.pt"
	hostileJSON   = "config.json"
	hostileVocab  = "vocab.gz"
	hostileOut    = "out"
)

// hostileOptions converts what lies in a folder.
func hostileOptions(t *testing.T, dir string) Options {
	o := Options{Model: Model{Quant: weights.TypeQ4, Name: "hostile"}, Out: filepath.Join(dir, hostileOut)}
	file := func(name string) (string, bool) {
		path := filepath.Join(dir, name)
		_, err := os.Stat(path)
		return path, err == nil
	}
	vqgan, isVQGAN := file(hostileVQGAN)
	config, isConfig := file(hostileConfig)
	clip, isCLIP := file(hostileCLIP)
	text, isJSON := file(hostileJSON)
	words, isVocab := file(hostileVocab)
	if isVQGAN || isConfig {
		o.VQGAN, o.VQGANConfig = testdata+"vqgan.ckpt", testdata+"vqgan.yaml"
	}
	if isCLIP || isJSON || isVocab {
		o.CLIP, o.CLIPConfig, o.Vocab = testdata+"clip_state_dict.pt", testdata+"clip_config.json", vocabulary(t)
	}
	if o.VQGAN == "" && o.CLIP == "" {
		o.VQGAN, o.VQGANConfig = testdata+"vqgan.ckpt", testdata+"vqgan.yaml"
	}
	for to, from := range map[*string]string{&o.VQGAN: vqgan, &o.VQGANConfig: config, &o.CLIP: clip, &o.CLIPConfig: text} {
		if _, err := os.Stat(from); err == nil {
			*to = from
		}
	}
	if isVocab {
		var err error
		if o.Vocab, err = foreign.ReadFile(words, "a vocabulary", folder.MaxVocab); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// put writes one file of a folder.
func put(t *testing.T, dir, name string, data ...[]byte) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, d := range data {
		if _, err := f.Write(d); err != nil {
			t.Fatal(err)
		}
	}
}

// pickled puts a checkpoint in a PyTorch zip file, packed so that a long pickle is a short file, and a storage of 16 bytes.
func pickled(t *testing.T, dir, name, instructions string, script bool) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entries := map[string]string{"x/data.pkl": "\x80\x02" + instructions + ".", "x/data/0": strings.Repeat("\x00", 16)}
	if script {
		entries["x/constants.pkl"] = "\x80\x02)."
	}
	for name, data := range entries {
		method := zip.Store
		if name == "x/data.pkl" {
			method = zip.Deflate
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = io.WriteString(w, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, dir, name, b.Bytes())
}

// safetensors puts a checkpoint of the given header and eight bytes of numbers.
func safetensors(t *testing.T, dir string, header ...string) {
	t.Helper()
	n := 0
	for _, h := range header {
		n += len(h)
	}
	parts := [][]byte{binary.LittleEndian.AppendUint64(nil, uint64(n))}
	for _, h := range header {
		parts = append(parts, []byte(h))
	}
	put(t, dir, hostileVQGAN, append(parts, make([]byte, 8))...)
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// view is a tensor of a storage of four numbers, of any shape and strides.
func view(storage, offset string, shape []int, stride int) string {
	size, strides := "(", "("
	for range shape {
		strides += string(number(stride))
	}
	for _, d := range shape {
		size += string(number(d))
	}
	return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + size + "t" + strides + "t\x89NtR"
}

func storageOf(class string, key string, n int) string {
	return "(" + string(text("storage")) + "ctorch\n" + class + "\n" + string(text(key)) + string(text("cpu")) + string(number(n)) + "tQ"
}

// graph is a tree in which every container holds the one below it several times.
func graph(levels, branches int, open, end string) string {
	data := open + string(text("a")) + "Ns" + end
	for range levels {
		data += "q\x000" + open
		for i := range branches {
			data += string(text(fmt.Sprint(i))) + "h\x00s"
		}
		data += end
	}
	return data
}

const (
	budgeted = "take more memory or time than any model needs"
	noVQGAN  = "is not a VQGAN"
)

// hostileCases are files that make much of little. Each must be refused in one sentence, or converted, within the limit.
var hostileCases = []struct {
	name string
	want string // of the refusal; "" where it is converted
	put  func(t *testing.T, dir string)
}{
	{"dict made of one list again and again", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "]("+strings.Repeat("K\x00K\x00\x86", 700)+"e\x85q\x000"+strings.Repeat("ccollections\nOrderedDict\nh\x00R0", 1<<16)+"}", false)
	}},
	{"dict made of one list, all kept", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "]("+strings.Repeat("K\x00K\x00\x86", 700)+"e\x85q\x000]("+strings.Repeat("ccollections\nOrderedDict\nh\x00R", 1<<16)+"e", false)
	}},
	{"long shape shared by many tensors", noVQGAN, func(t *testing.T, dir string) {
		long := "(" + strings.Repeat("K\x01", 500_000) + "tq\x010" + storageOf("FloatStorage", "0", 4) + "q\x020"
		tensors := "}"
		for i := range 20_000 {
			tensors += string(text(fmt.Sprint("loss.", i))) + "ctorch._utils\n_rebuild_tensor_v2\n(h\x02K\x00h\x01h\x01\x89NtRs"
		}
		pickled(t, dir, hostileVQGAN, long+tensors, false)
	}},
	{"modules that are a graph", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, graph(60, 2, "c__torch__\nM\n)\x81}", "b"), true)
	}},
	{"dicts that are a graph", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, graph(60, 9, "}", ""), false)
	}},
	{"lists that are a graph", budgeted, func(t *testing.T, dir string) {
		data := "]"
		for range 60 {
			data += "q\x000]" + strings.Repeat("h\x00a", 9)
		}
		pickled(t, dir, hostileVQGAN, "}"+string(text("a"))+data+"s", false)
	}},
	{"lists nested a million times", "it holds no tensors", func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "}"+string(text("a"))+strings.Repeat("]", 900_000)+strings.Repeat("a", 899_999)+"s", false)
	}},
	{"a hundred million instructions", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, strings.Repeat("N", 100_000_000), false)
	}},
	{"a hundred million lists", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, strings.Repeat("]", 100_000_000), false)
	}},
	{"a hundred million dicts", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, strings.Repeat("}", 100_000_000), false)
	}},
	{"a million objects", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "cjobs\nThing\nq\x000]("+strings.Repeat("h\x00)\x81", 1_000_000)+"e", false)
	}},
	{"a million dicts of one entry", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "]("+strings.Repeat("}X\x01\x00\x00\x00aNs", 1_000_000)+"e", false)
	}},
	{"a million dicts of nine entries", budgeted, func(t *testing.T, dir string) {
		var keys string
		for i := range 9 {
			keys += string(text(fmt.Sprint(i))) + "N"
		}
		pickled(t, dir, hostileVQGAN, "]("+strings.Repeat("}("+keys+"u", 1_000_000)+"e", false)
	}},
	{"a million empty texts and bytes", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "]("+strings.Repeat("C\x01aU\x01a", 1_000_000)+"e", false)
	}},
	{"a million numbers of 64 bytes", budgeted, func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "]("+strings.Repeat("\x8a\x40"+strings.Repeat("\x01", 64), 1_000_000)+"e", false)
	}},
	{"a million storages", budgeted, func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 300_000 {
			b.WriteString(storageOf("FloatStorage", fmt.Sprint(i), 4) + "0")
		}
		pickled(t, dir, hostileVQGAN, b.String()+"}", false)
	}},
	{"a dict of many objects", noVQGAN, func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 200_000 {
			b.WriteString(string(text(fmt.Sprint(i))) + "h\x00)\x81s")
		}
		pickled(t, dir, hostileVQGAN, view(storageOf("FloatStorage", "0", 4), "K\x00", []int{4}, 1)+"q\x010cjobs\nThing\nq\x000}"+b.String()+string(text("w"))+"h\x01s", false)
	}},
	{"a text of 120 MB", "it holds no tensors", func(t *testing.T, dir string) {
		pickled(t, dir, hostileVQGAN, "}"+string(text(strings.Repeat("z", 120_000_000)))+"Ns", false)
	}},
	{"names of 60 KB", budgeted, func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 3000 {
			b.WriteString(string(text(fmt.Sprint(i, strings.Repeat("n", 60_000)))) + "h\x00s")
		}
		pickled(t, dir, hostileVQGAN, view(storageOf("FloatStorage", "0", 4), "K\x00", []int{4}, 1)+"q\x000}"+b.String(), false)
	}},
	{"safetensors of 40 million dimensions", noVQGAN, func(t *testing.T, dir string) {
		safetensors(t, dir, `{"w":{"dtype":"F32","shape":[1`, strings.Repeat(",1", 40_000_000), `],"data_offsets":[0,4]}}`)
	}},
	{"safetensors of 1.5 million tensors", budgeted, func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 1_500_000 {
			fmt.Fprintf(&b, `"%d":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`, i)
		}
		safetensors(t, dir, "{", b.String(), `"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`)
	}},
	{"safetensors of as many tensors as are allowed", noVQGAN, func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 160_000 {
			fmt.Fprintf(&b, `"%d.decoder":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},`, i)
		}
		safetensors(t, dir, "{", b.String(), `"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`)
	}},
	{"safetensors of more tensors than are allowed", budgeted, func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 200_000 { // the reader alone would take them
			fmt.Fprintf(&b, `"%d":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`, i)
		}
		safetensors(t, dir, "{", b.String(), `"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`)
	}},
	{"safetensors with many models", "is no usual name", func(t *testing.T, dir string) {
		var b strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&b, `"%d.decoder.conv_in.weight":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`, i)
		}
		safetensors(t, dir, "{", b.String(), `"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`)
	}},
	{"safetensors with a note of 99 MB", noVQGAN, func(t *testing.T, dir string) {
		safetensors(t, dir, `{"__metadata__":{"note":"`, strings.Repeat("z", 99_000_000), `"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)
	}},
	{"safetensors with notes nested 99 million times", "its header is damaged", func(t *testing.T, dir string) {
		safetensors(t, dir, `{"__metadata__":`, strings.Repeat("[", 99_000_000))
	}},
	{"safetensors with a name of 99 MB", noVQGAN, func(t *testing.T, dir string) {
		safetensors(t, dir, `{"`, strings.Repeat("n", 99_000_000), `":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)
	}},
	{"safetensors of 99 MB of spaces", noVQGAN, func(t *testing.T, dir string) {
		safetensors(t, dir, `{`, strings.Repeat(" ", 99_000_000), `"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`)
	}},
	{"zip of many entries", budgeted, func(t *testing.T, dir string) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range 1_000_000 {
			if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		put(t, dir, hostileVQGAN, b.Bytes())
	}},
	{"model of one number", "repeat a few numbers to more than the file could hold", func(t *testing.T, dir string) {
		var d dict
		for _, spec := range hugeVQGAN(1024) {
			d = append(d, spec.Name, raw(view("h\x09", "K\x00", spec.Shape, 0)))
		}
		var b bytes.Buffer
		b.Write(torchfile.Encode(dict{"storage", raw(storageOf("FloatStorage", "0", 1) + "q\x09"), "0", tensor([]float32{1}), "model", d}))
		put(t, dir, hostileVQGAN, b.Bytes())
		put(t, dir, hostileConfig, []byte(hugeConfig(1024)))
	}},
	{"model whose tensors are spread over the file", "repeat a few numbers to more than the file could hold", func(t *testing.T, dir string) {
		var d dict
		for _, spec := range hugeVQGAN(32) {
			n := 1
			for _, s := range spec.Shape {
				n = max(n, s)
			}
			d = append(d, spec.Name, raw(view("h\x09", "K\x00", spec.Shape, 2_000_000/(4*n))))
		}
		put(t, dir, hostileVQGAN, torchfile.Encode(dict{"0", tensor(make([]float32, 2_500_000)), "storage", raw(storageOf("FloatStorage", "0", 2_500_000) + "q\x09"), "model", d}))
		put(t, dir, hostileConfig, []byte(hugeConfig(32)))
	}},
	{"CLIP of one number", "repeat a few numbers to more than the file could hold", func(t *testing.T, dir string) {
		huge := weights.CLIPConfig{ImageSize: 224, PatchSize: 14, VisionWidth: 4096, VisionLayers: 9, VisionHeads: 1, TextWidth: 4096, TextLayers: 9, TextHeads: 1,
			ContextLength: 77, VocabSize: 50_000, EmbedDim: 512}
		d := dict{"storage", raw(storageOf("FloatStorage", "0", 1) + "q\x09"), "0", tensor([]float32{1})}
		for _, spec := range append(huge.TextTensors(), huge.ImageTensors()...) {
			d = append(d, spec.Name, raw(view("h\x09", "K\x00", spec.Shape, 0)))
		}
		put(t, dir, hostileCLIP, torchfile.Encode(d))
	}},
	{"YAML aliases of aliases", `it has no "model"`, func(t *testing.T, dir string) {
		text := "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
		for i := range 60 {
			text += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 8), i)
		}
		put(t, dir, hostileConfig, []byte(text))
	}},
	{"YAML that merges again and again", budgeted, func(t *testing.T, dir string) {
		text := "a: &a\n"
		for i := range 5000 {
			text += fmt.Sprintf("  k%d: 1\n", i)
		}
		for i := range 10_000 {
			text += fmt.Sprintf("b%d: {<<: *a}\n", i)
		}
		put(t, dir, hostileConfig, []byte(text))
	}},
	{"YAML that is long", "has at most 262144", func(t *testing.T, dir string) {
		put(t, dir, hostileConfig, []byte(strings.Repeat("a", 10_000_000)))
	}},
	{"JSON that is nested", "cannot be understood", func(t *testing.T, dir string) {
		put(t, dir, hostileJSON, []byte(`{"a":`+strings.Repeat("[", 260_000)))
	}},
	{"JSON of many lists", "it is neither a config.json", func(t *testing.T, dir string) {
		put(t, dir, hostileJSON, []byte(`{"a":[`+strings.Repeat("{},", 87_000)+`{}]}`))
	}},
	{"vocabulary of line feeds", "not two symbols", func(t *testing.T, dir string) {
		put(t, dir, hostileVocab, gzipped(t, "#\n"+strings.Repeat("\n", 100_000_000)))
	}},
	{"vocabulary of many merges", "over 1048576 merges", func(t *testing.T, dir string) {
		put(t, dir, hostileVocab, gzipped(t, "#\n"+strings.Repeat("a b\n", 30_000_000)))
	}},
	{"vocabulary without a line", "line 2 of the vocabulary has over", func(t *testing.T, dir string) {
		put(t, dir, hostileVocab, gzipped(t, "#\n"+strings.Repeat("a", 100_000_000)))
	}},
	{"manifest of many tensors in the folder to write", "", func(t *testing.T, dir string) {
		if err := os.Mkdir(filepath.Join(dir, hostileOut), 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, hostileOut), weights.ManifestFile, []byte(`{"parts":[{"tensors":[`+strings.Repeat("{},", 690_000)+`{}]}]}`))
	}},
}

// hugeConfig is a configuration of a VQGAN of one level.
func hugeConfig(ch int) string {
	return fmt.Sprintf("model: {target: VQModel, params: {embed_dim: %d, n_embed: 16, ddconfig: {z_channels: %d, resolution: 16, in_channels: 3, out_ch: 3, ch: %d, "+
		"ch_mult: [1], num_res_blocks: 9, attn_resolutions: []}}}", ch, ch, ch)
}

func hugeVQGAN(ch int) []weights.Spec {
	c := weights.VQGANConfig{Ch: ch, ChMult: []int{1}, NumResBlocks: 9, AttnResolutions: []int{}, Resolution: 16, ZChannels: ch, InChannels: 3, OutCh: 3, EmbedDim: ch, NEmbed: 16}
	return append(c.DecoderTensors(), c.EncoderTensors()...)
}

// Whatever a file claims, converting it takes at most 512 MB and 10 s, and ends in one sentence.
func TestHostileFiles(t *testing.T) {
	for _, c := range hostileCases {
		t.Run(c.name, func(t *testing.T) {
			peak.Test(t, peak.Limit{Memory: 512e6, Time: 10 * time.Second}, c.put, func(t *testing.T, dir string) {
				_, _, err := Run(hostileOptions(t, dir))
				if err == nil && c.want == "" {
					return
				}
				if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
					t.Errorf("error %.700v, want %q", err, c.want)
				}
			})
		})
	}
}

// A file of 10 MB whose tensors repeat its numbers as often as is allowed is converted in under 1 GB and 15 s, at whatever type.
func TestTenMegabytes(t *testing.T) {
	const numbers = 2_500_000
	config := weights.CLIPConfig{ImageSize: 32, PatchSize: 32, VisionWidth: 64, VisionLayers: 1, VisionHeads: 1, TextWidth: 1024, TextLayers: 1, TextHeads: 16,
		ContextLength: 3, VocabSize: 40_000, EmbedDim: 64}
	specs := append(config.TextTensors(), config.ImageTensors()...)
	all := 0
	for _, s := range specs {
		all += (&weights.Tensor{Shape: s.Shape}).Elements()
	}
	if allowed := 4*4*numbers + 16<<20; all < allowed*9/10 {
		t.Fatalf("the model has %d numbers, and %d are allowed", all, allowed)
	}
	for _, quant := range weights.Quants {
		t.Run(quant, func(t *testing.T) {
			peak.Test(t, peak.Limit{Memory: 1e9, Time: 15 * time.Second}, func(t *testing.T, dir string) {
				d := dict{"0", tensor(make([]float32, numbers)), "storage", raw(storageOf("FloatStorage", "0", numbers) + "q\x09")}
				for _, s := range specs {
					d = append(d, s.Name, raw(view("h\x09", "K\x00", s.Shape, 0)))
				}
				put(t, dir, hostileCLIP, torchfile.Encode(d))
			}, func(t *testing.T, dir string) {
				o := hostileOptions(t, dir)
				o.CLIPConfig, o.Vocab, o.Quant = place(t, "open_clip_config.json", `{"model_cfg":{"text_cfg":{"heads":16}}}`), vocab.CLIP, quant
				if _, _, err := Run(o); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
