package importer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/foreign"
)

const testdata = "../testdata/"

func open(t testing.TB, path string) *checkpoint.File {
	t.Helper()
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// equal checks that two models hold the same numbers.
func equal(t *testing.T, name string, got, want Tensors) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d tensors, want %d", name, len(got), len(want))
	}
	for key, w := range want {
		g, err := got[key].Append(nil)
		if err != nil {
			t.Errorf("%s: tensor %s: %v", name, key, err)
			continue
		}
		values, err := w.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got[key].Shape, w.Shape) || !slices.Equal(g, values) {
			t.Errorf("%s: tensor %s differs", name, key)
		}
	}
}

func TestReadCLIP(t *testing.T) {
	want, err := ReadCLIP(open(t, testdata+"clip_state_dict.pt"), testdata+"clip_config.json")
	if err != nil {
		t.Fatal(err)
	}
	config := weights.CLIPConfig{ImageSize: 6, PatchSize: 2, VisionWidth: 16, VisionLayers: 2, VisionHeads: 4, TextWidth: 8, TextLayers: 1, TextHeads: 2,
		ContextLength: 6, VocabSize: 520, EmbedDim: 4, Activation: weights.QuickGELU, Mean: weights.CLIPMean, Std: weights.CLIPStd}
	if want.Config != config {
		t.Errorf("configuration %+v, want %+v", want.Config, config)
	}
	for file, dropped := range map[string]int{
		"clip_script.pt": 3, "clip_legacy.pt": 0, "clip_views.pt": 0, "clip_hugging_face.safetensors": 1, "clip_open_clip.safetensors": 1,
	} {
		got, err := ReadCLIP(open(t, testdata+file), testdata+"clip_config.json")
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got.Config != config || len(got.Dropped) != dropped {
			t.Errorf("%s: configuration %+v, %d dropped; want %+v, %d", file, got.Config, len(got.Dropped), config, dropped)
		}
		equal(t, file, got.Tensors, want.Tensors)
	}
}

// A ResNet's batch norms are folded as PyTorch folds them, to the last bit of float32 or the one before.
func TestReadResNet(t *testing.T) {
	c, err := ReadCLIP(open(t, testdata+"clip_resnet.pt"), resNetConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	config := weights.CLIPConfig{ImageSize: 32, PatchSize: 32, VisionWidth: 2, VisionLayers: 5, VisionHeads: 4, TextWidth: 8, TextLayers: 1, TextHeads: 2,
		ContextLength: 6, VocabSize: 520, EmbedDim: 4, Activation: weights.QuickGELU, Mean: weights.CLIPMean, Std: weights.CLIPStd, ResNetBlocks: [4]int{1, 2, 1, 1}}
	if c.Config != config {
		t.Errorf("configuration %+v, want %+v", c.Config, config)
	}
	if len(c.Dropped) != 3+22 || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "22 frozen batch norms") {
		t.Errorf("dropped %v, notes %v", c.Dropped, c.Notes)
	}
	folded := open(t, testdata+"clip_resnet_folded.safetensors")
	for _, name := range folded.Names {
		expected, _ := folded.Tensor(name)
		want, err := expected.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Tensors[name].Append(nil)
		if err != nil || len(got) != len(want) {
			t.Fatalf("tensor %s: %d numbers, %v; want %d", name, len(got), err, len(want))
		}
		for i := range want {
			if d := math.Abs(float64(got[i] - want[i])); d > 0x1p-23*math.Abs(float64(want[i])) {
				t.Errorf("tensor %s: element %d is %v, want %v", name, i, got[i], want[i])
				break
			}
		}
	}
}

