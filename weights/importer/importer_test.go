package importer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
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
	f, size, err := foreign.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	c, err := checkpoint.Read(foreign.Source{Name: filepath.Base(path), Size: size, ReaderAt: f})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// onDisk are the configurations of a folder, of which one may be chosen.
func onDisk(t testing.TB, dir, chosen string) Configs {
	t.Helper()
	var c Configs
	if chosen != "" {
		dir = filepath.Dir(chosen)
		c.Chosen = text(t, chosen)
	}
	c.Beside = func(name string) ([]byte, error) {
		return foreign.ReadFile(filepath.Join(dir, name), "a configuration", 2*MaxConfig)
	}
	return c
}

func text(t testing.TB, path string) *Text {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &Text{filepath.Base(path), data}
}

func clipOf(t *testing.T, path, config string) (*CLIP, error) {
	t.Helper()
	return ReadCLIP(open(t, path), onDisk(t, filepath.Dir(path), config))
}

func vqganOf(t *testing.T, path, config string) (*VQGAN, error) {
	t.Helper()
	return ReadVQGAN(open(t, path), onDisk(t, filepath.Dir(path), config))
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
	want, err := clipOf(t, testdata+"clip_state_dict.pt", testdata+"clip_config.json")
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
		got, err := clipOf(t, testdata+file, testdata+"clip_config.json")
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
	c, err := clipOf(t, testdata+"clip_resnet.pt", resNetConfig(t))
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
		err = c.configure(text(t, resNetConfig(t)), Configs{})
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
	c, err := clipOf(t, filepath.Join(dir, "model.safetensors"), "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Config.VisionHeads != 4 || c.Config.Mean != [3]float32{0.1, 0.2, 0.3} || c.Config.Std != [3]float32{0.4, 0.5, 0.6} {
		t.Errorf("configuration %+v", c.Config)
	}

	for _, file := range []string{"clip_open_clip.safetensors", "clip_state_dict.pt"} { // whatever the name says, the bytes tell the format
		dir = folderWith(t, file, "clip_open_clip_config.json", "open_clip_config.json")
		c, err = clipOf(t, filepath.Join(dir, "model.safetensors"), "")
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
		{"clip_state_dict.pt", "", "choose its configuration, too (-clip-config FILE)"},
		{"clip_hugging_face.safetensors", "", "needs the config.json"},
		{"clip_state_dict.pt", config("{"), "config.json: it is not a configuration in JSON: line 1, its last, cannot be understood"},
		{"clip_state_dict.pt", config("{}"), "neither a config.json"},
		{"clip_state_dict.pt", config(strings.Repeat(" ", MaxConfig+1)), "it has 262145 bytes, and a configuration has at most 262144"},
		{"clip_state_dict.pt", config(`{"text_config":{}}`), "vision_heads 12 does not divide"},
		{"clip_state_dict.pt", config(`{"text_config":{"hidden_act":"relu"}}`), `hidden_act is "relu"`},
		{"clip_state_dict.pt", config(`{"text_config":{"hidden_act":"gelu"}}`), `hidden_act is "quick_gelu" and that of the text "gelu"`},
		{"clip_state_dict.pt", config(`{"vision_config":{"layer_norm_eps":1e-6}}`), "layer_norm_eps is 1e-06"},
		{"clip_state_dict.pt", config(`{"model_cfg":{"text_cfg":{"heads":3}}}`), "vision_heads is 0"},
		{"clip_state_dict.pt", config(`{"model_cfg":{"vision_cfg":{"head_width":4},"text_cfg":{"heads":2}},"preprocess_cfg":{"mean":[1],"std":[1,1,1]}}`), "preprocess_cfg.mean is a list and must be a list of three numbers"},
	}
	for _, tt := range tests {
		if _, err := clipOf(t, testdata+tt.file, tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %s: error %v, want %q", tt.file, tt.config, err, tt.want)
		}
	}
}

