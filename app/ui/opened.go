package ui

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/app/settings"
	"reverie/recipe/prompt"
)

// Opened is a picture that the person chose from a file.
type Opened struct {
	Name    string // the file's
	Picture protocol.Picture
}

// ImagePrompt is a picture that pulls like a text.
type ImagePrompt struct {
	Name         string
	Weight, Stop string            // as typed; no Stop means no limit
	Picture      *protocol.Picture // nil: the settings name it, and the person has not opened it yet
}

// Opens is told that a file is being decoded: no run starts before Opened.
func (s *State) Opens(name string) {
	s.opening++
	s.Status = fmt.Sprintf("Opening %s.", name)
}

// Opened takes what OpenFile or AddImagePrompt has decoded.
func (s *State) Opened(take func()) {
	s.opening--
	take()
}

// OpenFile decodes a file that was chosen or dropped, which takes a while and changes nothing yet, and returns what takes it: a picture
// that carries settings restores them; any other becomes the start picture. There is always a message.
func (s *State) OpenFile(name string, data []byte, d picture.Decoder) (take func()) {
	opened, openErr := open(name, data, d)
	found, _ := d.Read(data) // what cannot be read tells nothing
	return func() { s.takeFile(opened, openErr, found) }
}

func (s *State) takeFile(opened Opened, openErr error, found picture.Found) {
	s.Problem, s.Offer, s.Notices = "", nil, nil
	if found.Tool != "" {
		s.restore(found.Settings, append(found.Notices, s.missing(found)...))
		if openErr == nil {
			s.Offer = &opened
		}
		s.Status = fmt.Sprintf("The settings of %s are restored. Press Start to make the picture again.", opened.Name)
		return
	}
	if openErr != nil {
		s.Problem = openErr.Error()
		s.Status = s.Problem
		return
	}
	s.Start = &opened
	s.Status = fmt.Sprintf("%s carries no settings. It is the start picture now.", opened.Name)
}

// missing tells what of a picture's making its file does not hold.
func (s *State) missing(found picture.Found) []string {
	var notices []string
	if !found.Complete {
		notices = append(notices, fmt.Sprintf("The file comes from %s and does not tell everything; the rest is as usual.", found.Tool))
	}
	if name := found.Settings.InitImage; name != "" && (s.Start == nil || s.Start.Name != name) {
		notices = append(notices, fmt.Sprintf("The run started from the picture %.60q: open that file as well to repeat it.", name))
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
	s.Status = fmt.Sprintf("The next run starts from %s.", s.Start.Name)
}

// RemoveStart lets the next run start from noise again.
func (s *State) RemoveStart() {
	s.Start = nil
	s.Status = "The start picture is removed."
}

// restore puts settings into the form.
func (s *State) restore(from settings.Settings, notices []string) {
	s.Notices = notices
	s.Form = FormOf(from)
	have := s.Images
	s.Images = nil
	for _, image := range from.ImagePrompts {
		p := ImagePrompt{Name: image.Name, Weight: number(image.Weight)}
		if image.Stop != prompt.NoStop {
			p.Stop = number(image.Stop)
		}
		if i := slices.IndexFunc(have, func(h ImagePrompt) bool { return h.Name == image.Name }); i >= 0 {
			p.Picture = have[i].Picture
		}
		s.Images = append(s.Images, p)
	}
	s.adoptModel()
}

// Prefill takes the settings in a link's fragment.
func (s *State) Prefill(fragment string) {
	chosen, notices := settings.FromFragment(fragment)
	s.restore(chosen, notices)
}

// adoptModel chooses a model that the site has.
func (s *State) adoptModel() {
	if len(s.Models) == 0 || s.Model().Factor > 0 {
		return
	}
	instead := s.Models[0].Name
	s.Notices = append(s.Notices, fmt.Sprintf("This site does not have the model %.60q; %q is chosen instead.", s.Form.Model, instead))
	s.Form.Model = instead
}

// AddImagePrompt is OpenFile for a file that becomes an image prompt, or the missing picture of one of that name.
func (s *State) AddImagePrompt(name string, data []byte, d picture.Decoder) (take func()) {
	opened, err := open(name, data, d)
	return func() { s.takeImagePrompt(opened, err) }
}

func (s *State) takeImagePrompt(opened Opened, err error) {
	s.Problem = ""
	if err != nil {
		s.Problem = err.Error()
		s.Status = s.Problem
		return
	}
	s.Status = fmt.Sprintf("%s is an image prompt now.", opened.Name)
	if i := slices.IndexFunc(s.Images, func(p ImagePrompt) bool { return p.Name == opened.Name }); i >= 0 {
		s.Images[i].Picture = &opened.Picture
		return
	}
	s.Images = append(s.Images, ImagePrompt{Name: opened.Name, Weight: "1", Picture: &opened.Picture})
}

// RemoveImagePrompt takes the i-th image prompt away.
func (s *State) RemoveImagePrompt(i int) {
	if i < len(s.Images) {
		s.Status = fmt.Sprintf("The image prompt %s is removed.", s.Images[i].Name)
		s.Images = slices.Delete(s.Images, i, i+1)
	}
}

// imagePrompts reads what was typed for image prompts. Its error is a sentence.
func imagePrompts(images []ImagePrompt) ([]prompt.Image, error) {
	var read []prompt.Image
	for _, image := range images {
		if image.Picture == nil {
			return nil, fmt.Errorf("The image prompt %.60q has no picture: open the file of that name under “Add image prompt”, or remove it.", image.Name)
		}
		p := prompt.Image{Name: image.Name, Stop: prompt.NoStop}
		var err error
		if p.Weight, err = parseNumber(image.Weight); err != nil {
			return nil, fmt.Errorf("The weight of the image prompt %.60q is %.20q: write a number like 1.", image.Name, image.Weight)
		}
		if strings.TrimSpace(image.Stop) != "" {
			if p.Stop, err = parseNumber(image.Stop); err != nil {
				return nil, fmt.Errorf("The stop of the image prompt %.60q is %.20q: write a number, or nothing.", image.Name, image.Stop)
			}
		}
		read = append(read, p)
	}
	return read, nil
}
