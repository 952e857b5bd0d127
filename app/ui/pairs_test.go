package ui

import (
	"slices"
	"strings"
	"testing"

	"reverie/app/protocol"
	"reverie/recipe"
)

// withPacks is a page whose site serves a pair, two CLIPs and a VQGAN.
func withPacks(t *testing.T) *State {
	t.Helper()
	s := idle(t)
	s.SetModels([]Model{
		{Name: "mini", Title: "Mini", Factor: 8, Bytes: 9e6, CLIP: 4e6, VQGAN: 5e6, Suggested: recipe.New(recipe.LearningRate.Is(0.3))},
		{Name: "b32", Title: "B/32", Bytes: 100e6, CLIP: 100e6, Suggested: recipe.New(recipe.CutPow.Is(0.7), recipe.LearningRate.Is(0.4))},
		{Name: "b16", Title: "B/16", Bytes: 110e6, CLIP: 110e6},
		{Name: "f16", Title: "F16", Factor: 16, Bytes: 60e6, VQGAN: 60e6, Suggested: recipe.New(recipe.CutPow.Is(0.9), recipe.LearningRate.Is(0.2))},
	})
	stored(s, "files")
	return s
}

func named(models []Model) string {
	var names []string
	for _, m := range models {
		names = append(names, m.Name)
	}
	return strings.Join(names, " ")
}

// A pair is chosen by its halves; packs of one half are not offered as models.
func TestChoosePair(t *testing.T) {
	s := withPacks(t)
	if got := named(s.choices()); got != "mini" {
		t.Errorf("the picker lists %s", got)
	}
	halves := s.halves()
	if len(halves) != 2 || named(halves[0].folders) != "mini b32 b16" || named(halves[1].folders) != "mini f16" || halves[0].chosen != "mini" {
		t.Fatalf("the halves are %+v", halves)
	}
	s.ChooseHalf(vqganID, "f16")
	s.ChooseHalf(clipID, "b32")
	m := s.Model()
	if m.Name != "b32+f16" || m.Title != "B/32 + F16" || m.Factor != 16 || m.Bytes != 160e6 || s.Form.Model() != m.Name || named(s.choices()) != "mini b32+f16" {
		t.Errorf("chosen is %+v of %s", m, named(s.choices()))
	}
	if cut, rate := m.suggests(recipe.CutPow.Option), m.suggests(recipe.LearningRate.Option); cut != "0.7" || rate != "0.2" {
		t.Errorf("it suggests the cut power %s and the learning rate %s: CLIP's side is for the cutouts, the VQGAN's for all else", cut, rate)
	}
	s.ChooseHalf(clipID, "mini")
	s.ChooseHalf(vqganID, "mini")
	if s.Form.Text(recipe.Model.Option) != "mini" {
		t.Errorf("both halves of mini are %q", s.Form.Text(recipe.Model.Option))
	}
}

// What is missing of a pair is downloaded, and what of it is kept works without the site.
func TestPairIsKept(t *testing.T) {
	s := withPacks(t)
	write(s, recipe.Model, "b32+f16")
	if o, ok := s.offer(); !ok || o.title != "Download B/32 + F16" || !strings.HasPrefix(o.text, "160 MB, once.") {
		t.Errorf("the offer is %+v, %t", o, ok)
	}
	clip := protocol.Model{Name: "b32", Title: "B/32", Bytes: 100e6, Stored: 100e6, CLIP: protocol.Half{Bytes: 100e6, Stored: 100e6}}
	vqgan := protocol.Model{Name: "f16", Title: "F16", Factor: 16, Bytes: 60e6, Stored: 20e6, VQGAN: protocol.Half{Bytes: 60e6, Stored: 20e6}}
	stored(s, "files", clip)
	if o, ok := s.offer(); !ok || !strings.HasPrefix(o.text, "100 MB of 160 MB are here") {
		t.Errorf("the offer with one half here is %+v, %t", o, ok)
	}
	stored(s, "files", clip, vqgan)
	if o, ok := s.offer(); !ok || !strings.HasPrefix(o.text, "120 MB of 160 MB are here") {
		t.Errorf("the offer in between is %+v, %t", o, ok)
	}
	vqgan.Stored, vqgan.VQGAN.Stored = 60e6, 60e6
	stored(s, "files", clip, vqgan)
	if m, ok := s.PressStart("/"); !ok || recipe.Model.In(m.(protocol.Start).Script.Recipe) != "b32+f16" {
		t.Errorf("a pair that is kept does not start: %q", s.Problem)
	}

	offline := idle(t)
	whole := protocol.Model{Name: "big", Title: "Big", Factor: 16, Bytes: 99e6, Stored: 60e6, CLIP: protocol.Half{Bytes: 39e6}, VQGAN: protocol.Half{Bytes: 60e6, Stored: 60e6}}
	seen := protocol.Model{Name: "seen", Title: "Seen", Factor: 8, Bytes: 99e6, Stored: 39e6, CLIP: protocol.Half{Bytes: 39e6, Stored: 39e6}, VQGAN: protocol.Half{Bytes: 60e6}}
	stored(offline, "files", clip, whole, seen)
	offline.SetModels([]Model{{Name: "mini", Factor: 8, Bytes: 9e6}})
	write(offline, recipe.Model, "b32+big")
	if m := offline.Model(); !offline.kept(m.Name) || m.Factor != 16 || slices.Contains(strings.Fields(named(offline.choices())), "big") {
		t.Errorf("without the site the pair is %+v of %s", m, named(offline.choices()))
	}
	write(offline, recipe.Model, "seen+big")
	if m := offline.Model(); !offline.kept(m.Name) || m.Bytes != 99e6 {
		t.Errorf("without the site the pair of two halves is %+v", m)
	}
}

