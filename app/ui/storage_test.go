package ui

import (
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/recipe"
)

// withBig is a page whose site serves a model of 150 MB beside the small one, and has chosen it.
func withBig(t *testing.T) *State {
	t.Helper()
	s := idle(t)
	s.SetModels([]Model{{Name: "mini", Title: "Mini", Factor: 8, Bytes: 9e6}, {Name: "big", Title: "Big", Factor: 16, Bytes: 150e6, About: "Draws."}})
	stored(s, "files")
	write(s, recipe.Model, "big")
	return s
}

func stored(s *State, how string, models ...protocol.Model) {
	s.Receive(protocol.Storage{How: how, Models: models, Usage: 1e6, Quota: 1e9}, start)
}

func big(stored int64) protocol.Model {
	return protocol.Model{Name: "big", Title: "Big", Factor: 16, Bytes: 150e6, Stored: stored}
}

func TestDownload(t *testing.T) {
	s := withBig(t)
	if o, ok := s.offer(); !ok || o.title != "Download Big" || !strings.HasPrefix(o.text, "150 MB, once.") {
		t.Errorf("the offer is %+v, %t", o, ok)
	}
	if m, ok := s.PressLoad("/weights/", false); !ok || m != (protocol.Load{Base: "/weights/", Model: "big"}) || s.Phase != Loading {
		t.Fatalf("got %v, %t", m, ok)
	}
	progress := func(at time.Duration, done int64) {
		s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: done, Total: 150e6}, start.Add(at))
	}
	progress(0, 0)
	if s.Status != "Downloading the model." {
		t.Errorf("the status is %q", s.Status)
	}
	progress(2*time.Second, 30e6)
	if got, want := s.progressText(), "Downloading the model: 30 MB of 150 MB · 15 MB/s · 0:08 left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if o, ok := s.offer(); !ok || o.count != "30 MB of 150 MB · 15 MB/s · 0:08 left" || !o.pausable {
		t.Errorf("the card on the way is %+v, %t", o, ok)
	}
	if s.Title() != "20 % · Downloading · Reverie" {
		t.Errorf("the title is %q", s.Title())
	}
	progress(4*time.Second, 60e6)
	if s.Status != "A quarter of the model is here." {
		t.Errorf("the status is %q", s.Status)
	}
	s.Receive(protocol.Loaded{Model: "big"}, start)
	if s.Phase != Idle || s.Loaded.Model != "big" || s.Status != "The model is ready." {
		t.Errorf("got %+v", s)
	}
	if !s.TakePersist() || s.TakePersist() {
		t.Error("the browser is not asked once to keep what was downloaded")
	}
	if _, ok := s.offer(); ok {
		t.Error("a model that is there is still offered")
	}
}

// Nothing big is downloaded unless the person asks for it.
func TestStartDoesNotDownload(t *testing.T) {
	s := withBig(t)
	if _, ok := s.PressStart("/"); ok || !strings.Contains(s.Problem, "press Download models (150 MB)") {
		t.Errorf("the problem is %q", s.Problem)
	}
	stored(s, "files", big(150e6))
	if _, ok := s.PressStart("/"); !ok {
		t.Errorf("a model that is kept does not start: %q", s.Problem)
	}
}

func TestStartWhileDownloading(t *testing.T) {
	s := withBig(t)
	s.PressLoad("/", false)
	s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: 50e6, Total: 150e6}, start)
	write(s, recipe.Model, "mini")
	if _, ok := s.PressStart("/"); ok || !strings.Contains(s.Problem, "Big is being downloaded") {
		t.Errorf("another model: the problem is %q", s.Problem)
	}
	write(s, recipe.Model, "big")
	m, ok := s.PressStart("/")
	if !ok || s.Phase != Starting || s.Progress.Done != 50e6 {
		t.Fatalf("Start does nothing: %q, phase %d, progress %+v", s.Problem, s.Phase, s.Progress)
	}
	if o, ok := s.offer(); !ok || o.count != "50 MB of 150 MB" || o.pausable {
		t.Errorf("the card while a run waits is %+v, %t", o, ok)
	}
	script := m.(protocol.Start).Script
	s.Receive(protocol.Progress{Phase: protocol.PhasePrompt}, start)
	s.Receive(protocol.Progress{Phase: protocol.PhaseTune, Done: 1, Total: 48}, start)
	if !s.downloading() {
		t.Errorf("the bar shows %+v and not the download that everything waits for", s.Progress)
	}
	s.Receive(protocol.First{Script: script, Picture: pixel(3)}, start)
	if s.Shown.Pix[0] != 3 || s.ShownAt != 0 || s.Phase != Starting {
		t.Errorf("the first picture: %+v", s)
	}
	s.Receive(protocol.Loaded{Model: "big"}, start)
	s.Receive(protocol.Started{Script: script}, start)
	s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: 149e6, Total: 150e6}, start)
	if s.Phase != Running || strings.Contains(s.Title(), "Downloading") {
		t.Errorf("what still comes behind the run is shown: phase %d, title %q", s.Phase, s.Title())
	}
}

