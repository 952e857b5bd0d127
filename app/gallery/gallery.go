// Package gallery keeps the pictures that a person made, each with what it takes to make it again, as long as there is room: each finished or
// stopped run leaves one. It knows nothing of the browser: a Vault holds the bytes.
//
// A picture is a record and the entries that the record names. An entry is there before the record that names it, a record is never written
// over but followed by its next revision, and what nothing names goes an hour later: so whatever breaks off leaves every picture whole, and
// several tabs may share a vault.
package gallery

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"reverie/app/picture"
	"reverie/recipe"
)

// Vault holds bytes by name beyond the page's life. Its methods block.
type Vault interface {
	Put(name string, data []byte) error
	Get(name string) ([]byte, error)
	Names() ([]string, error)
	Remove(name string) error
}

// MostBytes is what all pictures together may take where Store.Most does not say otherwise.
const MostBytes = 256_000_000

// MaxName is the most characters that a picture's name has.
const MaxName = 120

// UndoFor is how long a deleted picture can be brought back.
const UndoFor = 10 * time.Minute

// orphanAge is how old an entry is at least that no record names and that goes: a younger one may be another tab's, whose record is to come.
const orphanAge = time.Hour

// Errors of a Store: sentences for the person.
var (
	ErrFull = errors.New("The picture is not kept, because favourites take the room that there is for pictures: delete some, or take their stars away.")
	ErrGone = errors.New("The picture is not there any more: it was removed to make room, or in another tab.")
)

// Picture is what is known of a kept one without reading its bytes.
type Picture struct {
	ID            string
	Made          time.Time
	Name          string // that the person gave it, or ""
	Favourite     bool
	File          string        // the name of its file
	Script        recipe.Script // of its run
	Step          int           // the updates made before it
	Width, Height int           // pixels
	Bytes         int64         // that it takes

	revision int
	record   record
}

// Title is the picture's name, or else its prompt.
func (p Picture) Title() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Prompt()
}

// Prompt is that of the picture's last update.
func (p Picture) Prompt() string { return recipe.Prompt.In(p.Script.At(max(p.Step-1, 0))) }

// Made is a picture as a run leaves it.
type Made struct {
	File   string        // the name of its file
	Script recipe.Script // of its run
	Step   int           // the updates made before it
	PNG    []byte        // the file, with its settings
	Pixels picture.RGBA  // the same picture
	Tokens []byte        // of its steps, as Steps.Pack writes them, or nil
}

// record is a picture in the vault. Its name holds the picture's ID and the revision.
type record struct {
	Made      int64           `json:"made"` // Unix time in ms
	Name      string          `json:"name,omitempty"`
	Favourite bool            `json:"favourite,omitempty"`
	Deleted   int64           `json:"deleted,omitempty"` // Unix time in ms
	File      string          `json:"file"`
	Script    json.RawMessage `json:"script"`
	Step      int             `json:"step"`
	Width     int             `json:"width"`
	Height    int             `json:"height"`
	Bytes     int64           `json:"bytes"`
	PNG       string          `json:"png"` // this and the next are names of entries
	Thumbnail string          `json:"thumbnail"`
	Tokens    string          `json:"tokens,omitempty"`
}

func (r record) entries() []string { return []string{r.PNG, r.Thumbnail, r.Tokens} }

// The kinds of names in the vault: pictureKind ID "-" revision, and bytesKind stamp.
const (
	pictureKind = "picture-"
	bytesKind   = "bytes-"
)

// Store keeps pictures in a vault. Its methods block, may be called by several goroutines, and see what other tabs have done.
type Store struct {
	Vault Vault
	Most  int64            // bytes that all pictures may take; 0 stands for MostBytes
	Now   func() time.Time // nil stands for time.Now

	mutex sync.Mutex
	known map[string]Picture // by ID; deleted ones, too
	// strange are the entries of records that this build cannot read, as a newer one may write them: they stay.
	strange []string
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

// Room is the number of bytes that all pictures may take.
func (s *Store) Room() int64 {
	if s.Most > 0 {
		return s.Most
	}
	return MostBytes
}

// stamp is a name that no other one is and that tells its time.
func (s *Store) stamp() string {
	return strconv.FormatInt(s.now().UnixMilli(), 36) + "." + strconv.FormatUint(rand.Uint64(), 36)
}

// old says whether a stamp is of a time that orphans do not live to see.
func (s *Store) old(stamp string) bool {
	text, _, _ := strings.Cut(stamp, ".")
	ms, err := strconv.ParseInt(text, 36, 64)
	return err != nil || s.now().Sub(time.UnixMilli(ms)) > orphanAge
}

// List is all pictures, the newest first. It also clears away what is needed no more.
func (s *Store) List() ([]Picture, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	names, err := s.look()
	if err != nil {
		return nil, err
	}
	return s.list(), s.tidy(names)
}

// list is what is known and not deleted, the newest first.
func (s *Store) list() []Picture {
	var list []Picture
	for _, p := range s.known {
		if p.record.Deleted == 0 {
			list = append(list, p)
		}
	}
	sort.Slice(list, func(i, j int) bool { return later(list[i], list[j]) }) // slices.SortFunc weighs 20 kB more for a struct
	return list
}

// later says whether a was made after b.
func later(a, b Picture) bool {
	return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) > 0
}