func TestReadVQGAN(t *testing.T) {
	want, err := vqganOf(t, testdata+"vqgan.ckpt", testdata+"vqgan.yaml")
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
		got, err := vqganOf(t, testdata+tt.file, testdata+tt.config)
		if err != nil {
			t.Errorf("%s with %s: %v", tt.file, tt.config, err)
			continue
		}
		if len(got.Dropped) != tt.dropped {
			t.Errorf("%s with %s: dropped %v", tt.file, tt.config, got.Dropped)
		}
		equal(t, tt.file, got.Tensors, want.Tensors)
	}
	gumbel, err := vqganOf(t, testdata+"gumbel.ckpt", testdata+"gumbel.yaml")
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
		{"vqgan.ckpt", testdata + "gumbel.yaml", "tensor quantize.embed.weight is missing"},
		{"gumbel.ckpt", testdata + "vqgan.yaml", "tensor quantize.embedding.weight is missing"},
		{"vqgan.ckpt", testdata + "clip_config.json", "has no \"model\""},
		{"vqgan.ckpt", changed("n_embed: 10", "n_embed: 11"), "tensor quantize.embedding.weight is [10 4], the configuration wants [11 4]"},
		{"vqgan.ckpt", changed("attn_resolutions: [8]", "attn_resolutions: [16]"), "tensor decoder.up.0.attn.0.norm.weight is missing"},
		{"vqgan.ckpt", changed("attn_resolutions: [8]", "attn_resolutions: []"), "is not part of the configured model"},
		{"vqgan.ckpt", changed("num_res_blocks: 1", "num_res_blocks: 2"), "is missing"},
		{"vqgan.ckpt", changed("double_z: false", "double_z: true"), "double_z is true"},
		{"vqgan.ckpt", changed("dropout: 0.0", "resamp_with_conv: false"), "ddconfig.resamp_with_conv is false, and only true is supported"},
		{"vqgan.ckpt", changed("VQModel", "VQSegmentationModel"), "only VQModel, GumbelVQ, IBQ and Net2NetTransformer"},
		{"vqgan.ckpt", changed("VQModel", "Net2NetTransformer"), "no first_stage_config"},
		{"vqgan.ckpt", changed("ddconfig", "config"), "no ddconfig"},
		{"vqgan.ckpt", changed("ch: 32", "ch: 2147483648"), "vqgan.ch is 2147483648"},
		{"vqgan.ckpt", changed("ch: 32", "ch: [1]"), "its model.params.ddconfig.ch is a list and must be a whole number"},
		{"vqgan.ckpt", changed("model:", "\tmodel:"), "changed.yaml: it is not a configuration in YAML"},
	}
	for _, tt := range tests {
		_, err := vqganOf(t, testdata+tt.file, tt.config)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s with %s: error %v, want %q", tt.file, filepath.Base(tt.config), err, tt.want)
		}
	}
}

func FuzzParseTaming(f *testing.F) {
	const model = "{target: VQModel, params: {embed_dim: 1, n_embed: 1, ddconfig: {z_channels: 1, resolution: 1, in_channels: 3, out_ch: 3, ch: 32, ch_mult: [1], num_res_blocks: 1}}}"
	f.Add([]byte("model: " + model))
	f.Add([]byte("model: {target: Net2NetTransformer, params: {first_stage_config: " + model + "}}"))
	f.Add([]byte("a: &a {n_embed: 1}\nmodel:\n  target: GumbelVQ\n  params:\n    <<: *a\n    ddconfig: {}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 2*maxChanges {
			return
		}
		if c, err := ParseTaming(text); err == nil && len(c.DecoderTensors()) == 0 {
			t.Fatal("a valid configuration has no tensors")
		}
	})
}

// layout is the shapes of a checkpoint's tensors by name.
type layout map[string][]int

func layoutOf(specs ...[]weights.Spec) layout {
	l := layout{}
	for _, s := range slices.Concat(specs...) {
		l[s.Name] = s.Shape
	}
	return l
}

// What is tried is a sound model with a few changes, which are a short text: it is tried a thousand times a second and more, and
// made shorter in no time. Tensors have at most maxElements, and only those of few are read.
const (
	maxElements = 1 << 14
	few         = 1 << 8
	maxChanges  = 1 << 8 // bytes
)

