package ui

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
)

// Opens is told that a file is being decoded: no run starts before Opened.
func (s *State) Opens(name string) {
	s.opening++
	s.Status = fmt.Sprintf(openingFile, name)
}

// Opened takes what OpenFile or AddImagePrompt has decoded.
func (s *State) Opened(take func()) {
	s.opening--
	take()
	s.reconsider()
}

// OpenFile decodes a file that was chosen or dropped, which takes a while and changes nothing yet, and returns what takes it: a picture
// that carries settings restores them; any other becomes the start picture. There is always a message.
func (s *State) OpenFile(name string, data []byte, d picture.Decoder) (take func()) {
	p, found, err := d.OpenWithSettings(data)
	opened := Opened{Name: name, Picture: protocol.Picture(p)}
	return func() { s.takeFile(opened, err, found) }
}

func (s *State) takeFile(opened Opened, openErr error, found picture.Found) {
	s.settle()
	s.Offer, s.Notices = nil, nil
	switch {
	case found.Tool != "":
		s.restore(opened.Name, found.Script, found.Notices)
		s.Notices = append(s.Notices, s.missingOf(found)...)
		if openErr == nil {
			s.Offer = &opened
		}
		s.Status = fmt.Sprintf(settingsRestored, opened.Name) + s.whatNow(pressStartAgain)
	case openErr != nil:
		s.complain(openErr, nil)
	default:
		with := s.Draft
		with.Start = &opened
		s.replace(opened.Name, with)
		s.Status = fmt.Sprintf(foreignStart, opened.Name) + s.forNextRun()
	}
}

// forNextRun says when a start picture takes effect, where that is not at once.
func (s *State) forNextRun() string {
	if s.Phase < Starting {
		return ""
	}
	return takesNewRun
}

// missingOf tells what of a picture's making its file does not hold.
func (s *State) missingOf(found picture.Found) []string {
	var notices []string
	if !found.Complete {
		notices = append(notices, fmt.Sprintf(foreignTool, found.Tool))
	}
	if name := recipe.InitImage.In(found.Script.Recipe); name != "" && s.Start == nil {
		notices = append(notices, fmt.Sprintf(startedFromPicture, name))
	}
	for _, name := range s.missing() {
		notices = append(notices, fmt.Sprintf(hasImagePrompt, name))
	}
	return notices
}

func open(name string, data []byte, d picture.Decoder) (Opened, error) {
	p, err := d.Open(data)
	return Opened{Name: name, Picture: protocol.Picture(p)}, err
}

// UseOffer starts the next run from the picture whose settings were restored.
func (s *State) UseOffer() {
	if s.Offer == nil {
		return
	}
	s.Start, s.Offer = s.Offer, nil
	s.undo = nil
	s.edited(recipe.InitImage.Option)
	s.Status = fmt.Sprintf(startsFrom, s.Start.Name)
}

// RemoveStart lets the next run start from noise again.
func (s *State) RemoveStart() {
	s.Start, s.undo = nil, nil
	s.edited(recipe.InitImage.Option)
	s.Status = startRemoved
}

// restore puts a script into the draft.
func (s *State) restore(by string, script recipe.Script, notices []string) {
	s.replace(by, DraftOf(script, s.Draft))
	s.Notices = slices.Clone(notices)
	s.adoptModel()
}

// Prefill takes the settings in a link's fragment.
func (s *State) Prefill(fragment string) {
	script, notices := recipe.FromLink(fragment)
	s.restore(theLink, script, notices)
	s.Offer = nil
}

// FollowLink is Prefill for a link that is followed while the page is open.
func (s *State) FollowLink(fragment string) {
	s.settle()
	s.Prefill(fragment)
	s.Status = linkInForm + s.whatNow(pressStart)
}

// adoptModel chooses a model that the site has.
func (s *State) adoptModel() {
	if len(s.Models) == 0 || s.Model().Factor > 0 {
		return
	}
	instead := s.Models[0].Name
	s.Notices = append(s.Notices, fmt.Sprintf(modelMissing, s.Form.Model(), instead))
	s.Form = s.Form.With(recipe.Model.Option, instead)
	s.mark(recipe.Model.Option)
}

