package ui

import (
	"reflect"
	"strings"
	"testing"

	"reverie/app/imports"
	"reverie/app/protocol"
	"reverie/app/wire"
	"reverie/recipe"
)

const importBase = "http://here/weights/"

var (
	offeredCLIP = imports.Offer{ID: "eye", Name: "eye.pt", Title: "Eye", About: "Sees.", Licence: "MIT", URLs: []string{"https://hub.test/eye.pt"}, Bytes: 354e6, MB: 354,
		Kept: map[string]int{"q4": 103, "q8": 164}, Digests: map[string]string{"q4": "d4"}}
	offeredVQGAN = imports.Offer{ID: "hand", Name: "hand.ckpt", VQGAN: true, Title: "Hand", Licence: "MIT", URLs: []string{"https://hub.test/hand.ckpt"}, MB: 304,
		Kept: map[string]int{"q4": 46, "q8": 96}, Config: "model: {}"}
)

// shop is a page with a catalogue of two pairs, of which the second is suggested, and so many bytes of room.
func shop(t *testing.T, room int64) *State {
	t.Helper()
	s := idle(t)
	s.Receive(protocol.Storage{How: "files", Quota: room}, start)
	other := offeredCLIP
	other.ID, other.Title = "ear", "Ear"
	s.SetCatalogue(imports.Catalogue{Files: []imports.Offer{other, offeredCLIP, offeredVQGAN}, Pairs: []imports.Pair{
		{Title: "Ear + Hand", CLIP: "ear", VQGAN: "hand"}, {Title: "Eye + Hand", CLIP: "eye", VQGAN: "hand", Suggested: true}}})
	return s
}

// began returns what takes the import that a press asks for.
func began(t *testing.T) func(m imports.Message, ok bool) imports.Begin {
	return func(m imports.Message, ok bool) imports.Begin {
		t.Helper()
		b, is := m.(imports.Begin)
		if !ok || !is {
			t.Fatalf("it asks for %T %+v, %t", m, m, ok)
		}
		return b
	}
}

// here tells the page that models are kept: CLIPs, but for hand, which is a VQGAN.
func here(s *State, names ...string) {
	var list []protocol.Model
	for _, name := range names {
		m, half := protocol.Model{Name: name, Bytes: 5, Stored: 5}, protocol.Half{Bytes: 5, Stored: 5}
		if name == "hand" {
			m.Factor, m.VQGAN = 8, half
		} else {
			m.CLIP = half
		}
		list = append(list, m)
	}
	s.Receive(protocol.Storage{How: "files", Quota: 1e9, Models: list}, start)
}

func TestImportOfAPair(t *testing.T) {
	s := shop(t, 1e9)
	if got, want := s.summary(), "About 658 MB come from hub.test, and 149 MB stay on this device."; got != want {
		t.Errorf("before it says %q, want %q", got, want)
	}
	first := began(t)(s.PressImport(importBase))
	want := imports.Begin{Base: importBase, Name: "eye", Title: "Eye", About: "Sees.", Licence: "MIT", Quant: "q4",
		CLIP: &imports.Source{Name: "eye.pt", URLs: offeredCLIP.URLs, Size: 354e6, Digest: "d4"}}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("first %+v, want %+v", first, want)
	}
	if _, again := s.PressImport(importBase); again {
		t.Error("a second press begins another one")
	}
	s.ReceiveImport(imports.Progress{Done: 45e6, Total: 350e6, Speed: 12e6, Left: 25})
	if got, want := s.importText(), "Eye (1 of 2): 45 MB of 350 MB, 12 MB/s, 0:25 left"; got != want {
		t.Errorf("on the way it says %q, want %q", got, want)
	}
	next, idle := s.ReceiveImport(imports.Done{Name: "eye"})
	second := began(t)(next, !idle)
	if second.Name != "hand" || second.CLIP != nil || second.VQGAN.Config.Text != "model: {}" || s.imports.progress.Total != 0 {
		t.Errorf("second %+v", second)
	}
	if next, idle := s.ReceiveImport(imports.Done{Name: "hand"}); next != nil || !idle || s.Importing() || s.ImportPlan() != "" {
		t.Errorf("after both it asks for %T", next)
	}
	here(s, "eye", "hand")
	if got := s.Form.Model(); got != "eye+hand" || !strings.Contains(s.importText(), "Eye + Hand") || !strings.Contains(s.importText(), "chosen") {
		t.Errorf("model %q is chosen, and it says %q", got, s.importText())
	}
	// What is here is not fetched again.
	write(s, recipe.Model, "mini")
	if m, ok := s.PressImport(importBase); ok || s.Form.Model() != "eye+hand" {
		t.Errorf("both are here, and it asks for %+v; the model is %s", m, s.Form.Model())
	}
	here(s, "eye")
	if only := began(t)(s.PressImport(importBase)); only.Name != "hand" {
		t.Errorf("the CLIP is here, and it asks for %s", only.Name)
	}
}