func TestBrokenDownload(t *testing.T) {
	s := withBig(t)
	s.PressLoad("/", false)
	s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: 56e6, Total: 150e6}, start)
	s.Receive(protocol.Error{Reason: protocol.Offline, Message: "load: reset"}, start)
	if want := "The download broke off: check the connection and press Download models to go on from there."; s.Problem != want || s.Status != want {
		t.Errorf("the problem is %q", s.Problem)
	}
	stored(s, "files", big(56e6))
	if o, ok := s.offer(); !ok || !strings.HasPrefix(o.text, "The connection broke. 56 MB of 150 MB are here") {
		t.Errorf("the offer is %+v", o)
	}
	if text(s, recipe.Prompt) != "a red apple" {
		t.Error("the prompt is lost")
	}
}

func TestPausedDownload(t *testing.T) {
	s := withBig(t)
	s.PressLoad("/", false)
	s.Receive(protocol.Progress{Phase: protocol.PhaseDownload, Done: 56e6, Total: 150e6}, start)
	if m, ok := s.PressStop(); !ok || m != (protocol.Stop{}) {
		t.Fatalf("got %v, %t", m, ok)
	}
	s.Receive(protocol.Stopped{}, start)
	stored(s, "files", big(56e6))
	if want := "The download is paused: press Download models to go on from there."; s.Status != want || s.Problem != "" {
		t.Errorf("the status is %q, the problem %q", s.Status, s.Problem)
	}
	if o, ok := s.offer(); !ok || !strings.HasPrefix(o.text, "56 MB of 150 MB are here") || o.pausable {
		t.Errorf("the offer is %+v", o)
	}
}

func TestNoRoom(t *testing.T) {
	s := withBig(t)
	s.PressLoad("/", false)
	s.Receive(protocol.Error{Reason: protocol.NoRoom, Message: "Delete something."}, start)
	o, ok := s.offer()
	if !ok || !o.unkept || o.text != "Delete something." || s.Problem != "" || s.Phase != Idle {
		t.Errorf("the offer is %+v, %t; problem %q", o, ok, s.Problem)
	}
	if m, ok := s.PressLoad("/", true); !ok || !m.(protocol.Load).Unkept || s.NoRoom != "" {
		t.Errorf("got %+v", m)
	}
	s.Receive(protocol.Error{Reason: protocol.NoRoom, Message: "Delete something."}, start)
	write(s, recipe.Model, "mini")
	if _, ok := s.offer(); ok {
		t.Error("the card stays when another model is chosen")
	}
}

func TestDelete(t *testing.T) {
	s := withBig(t)
	stored(s, "files", big(150e6))
	s.Receive(protocol.Loaded{Model: "big"}, start)
	if m, ok := s.PressDelete("big"); !ok || m != (protocol.Delete{Model: "big"}) {
		t.Fatalf("got %v, %t", m, ok)
	}
	stored(s, "files")
	if s.Loaded.Model != "" || s.Status != "The model Big is deleted from this device." || !s.needsDownload("big") {
		t.Errorf("got %+v", s)
	}
}

// A self-test says in a line what the engine found.
func TestSelfTest(t *testing.T) {
	s := withBig(t)
	stored(s, "files", big(150e6))
	for _, c := range []struct {
		tested protocol.SelfTested
		says   string
	}{
		{protocol.SelfTested{Of: "M", Within: "1e-3"}, "Big reads texts as published of M, to 1e-3."},
		{protocol.SelfTested{Of: "M", Differs: "one differs by 0.2"}, "Big is not as published of M: one differs by 0.2. " +
			"It is another model, has too few bits, or this GPU computes wrongly."},
		{protocol.SelfTested{}, "Nothing is published that Big could be held against."},
	} {
		if m, ok := s.PressSelfTest("/weights/", "big"); !ok || m != (protocol.SelfTest{Base: "/weights/", Model: "big"}) {
			t.Fatalf("got %v, %t", m, ok)
		}
		if _, again := s.PressSelfTest("/weights/", "big"); again || s.Status != "Testing Big." {
			t.Errorf("while one goes on, another begins: %t; %q", again, s.Status)
		}
		c.tested.Model = "big"
		s.Receive(c.tested, start)
		if s.Status != c.says || s.Phase != Idle {
			t.Errorf("it says %q, want %q; phase %d", s.Status, c.says, s.Phase)
		}
	}
}