// resNetConfig gives the small ResNet heads of sixteen channels.
func resNetConfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(`{"model_cfg":{"quick_gelu":true,"vision_cfg":{"head_width":16},"text_cfg":{"heads":2}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadResNetRefuses(t *testing.T) {
	for _, tt := range []struct {
		change func(*CLIP)
		want   string
	}{
		{func(c *CLIP) { delete(c.Tensors, "visual.bn2.running_var") }, "tensor visual.bn2.running_var is missing"},
		{func(c *CLIP) { c.Tensors["visual.layer1.0.downsample.1.weight"] = Tensor{Shape: []int{3}} }, "downsample.1.weight is [3], the configuration wants [8]"},
		{func(c *CLIP) { c.Tensors["visual.bn1.running_var"] = Tensor{Shape: []int{1}, values: []float32{-1}} }, "holds -1, which is no variance"},
		{func(c *CLIP) { delete(c.Tensors, "visual.layer2.0.conv1.weight") }, "clip.resnet_blocks is [1 0 1 1]"},
		{func(c *CLIP) { delete(c.Tensors, "visual.attnpool.positional_embedding") }, "tensor visual.attnpool.positional_embedding is missing"},
	} {
		f := open(t, testdata+"clip_resnet.pt")
		c := &CLIP{Tensors: Tensors{}}
		in, err := unwrap(f, isCLIP, "visual.conv1.")
		if err != nil {
			t.Fatal(err)
		}
		c.keepOpenAI(in)
		tt.change(c)
		config := resNetConfig(t)
		data, err := os.ReadFile(config)
		if err != nil {
			t.Fatal(err)
		}
		err = c.configure(config, data, osFile)
		if err == nil {
			err = c.foldBatchNorms()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

// folderWith copies a checkpoint and a configuration into a folder of their own.
func folderWith(t *testing.T, checkpoint, config, name string) string {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{checkpoint: "model.safetensors", config: name} {
		data, err := os.ReadFile(testdata + from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestConfigBesideTheCheckpoint(t *testing.T) {
	dir := folderWith(t, "clip_hugging_face.safetensors", "clip_config.json", "config.json")
	preprocessor := `{"image_mean":[0.1,0.2,0.3],"image_std":[0.4,0.5,0.6]}`
	if err := os.WriteFile(filepath.Join(dir, "preprocessor_config.json"), []byte(preprocessor), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := ReadCLIP(open(t, filepath.Join(dir, "model.safetensors")), "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Config.VisionHeads != 4 || c.Config.Mean != [3]float32{0.1, 0.2, 0.3} || c.Config.Std != [3]float32{0.4, 0.5, 0.6} {
		t.Errorf("configuration %+v", c.Config)
	}

	for _, file := range []string{"clip_open_clip.safetensors", "clip_state_dict.pt"} { // whatever the name says, the bytes tell the format
		dir = folderWith(t, file, "clip_open_clip_config.json", "open_clip_config.json")
		c, err = ReadCLIP(open(t, filepath.Join(dir, "model.safetensors")), "")
		if err != nil {
			t.Fatal(err)
		}
		if c.Config.VisionHeads != 4 || c.Config.TextHeads != 2 || c.Config.Activation != weights.GELU || c.Config.Mean != [3]float32{0.5, 0.5, 0.5} {
			t.Errorf("%s: configuration %+v", file, c.Config)
		}
	}
}

func TestReadCLIPRefuses(t *testing.T) {
	config := func(text string) string {
		path := filepath.Join(t.TempDir(), "config.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ file, config, want string }{
		{"clip_resnet.pt", "", "widths 2 and 8 are under 64"},
		{"clip_resnet.pt", config(`{"model_cfg":{"vision_cfg":{"head_width":20},"text_cfg":{"heads":2}}}`), "vision_heads 3 does not"},
		{"vqgan.ckpt", "", "not a CLIP"},
		{"clip_state_dict.pt", "", "give -clip-config FILE"},
		{"clip_hugging_face.safetensors", "", "needs the config.json"},
		{"clip_state_dict.pt", "absent.json", "absent.json"},
		{"clip_state_dict.pt", config("{"), "config.json: it is not a configuration in JSON: line 1, its last, cannot be understood"},
		{"clip_state_dict.pt", config("{}"), "neither a config.json"},
		{"clip_state_dict.pt", config(strings.Repeat(" ", maxConfig+1)), "it has 262145 bytes, and a configuration has at most 262144"},
		{"clip_state_dict.pt", config(`{"text_config":{}}`), "vision_heads 12 does not divide"},
		{"clip_state_dict.pt", config(`{"text_config":{"hidden_act":"relu"}}`), `hidden_act is "relu"`},
		{"clip_state_dict.pt", config(`{"text_config":{"hidden_act":"gelu"}}`), `hidden_act is "quick_gelu" and that of the text "gelu"`},
		{"clip_state_dict.pt", config(`{"vision_config":{"layer_norm_eps":1e-6}}`), "layer_norm_eps is 1e-06"},
		{"clip_state_dict.pt", config(`{"model_cfg":{"text_cfg":{"heads":3}}}`), "vision_heads is 0"},
		{"clip_state_dict.pt", config(`{"model_cfg":{"vision_cfg":{"head_width":4},"text_cfg":{"heads":2}},"preprocess_cfg":{"mean":[1],"std":[1,1,1]}}`), "preprocess_cfg.mean is a list and must be a list of three numbers"},
	}
	for _, tt := range tests {
		if _, err := ReadCLIP(open(t, testdata+tt.file), tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %s: error %v, want %q", tt.file, tt.config, err, tt.want)
		}
	}
}

func TestReadVQGAN(t *testing.T) {
	want, err := ReadVQGAN(open(t, testdata+"vqgan.ckpt"), testdata+"vqgan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Dropped) != 2 || want.Config.Gumbel || want.Config.Factor() != 2 {
		t.Errorf("dropped %v, configuration %+v", want.Dropped, want.Config)
	}
	tests := []struct {
		file, config string
		dropped      int
	}{
		{"vqgan_bare.ckpt", "vqgan.yaml", 0}, {"vqgan_legacy.ckpt", "vqgan.yaml", 0}, {"net2net.ckpt", "net2net.yaml", 3}, {"net2net.ckpt", "vqgan.yaml", 3},
	}
	for _, tt := range tests {
		got, err := ReadVQGAN(open(t, testdata+tt.file), testdata+tt.config)
		if err != nil {
			t.Errorf("%s with %s: %v", tt.file, tt.config, err)
			continue
		}
		if len(got.Dropped) != tt.dropped {
			t.Errorf("%s with %s: dropped %v", tt.file, tt.config, got.Dropped)
		}
		equal(t, tt.file, got.Tensors, want.Tensors)
	}
	gumbel, err := ReadVQGAN(open(t, testdata+"gumbel.ckpt"), testdata+"gumbel.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !gumbel.Config.Gumbel || !slices.Equal(gumbel.Tensors["quantize.proj.weight"].Shape, []int{10, 4, 1, 1}) {
		t.Errorf("Gumbel: %+v", gumbel.Config)
	}
}

func TestReadVQGANRefuses(t *testing.T) {
	text, err := os.ReadFile(testdata + "vqgan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	changed := func(old, new string) string {
		if !strings.Contains(string(text), old) {
			t.Fatalf("the configuration has no %q", old)
		}
		path := filepath.Join(t.TempDir(), "changed.yaml")
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ file, config, want string }{
		{"clip_state_dict.pt", testdata + "vqgan.yaml", "not a VQGAN"},
		{"vqgan.ckpt", testdata + "absent.yaml", "absent.yaml"},
		{"vqgan.ckpt", testdata + "gumbel.yaml", "tensor quantize.embed.weight is missing"},
		{"gumbel.ckpt", testdata + "vqgan.yaml", "tensor quantize.embedding.weight is missing"},
		{"vqgan.ckpt", testdata + "clip_config.json", "has no \"model\""},
		{"vqgan.ckpt", changed("n_embed: 10", "n_embed: 11"), "tensor quantize.embedding.weight is [10 4], the configuration wants [11 4]"},
		{"vqgan.ckpt", changed("attn_resolutions: [8]", "attn_resolutions: [16]"), "tensor decoder.up.0.attn.0.norm.weight is missing"},
		{"vqgan.ckpt", changed("attn_resolutions: [8]", "attn_resolutions: []"), "is not part of the configured model"},
		{"vqgan.ckpt", changed("num_res_blocks: 1", "num_res_blocks: 2"), "is missing"},
		{"vqgan.ckpt", changed("double_z: false", "double_z: true"), "double_z is true"},
		{"vqgan.ckpt", changed("dropout: 0.0", "resamp_with_conv: false"), "ddconfig.resamp_with_conv is false, and only true is supported"},
		{"vqgan.ckpt", changed("VQModel", "VQSegmentationModel"), "only VQModel, GumbelVQ and Net2NetTransformer"},
		{"vqgan.ckpt", changed("VQModel", "Net2NetTransformer"), "no first_stage_config"},
		{"vqgan.ckpt", changed("ddconfig", "config"), "no ddconfig"},
		{"vqgan.ckpt", changed("ch: 32", "ch: 2147483648"), "vqgan.ch is 2147483648"},
		{"vqgan.ckpt", changed("ch: 32", "ch: [1]"), "its model.params.ddconfig.ch is a list and must be a whole number"},
		{"vqgan.ckpt", changed("model:", "\tmodel:"), "changed.yaml: it is not a configuration in YAML"},
	}
	for _, tt := range tests {
		_, err := ReadVQGAN(open(t, testdata+tt.file), tt.config)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s with %s: error %v, want %q", tt.file, filepath.Base(tt.config), err, tt.want)
		}
	}
}

func FuzzParseTaming(f *testing.F) {
	for _, name := range []string{"vqgan.yaml", "gumbel.yaml", "net2net.yaml"} {
		data, err := os.ReadFile(testdata + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ParseTaming(data); err == nil && len(c.DecoderTensors()) == 0 {
			t.Fatal("a valid configuration has no tensors")
		}
	})
}

// layout lists tensors, "NAME N N…" a line.
func layout(specs ...[]weights.Spec) string {
	var b strings.Builder
	for _, s := range slices.Concat(specs...) {
		fmt.Fprintln(&b, s.Name, strings.Trim(fmt.Sprint(s.Shape), "[]"))
	}
	return b.String()
}

// Tensors of a layout have at most maxElements, and only those of few are read, so that a thousand layouts are tried a second.
const (
	maxElements   = 1 << 14
	few           = 1 << 8
	maxLayout     = 1 << 13 // bytes
	maxConfigText = 1 << 11
)

// fromLayout is a layout as a safetensors file whose tensors all share the same zeros. A line that describes no tensor, or none that fits, is
// left out.
func fromLayout(layout string) hollow {
	text := []byte("{")
	for line := range strings.Lines(layout) {
		name, dimensions, _ := strings.Cut(strings.TrimSpace(line), " ")
		shape, n := []byte{}, uint64(1)
		for word := range strings.FieldsSeq(dimensions) {
			d, err := strconv.ParseUint(word, 10, 32)
			if n *= d; err != nil || n > maxElements {
				n = maxElements + 1
				break
			}
			shape = strconv.AppendUint(append(shape, ','), d, 10)
		}
		quoted, err := json.Marshal(name)
		if err != nil || n > maxElements {
			continue
		}
		text = fmt.Appendf(text, "%s:{\"dtype\":\"F16\",\"shape\":[%s],\"data_offsets\":[0,%d]},", quoted, strings.TrimPrefix(string(shape), ","), 2*n)
	}
	text = append(bytes.TrimSuffix(text, []byte(",")), '}')
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
}

// hollow is a file of a header and zeros for one tensor.
type hollow []byte

func (h hollow) size() int64 { return int64(len(h)) + 2*maxElements }

func (h hollow) ReadAt(b []byte, at int64) (int, error) {
	n := int(min(int64(len(b)), h.size()-at))
	clear(b[:n])
	if at < int64(len(h)) {
		copy(b[:n], h[at:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// readAll reads the small tensors of an imported model, whose shapes must be true.
func readAll(t *testing.T, tensors Tensors) {
	for name, tensor := range tensors {
		n := 1
		for _, d := range tensor.Shape {
			n *= d
		}
		if n > few {
			continue
		}
		if got, err := tensor.Append(nil); err != nil || len(got) != n {
			t.Fatalf("%s has %d elements and %v, want %d", name, len(got), err, n)
		}
	}
}

// fuzzCheckpoint reads checkpoints of any layout with any configuration, all of it in memory.
func fuzzCheckpoint(f *testing.F, read func(t *testing.T, c *checkpoint.File, config readFile)) {
	f.Fuzz(func(t *testing.T, layout, config string) {
		if len(layout) > maxLayout || len(config) > maxConfigText {
			return
		}
		data := fromLayout(layout)
		c, err := checkpoint.Read(data, data.size())
		if err != nil {
			return
		}
		read(t, c, func(path string) ([]byte, error) {
			if path != "config" {
				return nil, foreign.ErrAbsent
			}
			return []byte(config), nil
		})
	})
}

func FuzzReadCLIP(f *testing.F) {
	c := weights.CLIPConfig{ImageSize: 2, PatchSize: 2, VisionWidth: 2, VisionLayers: 1, VisionHeads: 1, TextWidth: 2, TextLayers: 1, TextHeads: 1,
		ContextLength: 3, VocabSize: 515, EmbedDim: 2}
	f.Add(layout(c.TextTensors(), c.ImageTensors()), `{"model_cfg":{"vision_cfg":{"head_width":2,"pool_type":"tok"},"text_cfg":{"heads":1}},"preprocess_cfg":{"mean":[0,0,0],"std":[1,1,1]}}`)
	c.VisionLayers, c.PatchSize, c.ImageSize, c.ResNetBlocks = 4, 32, 32, [4]int{1, 1, 1, 1}
	var norms []weights.Spec
	for _, s := range c.ImageTensors() {
		if conv, ok := strings.CutSuffix(s.Name, ".bias"); ok && !strings.Contains(conv, "attnpool") {
			for _, kind := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
				norms = append(norms, weights.Spec{Name: batchNormOf(conv) + kind, Shape: s.Shape})
			}
		}
	}
	f.Add(layout(c.TextTensors(), c.ImageTensors(), norms), `{"model_cfg":{"quick_gelu":true,"vision_cfg":{"head_width":64},"text_cfg":{"heads":1}}}`)
	f.Add("module.text_model.embeddings.token_embedding.weight 515 2\nmodule.text_model.embeddings.position_embedding.weight 3 2\n"+
		"module.text_model.encoder.layers.0.self_attn.q_proj.weight 2 2\nmodule.text_model.encoder.layers.0.self_attn.k_proj.weight 2 2\n"+
		"module.text_model.encoder.layers.0.self_attn.v_proj.weight 2 2\nmodule.vision_model.embeddings.patch_embedding.weight 2 3 2 2\n"+
		"module.vision_model.embeddings.position_embedding.weight 2 2\nmodule.visual_projection.weight 2 2\nmodule.text_projection.weight 2 2\n",
		`{"text_config":{"num_attention_heads":1},"vision_config":{"num_attention_heads":1,"hidden_act":"gelu"}}`)
	fuzzCheckpoint(f, func(t *testing.T, c *checkpoint.File, config readFile) {
		if clip, err := readCLIP(c, "config", config); err == nil {
			readAll(t, clip.Tensors)
		}
	})
}

func FuzzReadVQGAN(f *testing.F) {
	c := weights.VQGANConfig{Ch: 32, ChMult: []int{1}, AttnResolutions: []int{}, Resolution: 1, ZChannels: 1, InChannels: 3, OutCh: 3, EmbedDim: 1, NEmbed: 1}
	const config = "model: {target: %s, params: {embed_dim: 1, n_embed: 1, ddconfig: {double_z: false, z_channels: 1, resolution: 1, in_channels: 3, out_ch: 3, ch: 32, ch_mult: [1], " +
		"num_res_blocks: 0, attn_resolutions: []}}}"
	f.Add(layout(c.DecoderTensors(), c.EncoderTensors()), fmt.Sprintf(config, "VQModel"))
	c.Gumbel = true
	f.Add("loss.a 1\n"+layout(c.DecoderTensors(), c.EncoderTensors()), fmt.Sprintf(config, "GumbelVQ"))
	fuzzCheckpoint(f, func(t *testing.T, c *checkpoint.File, config readFile) {
		if v, err := readVQGAN(c, "config", config); err == nil {
			readAll(t, v.Tensors)
		}
	})
}
