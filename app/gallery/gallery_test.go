package gallery

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/app/picture"
	"reverie/recipe"
)

// fakeVault is a vault in memory that may fail.
type fakeVault struct {
	entries map[string][]byte
	after   int // changes until one fails, and all that follow it; 0 never
}

var errKilled = errors.New("killed")

func (v *fakeVault) fails() bool {
	if v.after > 0 && v.after < 1<<20 {
		v.after--
		if v.after == 0 {
			v.after = 1 << 20
			return true
		}
		return false
	}
	return v.after > 0
}

func (v *fakeVault) Put(name string, data []byte) error {
	if was := v.after; v.fails() {
		if was < 1<<20 {
			v.entries[name] = slices.Clone(data[:len(data)/2]) // as when the browser is killed
		}
		return errKilled
	}
	v.entries[name] = slices.Clone(data)
	return nil
}

func (v *fakeVault) Get(name string) ([]byte, error) {
	data, ok := v.entries[name]
	if !ok {
		return nil, errors.New("not there")
	}
	return slices.Clone(data), nil
}

func (v *fakeVault) Names() ([]string, error) { return slices.Collect(maps.Keys(v.entries)), nil }

func (v *fakeVault) Remove(name string) error {
	if v.fails() {
		return errKilled
	}
	delete(v.entries, name)
	return nil
}

// clock is a time that passes when it is told to.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func (c *clock) pass(d time.Duration) { c.Time = c.Add(d) }

func newClock() *clock { return &clock{time.UnixMilli(1_800_000_000_000)} }

func newStore() (*Store, *fakeVault, *clock) {
	v, c := &fakeVault{entries: map[string][]byte{}}, newClock()
	return &Store{Vault: v, Now: c.now}, v, c
}

// made is a picture of one colour.
func made(t *testing.T, prompt string, shade byte) Made {
	t.Helper()
	pixels := picture.RGBA{Width: 32, Height: 16, Pix: bytes.Repeat([]byte{shade, 0x40, 0x80, 0xff}, 32*16)}
	script := recipe.Script{Recipe: recipe.New(recipe.Prompt.Is(prompt), recipe.Seed.Is(1<<63+1))}.With(2, recipe.Cutouts.Is(3))
	file, _, err := picture.Write(pixels.Pix, 32, 16, picture.Meta{Script: script, Step: 5})
	if err != nil {
		t.Fatal(err)
	}
	return Made{File: prompt + ".png", Script: script, Step: 5, PNG: file, Pixels: pixels, Tokens: steps(shade)}
}

// steps are two, packed, of which the second has the shade for its token.
func steps(shade byte) []byte {
	return Steps{1, 1, []Step{{0, []byte{1, 0}}, {5, []byte{shade, 0}}}}.Pack(StepsBytes)
}

func add(t *testing.T, s *Store, m Made) Picture {
	t.Helper()
	p, removed, err := s.Add(m)
	if err != nil || removed != 0 {
		t.Fatalf("adding %s: %d removed, %v", m.File, removed, err)
	}
	return p
}

// files are the names of the files of all pictures, in their order.
func files(t *testing.T, s *Store) []string {
	t.Helper()
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, p := range list {
		names = append(names, strings.TrimSuffix(p.File, ".png"))
	}
	return names
}

func want(t *testing.T, what string, s *Store, names ...string) {
	t.Helper()
	if got := files(t, s); !slices.Equal(got, names) {
		t.Errorf("%s: there are %q, want %q", what, got, names)
	}
}

