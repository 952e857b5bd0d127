package ui

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"testing"

	"reverie/app/gallery"
	"reverie/app/protocol"
	"reverie/recipe"
)

// fakeVault is a vault in memory that may fail.
type fakeVault struct {
	entries map[string][]byte
	puts    int
	after   int // operations until one fails; 0 never
}

var errFull = errors.New("full")

func (v *fakeVault) fails() bool {
	if v.after > 0 {
		v.after--
		return v.after == 0
	}
	return false
}

func (v *fakeVault) Put(name string, data []byte) error {
	v.puts++
	if v.fails() {
		v.entries[name] = slices.Clone(data[:len(data)/2]) // as when the browser is killed
		return errFull
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

func (v *fakeVault) Names() ([]string, error) {
	if v.fails() {
		return nil, errFull
	}
	return slices.Collect(maps.Keys(v.entries)), nil
}

func (v *fakeVault) Remove(name string) error {
	if v.fails() {
		return errFull
	}
	delete(v.entries, name)
	return nil
}

func keptAt(step int, start *Opened) keptRun {
	return keptRun{
		run: Run{
			Script: recipe.Script{Recipe: recipe.New(recipe.Prompt.Is("a red apple"), recipe.Seed.Is(1<<63+1))}.With(2, recipe.Cutouts.Is(3)),
			saved:  saved{step, []byte{'z', byte(step)}}, loaded: protocol.Loaded{Model: "mini", Title: "Mini", Factor: 8, Weights: "w"},
			start: start, pictures: []protocol.Named{{Name: "a.png", Picture: *pixel(2)}},
		},
		shown: pixel(byte(step)), shownAt: step - 1,
	}
}

// wantRun compares what a later visit finds with what was kept.
func wantRun(t *testing.T, what string, v gallery.Vault, want keptRun) {
	t.Helper()
	got, err := (&keeper{vault: v}).run()
	if err != nil || got == nil {
		t.Errorf("%s: found %v, %v", what, got, err)
		return
	}
	want.run.Step, want.run.Ended, want.run.cut = want.run.saved.Step, true, !want.run.done
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("%s: found %+v, want %+v", what, *got, want)
	}
}

func TestKeeper(t *testing.T) {
	v := &fakeVault{entries: map[string][]byte{}}
	k := keeper{vault: v}
	if run, err := k.run(); run != nil || err != nil {
		t.Errorf("in an empty vault there is %v, %v", run, err)
	}
	start := &Opened{"s.png", *pixel(1)}
	first := keptAt(10, start)
	if err := k.keepRun(first); err != nil {
		t.Fatal(err)
	}
	wantRun(t, "kept", v, first)
	second := keptAt(20, start)
	second.run.pictures = first.run.pictures
	v.puts = 0
	if err := k.keepRun(second); err != nil {
		t.Fatal(err)
	}
	wantRun(t, "kept again", v, second)
	if v.puts != 3 {
		t.Errorf("%d entries were written, want the state, the picture and the record", v.puts)
	}
	if len(v.entries) != 5 {
		t.Errorf("there are %d entries, want the record, the state and three pictures", len(v.entries))
	}
	if err := k.keepDraft(start, []protocol.Named{{Name: "b.png", Picture: *pixel(7)}}); err != nil {
		t.Fatal(err)
	}
	opened, pictures, err := (&keeper{vault: v}).draft()
	if err != nil || !reflect.DeepEqual(opened, start) || len(pictures) != 1 || pictures[0].Name != "b.png" || pictures[0].Picture.Pix[0] != 7 {
		t.Errorf("of the draft there is %+v, %+v, %v", opened, pictures, err)
	}
	wantRun(t, "beside a draft", v, second)
	done := second
	done.run.done, done.run.saved.State = true, nil
	if err := k.keepRun(done); err != nil {
		t.Fatal(err)
	}
	wantRun(t, "done, without a state", v, done)
	if err := k.forget(); err != nil {
		t.Fatal(err)
	}
	if run, err := k.run(); run != nil || err != nil {
		t.Errorf("after it was forgotten there is %v, %v", run, err)
	}
	if len(v.entries) != 3 {
		t.Errorf("there are %d entries, want those of the draft", len(v.entries))
	}
}

// Whatever fails at whatever moment, a whole run is there: the old one or the new one.
func TestKeeperIsInterrupted(t *testing.T) {
	ended := false
	for after := 1; !ended; after++ {
		v := &fakeVault{entries: map[string][]byte{}}
		k := keeper{vault: v}
		first, second := keptAt(10, nil), keptAt(20, nil)
		if err := k.keepRun(first); err != nil {
			t.Fatal(err)
		}
		v.after = after
		err := k.keepRun(second)
		ended = err == nil
		v.after = 0
		found, readErr := (&keeper{vault: v}).run()
		if readErr != nil || found == nil {
			t.Fatalf("after a failure at operation %d there is %v, %v", after, found, readErr)
		}
		want := first
		if found.run.saved.Step == 20 {
			want = second
		} else if ended {
			t.Error("nothing failed, and the old run is there")
		}
		wantRun(t, "after a failure", v, want)
		third := keptAt(30, nil)
		if err := k.keepRun(third); err != nil {
			t.Fatal(err)
		}
		wantRun(t, "afterwards", v, third)
		if len(v.entries) != 4 {
			t.Errorf("after a failure at operation %d and another run there are %d entries", after, len(v.entries))
		}
	}
}

// Another tab may remove what this one has written.
func TestKeeperBesideAnother(t *testing.T) {
	v := &fakeVault{entries: map[string][]byte{}}
	a, b := keeper{vault: v}, keeper{vault: v}
	run := keptAt(10, &Opened{"s.png", *pixel(1)})
	for _, c := range []struct {
		by  *keeper
		run keptRun
	}{{&a, run}, {&b, keptAt(20, nil)}, {&a, run}} {
		if err := c.by.keepRun(c.run); err != nil {
			t.Fatal(err)
		}
		wantRun(t, "the last one to write", v, c.run)
	}
}