// Without room nothing is asked for.
func TestImportWithoutRoom(t *testing.T) {
	s := shop(t, 120e6)
	if m, ok := s.PressImport(importBase); ok || !strings.Contains(s.imports.problem, "takes 149 MB, and the browser gives this site 120 MB more") {
		t.Errorf("it asks for %v, and says %q", m, s.imports.problem)
	}
	s.Receive(protocol.Storage{How: "none"}, start)
	if _, ok := s.PressImport(importBase); ok || !strings.Contains(s.imports.problem, "private window") {
		t.Errorf("it says %q", s.imports.problem)
	}
}

func TestImportPausesAndIsCancelled(t *testing.T) {
	s := shop(t, 1e9)
	began(t)(s.PressImport(importBase))
	for _, want := range []imports.Message{imports.Pause{}, imports.Resume{}} {
		if m, ok := s.PressPauseImport(); !ok || m != want {
			t.Errorf("it asks for %T, want %T", m, want)
		}
	}
	if m, ok := s.PressCancelImport(); !ok || m != (imports.Cancel{Base: importBase, Name: "eye"}) {
		t.Errorf("Cancel asks for %+v", m)
	}
	if _, ok := s.PressPauseImport(); ok {
		t.Error("what is being cancelled pauses")
	}
	if _, idle := s.ReceiveImport(imports.Cancelled{}); !idle || s.Importing() {
		t.Error("after Cancel it goes on")
	}
	here(s, "eye", "hand")
	if s.Form.Model() != "mini" {
		t.Error("what was cancelled is chosen")
	}
}

// A Cancel that the program hears after it has kept the first of two leaves the first, and chooses nothing.
func TestImportCancelledTooLate(t *testing.T) {
	s := shop(t, 1e9)
	began(t)(s.PressImport(importBase))
	s.PressCancelImport()
	if next, idle := s.ReceiveImport(imports.Done{}); next != nil || !idle || s.Importing() {
		t.Errorf("it goes on with %+v", next)
	}
	if text := s.importText(); !strings.Contains(text, "Eye") || strings.Contains(text, "Hand") {
		t.Errorf("what came is %q", text)
	}
	model := s.Form.Model()
	if here(s, "eye", "hand"); s.Form.Model() != model {
		t.Errorf("the model %q is chosen after all", s.Form.Model())
	}
}

// What fails is told, and can go on if something of it is kept: with the same message, in this visit or in a later one.
func TestImportGoesOn(t *testing.T) {
	s := shop(t, 1e9)
	began(t)(s.PressImport(importBase))
	next, _ := s.ReceiveImport(imports.Done{Name: "eye"})
	plan := s.ImportPlan()
	if _, idle := s.ReceiveImport(imports.Problem{Message: "It broke.", Resumable: true}); !idle || s.imports.problem != "It broke." {
		t.Errorf("it says %q", s.imports.problem)
	}
	if again := began(t)(s.PressGoOnImport()); !reflect.DeepEqual(again, next) || s.imports.problem != "" {
		t.Errorf("it goes on with %+v", again)
	}
	later := shop(t, 1e9)
	later.RestoreImport(plan)
	if !later.Importing() || !strings.HasPrefix(later.importText(), "Hand (2 of 2): it broke off") {
		t.Errorf("a later visit says %q", later.importText())
	}
	if again := began(t)(later.PressGoOnImport()); !reflect.DeepEqual(again, next) {
		t.Errorf("a later visit goes on with %+v, want %+v", again, next)
	}
	later.ReceiveImport(imports.Done{Name: "hand"})
	here(later, "eye", "hand")
	if later.Form.Model() != "eye+hand" {
		t.Errorf("a later visit chooses %s", later.Form.Model())
	}
	for _, text := range []string{"", "{", `{"plan":[]}`, `{"plan":[{"name":"x"}]}`, `{"plan":[{"name":"x","clip":{}}],"at":1}`} {
		s := shop(t, 1e9)
		if s.RestoreImport(text); s.Importing() {
			t.Errorf("%q goes on", text)
		}
	}
	s.ReceiveImport(imports.Problem{Message: "It is no model."})
	if s.Importing() || s.ImportPlan() != "" || s.imports.problem == "" {
		t.Error("what kept nothing waits to go on")
	}
}