func TestPicturesStay(t *testing.T) {
	s, v, c := newStore()
	first := made(t, "apple", 1)
	p := add(t, s, first)
	c.pass(time.Second)
	add(t, s, made(t, "heart", 2))
	if err := s.Rename(p.ID, " The apple "); err != nil {
		t.Fatal(err)
	}
	if err := s.SetFavourite(p.ID, true); err != nil {
		t.Fatal(err)
	}
	later := &Store{Vault: v, Now: c.now}
	want(t, "in a later visit", later, "heart", "apple")
	list, _ := later.List()
	got := list[1]
	if got.ID != p.ID || got.Title() != "The apple" || !got.Favourite || !got.Made.Equal(p.Made) || got.Step != 5 || got.Width != 32 || got.Height != 16 ||
		!reflect.DeepEqual(got.Script, first.Script) {
		t.Errorf("of the first there is %+v", got)
	}
	if list[0].Title() != "heart" || list[0].Favourite {
		t.Errorf("of the second there is %+v", list[0])
	}
	if data, err := later.PNG(p.ID); err != nil || !bytes.Equal(data, first.PNG) {
		t.Errorf("the file has %d bytes, %v; want %d", len(data), err, len(first.PNG))
	}
	if data, err := later.tokens(p.ID); err != nil || !bytes.Equal(data, first.Tokens) {
		t.Errorf("the tokens are %v, %v", data, err)
	}
	if data, err := later.Thumbnail(p.ID); err != nil || int64(len(data)+len(first.PNG)+len(first.Tokens)) != got.Bytes {
		t.Errorf("the thumbnail has %d bytes, %v; all take %d", len(data), err, got.Bytes)
	}
	if len(v.entries) != 8 {
		t.Errorf("there are %d entries, want two records with three each", len(v.entries))
	}
}

