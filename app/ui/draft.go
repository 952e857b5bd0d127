package ui

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/protocol"
	"reverie/recipe"
	"reverie/recipe/prompt"
)

// Draft is what the next run is made from.
type Draft struct {
	Form    Form
	Images  []ImagePrompt
	Start   *Opened         // the picture that it starts from
	Changes []recipe.Change // that are to come on its way: those of a picture that was opened
}

// Opened is a picture that the person chose from a file.
type Opened struct {
	Name    string // the file's
	Picture protocol.Picture
}

// ImagePrompt is a picture that pulls like a text. No two have one name.
type ImagePrompt struct {
	Name         string
	Weight, Stop string            // as typed; no Stop means no limit
	Picture      *protocol.Picture // nil: the settings name it, and the person has not opened it yet
	Later        bool              // only the draft's changes name it
}

func number(f float64) string { return recipe.Real{}.Format(f) }

func imagePromptOf(image prompt.Image) ImagePrompt {
	p := ImagePrompt{Name: image.Name, Weight: number(image.Weight)}
	if image.Stop != prompt.NoStop {
		p.Stop = number(image.Stop)
	}
	return p
}

// weightID and stopID are the ids of the fields of the i-th image prompt.
func weightID(i int) string { return fmt.Sprintf("image-%d-weight", i) }
func stopID(i int) string   { return fmt.Sprintf("image-%d-stop", i) }

// DraftOf shows a script, with the pictures of those names that are open already.
func DraftOf(script recipe.Script, have Draft) Draft {
	d := Draft{Form: FormOf(script.Recipe), Changes: script.Changes}
	if have.Start != nil && have.Start.Name == recipe.InitImage.In(script.Recipe) {
		d.Start = have.Start
	}
	for _, image := range recipe.ImagePrompts.In(script.Recipe) {
		d.Images = append(d.Images, imagePromptOf(image))
	}
	for _, c := range script.Changes {
		for _, name := range imagesIn(c.Set) {
			if d.image(name) < 0 {
				d.Images = append(d.Images, ImagePrompt{Name: name, Later: true})
			}
		}
	}
	for i, p := range d.Images {
		if at := have.image(p.Name); at >= 0 {
			d.Images[i].Picture = have.Images[at].Picture
		}
	}
	return d
}

// imagesIn are the names of the image prompts that are set.
func imagesIn(set recipe.Settings) []string {
	var names []string
	for _, s := range set {
		if s.Option == recipe.ImagePrompts.Option {
			for _, image := range s.Value.([]prompt.Image) {
				names = append(names, image.Name)
			}
		}
	}
	return names
}

// image is the place of the image prompt of that name, or -1.
func (d Draft) image(name string) int {
	return slices.IndexFunc(d.Images, func(p ImagePrompt) bool { return p.Name == name })
}

// missing are the names of the pictures that the draft names and that are not open.
func (d Draft) missing() []string {
	var names []string
	for _, p := range d.Images {
		if p.Picture == nil {
			names = append(names, p.Name)
		}
	}
	return names
}

// Recipe reads the form and what was typed for image prompts. Its error is a sentence, about a field where fieldOf knows one.
func (d Draft) Recipe() (recipe.Recipe, error) {
	r, err := d.Form.Recipe()
	if err != nil {
		return r, err
	}
	images, err := d.imagePrompts()
	if d.Start != nil {
		r = r.With(recipe.InitImage.Is(d.Start.Name))
	}
	return r.With(recipe.ImagePrompts.Is(images)), err
}

// imagePrompts reads what was typed for image prompts.
func (d Draft) imagePrompts() ([]prompt.Image, error) {
	var read []prompt.Image
	for i, image := range d.Images {
		if image.Picture == nil {
			return nil, fmt.Errorf(imageWithoutPicture, image.Name)
		}
		if image.Later {
			continue
		}
		p := prompt.Image{Name: image.Name, Stop: prompt.NoStop}
		var err error
		if p.Weight, err = parseNumber(image.Weight); err != nil {
			return nil, &wrongField{weightID(i), fmt.Errorf(imageWeightProblem, image.Name, image.Weight)}
		}
		if strings.TrimSpace(image.Stop) != "" {
			if p.Stop, err = parseNumber(image.Stop); err != nil {
				return nil, &wrongField{stopID(i), fmt.Errorf(imageStopProblem, image.Name, image.Stop)}
			}
		}
		if err := p.Check(); err != nil {
			return nil, &wrongField{weightID(i), err}
		}
		read = append(read, p)
	}
	return read, nil
}

func parseNumber(text string) (float64, error) {
	v, err := recipe.Real{}.Parse(text)
	if err != nil {
		return 0, err
	}
	return v.(float64), nil
}

// pictures are those of all image prompts.
func (d Draft) pictures() []protocol.Named {
	var list []protocol.Named
	for _, p := range d.Images {
		if p.Picture != nil {
			list = append(list, protocol.Named{Name: p.Name, Picture: *p.Picture})
		}
	}
	return list
}

// differ are the options that two drafts say otherwise.
func (d Draft) differ(other Draft) []*recipe.Option {
	list := d.Form.differ(other.Form)
	if !slices.Equal(d.Images, other.Images) {
		list = append(list, recipe.ImagePrompts.Option)
	}
	if d.Start != other.Start {
		list = append(list, recipe.InitImage.Option)
	}
	return list
}

