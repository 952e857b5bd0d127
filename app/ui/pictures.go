package ui

import (
	"fmt"
	"slices"
	"strings"

	"reverie/app/gallery"
	"reverie/app/picture"
	"reverie/app/protocol"
	"reverie/recipe"
)

// finishedPicture is one that a run has brought forth, and the run as it was then.
type finishedPicture struct {
	picture *protocol.Picture
	run     Run
	step    int
	steps   []byte // packed
}

// finish notes that the picture which is shown is to be kept: its run ends here, or another one departs from it. The start of a run is none
// of its pictures.
func (s *State) finish() {
	if s.Shown != nil && s.ShownRun != nil && s.ShownAt > 0 {
		s.finished = &finishedPicture{s.Shown, *s.ShownRun, s.ShownAt, s.past().pack(s.ShownAt)}
	}
}

// takeFinished is the picture that is to be kept, or nil.
func (s *State) takeFinished() *finishedPicture {
	f := s.finished
	s.finished = nil
	return f
}

// UseSettings puts all settings of a kept picture into the form, so that Start makes it again.
func (s *State) UseSettings(p gallery.Picture) {
	s.settle()
	s.Offer = nil
	s.restore(quoted(p), p.Script, nil)
	s.Notices = append(s.Notices, s.missingOf(picture.Found{Tool: picture.ToolReverie, Complete: true, Script: p.Script})...)
	s.Status = fmt.Sprintf(settingsInForm, quoted(p)) + s.whatNow(pressStartAgain)
}

// UseAnew is UseSettings with a seed that is yet to be drawn, so that Start makes another picture.
func (s *State) UseAnew(p gallery.Picture) {
	s.UseSettings(p)
	s.openSeed()
}

func (s *State) openSeed() {
	s.Form = s.Form.With(recipe.Seed.Option, "")
	s.Form.Locked = false
	s.mark(recipe.Seed.Option)
}

// Evolve makes a kept picture the start of the next run, with its last settings and a new seed.
func (s *State) Evolve(p gallery.Picture, opened picture.RGBA) {
	s.settle()
	s.Offer = nil
	with := DraftOf(recipe.Script{Recipe: p.Script.At(max(p.Step-1, 0))}, s.Draft)
	with.Start = &Opened{Name: p.File, Picture: protocol.Picture(opened)}
	s.replace(quoted(p), with)
	s.Notices = nil
	s.adoptModel()
	s.openSeed()
	s.Notices = append(s.Notices, s.missingOf(picture.Found{Tool: picture.ToolReverie, Complete: true})...)
	s.Status = fmt.Sprintf(startsFrom, quoted(p)) + s.forNextRun()
}

// stepsWait says why the steps of a script's run cannot be looked at now, or "".
func (s *State) stepsWait(script recipe.Script) string {
	model := recipe.Model.In(script.Recipe)
	switch {
	case s.model(model).Factor == 0 || s.needsDownload(model):
		return fmt.Sprintf(stepsElsewhere, s.titleOf(model))
	case s.underWay() && model != recipe.Model.In(s.Run.Script.Recipe):
		return stepsBusy
	case !s.underWay() && s.Phase != Idle:
		return stepsLater
	}
	return ""
}

// quoted names a kept picture in a sentence.
func quoted(p gallery.Picture) string { return fmt.Sprintf("“%.60s”", p.Title()) }

// shelf is what a person sees of the kept pictures. It knows nothing of the browser.
type shelf struct {
	all      []gallery.Picture // the newest first
	managing bool              // whether it is open what is done with all of them
	query    string            // what is searched for
	opened   string            // the ID of the picture in the lightbox, or ""
	against  string            // of the one beside it, or ""
	choose   bool              // whether the next picture that is chosen is to stand beside the opened one
	steps    review            // of the opened one
}

// review is a look back over the steps of a kept picture.
type review struct {
	of   string // its ID
	past past
	look lookBack
}

// take takes all pictures as they are now.
func (s *shelf) take(all []gallery.Picture) {
	s.all = all
	if _, ok := s.find(s.opened); !ok {
		s.close()
	}
	if _, ok := s.find(s.against); !ok {
		s.against = ""
	}
}

func (s *shelf) find(id string) (gallery.Picture, bool) {
	i := slices.IndexFunc(s.all, func(p gallery.Picture) bool { return p.ID == id })
	if i < 0 {
		return gallery.Picture{}, false
	}
	return s.all[i], true
}

// found are the pictures with all words of the query in their names or prompts.
func (s *shelf) found() []gallery.Picture {
	words := strings.Fields(strings.ToLower(s.query))
	return slices.DeleteFunc(slices.Clone(s.all), func(p gallery.Picture) bool {
		text := strings.ToLower(p.Name + "\n" + p.Prompt())
		return slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
	})
}

// pick opens a picture, or puts it beside the one that is open.
func (s *shelf) pick(id string) {
	switch {
	case s.choose && s.opened != "" && id != s.opened:
		s.against = id
	case !s.choose:
		s.opened, s.against = id, ""
	}
	s.choose = false
}

// move opens the picture that stands so many places after the open one, among those that are found.
func (s *shelf) move(by int) {
	list := s.found()
	i := slices.IndexFunc(list, func(p gallery.Picture) bool { return p.ID == s.opened })
	if i >= 0 && i+by >= 0 && i+by < len(list) {
		s.opened, s.against, s.choose = list[i+by].ID, "", false
	}
}

// compare lets the person choose a picture to stand beside the open one, or takes the one away that does.
func (s *shelf) compare() { s.choose, s.against = !s.choose && s.against == "", "" }

func (s *shelf) close() { s.opened, s.against, s.choose = "", "", false }

// removed takes pictures away and says so. The lightbox goes on with the next picture.
func (s *shelf) removed(ids ...string) string {
	if len(ids) == 1 && s.opened == ids[0] {
		before := s.opened
		if s.move(1); s.opened == before {
			s.move(-1)
		}
	}
	said := fmt.Sprintf(deletedCount, count(len(ids), "picture"))
	if p, ok := s.find(ids[0]); ok && len(ids) == 1 {
		said = fmt.Sprintf(isDeleted, quoted(p))
	}
	s.take(slices.DeleteFunc(slices.Clone(s.all), func(p gallery.Picture) bool { return slices.Contains(ids, p.ID) }))
	return said
}

// ids are those of all pictures, or of those that are no favourites.
func (s *shelf) ids(favourites bool) []string {
	var ids []string
	for _, p := range s.all {
		if favourites || !p.Favourite {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// usage says how much room the pictures take of so many bytes.
func (s *shelf) usage(room int64) string {
	var sum int64
	for _, p := range s.all {
		sum += p.Bytes
	}
	return fmt.Sprintf(picturesRoom, count(len(s.all), "picture"), byteCount(sum), byteCount(room))
}

// roomText says what had to go for a new picture, or "".
func roomText(removed int, room int64) string {
	switch {
	case removed == 0:
		return ""
	case removed == 1:
		return fmt.Sprintf(oldestWent, byteCount(room))
	}
	return fmt.Sprintf(oldestGone, removed, byteCount(room))
}

// alike says whether two pictures have the same proportions, so that one can lie over the other.
func alike(a, b gallery.Picture) bool { return a.Width*b.Height == b.Width*a.Height }

// aboutPicture says in one line what a picture is.
func aboutPicture(p gallery.Picture) string {
	return fmt.Sprintf("%s · %d × %d · %s", count(p.Step, "step"), p.Width, p.Height, byteCount(p.Bytes))
}