// A pack of one half is refused by name, and another model takes its place.
func TestHalfIsNoModel(t *testing.T) {
	s := withPacks(t)
	for name, want := range map[string]string{"b32": "B/32 holds no VQGAN", "f16": "F16 holds no CLIP", "f16+b32": "F16 holds no CLIP", "b32+x": "There is no model \"x\"", "mini+mini": ""} {
		if _, err := FindModel(s.folders, name); want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	s.Prefill("#p=x&model=b32")
	if s.Form.Model() != "mini" || len(s.Notices) != 1 {
		t.Errorf("a link to half a model chooses %q and says %q", s.Form.Model(), s.Notices)
	}
	s.Prefill("#p=x&model=b32%2Bf16")
	if s.Form.Model() != "b32+f16" || len(s.Notices) != 0 {
		t.Errorf("a link to a pair chooses %q and says %q", s.Form.Model(), s.Notices)
	}
	s.Receive(protocol.Loaded{Model: "b32+f16", Factor: 16}, start)
	s.PressDelete("f16")
	stored(s, "files")
	if s.Loaded.Model != "" || s.Status != "The model F16 is deleted from this device." {
		t.Errorf("after a half is deleted, loaded is %q, said is %q", s.Loaded.Model, s.Status)
	}
}

// A further CLIP is downloaded with the model, when the person asks for it.
func TestPerceptorsAreDownloaded(t *testing.T) {
	s := withPacks(t)
	begins := func() string {
		t.Helper()
		if m, ok := s.PressStart("/"); ok {
			s.Phase = Idle
			return "starts with " + recipe.Perceptors.In(m.(protocol.Start).Script.Recipe)
		}
		return s.Problem
	}
	write(s, recipe.Prompt, "x")
	for named, want := range map[string]string{"none": "There is no model", "f16": "F16 holds no CLIP", "b16:0.5": "B/16 is not on this device yet: press Download models (110 MB)",
		"mini": "starts with mini", "a+b": "Further CLIPs is \"a+b\""} {
		write(s, recipe.Perceptors, named)
		if got := begins(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", named, got, want)
		}
	}
	write(s, recipe.Perceptors, "b16:0.5")
	if m, ok := s.PressLoad("/", false); !ok || m != (protocol.Load{Base: "/", Model: "mini", Perceptors: "b16:0.5"}) {
		t.Fatalf("Download asks for %+v, %t", m, ok)
	}
	s.Receive(protocol.Loaded{Model: "mini", Factor: 8, Perceptors: "b16"}, start)
	if got := begins(); got != "starts with b16:0.5" {
		t.Errorf("once it is on the device: %q", got)
	}
	s.Loaded = protocol.Loaded{}
	stored(s, "files", protocol.Model{Name: "b16", Bytes: 110e6, Stored: 110e6, CLIP: protocol.Half{Bytes: 110e6, Stored: 110e6}})
	if got := begins(); got != "starts with b16:0.5" {
		t.Errorf("once it is kept: %q", got)
	}
}
