package catalogue

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/foreign"
	"reverie/weights/importer"
	"reverie/weights/published"
)

// Every entry becomes the model that it names: its configuration fits a checkpoint of the published shapes, and what it takes converted is what the
// page and weights fetch say.
func TestEntries(t *testing.T) {
	c, err := Own()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Files {
		var specs []weights.Spec
		var vocabulary float64
		if want, ok := published.CLIPs[f.ID]; ok && !f.IsVQGAN() {
			specs, vocabulary = append(want.TextTensors(), want.ImageTensors()...), 0.207 // the size of CLIP's own, cut to its merges
			checkCLIP(t, f, want, asOpenAI(specs, want.IsResNet()))
		} else if want, ok := published.VQGANs[f.ID]; ok && f.IsVQGAN() {
			specs = append(want.DecoderTensors(), want.EncoderTensors()...)
			if f.Config != "" {
				checkVQGAN(t, f, want)
			}
			stored := want
			stored.Gumbel = strings.Contains(f.Config, "GumbelVQ")
			if mb := megabytes(weights.TypeF32, append(stored.DecoderTensors(), stored.EncoderTensors()...)); f.Needed > 0 && math.Abs(mb-float64(f.Needed)) > 0.6 {
				t.Errorf("a page fetches %.1f MB of entry %s, which says %d", mb, f.ID, f.Needed)
			}
		} else {
			t.Errorf("entry %s is in no table of this test", f.ID)
			continue
		}
		for _, quant := range []string{weights.TypeQ8, weights.TypeQ4} {
			if mb := megabytes(quant, specs) + vocabulary; math.Abs(mb-float64(f.MB[quant])) > 0.6 {
				t.Errorf("entry %s takes %.1f MB in %s, and says %d", f.ID, mb, quant, f.MB[quant])
			}
		}
	}
}

// megabytes are what tensors take in a quantisation.
func megabytes(quant string, specs []weights.Spec) float64 {
	bytes := int64(0)
	for _, s := range specs {
		bytes += weights.EncodedSize(weights.StoredType(quant, s.Name, s.Shape), (&weights.Tensor{Shape: s.Shape}).Elements())
	}
	return float64(bytes) / 1e6
}

// asOpenAI are the tensors as OpenAI publishes them: in a ResNet a batch norm stands behind each convolution, in place of a bias.
func asOpenAI(specs []weights.Spec, resNet bool) []weights.Spec {
	var out []weights.Spec
	for _, s := range specs {
		conv, bias := strings.CutSuffix(s.Name, ".bias")
		if !resNet || !bias || !strings.HasPrefix(conv, "visual.") || strings.HasPrefix(conv, "visual.attnpool.") {
			out = append(out, s)
			continue
		}
		norm := strings.Replace(conv, "downsample.0", "downsample.1", 1)
		dot := strings.LastIndexByte(norm, '.')
		norm = norm[:dot] + strings.Replace(norm[dot:], "conv", "bn", 1)
		for _, kind := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
			out = append(out, weights.Spec{Name: norm + kind, Shape: s.Shape})
		}
	}
	return out
}

func checkCLIP(t *testing.T, f File, want weights.CLIPConfig, specs []weights.Spec) {
	got, err := importer.ReadCLIP(empty(t, specs), configs(f))
	if err != nil || !reflect.DeepEqual(got.Config, want) {
		t.Errorf("entry %s: %v, want %+v, got %+v", f.ID, err, want, got)
	}
}

// checkVQGAN reads tensors under the names of taming-transformers. IBQ's checkpoints have no projection: its codes become that.
func checkVQGAN(t *testing.T, f File, want weights.VQGANConfig) {
	stored := want
	stored.Gumbel = strings.Contains(f.Config, "GumbelVQ")
	got, err := importer.ReadVQGAN(empty(t, append(stored.DecoderTensors(), stored.EncoderTensors()...)), configs(f))
	if err != nil || !reflect.DeepEqual(got.Config, want) {
		t.Errorf("entry %s: %v, want %+v, got %+v", f.ID, err, want, got)
	}
}

func configs(f File) importer.Configs {
	if f.Config == "" {
		return importer.Configs{}
	}
	return importer.Configs{Chosen: &importer.Text{Name: f.ID, Data: []byte(f.Config)}}
}

// empty is a checkpoint of the given shapes whose tensors are zeros that nothing stores.
func empty(t *testing.T, specs []weights.Spec) *checkpoint.File {
	header, end := map[string]any{}, int64(0)
	for _, s := range specs {
		next := end + 4*int64((&weights.Tensor{Shape: s.Shape}).Elements())
		header[s.Name] = map[string]any{"dtype": "F32", "shape": s.Shape, "data_offsets": []int64{end, next}}
		end = next
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	head := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	f, err := checkpoint.Read(foreign.Source{Name: "model.safetensors", Size: int64(len(head)) + end, ReaderAt: zeroFile(head)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// zeroFile is a file of zeros behind a head.
type zeroFile []byte

func (z zeroFile) ReadAt(p []byte, at int64) (int, error) {
	n := 0
	if at < int64(len(z)) {
		n = copy(p, z[at:])
	}
	clear(p[n:])
	return len(p), nil
}

var _ io.ReaderAt = zeroFile(nil)