// holds says whether a draft says something of an option that would be lost with it.
func (d Draft) holds(o *recipe.Option) bool {
	switch o {
	case recipe.ImagePrompts.Option:
		return len(d.Images) > 0
	case recipe.InitImage.Option:
		return d.Start != nil
	case recipe.Seed.Option:
		return d.Form.Locked
	}
	return d.Form.Text(o) != emptyText(o)
}

// undo is what the person had before something else took its place.
type undo struct {
	by    string // what did
	draft Draft
}

// replace puts another draft in place of the person's, which Undo brings back. By names in a sentence where it comes from.
func (s *State) replace(by string, with Draft) {
	before := s.Draft
	s.Draft = with
	s.undo = nil
	s.masksReplaced(masksOf(before.Form))
	changed := before.differ(with)
	if slices.ContainsFunc(changed, before.holds) || len(before.Changes) > 0 {
		s.undo = &undo{by, before}
	}
	s.edited(changed...)
}

// UndoText says what was replaced, or "" where nothing was that could come back.
func (s *State) UndoText() string {
	if s.undo == nil {
		return ""
	}
	what := promptAndSettings
	if changed := s.undo.draft.differ(s.Draft); len(changed) == 1 && changed[0] == recipe.Prompt.Option {
		what = "prompt"
	}
	return fmt.Sprintf(replacedText, s.undo.by, what)
}

// PressUndo brings back what was replaced.
func (s *State) PressUndo() {
	if s.undo == nil {
		return
	}
	before := s.Draft
	s.Draft, s.undo = s.undo.draft, nil
	s.masksReplaced(masksOf(before.Form))
	s.Notices, s.Offer = nil, nil
	s.edited(before.differ(s.Draft)...)
	s.Status = formIsBack
}

// Edit takes what is typed in an option's field.
func (s *State) Edit(o *recipe.Option, text string) {
	pulling := s.pulling()
	s.Form = s.Form.With(o, text)
	switch o {
	case recipe.Prompt.Option:
		s.renumber(pulling)
	case recipe.Seed.Option:
		s.Form.Locked = strings.TrimSpace(text) != ""
	case recipe.Model.Option:
		s.NoRoom, s.brokeOff = "", false
	}
	s.undo = nil
	s.edited(o)
}

// EditImage takes what is typed for the i-th image prompt.
func (s *State) EditImage(i int, edit func(*ImagePrompt)) {
	if i >= len(s.Images) {
		return
	}
	s.Images = slices.Clone(s.Images)
	edit(&s.Images[i])
	s.undo = nil
	s.edited(recipe.ImagePrompts.Option)
}

// StartExample makes an example the prompt and begins its run.
func (s *State) StartExample(text, base string) (protocol.Message, bool) {
	return s.startWords(theExample, text, base)
}

// startWords makes words of the page's own the prompt and begins their run: at once, or as soon as there is a device. Where they take the place of
// what the person wrote they begin nothing, so that this can be taken back.
func (s *State) startWords(by, text, base string) (protocol.Message, bool) {
	wrote := strings.TrimSpace(s.Form.Text(recipe.Prompt.Option))
	s.setPrompt(by, text)
	if wrote != "" && wrote != s.surprise && !slices.Contains(Examples, wrote) {
		s.Status = fmt.Sprintf(isPromptNow, by) + s.whatNow(pressStart)
		return nil, false
	}
	return s.PressStart(base)
}

// DropText makes a text that was dropped on the page the prompt.
func (s *State) DropText(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		s.Status = emptyDrop
		return
	}
	s.setPrompt(theText, text)
	s.Status = textIsPrompt + s.whatNow(pressStart)
}

func (s *State) setPrompt(by, text string) {
	with := s.Draft
	with.Form = with.Form.With(recipe.Prompt.Option, text)
	s.replace(by, with)
}

// LockSeed makes runs take the seed in the field, or draw a new one each.
func (s *State) LockSeed(lock bool) {
	s.Form.Locked = lock
	if lock && strings.TrimSpace(s.Form.Text(recipe.Seed.Option)) == "" {
		s.Form = s.Form.With(recipe.Seed.Option, recipe.Seed.Format(s.draw()))
	}
	s.undo = nil
}

// NudgeSeed raises or lowers the seed by one, within its range.
func (s *State) NudgeSeed(up bool) {
	v, open, err := s.Form.read(recipe.Seed.Option)
	if err != nil || !open && recipe.Seed.Format(v) != s.Form.Text(recipe.Seed.Option) { // words stay
		return
	}
	seed := v.(uint64)
	switch {
	case open:
	case up && seed < 1<<64-1:
		seed++
	case !up && seed > 0:
		seed--
	}
	s.Edit(recipe.Seed.Option, recipe.Seed.Format(seed))
}

// whatNow says how what was put into the form takes effect: with idle, where no run is under way.
func (s *State) whatNow(idle string) string {
	switch {
	case s.Phase == Stopping:
		return ""
	case s.Phase >= Starting:
		return runTakesIt
	}
	return idle
}