// What the person took a moment ago comes back; later it is gone for good, with all its bytes.
func TestDelete(t *testing.T) {
	s, v, c := newStore()
	a := add(t, s, made(t, "apple", 1))
	c.pass(time.Second)
	b := add(t, s, made(t, "heart", 2))
	if err := s.Delete(a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	want(t, "deleted", s)
	c.pass(UndoFor - time.Second)
	want(t, "in another tab", &Store{Vault: v, Now: c.now})
	if err := s.Undelete(a.ID); err != nil {
		t.Fatal(err)
	}
	want(t, "brought back", s, "apple")
	c.pass(time.Second)
	want(t, "later", s, "apple")
	if len(v.entries) != 4 {
		t.Errorf("there are %d entries, want those of one picture", len(v.entries))
	}
	if err := s.Undelete(b.ID); !errors.Is(err, ErrGone) {
		t.Errorf("what is gone comes back: %v", err)
	}
}

func TestRoom(t *testing.T) {
	s, v, c := newStore()
	m := func(name string) Made { c.pass(time.Second); return made(t, name, 7) }
	one := add(t, s, m("one"))
	s.Most = 3*one.Bytes + one.Bytes/2
	two := add(t, s, m("two"))
	add(t, s, m("three"))
	if err := s.SetFavourite(one.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, removed, err := s.Add(m("four")); removed != 1 || err != nil {
		t.Errorf("%d were removed, %v; want the oldest that is no favourite", removed, err)
	}
	want(t, "full", s, "four", "three", "one")
	if _, err := s.PNG(two.ID); !errors.Is(err, ErrGone) {
		t.Errorf("the file of what was removed: %v", err)
	}
	if len(v.entries) != 12 {
		t.Errorf("there are %d entries, want those of three pictures", len(v.entries))
	}
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	four := list[0]
	if err := errors.Join(s.SetFavourite(four.ID, true), s.Delete(four.ID)); err != nil {
		t.Fatal(err)
	}
	if _, removed, err := s.Add(m("five")); removed != 0 || err != nil {
		t.Errorf("%d were removed, %v; want none beside the deleted one", removed, err)
	}
	want(t, "after one was deleted", s, "five", "three", "one")
	list, _ = s.List()
	for _, p := range list {
		if err := s.SetFavourite(p.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	before := len(v.entries)
	if _, _, err := s.Add(m("six")); !errors.Is(err, ErrFull) {
		t.Errorf("beside favourites only: %v", err)
	}
	want(t, "favourites stay", s, "five", "three", "one")
	if len(v.entries) != before {
		t.Errorf("%d entries were %d before", len(v.entries), before)
	}
	if err := s.Delete(one.ID); err != nil {
		t.Fatal(err)
	}
	i := &Importer{Store: s}
	i.Take(File{"old.png", made(t, "old", 8).PNG})
	i.Take(File{"old.json", []byte(`{"id":"old","made":1}`)})
	if done, err := i.Finish(); err != nil || done.Added != 1 {
		t.Errorf("a deleted favourite makes no room: %+v, %v", done, err)
	}
	c.pass(time.Second)
	i = &Importer{Store: s}
	i.Take(File{"older.png", made(t, "older", 8).PNG})
	i.Take(File{"older.json", []byte(`{"id":"older","made":0}`)})
	if done, err := i.Finish(); err != nil || done.Added != 1 {
		t.Errorf("imported %+v, %v", done, err)
	}
	want(t, "what was added just now stays though it is the oldest", s, "five", "three", "older")
}

// Whatever breaks off, at whatever moment: each picture is there, as it was or as it was to become, and no bytes stay for nothing.
func TestInterrupted(t *testing.T) {
	for name, do := range map[string]func(s *Store, ids []string) error{
		"add":    func(s *Store, _ []string) error { _, _, err := s.Add(made(t, "new", 9)); return err },
		"rename": func(s *Store, ids []string) error { return s.Rename(ids[0], "renamed") },
		"delete": func(s *Store, ids []string) error { return s.Delete(ids...) },
		"clear": func(s *Store, ids []string) error {
			if err := s.Delete(ids...); err != nil {
				return err
			}
			s.Now = func() time.Time { return newClock().Add(2 * UndoFor) }
			_, err := s.List()
			return err
		},
	} {
		ended := false
		for after := 1; !ended; after++ {
			s, v, c := newStore()
			ids := []string{add(t, s, made(t, "apple", 1)).ID, add(t, s, made(t, "heart", 2)).ID}
			v.after = after
			ended = do(s, ids) == nil
			v.after = 0
			c.pass(2 * orphanAge)
			later := &Store{Vault: v, Now: c.now}
			list, err := later.List()
			if err != nil {
				t.Fatal(err)
			}
			if name == "add" && len(list) < 2 || name == "rename" && len(list) != 2 || ended && name == "add" && len(list) != 3 {
				t.Fatalf("%s fails at change %d: %d pictures are there", name, after, len(list))
			}
			for _, p := range list {
				if data, err := later.PNG(p.ID); err != nil || p.Title() != "renamed" && !bytes.Equal(data, made(t, p.Title(), shadeOf(p)).PNG) {
					t.Errorf("%s fails at change %d: of %q there is another file, %v", name, after, p.Title(), err)
				}
			}
			if got, want := len(v.entries), 4*len(list); got != want {
				t.Errorf("%s fails at change %d: %d entries are there for %d pictures: %q", name, after, got, len(list), slices.Sorted(maps.Keys(v.entries)))
			}
		}
	}
}

func shadeOf(p Picture) byte {
	return map[string]byte{"apple": 1, "heart": 2, "new": 9}[strings.TrimSuffix(p.File, ".png")]
}

// Several tabs see what the others do, and none removes what another one is about to name.
func TestTwoTabs(t *testing.T) {
	a, v, c := newStore()
	b := &Store{Vault: v, Now: c.now}
	p := add(t, a, made(t, "apple", 1))
	want(t, "in b", b, "apple")
	c.pass(time.Second)
	add(t, b, made(t, "heart", 2))
	if err := a.Rename(p.ID, "mine"); err != nil {
		t.Fatal(err)
	}
	if err := b.SetFavourite(p.ID, true); err != nil {
		t.Fatal(err)
	}
	list, _ := a.List()
	if len(list) != 2 || list[1].Name != "mine" || !list[1].Favourite {
		t.Errorf("a sees %+v", list)
	}
	v.entries[bytesKind+a.stamp()] = []byte("of a record that a has yet to write")
	before := len(v.entries)
	want(t, "in b", b, "heart", "apple")
	if len(v.entries) != before {
		t.Error("b has removed what a has just written")
	}
	if err := a.Delete(p.ID); err != nil {
		t.Fatal(err)
	}
	c.pass(UndoFor)
	want(t, "in a", a, "heart")
	if err := b.Rename(p.ID, "again"); !errors.Is(err, ErrGone) {
		t.Errorf("b renames what a has deleted: %v", err)
	}
}

// renewing is a vault in which another tab renames a picture between Names and Get.
type renewing struct {
	*fakeVault
	other func()
}

func (v renewing) Names() ([]string, error) {
	names, err := v.fakeVault.Names()
	v.other()
	return names, err
}

func TestRecordChangesWhileItIsRead(t *testing.T) {
	a, v, c := newStore()
	p := add(t, a, made(t, "apple", 1))
	c.pass(2 * orphanAge)
	other := func() {
		if err := a.Rename(p.ID, "other"); err != nil {
			t.Error(err)
		}
	}
	if _, err := (&Store{Vault: renewing{v, other}, Now: c.now}).List(); err != nil {
		t.Fatal(err)
	}
	want(t, "after another tab looked at the wrong moment", &Store{Vault: v, Now: c.now}, "apple")
}

// A picture whose file the browser has lost is none, and what is left of it goes.
func TestLostFile(t *testing.T) {
	s, v, c := newStore()
	p := add(t, s, made(t, "apple", 1))
	delete(v.entries, p.record.PNG)
	want(t, "without its file", s)
	c.pass(2 * orphanAge)
	want(t, "later", s)
	if len(v.entries) != 0 {
		t.Errorf("%d entries are left of it", len(v.entries))
	}
}

// What a newer build has written stays for it.
func TestRecordOfANewerBuild(t *testing.T) {
	s, v, c := newStore()
	v.entries["picture-abc-1"] = []byte(`{"made":1,"script":[],"png":"bytes-1","thumbnail":"bytes-2"}`)
	v.entries["bytes-1"], v.entries["bytes-2"] = []byte("p"), []byte("t")
	c.pass(2 * orphanAge)
	want(t, "of a newer build", s)
	if len(v.entries) != 3 {
		t.Errorf("%d entries stay of 3", len(v.entries))
	}
}

func TestThumbnail(t *testing.T) {
	for _, c := range []struct{ w, h, wantW, wantH int }{{512, 256, 128, 64}, {100, 50, 100, 50}, {3, 900, 1, 128}} {
		pix := bytes.Repeat([]byte{200, 100, 50, 255}, c.w*c.h)
		data, err := Thumbnail(picture.RGBA{Width: c.w, Height: c.h, Pix: pix})
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if size := m.Bounds().Size(); size.X != c.wantW || size.Y != c.wantH {
			t.Errorf("%dx%d becomes %v", c.w, c.h, size)
		}
		if r, g, b, _ := m.At(0, m.Bounds().Dy()-1).RGBA(); r>>8 != 200 || g>>8 != 100 || b>>8 != 50 {
			t.Errorf("%dx%d becomes of the colour %d %d %d", c.w, c.h, r>>8, g>>8, b>>8)
		}
	}
	halves := picture.RGBA{Width: 256, Height: 256, Pix: bytes.Repeat(append(bytes.Repeat([]byte{10, 0, 0, 255}, 128), bytes.Repeat([]byte{90, 0, 0, 255}, 128)...), 256)}
	for i := 0; i < len(halves.Pix); i += 8 {
		halves.Pix[i] += 20
	}
	data, err := Thumbnail(halves)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range map[int]uint32{0: 20, 63: 20, 64: 100, 127: 100} {
		if r, _, _, _ := m.At(x, 77).RGBA(); r>>8 != want {
			t.Errorf("the mean at %d is %d, want %d", x, r>>8, want)
		}
	}
	if _, err := Thumbnail(picture.RGBA{Width: 2, Height: 2, Pix: make([]byte, 3)}); err == nil {
		t.Error("3 bytes are a picture of 2x2")
	}
}

func zipped(t *testing.T, s *Store) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	err := s.Export(func(f File) error {
		in, err := w.Create(f.Name)
		if err == nil {
			_, err = in.Write(f.Data)
		}
		return err
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// taking is an importer that has taken a zip's files, the last one first.
func taking(t *testing.T, s *Store, archive []byte) *Importer {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	i := &Importer{Store: s}
	for _, f := range slices.Backward(r.File) {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		i.Take(File{f.Name, data})
	}
	return i
}

func TestArchive(t *testing.T) {
	s, _, c := newStore()
	p := add(t, s, made(t, "apple", 1))
	c.pass(time.Second)
	second := made(t, "apple", 2)
	second.Tokens = nil
	add(t, s, second)
	if err := errors.Join(s.Rename(p.ID, "mine"), s.SetFavourite(p.ID, true)); err != nil {
		t.Fatal(err)
	}
	archive := zipped(t, s)
	fresh, _, later := newStore()
	later.pass(24 * time.Hour)
	i := taking(t, fresh, archive)
	i.Take(File{"notes.txt", []byte("no picture")})
	i.Take(File{"broken.png", []byte("no PNG")})
	plain, err := picture.WritePlain(second.Pixels.Pix, 32, 16)
	if err != nil {
		t.Fatal(err)
	}
	i.Take(File{"plain.png", plain})
	i.Take(File{"__MACOSX/._apple.png", []byte("no picture")})
	i.Take(File{"folder/elsewhere.PNG", made(t, "heart", 3).PNG})
	done, err := i.Finish()
	if err != nil || done != (Imported{Added: 3, Unread: 2}) {
		t.Errorf("imported %+v, %v", done, err)
	}
	want(t, "in a fresh profile", fresh, "elsewhere", "apple", "apple (2)")
	list, _ := fresh.List()
	if got := list[1]; got.Title() != "apple" || got.Favourite {
		t.Errorf("the second is %+v", got)
	}
	if got := list[2]; got.ID != p.ID || got.Title() != "mine" || !got.Favourite || !got.Made.Equal(p.Made) || !reflect.DeepEqual(got.Script, p.Script) || got.Step != 5 {
		t.Errorf("the first is %+v", got)
	}
	if got, err := fresh.Steps(p.ID); err != nil || len(got.List) != 2 || got.List[1].Number != 5 || got.List[1].Tokens[0] != 1 {
		t.Errorf("its steps are %+v, %v", got, err)
	}
	if file, err := fresh.PNG(p.ID); err != nil || !bytes.Equal(file, made(t, "apple", 1).PNG) {
		t.Errorf("its file is another one, %v", err)
	}
	if err := fresh.Delete(p.ID); err != nil {
		t.Fatal(err)
	}
	if done, err := taking(t, fresh, archive).Finish(); err != nil || done != (Imported{Known: 2}) {
		t.Errorf("imported again: %+v, %v", done, err)
	}
	want(t, "after the second time", fresh, "elsewhere", "apple", "apple (2)")
}

// An archive's ID becomes part of a name in the vault.
func TestHostileArchive(t *testing.T) {
	s, v, _ := newStore()
	for n, id := range []string{"", "../../run-1", "a-9", strings.Repeat("a", 33), "A"} {
		i := &Importer{Store: s}
		i.Take(File{"x.png", made(t, "apple", byte(n)).PNG})
		i.Take(File{"x.json", fmt.Appendf(nil, `{"id":%q,"made":5,"name":"n","step":-3}`, id)})
		if done, err := i.Finish(); err != nil || done.Added != 1 {
			t.Errorf("ID %q: %+v, %v", id, done, err)
		}
	}
	for name := range v.entries {
		if strings.ContainsAny(name, "/A") || strings.Count(name, "-") > 2 {
			t.Errorf("there is an entry %q", name)
		}
	}
	list, err := s.List()
	if err != nil || len(list) != 5 {
		t.Errorf("there are %d, %v", len(list), err)
	}
	for _, p := range list {
		if !validID(p.ID) || p.Name != "" || p.Step != 5 {
			t.Errorf("one is %s %+v", p.ID, p.record)
		}
	}
	i := &Importer{Store: s}
	i.Take(File{"x.png", made(t, "apple", 9).PNG})
	i.Take(File{"x.tokens", []byte("of a stranger")})
	i.Take(File{"x.json", fmt.Appendf(nil, `{"id":"0","made":5,"step":-3,"name":%q,"script":{"version":2,"recipe":{}}}`, strings.Repeat("ü", 1000))})
	if _, err := i.Finish(); err != nil || s.known["0"].Step != 0 {
		t.Errorf("of a negative step there is %+v, %v", s.known["0"], err)
	}
	if p := s.known["0"]; p.Name != strings.Repeat("ü", MaxName) || p.record.Tokens != "" {
		t.Errorf("it is called %q and has the steps %q", p.Name, p.record.Tokens)
	}
}

func TestImportedNotice(t *testing.T) {
	for want, i := range map[string]Imported{
		"There are no pictures in the file.":                              {},
		"1 picture was added.":                                            {Added: 1},
		"12 pictures were added, 2 older ones were removed to make room.": {Added: 12, Removed: 2},
		"1 was here already, 3 cannot be read.":                           {Known: 1, Unread: 3},
	} {
		if got := i.Notice(); got != want {
			t.Errorf("%+v: %q, want %q", i, got, want)
		}
	}
}
