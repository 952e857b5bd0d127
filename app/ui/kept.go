package ui

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"reverie/app/protocol"
	"reverie/recipe"
)

// keptForm is a draft as text, for the browser to keep while a person types. Its pictures are kept elsewhere.
type keptForm struct {
	Texts    map[string]string `json:"texts,omitempty"` // by the option's name
	Locked   bool              `json:"locked,omitempty"`
	Start    string            `json:"start,omitempty"` // the names of pictures
	Images   []keptImage       `json:"images,omitempty"`
	Script   json.RawMessage   `json:"script,omitempty"`   // that has the changes
	Fragment string            `json:"fragment,omitempty"` // of the page's address, which the draft has taken
}

type keptImage struct {
	Name   string `json:"name"`
	Weight string `json:"weight,omitempty"`
	Stop   string `json:"stop,omitempty"`
	Later  bool   `json:"later,omitempty"`
}

// FormText is the draft as text. Fragment is that of the page's address.
func (s *State) FormText(fragment string) string {
	kept := keptForm{Texts: s.Form.texts, Locked: s.Form.Locked, Fragment: fragment, Start: s.awaited}
	if s.Start != nil {
		kept.Start = s.Start.Name
	}
	for _, p := range s.Images {
		kept.Images = append(kept.Images, keptImage{p.Name, p.Weight, p.Stop, p.Later})
	}
	if len(s.Changes) > 0 {
		kept.Script, _ = json.Marshal(recipe.Script{Changes: s.Changes})
	}
	text, _ := json.Marshal(kept) // it holds nothing that JSON cannot
	return string(text)
}

// RestoreForm takes what FormText wrote in an earlier visit, and returns the fragment that it was told. What it cannot read stays as it is.
func (s *State) RestoreForm(text string) (fragment string) {
	var kept keptForm
	if json.Unmarshal([]byte(text), &kept) != nil {
		return ""
	}
	for _, o := range fields() {
		if text, ok := kept.Texts[o.Name]; ok && canHold(o, text) {
			s.Form = s.Form.With(o, text)
		}
	}
	s.Form.Locked, s.awaited = kept.Locked, kept.Start
	s.masksReplaced([3]string{})
	if script, _, err := recipe.FromJSON(kept.Script); err == nil {
		s.Changes = script.Changes
	}
	s.Images = nil
	for _, p := range kept.Images {
		s.Images = append(s.Images, ImagePrompt{Name: p.Name, Weight: p.Weight, Stop: p.Stop, Later: p.Later})
	}
	return kept.Fragment
}

// canHold says whether an option's field can show a text: a picker shows its choices only.
func canHold(o *recipe.Option, text string) bool {
	choice, picks := o.Kind.(recipe.Choice)
	return !picks || slices.ContainsFunc(choice, func(w recipe.Word) bool { return w.Value == text })
}

// RestorePictures takes the pictures that were kept for the draft.
func (s *State) RestorePictures(start *Opened, pictures []protocol.Named) {
	if start != nil && s.Start == nil && start.Name == s.awaited {
		s.Start = start
	}
	if s.awaited != "" && s.Start == nil {
		s.Notices = append(s.Notices, fmt.Sprintf(startNotKept, s.awaited))
	}
	s.awaited = ""
	s.Images = slices.Clone(s.Images)
	for i, p := range s.Images {
		at := slices.IndexFunc(pictures, func(n protocol.Named) bool { return n.Name == p.Name })
		if p.Picture == nil && at >= 0 {
			s.Images[i].Picture = &pictures[at].Picture
		}
	}
	s.reconsider()
}

// PictureNames names the pictures of the draft, other ones otherwise.
func (s *State) PictureNames() string {
	var names strings.Builder
	if s.Start != nil {
		fmt.Fprintf(&names, "%p ", s.Start)
	}
	for _, p := range s.Images {
		fmt.Fprintf(&names, "%q %p ", p.Name, p.Picture)
	}
	return names.String()
}

// RestoreRun takes the run that was kept, unless there is another one already.
func (s *State) RestoreRun(kept keptRun) {
	if s.Run != nil || s.Phase >= Starting {
		return
	}
	s.Run = &kept.run
	if kept.shown != nil {
		s.show(kept.shown, kept.shownAt)
	}
	// What the form says otherwise than the run ever did was typed since.
	s.edits = nil
	now := s.Run.now()
	d := s.difference(recipe.Options(), now)
	for _, o := range slices.Concat(d.anew, d.wrong, options(d.live)) {
		if v, _, _ := s.says(o, recipe.Model.In(now)); !reflect.DeepEqual(v, s.Run.Script.Recipe.Value(o)) {
			s.mark(o)
		}
	}
	if s.Status == isReady {
		s.Status = s.readyText()
	}
}

// TakeKept is what is to be kept of the run, nil of none. It is due where it differs from what was taken before.
func (s *State) TakeKept() (kept *keptRun, due bool) {
	due, s.keepDue = s.keepDue, false
	if !due || s.Run == nil {
		return nil, due
	}
	kept = &keptRun{run: *s.Run}
	if s.ShownRun == s.Run {
		kept.shown, kept.shownAt = s.Shown, s.ShownAt
	}
	return kept, due
}

// KeepFailed tells the person, once, that the browser does not keep the run.
func (s *State) KeepFailed() {
	if s.keepFailed || s.Run == nil {
		return
	}
	s.keepFailed = true
	s.Run.Notices = append(slices.Clip(s.Run.Notices), runNotKept)
}

// Hide asks for what a run needs to go on later: the page goes out of sight, and may not come back.
func (s *State) Hide() (protocol.Message, bool) {
	if s.Phase != Running {
		return nil, false
	}
	return protocol.Save{}, true
}
