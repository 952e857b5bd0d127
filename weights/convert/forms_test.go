package convert

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/internal/torchfile"
)

// Short names for what checkpoints are made of.
type (
	dict = torchfile.Dict
	list = torchfile.List
	raw  = torchfile.Raw
)

var call, text, number, tensor = torchfile.Call, torchfile.Text, torchfile.Int, torchfile.NewTensor

// stateDict reads a fixture's tensors, under names without the prefix.
func stateDict(t *testing.T, file, prefix string) dict {
	t.Helper()
	opened, closeFile, err := open(testdata+file, "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer closeFile()
	f, err := checkpoint.Read(opened.Source)
	if err != nil {
		t.Fatal(err)
	}
	var d dict
	for _, name := range f.Names {
		short, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		from, _ := f.Tensor(name)
		values, err := from.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		d = append(d, short, tensor(values, from.Shape...))
	}
	return d
}

// renamed is a dict with every key changed.
func (c formCase) renamed(change func(string) string) dict {
	d := slices.Clone(c.sd)
	for i := 0; i < len(d); i += 2 {
		d[i] = change(d[i].(string))
	}
	return d
}

// with is a dict with further members.
func (c formCase) with(more ...any) dict { return slices.Concat(c.sd, more) }

// without is a dict that lacks a member.
func (c formCase) without(key string) dict {
	i := slices.Index([]any(c.sd), any(key))
	return slices.Concat(c.sd[:i], c.sd[i+2:])
}

// zeros is a dict of the same shapes without the values.
func (c formCase) zeros() dict {
	d := slices.Clone(c.sd)
	for i := 1; i < len(d); i += 2 {
		t := d[i].(torchfile.Tensor)
		d[i] = tensor(make([]float32, len(t.Values)), t.Shape...)
	}
	return d
}

// formCase is one of the models in its plain form.
type formCase struct {
	sd      dict
	options func(path string) Options
}

func vqganForms(t *testing.T) formCase {
	return formCase{stateDict(t, "vqgan_bare.ckpt", ""), func(path string) Options {
		return Options{Model: Model{Quant: weights.TypeF32, Name: "form"}, VQGAN: path, VQGANConfig: testdata + "vqgan.yaml", Out: filepath.Join(t.TempDir(), "out")}
	}}
}

func clipForms(t *testing.T) formCase {
	return formCase{stateDict(t, "clip_state_dict.pt", ""), func(path string) Options {
		return Options{Model: Model{Vocab: vocabulary(t), Quant: weights.TypeF32, Name: "form"}, CLIP: path, CLIPConfig: testdata + "clip_config.json", Out: filepath.Join(t.TempDir(), "out")}
	}}
}

func huggingFaceForms(t *testing.T) formCase {
	c := clipForms(t)
	c.sd = stateDict(t, "clip_hugging_face.safetensors", "")
	return c
}

// run converts a checkpoint of the given value.
func (c formCase) run(t *testing.T, value any) (*weights.Manifest, Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.ckpt")
	if err := os.WriteFile(path, torchfile.Encode(value), 0o644); err != nil {
		t.Fatal(err)
	}
	return Run(c.options(path))
}

// form is a checkpoint that must give the shards of the plain one, and what the report must list as left out or noted.
type form struct {
	name  string
	value any
	left  string
	note  string
}

func (c formCase) check(t *testing.T, forms []form) {
	t.Helper()
	want, _, err := c.run(t, c.sd)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range forms {
		got, report, err := c.run(t, f.value)
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: other shards than those of the plain form", f.name)
		}
		if f.left != "" && !slices.Contains(report.Dropped, f.left) {
			t.Errorf("%s: %q is not among what was left out: %.300v", f.name, f.left, report.Dropped)
		}
		if notes := strings.Join(report.Notes, "; "); !strings.Contains(notes, f.note) || f.note == "" && notes != "" {
			t.Errorf("%s: notes %q, want %q", f.name, notes, f.note)
		}
	}
}