// changed is a layout with changes, one a line: "NAME N N…" gives a tensor another shape or adds one, "-NAME" takes one away, "+PREFIX" puts a
// prefix before all names. What says none of these is left out.
func (l layout) changed(changes string) layout {
	l = maps.Clone(l)
	for line := range strings.Lines(changes) {
		name, dimensions, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		if gone, ok := strings.CutPrefix(name, "-"); ok {
			delete(l, gone)
			continue
		}
		if prefix, ok := strings.CutPrefix(name, "+"); ok {
			under := layout{}
			for name, shape := range l {
				under[prefix+name] = shape
			}
			l = under
			continue
		}
		shape, n := []int{}, 1
		for word := range strings.FieldsSeq(dimensions) {
			d, err := strconv.Atoi(word)
			if err != nil || d < 0 || d > maxElements || n*d > maxElements {
				n = maxElements + 1
				break
			}
			shape, n = append(shape, d), n*d
		}
		if n <= maxElements {
			l[name] = shape
		}
	}
	return l
}

// file is a layout as a safetensors file whose tensors all share the same zeros.
func (l layout) file() hollow {
	text := make([]byte, 8, 1<<12)
	text = append(text, '{')
	for _, name := range slices.Sorted(maps.Keys(l)) {
		quoted, _ := json.Marshal(name) // any text can be written
		text = append(append(text, quoted...), `:{"dtype":"F16","shape":[`...)
		n := 1
		for i, d := range l[name] {
			if i > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, int64(d), 10)
			n *= d
		}
		text = append(strconv.AppendInt(append(text, `],"data_offsets":[0,`...), int64(2*n), 10), "]},"...)
	}
	text = append(bytes.TrimSuffix(text, []byte(",")), '}')
	binary.LittleEndian.PutUint64(text, uint64(len(text)-8))
	return text
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

// tryLayout reads a checkpoint of a layout with a configuration or, where that is empty, without one, all of it in memory.
func tryLayout(l layout, config string, read func(*checkpoint.File, Configs)) {
	data := l.file()
	c, err := checkpoint.Read(foreign.Source{Name: "fuzzed", Size: data.size(), ReaderAt: data})
	if err != nil {
		return
	}
	configs := Configs{}
	if config != "" {
		configs.Chosen = &Text{"config", []byte(config)}
	}
	read(c, configs)
}

func FuzzReadCLIP(f *testing.F) {
	c := weights.CLIPConfig{ImageSize: 2, PatchSize: 2, VisionWidth: 2, VisionLayers: 1, VisionHeads: 1, TextWidth: 2, TextLayers: 1, TextHeads: 1,
		ContextLength: 3, VocabSize: 515, EmbedDim: 2}
	transformer := layoutOf(c.TextTensors(), c.ImageTensors())
	c.VisionLayers, c.PatchSize, c.ImageSize, c.ResNetBlocks = 4, 32, 32, [4]int{1, 1, 1, 1}
	resnet := layoutOf(c.TextTensors(), c.ImageTensors())
	for _, s := range c.ImageTensors() {
		if conv, ok := strings.CutSuffix(s.Name, ".bias"); ok && !strings.Contains(conv, "attnpool") {
			for _, kind := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
				resnet[batchNormOf(conv)+kind] = s.Shape
			}
			delete(resnet, s.Name)
		}
	}
	huggingFace := layout{"text_projection.weight": {2, 2}, "visual_projection.weight": {2, 2}}
	for theirs, ours := range huggingFaceNames {
		huggingFace[theirs] = transformer[ours]
	}
	for _, layer := range []string{"layer_norm1", "layer_norm2", "mlp.fc1", "mlp.fc2", "self_attn.out_proj", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"} {
		for _, kind := range []string{"weight", "bias"} {
			shape := transformer["transformer.resblocks.0."+huggingFaceBlock[layer]+"."+kind]
			if shape == nil {
				shape = map[string][]int{"weight": {2, 2}, "bias": {2}}[kind]
			}
			huggingFace["text_model.encoder.layers.0."+layer+"."+kind] = shape
			huggingFace["vision_model.encoder.layers.0."+layer+"."+kind] = shape
		}
	}
	openCLIP, theirs := `{"model_cfg":{"vision_cfg":{"head_width":2},"text_cfg":{"heads":1}}}`, `{"text_config":{"num_attention_heads":1},"vision_config":{"num_attention_heads":1}}`
	layouts, configs := []layout{transformer, resnet, huggingFace}, []string{openCLIP, openCLIP, theirs}
	for i, l := range layouts { // they are sound, or nothing would be tried behind the first check
		f.Add(uint8(i), "", configs[i])
		tryLayout(l, configs[i], func(c *checkpoint.File, configs Configs) {
			if _, err := ReadCLIP(c, configs); err != nil {
				f.Errorf("layout %d: %v", i, err)
			}
		})
	}
	f.Add(uint8(0), "logit_scale 1\n+module.\nx 0", `{"model_cfg":{"vision_cfg":{"pool_type":"tok"}}}`)
	f.Fuzz(func(t *testing.T, which uint8, changes, config string) {
		if len(changes)+len(config) > maxChanges {
			return
		}
		tryLayout(layouts[int(which)%len(layouts)].changed(changes), config, func(c *checkpoint.File, configs Configs) {
			if clip, err := ReadCLIP(c, configs); err == nil {
				readAll(t, clip.Tensors)
			}
		})
	})
}

