package ui

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// ownPicture is a PNG that Reverie saved.
func ownPicture(t *testing.T, r recipe.Recipe) []byte {
	t.Helper()
	data, _, err := picture.Write(make([]byte, 4*64*64), 64, 64, picture.Meta{Script: recipe.Script{Recipe: r}, Step: 5})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// coloured is a picture whose pixels are v.
func coloured(t *testing.T, v byte) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 3, 2))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func foreignPicture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenOwnPicture(t *testing.T) {
	want := recipe.New(recipe.Prompt.Is("a blue heart"), recipe.Seed.Is(99), recipe.Cutouts.Is(7), recipe.InitImage.Is("start.png"),
		recipe.ImagePrompts.Is([]prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}}))
	s := idle(t)
	s.AddImagePrompt("a.png", foreignPicture(t), picture.Decoder{})()
	s.OpenFile("heart.png", ownPicture(t, want), picture.Decoder{})()
	if text(s, recipe.Prompt) != "a blue heart" || text(s, recipe.Seed) != "99" || text(s, recipe.Cutouts) != "7" {
		t.Errorf("the form is %+v", s.Form)
	}
	if len(s.Images) != 1 || s.Images[0].Weight != "2" || s.Images[0].Picture == nil {
		t.Errorf("the image prompts are %+v; the picture of that name was open", s.Images)
	}
	if !strings.Contains(s.Status, "heart.png") || len(s.Notices) != 1 || !strings.Contains(s.Notices[0], "start.png") {
		t.Errorf("status %q, notices %q", s.Status, s.Notices)
	}
	if s.Start != nil || s.Offer == nil {
		t.Error("its pixels must be an offer, not the start picture")
	}
	s.UseOffer()
	if s.Start == nil || s.Start.Name != "heart.png" || s.Start.Picture.Width != 64 || len(s.Start.Picture.Pix) != 4*64*64 {
		t.Errorf("the start picture is %+v", s.Start)
	}
	s.RemoveStart()
	if s.Start != nil {
		t.Error("it stays")
	}
}

// Start waits for a picture that is being decoded: the person has chosen it for this run.
func TestStartWaitsForAPicture(t *testing.T) {
	s := idle(t)
	take := s.OpenFile("photo.png", foreignPicture(t), picture.Decoder{})
	if s.Start != nil {
		t.Error("decoding changes the page")
	}
	s.Opens("photo.png")
	if _, ok := s.PressStart("/"); ok || !strings.Contains(s.Status, "still being opened") {
		t.Errorf("started %t, status %q", ok, s.Status)
	}
	s.Opened(take)
	m, ok := s.PressStart("/")
	if !ok || recipe.InitImage.In(m.(protocol.Start).Script.Recipe) != "photo.png" {
		t.Errorf("started %t with %+v", ok, m)
	}
}

func TestOpenForeignPicture(t *testing.T) {
	s := idle(t)
	s.OpenFile("photo.png", foreignPicture(t), picture.Decoder{})()
	if s.Start == nil || s.Start.Name != "photo.png" || text(s, recipe.Prompt) != "a red apple" || !strings.Contains(s.Status, "start picture") {
		t.Errorf("got %+v", s)
	}
	if p := s.Start.Picture; p.Width != 3 || p.Height != 2 || len(p.Pix) != 24 || p.Pix[3] != 255 {
		t.Errorf("the picture is %+v", p)
	}
}

func TestOpenWhatIsNoPicture(t *testing.T) {
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("hello"), "broken PNG": foreignPicture(t)[:40]} {
		s := idle(t)
		s.OpenFile("x.png", data, picture.Decoder{})()
		if s.Problem == "" || s.Status != s.Problem || s.Start != nil || text(s, recipe.Prompt) != "a red apple" {
			t.Errorf("%s: %+v", name, s)
		}
		s.AddImagePrompt("x.png", data, picture.Decoder{})()
		if s.Problem == "" || len(s.Images) != 0 {
			t.Errorf("%s as an image prompt: %+v", name, s)
		}
	}
}

func TestModelThatIsNotHere(t *testing.T) {
	s := NewState()
	s.Prefill("#p=x&model=big") // the list of models is not there yet
	if s.Form.Model() != "big" {
		t.Errorf("the model is %q before anyone knows the site's", s.Form.Model())
	}
	s.SetModels([]Model{{Name: "mini", Factor: 8}})
	if s.Form.Model() != "mini" || len(s.Notices) != 1 || !strings.Contains(s.Notices[0], "big") {
		t.Errorf("model %q, notices %q", s.Form.Model(), s.Notices)
	}
}

