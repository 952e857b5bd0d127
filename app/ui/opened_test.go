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
	"reverie/gpu/guide/prompt"
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
	s.AddImagePrompt("a.png", foreignPicture(t))
	s.OpenFile("heart.png", ownPicture(t, want))
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

func TestOpenForeignPicture(t *testing.T) {
	s := idle(t)
	s.OpenFile("photo.png", foreignPicture(t))
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
		s.OpenFile("x.png", data)
		if s.Problem == "" || s.Status != s.Problem || s.Start != nil || s.Form.Prompt != "a red apple" {
			t.Errorf("%s: %+v", name, s)
		}
		s.AddImagePrompt("x.png", data)
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

func TestImagePrompts(t *testing.T) {
	s := idle(t)
	s.AddImagePrompt("a.png", foreignPicture(t))
	s.AddImagePrompt("b.png", foreignPicture(t))
	s.AddImagePrompt("a.png", foreignPicture(t))
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
	s.OpenFile("heart.png", ownPicture(t, settings.Default()))
	s.Receive(protocol.Ready{Adapter: "test"}, start)
	if s.Phase != Idle || !strings.Contains(s.Status, "heart.png are restored") {
		t.Errorf("phase %d, status %q", s.Phase, s.Status)
	}
}