// Members that no weights need are carried along, whatever they are.
func TestMembersBesideTheWeights(t *testing.T) {
	c := vqganForms(t)
	itself := raw("comegaconf.dictconfig\nDictConfig\n)\x81q\x7f}") + text("_parent") + "h\x7fs" + "b"
	members := map[string]raw{
		"Counter":           "]" + call("collections", "Counter", "}"+number(30)+number(1)+"s") + "a",
		"Namespace":         "cargparse\nNamespace\n)\x81}" + text("lr") + number(1) + "sb",
		"OrderedDict":       call("collections", "OrderedDict", "](]("+text("a")+number(1)+"ee"),
		"defaultdict":       call("collections", "defaultdict", "c__builtin__\nlist\n") + text("a") + number(1) + "s",
		"deque":             call("collections", "deque", "]", number(3)) + "(" + number(1) + "e",
		"set":               call("__builtin__", "set", "]("+number(1)+"e"),
		"frozenset":         call("builtins", "frozenset", "]("+number(1)+"e"),
		"complex":           call("__builtin__", "complex", "G\x00\x00\x00\x00\x00\x00\x00\x00", "G?\xf0\x00\x00\x00\x00\x00\x00"),
		"slice":             call("__builtin__", "slice", number(1), number(2), "N"),
		"bytearray":         call("builtins", "bytearray", text("x")),
		"Size":              call("torch", "Size", number(1)+"\x85"),
		"device":            call("torch", "device", text("cuda"), number(0)),
		"dtype":             "ctorch\nfloat16\n",
		"layout":            call("torch.serialization", "_get_layout", text("torch.strided")),
		"numpy number":      call("numpy.core.multiarray", "scalar", call("numpy", "dtype", text("f8"), "\x89\x88"), text("12345678")),
		"numpy array":       call("numpy._core.multiarray", "_reconstruct", "cnumpy\nndarray\n", number(0)+"\x85", text("b")) + "(" + number(1) + "tb",
		"random generator":  call("numpy.random._pickle", "__generator_ctor", text("PCG64")),
		"AttributeDict":     "cpytorch_lightning.utilities.parsing\nAttributeDict\n)\x81" + text("lr") + number(1) + "s",
		"ModelCheckpoint":   "clightning.pytorch.callbacks.model_checkpoint\nModelCheckpoint\n",
		"config of Hydra":   itself,
		"path":              call("pathlib", "PosixPath", text("/"), text("tmp")),
		"date":              call("datetime", "datetime", text("1234567890")),
		"partial":           call("functools", "partial", "c__builtin__\nint\n") + "(c__builtin__\nint\n)}Ntb",
		"enumeration":       call("__builtin__", "getattr", "cjobs\nMode\n", text("TRAIN")),
		"class of somebody": "cjobs.train\nSettings\n)\x81}" + text("lr") + number(1) + "sb",
		"call of a result":  call("jobs", "factory") + ")R",
		"huge number":       "\x8b\x80\x00\x00\x00" + raw(strings.Repeat("\x01", 128)),
		"long text":         text(strings.Repeat("z", 1<<17)),
		"sparse tensor":     call("torch._utils", "_rebuild_sparse_tensor", "N", "N"),
		"quantised tensor":  call("torch._utils", "_rebuild_qtensor", "N"),
		"subclass":          call("torch._tensor", "_rebuild_from_type_v2", "cjobs\nf\n", "cjobs\nT\n", ")", "N"),
		"module":            "ctorch.nn.modules.linear\nLinear\n)\x81}" + text("training") + "\x88sb",
		"list of itself":    "]q\x7eh\x7eah\x7ea",
	}
	var forms []form
	for name, member := range members {
		forms = append(forms, form{name: name, value: dict{"state_dict", c.sd, "extra", member}})
		forms = append(forms, form{name: name + " first, inside the weights", value: append(dict{"extra", member}, c.sd...)})
	}
	c.check(t, forms)
}