func TestPrefillTellsWhatItCannotRead(t *testing.T) {
	s := NewState()
	s.Prefill("#p=a%20red%20apple&steps=12&cutouts=many&colour=red")
	if text(&s, recipe.Prompt) != "a red apple" || text(&s, recipe.Steps) != "12" || text(&s, recipe.Cutouts) != "16" || len(s.Notices) != 2 {
		t.Errorf("form %+v, notices %q", s.Form, s.Notices)
	}
}

// What a person, a link or a picture says of the learning rate stays; what nobody says is the model's.
func TestModelSuggests(t *testing.T) {
	suggested := recipe.New(recipe.LearningRate.Is(0.15), recipe.CutPow.Is(0.3), recipe.Smoothness.Is(1))
	models := []Model{{Name: "mini", Factor: 8, Suggested: suggested}, {Name: "other", Factor: 8}}
	sent := func(s *State) recipe.Recipe {
		t.Helper()
		s.Phase = Idle
		write(s, recipe.Prompt, "a red apple")
		m, ok := s.PressStart("/")
		if !ok {
			t.Fatal(s.Problem)
		}
		return m.(protocol.Start).Script.Recipe
	}
	s := NewState()
	s.SetModels(models)
	for _, c := range [][4]string{{"mini", "0.15", "0.3", "1"}, {"other", "0.1", "1", "0"}} {
		write(&s, recipe.Model, c[0])
		for i, o := range recipe.ByModels() {
			want := map[*recipe.Option]string{recipe.LearningRate.Option: c[1], recipe.CutPow.Option: c[2], recipe.Smoothness.Option: c[3]}
			if got := s.Model().suggests(o); got != want[o] {
				t.Errorf("%s suggests %s %s, want %v of %d", c[0], o.Name, got, want[o], i)
			}
			if sent(&s).Says(o) {
				t.Errorf("%s: the page decides what nobody has said of %s", c[0], o.Name)
			}
		}
	}
	own := recipe.Recipe{}.Suggest(suggested)
	for name, say := range map[string]func(*State){
		"typed": func(s *State) {
			write(s, recipe.LearningRate, "0.15")
			write(s, recipe.CutPow, " 0.3")
			write(s, recipe.Smoothness, "1")
		},
		"a link":   func(s *State) { s.Prefill("#p=x&lr=0.15&cut_pow=.3&smoothness=1") },
		"restored": func(s *State) { s.OpenFile("x.png", ownPicture(t, own), picture.Decoder{})() },
	} {
		s := NewState()
		s.SetModels(models)
		say(&s)
		write(&s, recipe.Model, "other")
		got := sent(&s)
		for _, o := range recipe.ByModels() {
			if got.Value(o) != suggested.Value(o) {
				t.Errorf("%s: what was said of %s is lost with another model: %+v", name, o.Name, got)
			}
		}
	}
}

func TestImagePrompts(t *testing.T) {
	s := idle(t)
	s.AddImagePrompt("a.png", foreignPicture(t), picture.Decoder{})()
	s.AddImagePrompt("b.png", foreignPicture(t), picture.Decoder{})()
	s.AddImagePrompt("a.png", foreignPicture(t), picture.Decoder{})()
	if len(s.Images) != 2 {
		t.Fatalf("%d image prompts, want 2", len(s.Images))
	}
	s.RemoveImagePrompt(0)
	if len(s.Images) != 1 || s.Images[0].Name != "b.png" {
		t.Errorf("left: %+v", s.Images)
	}
	s.RemoveImagePrompt(5)
}

// A page that is opened with a picture says so, though its engine becomes ready only afterwards.
func TestOpenBeforeTheEngineIsReady(t *testing.T) {
	s := NewState()
	s.OpenFile("heart.png", ownPicture(t, recipe.New(recipe.Prompt.Is("x"))), picture.Decoder{})()
	s.Receive(protocol.Ready{Adapter: "test"}, start)
	if s.Phase != Idle || !strings.Contains(s.Status, "heart.png are restored") {
		t.Errorf("phase %d, status %q", s.Phase, s.Status)
	}
}
