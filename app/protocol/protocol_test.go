package protocol

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

func picture(w, h int) *Picture {
	p := &Picture{Width: w, Height: h, Pix: make([]byte, 4*w*h)}
	for i := range p.Pix {
		p.Pix[i] = byte(i)
	}
	return p
}

// messages holds every kind, and every way in which pictures hang on one.
func messages() []Message {
	r := recipe.New(recipe.Prompt.Is("a | b:-1"), recipe.Seed.Is(math.MaxUint64),
		recipe.ImagePrompts.Is([]prompt.Image{{Name: "x.png", Weight: 2, Stop: prompt.NoStop}}))
	s := recipe.Script{Recipe: r}.With(3, recipe.Prompt.Is("c"), recipe.LearningRate.Is(0.1))
	set := s.Changes[0].Set
	return []Message{
		Open{Base: "/weights/"},
		Load{Base: "/weights/", Model: "mini", Unkept: true},
		Keep{Base: "/weights/", Model: "mini"}, Delete{Model: "mini"}, Imported{},
		Storage{How: "files", Models: []Model{{Name: "mini", Title: "Mini", Factor: 8, Bytes: 9, Stored: 3, Suggested: recipe.New(recipe.CutPow.Is(0.3))}}, Usage: 5, Quota: 1 << 40, Persisted: true},
		First{Script: s, Picture: picture(2, 2)},
		Start{Base: "/weights/", Script: s},
		Start{Script: s, Init: picture(2, 3), Images: []Named{{"x", *picture(1, 1)}, {"y", *picture(4, 2)}}, State: &Bytes{Data: []byte{1, 2, 3}}},
		Change{Set: set, Images: []Named{{"z", *picture(2, 2)}}}, Save{},
		Changed{Step: 3, Script: s, Notices: []string{"It was cut."}, Problem: "It belongs to the run."},
		Saved{Step: 3, Script: s, State: &Bytes{Data: []byte{4}}}, Saved{State: &Bytes{Data: []byte{4}}, Tokens: &Bytes{Data: []byte{5, 6}}},
		Look{ID: 3, Base: "/weights/", Model: "mini", Width: 2, Height: 1, Half: true, Tokens: &Bytes{Data: []byte{1, 2, 3, 4}}},
		Looked{ID: 3, Picture: picture(2, 1)}, Looked{ID: 4, Problem: "too large"},
		Inspect{ID: 5}, Inspected{ID: 5, Problem: "too large"},
		Inspected{ID: 6, Step: 3, Coming: true, Picture: picture(2, 1), Tokens: &Bytes{Data: []byte{1, 0}}, Codes: 1024, Boxes: []Box{{1, 2, 3, 3}}, Cutouts: picture(1, 1),
			Embeddings: &Bytes{Data: []byte{127, 129}}, Length: 1, Scores: [][]float64{{0.5}}, Weights: []float64{1}, Losses: []float64{0.5},
			Pull: &Norms{Columns: 1, Values: &Bytes{Data: []byte{255}}, Most: 2, Total: 2}, Move: &Norms{Columns: 1, Values: &Bytes{Data: []byte{7}}}, Reach: 9},
		Kernels{Kernels: []Kernel{{Class: "large linear", Variant: "tiled 64x64x16", Milliseconds: 1.25}}},
		Count{ID: 2, Base: "/weights/", Model: "mini", Texts: []string{"a red apple", "fog"}}, Counted{ID: 2, Tokens: []int{3, 1}, Limit: 75},
		Foresee{ID: 3, Base: "/weights/", Recipe: r}, Foreseen{ID: 3, Bytes: 62e6, Seconds: 0.5, Problem: "too large"},
		SelfTest{Base: "/", Model: "m"}, SelfTested{Model: "m", Of: "o", Within: "1e-3", Differs: "d"},
		Measure{}, Measured{Speeds: []Speed{{Workload: "conv", Milliseconds: 12.5, Rate: 100}}},
		Pause{}, Resume{}, Stop{},
		Ready{Adapter: "google swiftshader", F16: true},
		Progress{Phase: PhaseDownload, Done: 1 << 40, Total: 1 << 41},
		Loaded{Model: "mini", Title: "Mini", Factor: 16},
		Started{Script: s, Step: 2, Notices: []string{"It was cut."}},
		Step{Step: 3, Loss: 0.5, Losses: []float64{0.25, 0.25}, Milliseconds: 41.5},
		Step{Step: 4, Loss: -0.5, Tokens: &Bytes{Data: []byte{7, 8}}, Picture: picture(16, 8)},
		File{Step: 4, PNG: []byte{1, 2}}, Shot{Step: 4, Picture: picture(2, 2)},
		Paused{Step: 5, Picture: picture(1, 2)},
		Done{Step: 6, Picture: picture(2, 1)},
		Stopped{Step: 0},
		Stopped{Step: 7, Picture: picture(1, 1)},
		Lost{Message: "gone"},
		Error{Reason: NoAdapter, Message: "none"},
		Exit{Code: 2, Tail: "panic: \"x\"\n"},
		Beat{},
	}
}

