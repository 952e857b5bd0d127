package convert

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reverie/weights"
)

// place writes a file into a folder of its own.
func place(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// libraries are what the errors of the libraries in use are known by.
var libraries = []string{" yaml: ", " json: ", " zip: ", " gzip: ", " flate: ", "unmarshal", "Go struct", "Go value", "invalid character", "EOF", "looking for"}

// Whatever a person gives in place of any of the files is said in words of ours.
func TestOtherFiles(t *testing.T) {
	files := map[string]func(o *Options, path string){
		"model.ckpt":   func(o *Options, path string) { o.VQGAN = path },
		"vqgan.yaml":   func(o *Options, path string) { o.VQGANConfig = path },
		"clip.pt":      func(o *Options, path string) { o.CLIP = path },
		"config.json":  func(o *Options, path string) { o.CLIPConfig = path },
		"vocab.txt.gz": func(o *Options, path string) { o.Vocab, _ = os.ReadFile(path) },
	}
	contents := map[string]struct {
		text string
		want map[string]string // by file; "" for the rest
	}{
		"web page":       {"\n<!DOCTYPE html>\n<html><title>404: Not Found</title>", map[string]string{"": "it is a web page, not a"}},
		"LFS pointer":    {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 980092370\n", map[string]string{"": "it is a Git LFS pointer to 980092370 bytes, not a"}},
		"short text":     {"Entry not found", map[string]string{"": `it is a text that begins "Entry not found"`}},
		"empty":          {"", map[string]string{"": "it is empty"}},
		"text in UTF-16": {"\xff\xfe{\x00}\x00", map[string]string{"": "it is a text in UTF-16"}},
		"gzip":           {"\x1f\x8b\x08\x00\x00\x00\x00\x00", map[string]string{"": "it is a gzip file, not a", "vocab.txt.gz": "damaged or was cut short"}},
		"zip":            {"PK\x03\x04 nothing", map[string]string{"": "it is a zip file, not a", "model.ckpt": "damaged or was cut short", "clip.pt": "damaged or was cut short"}},
		"bytes": {"\x00\x01\x02\x03\xff\xfe", map[string]string{"": "it is none of the known formats", "vqgan.yaml": "not a configuration in YAML",
			"config.json": "not a configuration in JSON", "vocab.txt.gz": "not a gzip file"}},
		"mapping":        {"{\"a\":\n1}", map[string]string{"": `it is a text that begins "{"a":`[:24], "vqgan.yaml": `it has no "model"`, "config.json": "it is neither a config.json"}},
		"half a mapping": {"{\"a\":\n[1", map[string]string{"": "it is a text that begins", "vqgan.yaml": "not a configuration in YAML: line 1 or the one before", "config.json": "line 2, its last, cannot be understood"}},
	}
	for what, c := range contents {
		for name, set := range files {
			o := options(t, weights.TypeF32)
			path := place(t, name, c.text)
			set(&o, path)
			want, ok := c.want[name]
			if !ok {
				want = c.want[""]
			}
			_, _, err := Run(o)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s as %s: error %v, want %q", what, name, err, want)
				continue
			}
			if name != "vocab.txt.gz" && !strings.Contains(err.Error(), name+": ") {
				t.Errorf("%s as %s: error %v does not name the file", what, name, err)
			}
			for _, words := range append(libraries, filepath.Dir(path)) {
				if strings.Contains(err.Error(), words) {
					t.Errorf("%s as %s: error %v has %q in it", what, name, err, words)
				}
			}
		}
	}
}

// The second file of Hugging Face's is read by the same rules.
func TestOtherPreprocessor(t *testing.T) {
	for text, want := range map[string]string{
		"<html>":                 "preprocessor_config.json: it is a web page",
		"{":                      "preprocessor_config.json: it is not a configuration in JSON: line 1, its last",
		`{"image_mean":[1,2]}`:   "preprocessor_config.json: its image_mean and image_std go together, and one is missing",
		`{"do_normalize":false}`: "preprocessor_config.json: its do_normalize is false, and only true is supported",
		`{"rescale_factor":0.5}`: "preprocessor_config.json: its rescale_factor is 0.5, and only",
		`{"image_mean":[1,2,"3"],"image_std":[1,1,1]}`: "preprocessor_config.json: its image_mean is a list and must be a list of three numbers",
	} {
		o := options(t, weights.TypeF32)
		config, err := os.ReadFile(testdata + "clip_config.json")
		if err != nil {
			t.Fatal(err)
		}
		o.CLIP, o.CLIPConfig = testdata+"clip_hugging_face.safetensors", place(t, "config.json", string(config))
		if err := os.WriteFile(filepath.Join(filepath.Dir(o.CLIPConfig), "preprocessor_config.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Run(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// Options that change what a model computes and are not supported are refused by name; with the values that leave them off they are not.
func TestOptions(t *testing.T) {
	vqgan, err := os.ReadFile(testdata + "vqgan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	openCLIP := func(vision, text, model string) func(*Options) {
		return func(o *Options) {
			o.VQGAN = ""
			o.CLIPConfig = place(t, "open_clip_config.json", `{"model_cfg":{"embed_dim":4,"vision_cfg":{"head_width":4`+vision+`},"text_cfg":{"heads":2`+text+`}`+model+`}}`)
		}
	}
	huggingFace := func(vision, text, all string) func(*Options) {
		return func(o *Options) {
			o.VQGAN = ""
			o.CLIPConfig = place(t, "config.json", `{"vision_config":{"num_attention_heads":4`+vision+`},"text_config":{"num_attention_heads":2`+text+`}`+all+`}`)
		}
	}
	taming := func(option string) func(*Options) {
		return func(o *Options) {
			o.CLIP = ""
			o.VQGANConfig = place(t, "model.yaml", strings.Replace(string(vqgan), "dropout: 0.0", option, 1))
		}
	}
	params := func(option string) func(*Options) {
		return func(o *Options) {
			o.CLIP = ""
			o.VQGANConfig = place(t, "model.yaml", strings.Replace(string(vqgan), "    n_embed:", "    "+option+"\n    n_embed:", 1))
		}
	}
	const only = ", and only "
	tests := []struct {
		set  func(*Options)
		want string // the refusal; "" where there is none
	}{
		{openCLIP("", "", ""), ""},
		{openCLIP(`,"pool_type":"avg"`, "", ""), `open_clip_config.json: its model_cfg.vision_cfg.pool_type is "avg"` + only + `"tok" is supported`},
		{openCLIP(`,"pool_type":"tok","no_ln_pre":false,"act_kwargs":null,"norm_kwargs":{},"attentional_pool":false,"ls_init_value":null`, "", ""), ""},
		{openCLIP(`,"norm_kwargs":{"eps":1e-05},"mlp_ratio":4.0,"patch_dropout":0.5,"output_tokens":true,"image_size":6`, "", ""), ""},
		{openCLIP(`,"norm_kwargs":{"eps":1e-06}`, "", ""), "vision_cfg.norm_kwargs.eps is 1e-06" + only + "1e-05"},
		{openCLIP(`,"norm_kwargs":{"elementwise":1}`, "", ""), "vision_cfg.norm_kwargs.elementwise is 1, and this option is not known"},
		{openCLIP(`,"act_kwargs":{"approximate":"tanh"}`, "", ""), "vision_cfg.act_kwargs is a mapping, which is not supported"},
		{openCLIP(`,"no_ln_pre":true`, "", ""), "vision_cfg.no_ln_pre is true"},
		{openCLIP(`,"final_ln_after_pool":true`, "", ""), "vision_cfg.final_ln_after_pool is true"},
		{openCLIP(`,"attentional_pool":"parallel"`, "", ""), `vision_cfg.attentional_pool is "parallel"`},
		{openCLIP(`,"pos_embed_type":"sin_cos_2d"`, "", ""), `vision_cfg.pos_embed_type is "sin_cos_2d"`},
		{openCLIP(`,"ls_init_value":0.1`, "", ""), "vision_cfg.ls_init_value is 0.1"},
		{openCLIP(`,"mlp_ratio":3.5`, "", ""), "vision_cfg.mlp_ratio is 3.5"},
		{openCLIP(`,"qk_norm":true`, "", ""), "vision_cfg.qk_norm is true, and this option is not known"},
		{openCLIP(`,"qk_norm":false,"scale_heads":0`, "", ""), ""},
		{openCLIP(`,"block_type":"custom"`, "", ""), `vision_cfg.block_type is "custom"`},
		{openCLIP(`,"timm_model_name":"vit_base"`, "", ""), `vision_cfg.timm_model_name is "vit_base"`},
		{openCLIP(`,"head_width":0`, "", ""), "vision_cfg.head_width is 0 and must be positive"},
		{openCLIP(`,"head_width":"4"`, "", ""), `vision_cfg.head_width is "4" and must be a whole number`},
		{openCLIP("", `,"pool_type":"argmax","proj_type":"linear","embed_cls":false,"pad_id":1,"hf_tokenizer_name":null`, ""), ""},
		{openCLIP("", `,"pool_type":"last"`, ""), `text_cfg.pool_type is "last"`},
		{openCLIP("", `,"no_causal_mask":true`, ""), "text_cfg.no_causal_mask is true"},
		{openCLIP("", `,"proj_bias":true`, ""), "text_cfg.proj_bias is true"},
		{openCLIP("", `,"proj_type":"none"`, ""), `text_cfg.proj_type is "none"`},
		{openCLIP("", `,"embed_cls":true`, ""), "text_cfg.embed_cls is true"},
		{openCLIP("", `,"act_kwargs":{"a":1}`, ""), "text_cfg.act_kwargs is a mapping"},
		{openCLIP("", `,"norm_kwargs":{"eps":1e-6}`, ""), "text_cfg.norm_kwargs.eps is 1e-06"},
		{openCLIP("", `,"hf_model_name":"roberta-base"`, ""), `text_cfg.hf_model_name is "roberta-base"`},
		{openCLIP("", `,"hf_tokenizer_name":"bert-base-uncased"`, ""), `text_cfg.hf_tokenizer_name is "bert-base-uncased"`},
		{openCLIP("", `,"tokenizer_kwargs":{"clean":"canonicalize"}`, ""), "text_cfg.tokenizer_kwargs is a mapping"},
		{openCLIP("", "", `,"quick_gelu":true,"custom_text":true,"init_logit_bias":-10`), ""},
		{openCLIP("", "", `,"quick_gelu":"yes"`), `model_cfg.quick_gelu is "yes" and must be true or false`},
		{openCLIP("", "", `,"multimodal_cfg":{"layers":12}`), "model_cfg.multimodal_cfg is a mapping, and this option is not known"},
		{huggingFace("", "", `,"model_type":"clip","projection_dim":4,"transformers_version":"4.1"`), ""},
		{huggingFace(`,"num_hidden_layers":2,"layer_norm_eps":1e-05`, `,"num_hidden_layers":1,"eos_token_id":2,"vocab_size":520`, ""), ""},
		{huggingFace("", `,"eos_token_id":519`, ""), ""},
		{huggingFace("", `,"eos_token_id":1`, ""), "config.json: its text_config.eos_token_id is 1" + only + "2 or 519 is supported"},
		{huggingFace("", "", `,"model_type":"siglip"`), `its model_type is "siglip"` + only + `"clip" is supported`},
		{huggingFace("", "", `,"quantization_config":{"bits":4}`), "its quantization_config is a mapping, which is not supported"},
		{huggingFace(`,"layer_norm_eps":1e-06`, "", ""), "vision_config.layer_norm_eps is 1e-06" + only + "1e-05"},
		{huggingFace(`,"hidden_act":"gelu_new"`, "", ""), `vision_config.hidden_act is "gelu_new"`},
		{huggingFace(`,"num_channels":4`, "", ""), "vision_config.num_channels is 4"},
		{huggingFace(`,"num_hidden_layers":1`, "", ""), "vision_config.num_hidden_layers is 1, but the checkpoint has 2 layers"},
		{huggingFace("", "", `,"text_config_dict":{"layer_norm_eps":1e-06}`), "text_config.layer_norm_eps is 1e-06"},
		{huggingFace("", "", `,"vision_config_dict":3`), "its vision_config_dict is 3 and must be a mapping"},
		{taming("dropout: 0.1"), ""},
		{taming("attn_type: vanilla"), ""},
		{taming("attn_type: linear"), `model.yaml: its model.params.ddconfig.attn_type is "linear"` + only + `"vanilla" or "vanilla-xformers"`},
		{taming("use_linear_attn: true"), "ddconfig.use_linear_attn is true"},
		{taming("give_pre_end: true"), "ddconfig.give_pre_end is true"},
		{taming("tanh_out: true"), "ddconfig.tanh_out is true"},
		{taming("give_pre_end: false\n      tanh_out: null"), ""},
		{taming("mid_attn: false"), ""},
		{taming("norm_type: spade"), `ddconfig.norm_type is "spade", and this option is not known here; it may change what the model computes`},
		{params("remap: null"), ""},
		{params("image_key: image"), ""},
		{params("l2_norm: true"), "its model.params.l2_norm is true, which is not supported"},
		{params("cosine_similarity: false"), ""},
	}
	for i, tt := range tests {
		o := options(t, weights.TypeF32)
		tt.set(&o)
		_, _, err := Run(o)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("options %d: error %v, want %q", i, err, tt.want)
		}
	}
}