func TestNewVersionOfAModel(t *testing.T) {
	s := withBig(t)
	stored(s, "files", protocol.Model{Name: "big", Bytes: 140e6, Stored: 140e6})
	if o, ok := s.offer(); !ok || o.title != "A new version of Big" || !strings.HasPrefix(o.text, "150 MB") {
		t.Errorf("the offer is %+v, %t", o, ok)
	}
}

// The small model is stored in the background, once, so that the page works offline after its first visit.
func TestSmallModelIsKept(t *testing.T) {
	s := idle(t)
	if _, ok := s.Keep("/"); ok {
		t.Error("it is kept before anybody knows whether it is there")
	}
	stored(s, "none")
	if _, ok := s.Keep("/"); ok {
		t.Error("it is kept where nothing can be")
	}
	stored(s, "files")
	if m, ok := s.Keep("/weights/"); !ok || m != (protocol.Keep{Base: "/weights/", Model: "mini"}) {
		t.Errorf("got %v, %t", m, ok)
	}
	if _, ok := s.Keep("/"); ok {
		t.Error("it is tried twice")
	}

	mini := protocol.Model{Name: "mini", Title: "Mini", Bytes: 9e6, Stored: 9e6}
	s = idle(t)
	stored(s, "files", mini)
	if _, ok := s.Keep("/"); ok {
		t.Error("it is fetched though it is there")
	}
	s.PressDelete("mini")
	stored(s, "files")
	if _, ok := s.Keep("/"); ok {
		t.Error("what was deleted comes back")
	}
	s = withBig(t)
	if _, ok := s.Keep("/"); ok {
		t.Error("a big model is fetched without asking")
	}
}

func TestOfflineTheKeptModelsAreListed(t *testing.T) {
	s := NewState()
	s.MissModels()
	if !strings.Contains(s.Problem, "list of models") {
		t.Errorf("the problem is %q", s.Problem)
	}
	stored(&s, "files", big(56e6), protocol.Model{Name: "mini", Title: "Mini", Factor: 8, Bytes: 9e6, Stored: 9e6})
	if s.Problem != "" || len(s.Models) != 1 || s.Models[0].Name != "mini" || s.Model().Factor != 8 {
		t.Errorf("problem %q, models %+v", s.Problem, s.Models)
	}
	if got, want := s.optionText(s.Models[0]), "Mini · 9.0 MB · on this device"; got != want {
		t.Errorf("listed as %q, want %q", got, want)
	}
}

func TestModelHelp(t *testing.T) {
	s := withBig(t)
	for _, c := range []struct {
		name string
		make func()
		want string
	}{
		{"to be downloaded", func() {}, "Draws."},
		{"on the GPU only", func() { s.Loaded.Model = "big" }, "Draws. It is on your GPU."},
		{"kept", func() { s.Loaded.Model = ""; stored(s, "files", big(150e6)) }, "Draws. It is kept on this device and works offline."},
		{"both", func() { s.Loaded.Model = "big" }, "Draws. It is on your GPU, and kept on this device: it works offline."},
		{"small", func() { write(s, recipe.Model, "mini") }, "It comes with the page (9.0 MB)."},
	} {
		c.make()
		if got := s.modelHelp(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRate(t *testing.T) {
	var r rate
	at := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	r.add(at(0), 0)
	r.add(at(0.5), 5e6)
	if r.speed() != 0 {
		t.Error("a speed after half a second")
	}
	for i := 1; i <= 20; i++ { // 10 MB/s, then 1 MB/s
		done := int64(10e6 * min(i, 10))
		done += int64(1e6 * max(0, i-10))
		r.add(at(float64(i)), done)
	}
	if got := r.speed(); got != 1e6 {
		t.Errorf("the speed is %g, want that of the last seconds", got)
	}
	if got := r.left(30e6); got != 30*time.Second {
		t.Errorf("%v are left, want 30s", got)
	}
	r.add(at(21), 0)
	if r.speed() != 0 {
		t.Error("bytes that were taken back count as speed")
	}
}