func TestBringFiles(t *testing.T) {
	file := func(name string, size int64) *imports.Source {
		return &imports.Source{Name: name, Size: size, Changed: 7, File: &wire.File{}}
	}
	s := idle(t)
	s.Receive(protocol.Storage{How: "files", Quota: 1e9}, start)
	files := []*imports.Source{file("Last Step.ckpt", 9), file("v.yaml", 1), file("mini.pt", 5)}
	if m, ok := s.Bring(files); !ok || !reflect.DeepEqual(m, imports.Examine{Files: files}) {
		t.Fatalf("it asks for %+v", m)
	}
	config := &imports.Text{Name: "v.yaml", Text: "x"}
	found := imports.Found{Parts: []imports.Part{{File: 0, VQGAN: true, Config: config, Kept: map[string]int64{"q4": 3}}, {File: 2, Kept: map[string]int64{"q4": 4}}}}
	s.ReceiveImport(found)
	if text, ready := s.brought(); !ready || !strings.HasPrefix(text, "That is a CLIP and a VQGAN") {
		t.Errorf("it says %q", text)
	}
	s.NamePart(1, "last-step")
	if _, ok := s.PressBring(importBase); ok || s.imports.problem == "" {
		t.Error("two models of one name are imported")
	}
	s.NamePart(1, "mini")
	first := began(t)(s.PressBring(importBase))
	if first.Name != "last-step" || first.Title != "Last Step" || first.VQGAN.Config != config || first.VQGAN.File != files[0].File {
		t.Errorf("it begins with %+v", first)
	}
	next, _ := s.ReceiveImport(imports.Done{})
	if second := began(t)(next, true); second.Name != "mini-2" { // the site serves a mini
		t.Errorf("then %+v", second)
	}
	plan := s.ImportPlan()
	later := idle(t)
	later.RestoreImport(plan)
	if _, ok := later.PressGoOnImport(); ok {
		t.Error("it goes on without the files")
	}
	if _, ok := later.Bring([]*imports.Source{file("mini.pt", 6)}); ok || later.imports.problem == "" {
		t.Error("it goes on with another file")
	}
	if again := began(t)(later.Bring([]*imports.Source{file("mini.pt", 5)})); again.CLIP.File == nil || again.Name != "mini-2" {
		t.Errorf("it goes on with %+v", again)
	}
	for _, c := range []struct {
		kinds string
		says  string
		ready bool
	}{{"c", "A picture needs a VQGAN", true}, {"v", "A picture needs a CLIP", true}, {"cc", "several", false}, {"", "", false}} {
		s := idle(t)
		s.Bring(files)
		var parts []imports.Part
		for _, kind := range c.kinds {
			parts = append(parts, imports.Part{VQGAN: kind == 'v'})
		}
		s.ReceiveImport(imports.Found{Parts: parts})
		if text, ready := s.brought(); ready != c.ready || !strings.Contains(text, c.says) {
			t.Errorf("%q: %q, %t", c.kinds, text, ready)
		}
	}
}

// Files that are of no use are told, and leave the page as it was: nothing is imported, what was chosen from the catalogue stays, and others can be brought.
func TestWrongFiles(t *testing.T) {
	s := shop(t, 1e9)
	wrong := []*imports.Source{{Name: "half.ckpt", Size: 9, File: &wire.File{}}}
	s.Bring(wrong)
	found := imports.Found{Problems: []string{"half.ckpt: it is damaged."}}
	if _, idle := s.ReceiveImport(found); !idle || !reflect.DeepEqual(*s.imports.found, found) {
		t.Errorf("found %+v", s.imports.found)
	}
	if text, ready := s.brought(); text != "" || ready {
		t.Errorf("it says %q, and offers to import: %t", text, ready)
	}
	if m, ok := s.PressBring(importBase); ok || s.Importing() || s.ImportPlan() != "" {
		t.Errorf("it imports %+v", m)
	}
	if m, ok := s.Bring(wrong); !ok || !reflect.DeepEqual(m, imports.Examine{Files: wrong}) {
		t.Errorf("then it asks for %+v", m)
	}
	s.ReceiveImport(found)
	if first := began(t)(s.PressImport(importBase)); first.Name != "eye" {
		t.Errorf("the catalogue gives %+v", first)
	}
}
