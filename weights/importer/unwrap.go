package importer

import (
	"fmt"
	"slices"
	"strings"

	"reverie/weights/checkpoint"
)

// wrappers are the parts of a name that training programs put in where they wrap a module: for several devices, by a compiler, to save memory.
var wrappers = []string{"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}

// containers are the usual names of members of a checkpoint, or of modules of a larger model, that hold a model's weights.
var containers = []string{
	"state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "params", "weights", "checkpoint", "generator", "net_g", "G",
	"vqgan", "vq_gan", "vqmodel", "vq_model", "vqvae", "vq_vae", "vae", "autoencoder", "tokenizer", "vq_tokenizer", "first_stage_model",
	"clip", "clip_model", "pretrained_model",
}

// averages are the usual names of members that hold the weights averaged over training, with which a model is used.
var averages = []string{
	"ema", "model_ema", "ema_model", "ema_state_dict", "state_dict_ema", "model_state_dict_ema", "model_ema_state_dict", "params_ema", "ema_params",
	"ema_weights", "averaged_model", "swa_model", "generator_ema", "g_ema", "G_ema", "net_g_ema", "vqgan_ema",
}

// contents are a model's tensors in a checkpoint, under the names that the model itself gives them.
type contents struct {
	names      []string // in the file's order
	tensors    map[string]checkpoint.Tensor
	otherNames []string
	others     map[string]string // what stands where a tensor could, in words
	dropped    []string          // the names of all other tensors
	notes      []string
}

// perName pays for the work on one name, in units of foreign.Budget.
const perName = 512

// unwrap finds a model in a checkpoint: what begins as one of the anchors ("decoder.conv_in."), whatever stands before it. It takes away what
// training programs put around names and weights; all importers find their models by it.
func unwrap(f *checkpoint.File, own func(name string) bool, anchors ...string) (*contents, error) {
	all := &contents{tensors: make(map[string]checkpoint.Tensor, len(f.Names)), others: map[string]string{}}
	for _, full := range f.Names {
		if err := f.Spend(perName + 4*len(full)); err != nil {
			return nil, fmt.Errorf("importer: %s: %w", f.Name, err)
		}
		name := withoutWrappers(full)
		if _, twice := all.tensors[name]; twice {
			all.dropped = append(all.dropped, full)
			continue
		}
		t, _ := f.Tensor(full)
		all.names, all.tensors[name] = append(all.names, name), t
	}
	for _, o := range f.Others() {
		name := withoutWrappers(o.Name)
		all.otherNames, all.others[name] = append(all.otherNames, name), o.What
	}
	prefixes := all.prefixes(anchors)
	usual := slices.DeleteFunc(slices.Clone(prefixes), func(p string) bool { return !isUsual(p) })
	if len(prefixes) == 0 { // the importer says what it misses
		return all, nil
	}
	if len(usual) == 0 {
		return nil, fmt.Errorf("importer: %s: it holds a model in %s, which is no usual name for one; open it in PyTorch and save that member alone",
			f.Name, inMembers(prefixes...))
	}
	prefix := all.choose(usual, own)
	c := all.below(prefix)
	if len(usual) > 1 {
		c.notes = append(c.notes, fmt.Sprintf("it holds several models, in %s; that in %s is taken", inMembers(usual...), inMembers(prefix)))
	}
	return c, nil
}

func withoutWrappers(name string) string {
	for _, w := range wrappers {
		for strings.HasPrefix(name, w+".") {
			name = name[len(w)+1:]
		}
		for strings.Contains(name, "."+w+".") {
			name = strings.ReplaceAll(name, "."+w+".", ".")
		}
	}
	return name
}

// mostPrefixes is how many models in one checkpoint are told apart.
const mostPrefixes = 16

// prefixes lists what stands before an anchor, in the file's order.
func (c *contents) prefixes(anchors []string) []string {
	var list []string
	for _, name := range slices.Concat(c.names, c.otherNames) {
		for _, a := range anchors {
			at := strings.Index(name, a)
			if len(list) < mostPrefixes && (at == 0 || at > 0 && name[at-1] == '.') && !slices.Contains(list, name[:at]) {
				list = append(list, name[:at])
			}
		}
	}
	return list
}

// isUsual reports whether a prefix is made of usual names only. The empty one is.
func isUsual(prefix string) bool {
	for part := range strings.SplitSeq(strings.TrimSuffix(prefix, "."), ".") {
		if part != "" && !slices.Contains(containers, part) && !slices.Contains(averages, part) {
			return false
		}
	}
	return true
}

// isAverage reports whether a prefix names averaged weights.
func isAverage(prefix string) bool {
	return slices.ContainsFunc(strings.Split(prefix, "."), func(part string) bool { return slices.Contains(averages, part) })
}

// choose picks one of several usual prefixes: that of averaged weights where they are complete, else the first. Averages among the weights
// themselves, such as model_ema.* in a state_dict, are part of a training program's state, and the weights win.
func (c *contents) choose(usual []string, own func(name string) bool) string {
	plain := slices.IndexFunc(usual, func(p string) bool { return !isAverage(p) })
	for _, p := range usual {
		if isAverage(p) && (plain < 0 || !strings.HasPrefix(p, usual[plain]) && c.covers(p, usual[plain], own)) {
			return p
		}
	}
	return usual[plain]
}

// covers reports whether all that the model needs of what lies below one prefix lies below another, too.
func (c *contents) covers(prefix, plain string, own func(name string) bool) bool {
	for _, name := range c.names {
		short, ok := strings.CutPrefix(name, plain)
		if !ok || !own(short) {
			continue
		}
		if _, ok := c.tensors[prefix+short]; !ok {
			return false
		}
	}
	return true
}

// below keeps what lies below a prefix, under names without it.
func (c *contents) below(prefix string) *contents {
	if prefix == "" {
		return c
	}
	b := &contents{tensors: make(map[string]checkpoint.Tensor, len(c.names)), others: map[string]string{}, dropped: c.dropped}
	for _, name := range c.names {
		short, ok := strings.CutPrefix(name, prefix)
		if !ok {
			b.dropped = append(b.dropped, name[shared(name, prefix):])
			continue
		}
		b.names, b.tensors[short] = append(b.names, short), c.tensors[name]
	}
	for _, name := range c.otherNames {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			b.otherNames, b.others[short] = append(b.otherNames, short), c.others[name]
		}
	}
	return b
}

// shared is the length of the beginning that a name has in common with a prefix, in whole parts.
func shared(name, prefix string) int {
	n := 0
	for part := range strings.SplitAfterSeq(prefix, ".") {
		if !strings.HasPrefix(name[n:], part) {
			break
		}
		n += len(part)
	}
	return n
}

// has reports whether a name begins so.
func (c *contents) has(prefix string) bool {
	begins := func(name string) bool { return strings.HasPrefix(name, prefix) }
	return slices.ContainsFunc(c.names, begins) || slices.ContainsFunc(c.otherNames, begins)
}

// inMembers writes a few prefixes for a message.
func inMembers(prefixes ...string) string {
	const most = 3
	var words []string
	for _, p := range prefixes[:min(len(prefixes), most)] {
		if p == "" {
			words = append(words, "the file itself")
		} else {
			words = append(words, fmt.Sprintf("%.100q", strings.TrimSuffix(p, ".")))
		}
	}
	if len(prefixes) > most {
		words = append(words, fmt.Sprintf("%d more", len(prefixes)-most))
	}
	return strings.Join(words, ", ")
}