// Checks come after the choice of what is needed.
func TestTensorsBesideTheWeights(t *testing.T) {
	one := tensor([]float32{1})
	c := vqganForms(t)
	views := raw("(" + text("storage") + "ctorch\nComplexFloatStorage\n" + text("0") + "N" + number(1) + "tQ")
	c.check(t, []form{
		{name: "average's numbers", value: c.with("model_ema.decay", one, "model_ema.num_updates", one), left: "model_ema.num_updates"},
		{name: "averages without dots", value: c.with("model_ema.decoderconv_inweight", one), left: "model_ema.decoderconv_inweight"},
		{name: "single numbers", value: c.with("logvar", one, "global_step", one), left: "logvar"},
		{name: "empty tensor of the loss", value: c.with("loss.empty", tensor(nil, 0, 3)), left: "loss.empty"},
		{name: "empty tensor of the codebook", value: c.with("quantize.usage", tensor(nil, 0)), left: "quantize.usage"},
		{name: "tensor of the loss over its storage", value: c.with("loss.w", call("torch._utils", "_rebuild_tensor_v2", views, number(9), "("+number(1)+"t", "("+number(1)+"t")), left: "loss.w"},
		{name: "tensor of many dimensions", value: c.with("loss.w", tensor([]float32{1}, slices.Repeat([]int{1}, 40)...)), left: "loss.w"},
		{name: "counts of the codes", value: c.with("quantize.codebook_used", one, "quantize.embedding.cluster_size", one, "quantize.used", one), left: "quantize.codebook_used"},
		{name: "name that would control a terminal", value: c.with("\x1b[31mred", one), left: `"\x1b[31mred"`},
		{name: "endless name", value: c.with(strings.Repeat("n", 1<<15), one), left: fmt.Sprintf("%q", strings.Repeat("n", 100))},
		{name: "optimiser", value: dict{"state_dict", c.sd, "optimizer_states", list{dict{"exp_avg", one}}}, left: "optimizer_states.0.exp_avg"},
	})
	c = clipForms(t)
	scale := func(v any) dict { return append(c.without("logit_scale"), "logit_scale", v) }
	original := c.sd[slices.Index([]any(c.sd), any("logit_scale"))+1].(torchfile.Tensor).Values
	c.check(t, []form{
		{name: "logit_scale of shape [1]", value: scale(tensor(original, 1))},
		{name: "logit_scale of shape [1 1]", value: scale(tensor(original, 1, 1))},
		{name: "bias of the logits", value: c.with("logit_bias", one), left: "logit_bias"},
		{name: "positions and mask", value: c.with("attn_mask", tensor(nil, 0), "step", one), left: "attn_mask"},
	})
	_, report, err := c.run(t, c.without("logit_scale"))
	if err != nil || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "no logit_scale") {
		t.Errorf("without logit_scale: %v, notes %v", err, report.Notes)
	}
}

