package ui

import (
	"errors"
	"fmt"
	"strings"

	"reverie/app/film"
	"reverie/app/picture"
	"reverie/recipe"
)

// shot is a picture that can be copied, shared and saved. Its functions block.
type shot struct {
	name   string                                     // of its file
	prompt string                                     // that it was made from
	file   func() ([]byte, error)                     // with its settings
	open   func() (picture.RGBA, picture.Meta, error) // its pixels alone, and its settings
}

// enlargedTimes is how many times larger the sides become of a picture that is saved large.
const enlargedTimes = 4

// variant names a file that differs from the picture's own.
func variant(name, what string) string { return strings.TrimSuffix(name, ".png") + "_" + what + ".png" }

// linked is the script that a link is to hold: the run's as long as the form says nothing else and it was changed on its way, or else the form's.
// Pictures do not fit into a link.
func (s *State) linked() (recipe.Script, error) {
	if s.Run != nil && len(s.Run.Script.Changes) > 0 && len(s.edits) == 0 {
		return portable(s.Run.Script), nil
	}
	r, err := s.Recipe()
	return portable(recipe.Script{Recipe: r, Changes: s.Changes}), err
}

// portable is a script without what names pictures.
func portable(script recipe.Script) recipe.Script {
	return script.Without(recipe.InitImage.Option, recipe.ImagePrompts.Option)
}

// longLink is the length from which on some programs cut links.
const longLink = 2000

// linkText says what a link carries.
func linkText(link string, script recipe.Script) string {
	carries := linkHolds
	if len(script.Changes) > 0 {
		carries = linkHoldsChanges
	}
	text := fmt.Sprintf(linkCopied, carries)
	if len(link) > longLink {
		text += fmt.Sprintf(linkLong, len(link))
	}
	return text
}

var errNoClipboard = errors.New("ui: this browser has no clipboard for pictures")

// enlarge asks for a picture of larger sides, or says why there is none.
func enlarge(p picture.RGBA) (film.Message, error) {
	if long := max(p.Width, p.Height); long*enlargedTimes > film.MaxSide {
		return nil, fmt.Errorf(tooLarge, long, film.MaxSide/enlargedTimes)
	}
	frame := film.Picture(p)
	return film.Enlarge{Picture: &frame, Times: enlargedTimes}, nil
}

// answered is the error that an answer of the program that exports is, or nil.
func answered(m film.Message) error {
	switch m := m.(type) {
	case film.Error:
		if m.Reason == film.NoProgram {
			return errors.New(exportMissing)
		}
		return errors.New(m.Message)
	case film.Exit:
		return errors.New(exportEnded)
	}
	return nil
}