func FuzzReadVQGAN(f *testing.F) {
	c := weights.VQGANConfig{Ch: 32, ChMult: []int{1}, AttnResolutions: []int{}, Resolution: 1, ZChannels: 1, InChannels: 3, OutCh: 3, EmbedDim: 1, NEmbed: 1}
	plain := layoutOf(c.DecoderTensors(), c.EncoderTensors())
	c.Gumbel = true
	layouts := []layout{plain, layoutOf(c.DecoderTensors(), c.EncoderTensors()), {}, {}, {}}
	// Relatives: LlamaGen's names, those of diffusers without attention in the middle, and averages as IBQ keeps them. They need no configuration.
	numbers := strings.NewReplacer(".mid.block_1.", ".mid.0.", ".mid.attn_1.", ".mid.1.", ".mid.block_2.", ".mid.2.", ".up.0.block.", ".conv_blocks.0.res.")
	hugging := strings.NewReplacer(".mid.block_1.", ".mid_block.resnets.0.", ".mid.block_2.", ".mid_block.resnets.1.", ".up.0.block.", ".up_blocks.0.resnets.", ".norm_out.", ".conv_norm_out.")
	for name, shape := range plain {
		layouts[2][numbers.Replace(name)] = shape
		if !strings.Contains(name, "attn_1") {
			layouts[3][hugging.Replace(name)] = shape
		}
		layouts[4][name], layouts[4][flatName(name)] = shape, shape
	}
	// The options are added to a sound configuration.
	config := func(which uint8, options string) string {
		if which > 1 {
			return options
		}
		return "model:\n  target: " + []string{"VQModel", "GumbelVQ"}[which%2] + "\n  params:\n    embed_dim: 1\n    n_embed: 1\n    ddconfig:\n      z_channels: 1\n      resolution: 1\n" +
			"      in_channels: 3\n      out_ch: 3\n      ch: 32\n      ch_mult: [1]\n      num_res_blocks: 0\n      " + options
	}
	for i, l := range layouts {
		f.Add(uint8(i), "", "dropout: 0")
		f.Add(uint8(i), "", `{"codebook_l2_norm": true, "act_fn": "silu"}`)
		tryLayout(l, config(uint8(i), ""), func(c *checkpoint.File, configs Configs) {
			if _, err := ReadVQGAN(c, configs); err != nil {
				f.Errorf("layout %d: %v", i, err)
			}
		})
	}
	f.Add(uint8(0), "+model.\nloss.a 0\n-quant_conv.bias", "attn_resolutions: [1]\n      tanh_out: false")
	f.Fuzz(func(t *testing.T, which uint8, changes, options string) {
		if len(changes)+len(options) > maxChanges {
			return
		}
		which %= uint8(len(layouts))
		tryLayout(layouts[which].changed(changes), config(which, options), func(c *checkpoint.File, configs Configs) {
			if v, err := ReadVQGAN(c, configs); err == nil {
				readAll(t, v.Tensors)
			}
		})
	})
}