// Weights are found under what training programs put around them.
func TestWrappings(t *testing.T) {
	one := tensor([]float32{1})
	prefix := func(p string) func(string) string { return func(name string) string { return p + name } }
	inside := func(module string) func(string) string {
		return func(name string) string { return strings.Replace(name, ".", "."+module+".", 1) }
	}
	for name, c := range map[string]formCase{"VQGAN": vqganForms(t), "CLIP": clipForms(t), "CLIP of Hugging Face": huggingFaceForms(t)} {
		t.Run(name, func(t *testing.T) {
			var forms []form
			for _, key := range []string{"state_dict", "model", "model_state_dict", "module", "net", "params", "weights", "generator", "ema", "model_ema",
				"params_ema", "state_dict_ema"} {
				forms = append(forms, form{name: "under " + key, value: dict{"epoch", 3, key, c.sd}})
			}
			for _, p := range []string{"module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.", "model.", "model.module.", "net.", "clip.", "vqgan."} {
				forms = append(forms, form{name: "before names " + p, value: c.renamed(prefix(p))},
					form{name: "under state_dict, before names " + p, value: dict{"state_dict", c.renamed(prefix(p))}})
			}
			for _, m := range []string{"_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module.module"} {
				forms = append(forms, form{name: "inside names " + m, value: c.renamed(inside(m))})
			}
			twice := "it holds several models, in "
			forms = append(forms,
				form{name: "two levels", value: dict{"model", dict{"state_dict", c.sd}}},
				form{name: "other members", value: dict{"model", c.sd, "loss", dict{"w", one}}, left: "loss.w"},
				form{name: "average and last", value: dict{"model", c.zeros(), "ema", c.sd}, note: twice + `"model", "ema"; that in "ema" is taken`, left: "model." + c.sd[0].(string)},
				form{name: "average first", value: dict{"ema", c.renamed(prefix("module.")), "state_dict", c.zeros()}, note: twice},
				form{name: "average among the weights", value: dict{"state_dict", append(c.with(), formCase{sd: c.zeros()}.renamed(prefix("model_ema."))...)},
					note: twice + `"state_dict", "state_dict.model_ema"; that in "state_dict" is taken`, left: "model_ema." + c.sd[0].(string)},
				form{name: "average of a part only", value: dict{"ema", c.zeros()[6:], "state_dict", c.sd}, note: twice},
				form{name: "averaged model", value: c.with("n_averaged", one), left: "n_averaged"},
				form{name: "both wrapped and not", value: append(c.with(), c.renamed(prefix("module."))...), left: "module." + c.sd[0].(string)},
				form{name: "teacher", value: dict{"teacher", c.zeros(), "model", c.sd}, left: "teacher." + c.sd[0].(string)},
			)
			c.check(t, forms)
			for _, tt := range []struct {
				value any
				want  string
			}{
				{dict{"mine", c.sd}, `it holds a model in "mine", which is no usual name for one; open it in PyTorch and save that member alone`},
				{dict{"experiments", dict{"first", c.sd}}, `it holds a model in "experiments.first"`},
				{dict{"models", list{c.sd, c.sd}}, `it holds a model in "models.0", "models.1"`},
				{dict{"args", raw("cargparse\nNamespace\n)\x81"), "model", raw("cjobs\nNet\n)\x81")},
					`it holds no tensors ("args" is an object of class argparse.Namespace, "model" is an object of class jobs.Net); open it in PyTorch and save the state_dict()`},
				{dict{"model", dict{}}, "it holds no tensors"},
			} {
				if _, _, err := c.run(t, tt.value); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want %q", err, tt.want)
				}
			}
		})
	}
}

// What could be a tensor of ours in an unknown form is refused, and the sentence says what to do.
func TestUnknownForms(t *testing.T) {
	array := call("numpy.core.multiarray", "_reconstruct", "cnumpy\nndarray\n", number(0)+"\x85", text("b"))
	quantised := call("torch._utils", "_rebuild_qtensor", "N")
	for _, tt := range []struct {
		c    formCase
		key  string
		v    any
		want string
	}{
		{vqganForms(t), "decoder.conv_in.weight", array, "tensor decoder.conv_in.weight: it is an object of class numpy.core.multiarray._reconstruct, which cannot be read here; open the file in PyTorch"},
		{vqganForms(t), "decoder.conv_in.weight", quantised, "_rebuild_qtensor, which cannot be read here"},
		{vqganForms(t), "quantize.embedding.weight", tensor(nil, 0, 4), "tensor quantize.embedding.weight: a tensor of shape [0 4] is empty"},
		{vqganForms(t), "quantize.embedding.weight", call("torch._utils", "_rebuild_tensor_v2"), "it is kept in a form that is not known here; open the file in PyTorch"},
		{vqganForms(t), "quantize.embedding.weight", nil, "tensor quantize.embedding.weight is missing"},
		{clipForms(t), "token_embedding.weight", array, "tensor token_embedding.weight: it is an object of class numpy"},
		{clipForms(t), "visual.proj", quantised, "tensor visual.proj: it is an object of class torch._utils._rebuild_qtensor"},
		{huggingFaceForms(t), "visual_projection.weight", array, "tensor visual_projection.weight: it is an object of class numpy"},
		{huggingFaceForms(t), "text_model.encoder.layers.0.self_attn.k_proj.weight", tensor(nil, 0), "k_proj.weight: a tensor of shape [0] is empty"},
	} {
		_, _, err := tt.c.run(t, append(tt.c.without(tt.key), tt.key, tt.v))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
	c := vqganForms(t)
	whole := slices.Clone(c.sd)
	for i := 1; i < len(whole); i += 2 {
		whole[i] = array
	}
	if _, _, err := c.run(t, append(whole, "x", tensor([]float32{1}))); err == nil || !strings.Contains(err.Error(), "it is an object of class numpy") {
		t.Errorf("arrays of NumPy in place of all tensors: error %v", err)
	}
}