// revisions are those of each picture in the vault, the newest first.
func revisions(names []string) map[string][]int {
	found := map[string][]int{}
	for _, name := range names {
		text, ours := strings.CutPrefix(name, pictureKind)
		id, number, _ := strings.Cut(text, "-")
		if n, err := strconv.Atoi(number); ours && err == nil {
			found[id] = append(found[id], n)
		}
	}
	for _, list := range found {
		slices.Sort(list)
		slices.Reverse(list)
	}
	return found
}

func recordName(id string, revision int) string {
	return pictureKind + id + "-" + strconv.Itoa(revision)
}

// look brings what is known to what the vault holds, and returns the names in it. They are nil where another tab has changed it meanwhile.
func (s *Store) look() ([]string, error) {
	names, err := s.Vault.Names()
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	before, changed := s.known, false
	s.known, s.strange = map[string]Picture{}, nil
	for id, list := range revisions(names) {
		for _, n := range list {
			p, ok := before[id]
			if !ok || p.revision != n {
				text, err := s.Vault.Get(recordName(id, n))
				changed = changed || err != nil
				if p, ok = s.read(id, n, text); !ok {
					continue
				}
			}
			if p.record.PNG != "" && there[p.record.PNG] && there[p.record.Thumbnail] {
				s.known[id] = p
			}
			break
		}
	}
	if changed {
		names = nil
	}
	return names, nil
}

// read takes a revision of a record, if it is whole. One that a newer build has written has no PNG.
func (s *Store) read(id string, revision int, text []byte) (Picture, bool) {
	var r record
	if json.Unmarshal(text, &r) != nil {
		return Picture{}, false
	}
	script, _, err := recipe.FromJSON(r.Script)
	if err != nil {
		s.strange = append(append(s.strange, r.entries()...), recordName(id, revision))
		return Picture{}, true
	}
	return Picture{ID: id, Script: script, revision: revision}.with(r), true
}

// with is the picture as a record tells it.
func (p Picture) with(r record) Picture {
	p.record = r
	p.Made, p.Name, p.Favourite, p.File = time.UnixMilli(r.Made), r.Name, r.Favourite, r.File
	p.Step, p.Width, p.Height, p.Bytes = r.Step, r.Width, r.Height, r.Bytes
	return p
}

