package ui

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/app/settings"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// ownPicture is a PNG that Reverie saved.
func ownPicture(t *testing.T, s settings.Settings) []byte {
	t.Helper()
	data, _, err := picture.Write(make([]byte, 4*64*64), 64, 64, picture.Meta{Settings: s, Step: 5})
	if err != nil {
		t.Fatal(err)
	}
	return data
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
	want := settings.Default()
	want.Prompt, want.Seed, want.Cutouts, want.InitImage = "a blue heart", 99, 7, "start.png"
	want.ImagePrompts = []prompt.Image{{Name: "a.png", Weight: 2, Stop: prompt.NoStop}}
	s := idle(t)
	s.AddImagePrompt("a.png", foreignPicture(t), picture.Decoder{})()
	s.OpenFile("heart.png", ownPicture(t, want), picture.Decoder{})()
	if s.Form.Prompt != "a blue heart" || s.Form.Seed != "99" || s.Form.Cutouts != "7" {
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
	if !ok || m.(protocol.Start).Settings.InitImage != "photo.png" {
		t.Errorf("started %t with %+v", ok, m)
	}
}

func TestOpenForeignPicture(t *testing.T) {
	s := idle(t)
	s.OpenFile("photo.png", foreignPicture(t), picture.Decoder{})()
	if s.Start == nil || s.Start.Name != "photo.png" || s.Form.Prompt != "a red apple" || !strings.Contains(s.Status, "start picture") {
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
		if s.Problem == "" || s.Status != s.Problem || s.Start != nil || s.Form.Prompt != "a red apple" {
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
	if s.Form.Model != "big" {
		t.Errorf("the model is %q before anyone knows the site's", s.Form.Model)
	}
	s.SetModels([]Model{{Name: "mini", Factor: 8}})
	if s.Form.Model != "mini" || len(s.Notices) != 1 || !strings.Contains(s.Notices[0], "big") {
		t.Errorf("model %q, notices %q", s.Form.Model, s.Notices)
	}
}

func TestPrefillTellsWhatItCannotRead(t *testing.T) {
	s := NewState()
	s.Prefill("#p=a%20red%20apple&steps=12&cutouts=many&colour=red")
	if s.Form.Prompt != "a red apple" || s.Form.Steps != "12" || s.Form.Cutouts != FormOf(settings.Default()).Cutouts || len(s.Notices) != 2 {
		t.Errorf("form %+v, notices %q", s.Form, s.Notices)
	}
}

// What a person, a link or a picture says of the learning rate stays; what nobody says is the model's.
func TestModelSuggests(t *testing.T) {
	models := []Model{
		{Name: "mini", Factor: 8, Suggested: weights.Suggested{LearningRate: new(0.15), CutPow: new(0.3), Smoothness: new(1.0)}},
		{Name: "other", Factor: 8},
	}
	sent := func(s *State) (rate, cutPow, smoothness *float64) {
		t.Helper()
		s.Phase, s.Form.Prompt = Idle, "a red apple"
		m, ok := s.PressStart("/")
		if !ok {
			t.Fatal(s.Problem)
		}
		got := m.(protocol.Start).Settings
		return got.LearningRate, got.CutPow, got.Smoothness
	}
	s := NewState()
	s.SetModels(models)
	for _, c := range [][4]string{{"mini", "0.15", "0.3", "1"}, {"other", "0.1", "1", "0"}} {
		s.ChooseModel(c[0])
		if rate, cutPow, smoothness := s.Model().suggests(); rate != c[1] || cutPow != c[2] || smoothness != c[3] {
			t.Errorf("%s suggests %s, %s and %s, want %v", c[0], rate, cutPow, smoothness, c[1:])
		}
		if rate, cutPow, smoothness := sent(&s); rate != nil || cutPow != nil || smoothness != nil {
			t.Errorf("%s: the page decides what nobody has said", c[0])
		}
	}
	own := settings.Default().Suggest(models[0].Suggested)
	for name, say := range map[string]func(*State){
		"typed":    func(s *State) { s.Form.LearningRate, s.Form.CutPow, s.Form.Smoothness = "0.15", " 0.3", "1" },
		"a link":   func(s *State) { s.Prefill("#p=x&lr=0.15&cut_pow=.3&smoothness=1") },
		"restored": func(s *State) { s.OpenFile("x.png", ownPicture(t, own), picture.Decoder{})() },
	} {
		s := NewState()
		s.SetModels(models)
		say(&s)
		s.ChooseModel("other")
		if rate, cutPow, smoothness := sent(&s); rate == nil || *rate != 0.15 || cutPow == nil || *cutPow != 0.3 || smoothness == nil || *smoothness != 1 {
			t.Errorf("%s: what was said is lost with another model: %+v", name, s.Form)
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
	s.OpenFile("heart.png", ownPicture(t, settings.Default()), picture.Decoder{})()
	s.Receive(protocol.Ready{Adapter: "test"}, start)
	if s.Phase != Idle || !strings.Contains(s.Status, "heart.png are restored") {
		t.Errorf("phase %d, status %q", s.Phase, s.Status)
	}
}
