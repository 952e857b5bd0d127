package gallery

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"reverie/app/picture"
	"reverie/recipe"
)

// File is one of an archive.
type File struct {
	Name string
	Data []byte
}

// The ends of the names of a picture's files: the picture as Download gives it, what Reverie knows beside it, and the tokens of its steps.
const (
	pngEnd    = ".png"
	aboutEnd  = ".json"
	tokensEnd = ".tokens"
)

// about is what an archive tells of a picture beside its PNG.
type about struct {
	ID        string          `json:"id"`
	Made      int64           `json:"made"` // Unix time in ms
	Name      string          `json:"name,omitempty"`
	Favourite bool            `json:"favourite,omitempty"`
	Step      int             `json:"step"`
	Script    json.RawMessage `json:"script"`
}

// Export hands over the files of all pictures, the newest picture first. The names are those of the pictures' files, numbered where several
// have one.
func (s *Store) Export(take func(File) error) error {
	list, err := s.List()
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, p := range list {
		stem := strings.TrimSuffix(p.File, pngEnd)
		for n := 2; taken[stem]; n++ {
			stem = fmt.Sprintf("%s (%d)", strings.TrimSuffix(p.File, pngEnd), n)
		}
		taken[stem] = true
		if err := s.export(p, stem, take); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) export(p Picture, stem string, take func(File) error) error {
	png, err := s.PNG(p.ID)
	if err != nil {
		return err
	}
	tokens, err := s.tokens(p.ID)
	if err != nil {
		return err
	}
	r := p.record
	text, err := json.Marshal(about{p.ID, r.Made, r.Name, r.Favourite, r.Step, r.Script})
	if err != nil {
		return fmt.Errorf("gallery: %w", err)
	}
	for _, f := range []File{{stem + pngEnd, png}, {stem + aboutEnd, text}, {stem + tokensEnd, tokens}} {
		if len(f.Data) == 0 {
			continue
		}
		if err := take(f); err != nil {
			return err
		}
	}
	return nil
}

// Importer takes the files back that Export has handed over, in any order, and PNGs with settings from elsewhere.
type Importer struct {
	Store   *Store
	Decoder picture.Decoder // for the pictures

	pictures map[string]map[string][]byte // files by what is before the end of their names, and by the end
}

// Imported is what became of an archive's pictures.
type Imported struct {
	Added   int
	Known   int // that were there before
	Unread  int // that are no pictures, or carry no settings
	Removed int // that had to make room
}

// Notice says what became of them.
func (i Imported) Notice() string {
	var parts []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(i.Added, "picture was added", "pictures were added")
	add(i.Known, "was here already", "were here already")
	add(i.Unread, "cannot be read", "cannot be read")
	add(i.Removed, "older one was removed to make room", "older ones were removed to make room")
	if parts == nil {
		return "There are no pictures in the file."
	}
	return strings.Join(parts, ", ") + "."
}

// Take takes one file. What is no part of a picture is passed over.
func (i *Importer) Take(f File) {
	end := strings.ToLower(path.Ext(f.Name))
	hidden := strings.HasPrefix(path.Base(f.Name), ".") // as macOS adds them
	if hidden || !slices.Contains([]string{pngEnd, aboutEnd, tokensEnd}, end) {
		return
	}
	stem := f.Name[:len(f.Name)-len(end)]
	if i.pictures == nil {
		i.pictures = map[string]map[string][]byte{}
	}
	if i.pictures[stem] == nil {
		i.pictures[stem] = map[string][]byte{}
	}
	i.pictures[stem][end] = f.Data
}

// Finish keeps the pictures whose files were taken. An error ends it, and says nothing against those that are added already.
func (i *Importer) Finish() (Imported, error) {
	var done Imported
	if _, err := i.Store.List(); err != nil {
		return done, err
	}
	for stem, files := range i.pictures {
		if files[pngEnd] == nil {
			continue
		}
		if err := i.add(stem, files, &done); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (i *Importer) add(stem string, files map[string][]byte, done *Imported) error {
	m := Made{File: path.Base(stem) + pngEnd, PNG: files[pngEnd]}
	if steps := files[tokensEnd]; len(steps) <= StepsBytes {
		if _, err := UnpackSteps(steps); err == nil {
			m.Tokens = steps
		}
	}
	found, err := i.Decoder.Read(m.PNG)
	if err == nil {
		m.Pixels, err = i.Decoder.Open(m.PNG)
	}
	if err != nil || found.Tool == "" {
		done.Unread++
		return nil
	}
	m.Script, m.Step = found.Script, found.Step
	id, r := i.Store.stamp(), record{Made: i.Store.now().UnixMilli()}
	var a about
	if json.Unmarshal(files[aboutEnd], &a) == nil && validID(a.ID) {
		id, r = a.ID, record{Made: a.Made, Name: fmt.Sprintf("%.*s", MaxName, a.Name), Favourite: a.Favourite}
		if script, _, err := recipe.FromJSON(a.Script); err == nil {
			m.Script, m.Step = script, max(a.Step, 0)
		}
	}
	if i.Store.has(id) {
		done.Known++
		return nil
	}
	_, removed, err := i.Store.add(id, r, m)
	if err != nil {
		return err
	}
	done.Added++
	done.Removed += removed
	return nil
}

// has says whether a picture of that ID is there, which brings it back if it was deleted.
func (s *Store) has(id string) bool {
	s.mutex.Lock()
	p, ok := s.known[id]
	s.mutex.Unlock()
	if ok && p.record.Deleted != 0 {
		return s.Undelete(id) == nil
	}
	return ok
}

// validID says whether an archive's ID is one that a Store may have made: it becomes part of a name.
func validID(id string) bool {
	const longest = 32
	return id != "" && len(id) <= longest && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz.") == ""
}