// tidy removes what of the names in the vault is needed no more.
func (s *Store) tidy(names []string) error {
	for id, p := range s.known {
		if d := p.record.Deleted; d != 0 && s.now().Sub(time.UnixMilli(d)) >= UndoFor {
			if err := s.remove(id); err != nil {
				return err
			}
		}
	}
	needed := map[string]bool{}
	for _, name := range s.strange {
		needed[name] = true
	}
	for _, p := range s.known {
		for _, name := range p.record.entries() {
			needed[name] = true
		}
	}
	for _, name := range names {
		if needed[name] || !s.idle(name) {
			continue
		}
		if err := s.Vault.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// idle says whether a name that no record names is one of which nobody will need anything.
func (s *Store) idle(name string) bool {
	if stamp, ours := strings.CutPrefix(name, bytesKind); ours {
		return s.old(stamp)
	}
	text, ours := strings.CutPrefix(name, pictureKind)
	id, number, _ := strings.Cut(text, "-")
	revision, err := strconv.Atoi(number)
	if p, ok := s.known[id]; ok && err == nil && revision <= p.revision {
		return revision < p.revision
	}
	return ours && s.old(id) // a record that broke off
}

// Add keeps a picture, and removes the oldest that are no favourites where they take more than there is room for.
func (s *Store) Add(m Made) (added Picture, removed int, err error) {
	return s.add(s.stamp(), record{Made: s.now().UnixMilli()}, m)
}

// add is Add with a record that says when the picture was made and what the person made of it.
func (s *Store) add(id string, r record, m Made) (added Picture, removed int, err error) {
	thumbnail, err := Thumbnail(m.Pixels)
	if err != nil {
		return Picture{}, 0, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.look(); err != nil {
		return Picture{}, 0, err
	}
	r.File, r.Step, r.Width, r.Height = m.File, m.Step, m.Pixels.Width, m.Pixels.Height
	r.Bytes = int64(len(m.PNG) + len(thumbnail) + len(m.Tokens))
	if r.Bytes > s.Room()-s.taken(func(p Picture) bool { return p.Favourite && p.record.Deleted == 0 }) {
		return Picture{}, 0, ErrFull
	}
	if r.Script, err = json.Marshal(m.Script); err != nil {
		return Picture{}, 0, fmt.Errorf("gallery: %w", err)
	}
	for _, entry := range []struct {
		name *string
		data []byte
	}{{&r.PNG, m.PNG}, {&r.Thumbnail, thumbnail}, {&r.Tokens, m.Tokens}} {
		if len(entry.data) == 0 {
			continue
		}
		*entry.name = bytesKind + s.stamp()
		if err := s.Vault.Put(*entry.name, entry.data); err != nil {
			return Picture{}, 0, err
		}
	}
	p := Picture{ID: id, Script: m.Script}
	if err := s.write(p, r); err != nil {
		return Picture{}, 0, err
	}
	removed, err = s.makeRoom(id)
	return s.known[id], removed, err
}

// write makes a record the picture's newest.
func (s *Store) write(p Picture, r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("gallery: %w", err)
	}
	before := p.revision
	p.revision++
	if err := s.Vault.Put(recordName(p.ID, p.revision), text); err != nil {
		return err
	}
	s.known[p.ID] = p.with(r)
	if before > 0 {
		return s.Vault.Remove(recordName(p.ID, before))
	}
	return nil
}

// taken is the number of bytes of the pictures that count.
func (s *Store) taken(counts func(Picture) bool) int64 {
	var sum int64
	for _, p := range s.known {
		if counts(p) {
			sum += p.Bytes
		}
	}
	return sum
}

// makeRoom removes pictures until the others fit: deleted ones first, then the oldest that are no favourites, and never the one of that ID
// unless it is the last. It returns how many went that were not deleted.
func (s *Store) makeRoom(keep string) (removed int, err error) {
	var spare []Picture
	for id, p := range s.known {
		if id != keep && (!p.Favourite || p.record.Deleted != 0) {
			spare = append(spare, p)
		}
	}
	rank := func(p Picture) int {
		if p.record.Deleted != 0 {
			return 0
		}
		return 1
	}
	sort.Slice(spare, func(i, j int) bool {
		a, b := spare[i], spare[j]
		return rank(a) < rank(b) || rank(a) == rank(b) && later(b, a)
	})
	all := s.taken(func(Picture) bool { return true })
	for _, p := range spare {
		if all <= s.Room() {
			break
		}
		if err := s.remove(p.ID); err != nil {
			return removed, err
		}
		all -= p.Bytes
		removed += rank(p)
	}
	return removed, nil
}

// remove takes a picture out of the vault, its record first.
func (s *Store) remove(id string) error {
	p := s.known[id]
	delete(s.known, id)
	for _, name := range append([]string{recordName(id, p.revision)}, p.record.entries()...) {
		if name == "" {
			continue
		}
		if err := s.Vault.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// PNG is the picture's file, with its settings.
func (s *Store) PNG(id string) ([]byte, error) {
	return s.bytes(id, func(r record) string { return r.PNG })
}

// Thumbnail is a small PNG of the picture.
func (s *Store) Thumbnail(id string) ([]byte, error) {
	return s.bytes(id, func(r record) string { return r.Thumbnail })
}

// Steps are those of the picture's run. A picture that was kept without them has none.
func (s *Store) Steps(id string) (Steps, error) {
	packed, err := s.tokens(id)
	if err != nil {
		return Steps{}, err
	}
	return UnpackSteps(packed)
}

func (s *Store) tokens(id string) ([]byte, error) {
	return s.bytes(id, func(r record) string { return r.Tokens })
}

func (s *Store) bytes(id string, entry func(record) string) ([]byte, error) {
	s.mutex.Lock()
	p, ok := s.known[id]
	s.mutex.Unlock()
	if !ok {
		return nil, ErrGone
	}
	name := entry(p.record)
	if name == "" {
		return nil, nil
	}
	data, err := s.Vault.Get(name)
	if err != nil {
		return nil, ErrGone
	}
	return data, nil
}

// Rename gives a picture a name; "" lets its prompt stand for it.
func (s *Store) Rename(id, name string) error {
	return s.edit(func(r *record) { r.Name = strings.TrimSpace(name) }, id)
}

// SetFavourite says whether a picture stays whatever room others need.
func (s *Store) SetFavourite(id string, favourite bool) error {
	return s.edit(func(r *record) { r.Favourite = favourite }, id)
}

// Delete takes pictures away. Undelete can bring them back for UndoFor, unless their room is needed; List then removes them for good.
func (s *Store) Delete(ids ...string) error {
	now := s.now().UnixMilli()
	return s.edit(func(r *record) { r.Deleted = now }, ids...)
}

// Undelete brings back what Delete has taken away.
func (s *Store) Undelete(ids ...string) error {
	return s.edit(func(r *record) { r.Deleted = 0 }, ids...)
}

// edit changes the records of some pictures. What is not there any more is an error, once the others are changed.
func (s *Store) edit(change func(*record), ids ...string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, err := s.look(); err != nil {
		return err
	}
	var gone error
	for _, id := range ids {
		p, ok := s.known[id]
		if !ok {
			gone = ErrGone
			continue
		}
		r := p.record
		change(&r)
		if err := s.write(p, r); err != nil {
			return err
		}
	}
	return gone
}
