package ops

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"reverie/shaders"
)

// hostStructs are the Go sides of the kernels' Params.
var hostStructs = map[string]any{
	"argbest.wgsl": argbestParams{}, "blocknorm.wgsl": blockNormParams{}, "avgpool.wgsl": avgPoolParams{}, "clamp.wgsl": clampParams{}, "contract.wgsl": contractParams{},
	"cutouts.wgsl": cutoutParams{}, "cutouts_taps.wgsl": cutoutTapsParams{}, "coherence.wgsl": coherenceParams{}, "embed.wgsl": embedParams{}, "erase.wgsl": eraseParams{}, "gather.wgsl": gatherParams{},
	"groupnorm_apply.wgsl": groupNormParams{}, "groupnorm_finish.wgsl": groupNormFinishParams{}, "groupnorm_sums.wgsl": groupNormParams{},
	"initloss.wgsl": initLossParams{}, "jitter.wgsl": jitterParams{}, "layernorm.wgsl": layerNormParams{}, "meantoken.wgsl": meanTokenParams{}, "noise.wgsl": noiseParams{}, "norms.wgsl": normsParams{},
	"patches.wgsl": patchesParams{}, "picture.wgsl": vecParams{}, "pointwise.wgsl": vecParams{}, "pool.wgsl": poolParams{},
	"promptloss.wgsl": promptLossParams{}, "promptloss_finish.wgsl": promptLossParams{}, "relu.wgsl": vecParams{}, "sharpen.wgsl": sharpenParams{}, "slice.wgsl": sliceParams{}, "softmax.wgsl": softmaxParams{},
	"tokens.wgsl": tokensParams{}, "totalvariation.wgsl": pixelParams{}, "lossparts.wgsl": lossPartsParams{},
	"border.wgsl": pixelParams{}, "palette.wgsl": pixelParams{}, "pixelloss.wgsl": pixelParams{}, "symmetry.wgsl": pixelParams{}, "saturation.wgsl": wholeParams{},
	"latentvariation.wgsl": latentVariationParams{}, "angleloss.wgsl": wholeParams{}, "update.wgsl": updateParams{}, "projection.wgsl": projectionParams{}, "warp.wgsl": warpParams{}, "roll.wgsl": warpParams{}, "window.wgsl": windowParams{}, "mesh.wgsl": meshParams{}, "mirror.wgsl": warpParams{},
	"move.wgsl": warpParams{}, "replace.wgsl": replaceParams{}, "overlay.wgsl": overlayParams{}, "pad.wgsl": padParams{}, "runningmean.wgsl": runningMeanParams{}, "vignette.wgsl": pixelParams{},
	"edgeloss.wgsl": pixelParams{}, "edgeloss_back.wgsl": edgeParams{}, "gram.wgsl": gramParams{}, "gram_back.wgsl": gramBackParams{}, "styleloss.wgsl": wholeParams{}, "backdrop.wgsl": vecParams{},
	"pixels.wgsl":    nil, // the frame of the losses of a picture
	"unpack.wgsl":    nil, // of package load
	"peak.wgsl":      nil, // of the benchmarks
	"clear.wgsl":     vecParams{},
	"nonfinite.wgsl": nil, // of package gpu
}

// Every kernel reads its parameters where the host puts them: like fields, of like types, at like offsets.
func TestParamsMatchTheShaders(t *testing.T) {
	for _, file := range shaders.Files() {
		var defines shaders.Defines
		if file == "contract.wgsl" {
			defines = shaders.Defines{"GROUPS": "1", "SPAN": "1", "COLUMNS": "1", "ROWS_READ": "1"} // counts of loops, without which it has no meaning
		}
		src, err := shaders.Expand(file, defines)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(src.Text, "struct Params {") || !strings.Contains(src.Text, "fn main(") {
			continue // it is included by others
		}
		host, ok := hostStructs[file]
		if !ok {
			t.Errorf("%s: no Go struct is known for its Params", file)
		}
		if host != nil {
			checkStruct(t, file, src.Text, "Params", host)
		}
	}
}

func TestHostBuffersMatchTheShaders(t *testing.T) {
	for _, c := range []struct {
		file, name string
		host       any
		size       int
	}{{"step.wgsl", "StepState", stepState{}, StateSize}, {"update.wgsl", "Factors", factorsLayout{}, FactorsSize}, {"totalvariation.wgsl", "Variation", variation{}, VariationSize},
		{"border.wgsl", "Border", border{}, BorderSize}, {"vignette.wgsl", "Vignette", vignette{}, VignetteSize}, {"backdrop.wgsl", "Backdrop", backdrop{}, BackdropSize},
		{"prompts.wgsl", "Prompt", promptParams{}, PromptSize},
		{"jitter.wgsl", "Jitter", jitterLayout{}, JitterSize}} {
		src, err := shaders.Expand(c.file, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkStruct(t, c.file, src.Text, c.name, c.host)
		if got := len(encode(c.host)); got != c.size {
			t.Errorf("%s is encoded in %d bytes, want %d", c.name, got, c.size)
		}
	}
	for _, c := range []struct {
		name      string
		got, want int
	}{{"box", len(EncodeBoxes(make([]Box, 3))), 3 * BoxSize}, {"homography", len(EncodeHomographies(make([]Homography, 3))), 3 * HomographySize}} {
		if c.got != c.want {
			t.Errorf("three of %s are encoded in %d bytes, want %d", c.name, c.got, c.want)
		}
	}
}

// wgslTypes maps WGSL's types to Go's with their alignment.
var wgslTypes = map[string]struct {
	host      reflect.Type
	alignment int
}{
	"u32":   {reflect.TypeFor[uint32](), 4},
	"f32":   {reflect.TypeFor[float32](), 4},
	"vec4f": {reflect.TypeFor[[4]float32](), 16},
	"vec4u": {reflect.TypeFor[[4]uint32](), 16},
}

func checkStruct(t *testing.T, file, text, name string, host any) {
	t.Helper()
	var got, want []string
	offset := 0
	for _, f := range wgslFields(text, name) {
		declared, ok := wgslTypes[f[1]]
		if !ok {
			t.Fatalf("%s: %s has a field of type %s, which this test does not know", file, name, f[1])
		}
		offset = (offset + declared.alignment - 1) / declared.alignment * declared.alignment
		want = append(want, fmt.Sprintf("%d %s %v", offset, strings.ReplaceAll(f[0], "_", ""), declared.host))
		offset += int(declared.host.Size())
	}
	offset = 0 // fields are written without gaps
	for _, f := range reflect.VisibleFields(reflect.TypeOf(host)) {
		got = append(got, fmt.Sprintf("%d %s %v", offset, strings.ToLower(f.Name), f.Type))
		offset += int(f.Type.Size())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %s and %T differ\nhost   %v\nshader %v", file, name, host, got, want)
	}
}

var comment = regexp.MustCompile(`//[^\n]*`)

// wgslFields lists names and types of a struct's fields.
func wgslFields(text, name string) [][2]string {
	body := regexp.MustCompile(`struct ` + name + ` \{([^}]*)\}`).FindStringSubmatch(comment.ReplaceAllString(text, ""))
	if body == nil {
		return nil
	}
	var fields [][2]string
	for _, f := range strings.Split(body[1], ",") {
		if n, kind, ok := strings.Cut(f, ":"); ok {
			fields = append(fields, [2]string{strings.TrimSpace(n), strings.TrimSpace(kind)})
		}
	}
	return fields
}
