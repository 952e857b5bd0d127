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
	carries := "the prompt and the settings"
	if len(script.Changes) > 0 {
		carries = "the prompt, the settings and the changes on the way"
	}
	text := fmt.Sprintf("The link is on the clipboard: it carries %s, and no picture.", carries)
	if len(link) > longLink {
		text += fmt.Sprintf(" It has %d characters, and some programs cut such links: the picture’s file carries the same.", len(link))
	}
	return text
}

var errNoClipboard = errors.New("ui: this browser has no clipboard for pictures")

// enlarge asks for a picture of larger sides, or says why there is none.
func enlarge(p picture.RGBA) (film.Message, error) {
	if long := max(p.Width, p.Height); long*enlargedTimes > film.MaxSide {
		return nil, fmt.Errorf("The picture is too large to be enlarged: its longer side has %d pixels, and %d are the most.", long, film.MaxSide/enlargedTimes)
	}
	frame := film.Picture(p)
	return film.Enlarge{Picture: &frame, Times: enlargedTimes}, nil
}

// answered is the error that an answer of the program that exports is, or nil.
func answered(m film.Message) error {
	switch m := m.(type) {
	case film.Error:
		if m.Reason == film.NoProgram {
			return errors.New("The program that does this cannot be fetched: check the connection and try again.")
		}
		return errors.New(m.Message)
	case film.Exit:
		return errors.New("The program that does this ended, most likely for want of memory: close other pages and try again.")
	}
	return nil
}