// DropChanges forgets what was to change on the way of the next run.
func (s *State) DropChanges() {
	s.Changes, s.undo = nil, nil
	s.Images = slices.DeleteFunc(slices.Clone(s.Images), func(p ImagePrompt) bool { return p.Later })
	s.reconsider()
	s.Status = changesDropped
}

// changesText says what is to change on the way of the next run, or "".
func (s *State) changesText() string {
	if len(s.Changes) == 0 {
		return ""
	}
	var parts []string
	for _, c := range s.Changes {
		parts = append(parts, fmt.Sprintf(changeFrom, names(options(c.Set)), c.Step+1))
	}
	const most = 4
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf(andMore, len(parts)-most))
	}
	return fmt.Sprintf(changesOnTheWay, strings.Join(parts, "; "))
}

// AddImagePrompt is OpenFile for a file that becomes an image prompt.
func (s *State) AddImagePrompt(name string, data []byte, d picture.Decoder) (take func()) {
	opened, err := open(name, data, d)
	return func() { s.takeImagePrompt(opened, err) }
}

func (s *State) takeImagePrompt(opened Opened, err error) {
	s.settle()
	if err != nil {
		s.complain(err, nil)
		return
	}
	s.undo = nil
	s.Images = slices.Clone(s.Images)
	name := opened.Name
	if at := s.image(name); at >= 0 && s.Images[at].Picture == nil {
		s.Images[at].Picture = &opened.Picture
	} else if s.has(opened) {
		s.Status = fmt.Sprintf(imagePromptAlready, name)
		return
	} else {
		name = s.freeName(opened)
		s.Images = append(s.Images, ImagePrompt{Name: name, Weight: "1", Picture: &opened.Picture})
	}
	s.edited(recipe.ImagePrompts.Option)
	s.Status = fmt.Sprintf(imagePromptNow, name)
}

// has says whether an image prompt of a file's name, or of one that was made of it, has its pixels.
func (s *State) has(opened Opened) bool {
	return slices.ContainsFunc(s.Images, func(p ImagePrompt) bool {
		return (p.Name == opened.Name || ownName(opened.Name, p.Name)) && p.Picture != nil && bytes.Equal(p.Picture.Pix, opened.Picture.Pix)
	})
}

// numbered is a file's name for the n-th picture that has it, from 2.
func numbered(name string, n int) string {
	end := path.Ext(name)
	return fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, end), n, end)
}

// ownName says whether a name was made of a file's by numbered.
func ownName(file, name string) bool {
	for n := 2; n <= recipe.MaxParts; n++ {
		if name == numbered(file, n) {
			return true
		}
	}
	return false
}

// freeName is a file's name, or one made of it that no other picture of the draft or of the last run has: a run knows its pictures by name.
func (s *State) freeName(opened Opened) string {
	taken := func(name string) bool {
		return s.image(name) >= 0 || s.Run != nil && slices.ContainsFunc(s.Run.pictures, func(n protocol.Named) bool {
			return n.Name == name && !bytes.Equal(n.Picture.Pix, opened.Picture.Pix)
		})
	}
	free := opened.Name
	for n := 2; taken(free); n++ {
		free = numbered(opened.Name, n)
	}
	return free
}

// FillImagePrompt is OpenFile for the picture of the image prompt of that name, whatever the file is called.
func (s *State) FillImagePrompt(name string) func(file string, data []byte, d picture.Decoder) (take func()) {
	return func(file string, data []byte, d picture.Decoder) func() {
		opened, err := open(file, data, d)
		opened.Name = name
		return func() { s.takeImagePrompt(opened, err) }
	}
}

// RemoveImagePrompt takes the i-th image prompt away.
func (s *State) RemoveImagePrompt(i int) {
	if i < len(s.Images) {
		status := fmt.Sprintf(imagePromptRemoved, s.Images[i].Name)
		number := len(s.pulling())
		for _, p := range s.Images[i:] {
			if !p.Later {
				number--
			}
		}
		s.Images = slices.Delete(slices.Clone(s.Images), i, i+1)
		s.dropNumber(number)
		s.undo = nil
		s.edited(recipe.ImagePrompts.Option)
		s.Status = status
	}
}