func TestRoundTrip(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range messages() {
		w, err := Encode(m)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		got, err := Decode(w)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		if !reflect.DeepEqual(got, m) {
			t.Errorf("%T:\n got %+v\nwant %+v", m, got, m)
		}
		seen[channel.Name(m)] = true
	}
	for _, kind := range Kinds() {
		if !seen[kind] {
			t.Errorf("no test message of kind %q", kind)
		}
	}
}

func TestWireOfTheGlue(t *testing.T) {
	got, err := Decode(Wire{Text: `{"kind":"exit","code":2,"tail":"goroutine 1"}`})
	if want := (Exit{Code: 2, Tail: "goroutine 1"}); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestDecodeRejects(t *testing.T) {
	for _, c := range []struct {
		name string
		wire Wire
		want string
	}{
		{"nothing", Wire{}, "no JSON"},
		{"no kind", Wire{Text: `{}`}, `unknown message ""`},
		{"an unknown kind", Wire{Text: `{"kind":"dance"}`}, `unknown message "dance"`},
		{"a field of another type", Wire{Text: `{"kind":"step","step":"three"}`}, `message "step"`},
		{"a missing buffer", Wire{Text: `{"kind":"done","picture":{"width":1,"height":1}}`}, "wants 1 buffers and has 0"},
		{"a surplus buffer", Wire{Text: `{"kind":"pause"}`, Buffers: [][]byte{{}}}, "wants 0 buffers and has 1"},
		{"a short buffer", Wire{Text: `{"kind":"done","picture":{"width":1,"height":1}}`, Buffers: [][]byte{{1}}}, "1 bytes for a picture of 1x1"},
		{"a negative size", Wire{Text: `{"kind":"done","picture":{"width":-1,"height":-1}}`, Buffers: [][]byte{{1, 2, 3, 4}}}, "-1x-1"},
	} {
		if _, err := Decode(c.wire); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestEncodeRejectsWhatJSONCannotHold(t *testing.T) {
	if _, err := Encode(Step{Loss: math.NaN()}); err == nil {
		t.Error("no error for a loss that is not a number")
	}
}

func TestKernelSaysWhatWasMeasured(t *testing.T) {
	for want, k := range map[string]Kernel{
		"large linear: subgroup 16x32 (measured 5.12 ms)": {"large linear", "subgroup 16x32", 5.1249},
		"large linear: subgroup 16x32":                    {"large linear", "subgroup 16x32", 0},
	} {
		if k.String() != want {
			t.Errorf("got %q, want %q", k, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range messages() {
		w, err := Encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(w.Text, []byte{1, 2, 3, 4})
	}
	f.Fuzz(func(t *testing.T, text string, buffer []byte) {
		m, err := Decode(Wire{Text: text, Buffers: [][]byte{buffer}})
		if err != nil {
			return
		}
		pictures, _ := parts(m)
		for _, p := range pictures {
			if len(p.Pix) != 4*p.Width*p.Height {
				t.Fatalf("a picture of %dx%d with %d bytes", p.Width, p.Height, len(p.Pix))
			}
		}
	})
}
