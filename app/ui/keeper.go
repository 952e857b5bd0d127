package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"reverie/app/gallery"
	"reverie/app/protocol"
	"reverie/recipe"
)

// keeper keeps a run, the pictures of a draft and the queue, each as a record that names entries of the vault: what a record needs is there before it
// is, and older records go once it is, so that at any time a whole one can be found. Several tabs may share a vault; then the last one to
// write is kept.
type keeper struct {
	vault   gallery.Vault
	entries map[*byte]string // the names under which bytes are kept
}

// The kinds of records. They and their number are the name of a record's entry.
const (
	runRecord   = "run-"
	draftRecord = "draft-"
	queueRecord = "queue-"
)

// record is what is kept of a run, of a draft, or of the queue.
type record struct {
	Script  recipe.Script   `json:"script,omitzero"`
	Step    int             `json:"step,omitempty"`
	State   string          `json:"state,omitempty"` // as all entries, the name of one
	Done    bool            `json:"done,omitempty"`
	Loaded  protocol.Loaded `json:"loaded,omitzero"`
	Shown   *keptPicture    `json:"shown,omitempty"`
	ShownAt int             `json:"shown_at,omitempty"`
	Start   *keptPicture    `json:"start,omitempty"`
	Images  []keptPicture   `json:"images,omitempty"`
	Queue   []record        `json:"queue,omitempty"`  // the jobs, then the trials, which have a picture
	Large   recipe.Settings `json:"large,omitempty"`  // of a job
	Tokens  string          `json:"tokens,omitempty"` // of a trial
	Columns int             `json:"columns,omitempty"`
}

type keptPicture struct {
	Name   string `json:"name,omitempty"` // of the file
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Pixels string `json:"pixels"`
}

func (r record) named() []string {
	var list []string
	add := func(p *keptPicture) {
		if p != nil {
			list = append(list, p.Pixels)
		}
	}
	if r.State != "" {
		list = append(list, r.State)
	}
	if r.Tokens != "" {
		list = append(list, r.Tokens)
	}
	for _, one := range r.Queue {
		list = append(list, one.named()...)
	}
	add(r.Shown)
	add(r.Start)
	for i := range r.Images {
		add(&r.Images[i])
	}
	return list
}

// keptRun is a run with the picture that was shown of it.
type keptRun struct {
	run     Run
	shown   *protocol.Picture
	shownAt int
}

// keepRun keeps a run in place of the one before.
func (k *keeper) keepRun(kept keptRun) error {
	run := kept.run
	return k.keep(runRecord, func(put func([]byte) (string, error)) (r record, err error) {
		r = record{Script: run.Script, Step: run.saved.Step, Done: run.done, Loaded: run.loaded, ShownAt: kept.shownAt}
		if run.saved.State != nil {
			if r.State, err = put(run.saved.State); err != nil {
				return r, err
			}
		}
		if kept.shown != nil {
			if r.Shown, err = putPicture(put, "", kept.shown); err != nil {
				return r, err
			}
		}
		r.Start, r.Images, err = putPictures(put, run.start, run.pictures)
		return r, err
	})
}

// keepDraft keeps the pictures of a draft in place of those before.
func (k *keeper) keepDraft(start *Opened, pictures []protocol.Named) error {
	return k.keep(draftRecord, func(put func([]byte) (string, error)) (r record, err error) {
		r.Start, r.Images, err = putPictures(put, start, pictures)
		return r, err
	})
}

// keepQueue keeps a queue in place of the one before.
func (k *keeper) keepQueue(jobs []job, made []trial) error {
	return k.keep(queueRecord, func(put func([]byte) (string, error)) (r record, err error) {
		for _, j := range jobs {
			one := record{Script: j.script, Large: j.large}
			if one.Start, one.Images, err = putPictures(put, j.start, j.pictures); err != nil {
				return r, err
			}
			r.Queue = append(r.Queue, one)
		}
		for _, t := range made {
			one := record{Script: t.script, Large: t.large, Step: t.step, Columns: t.columns}
			if one.Start, one.Images, err = putPictures(put, t.start, t.pictures); err != nil {
				return r, err
			}
			if one.Shown, err = putPicture(put, "", t.picture); err != nil {
				return r, err
			}
			if t.tokens != nil {
				if one.Tokens, err = put(t.tokens); err != nil {
					return r, err
				}
			}
			r.Queue = append(r.Queue, one)
		}
		return r, nil
	})
}

// queue is the queue that is kept.
func (k *keeper) queue() (jobs []job, made []trial, err error) {
	err = k.newest(queueRecord, func(r record) error {
		jobs, made = nil, nil
		for _, one := range r.Queue {
			j := job{script: one.Script, large: one.Large}
			if j.start, j.pictures, err = k.picturesOf(one); err != nil {
				return err
			}
			if one.Shown == nil {
				jobs = append(jobs, j)
				continue
			}
			t := trial{job: j, step: one.Step, columns: one.Columns}
			shown, err := k.picture(*one.Shown)
			if err == nil && one.Tokens != "" {
				t.tokens, err = k.bytes(one.Tokens)
			}
			if err != nil {
				return err
			}
			t.picture = &shown
			made = append(made, t)
		}
		return nil
	})
	return jobs, made, err
}

func putPictures(put func([]byte) (string, error), start *Opened, pictures []protocol.Named) (first *keptPicture, rest []keptPicture, err error) {
	if start != nil {
		if first, err = putPicture(put, start.Name, &start.Picture); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range pictures {
		p, err := putPicture(put, n.Name, &n.Picture)
		if err != nil {
			return nil, nil, err
		}
		rest = append(rest, *p)
	}
	return first, rest, nil
}

func putPicture(put func([]byte) (string, error), name string, p *protocol.Picture) (*keptPicture, error) {
	pixels, err := put(p.Pix)
	return &keptPicture{name, p.Width, p.Height, pixels}, err
}

// keep writes what a record needs, which make puts, then the record, and then removes what no record needs any more.
func (k *keeper) keep(kind string, make func(put func([]byte) (string, error)) (record, error)) error {
	there, err := k.vault.Names()
	if err != nil {
		return err
	}
	written := map[*byte]string{}
	r, err := make(func(data []byte) (string, error) {
		if len(data) == 0 {
			return "", errors.New("ui: nothing to keep")
		}
		name, known := k.entries[&data[0]]
		if !known || !slices.Contains(there, name) {
			name = "bytes-" + strconv.FormatUint(rand.Uint64(), 36)
			if err := k.vault.Put(name, data); err != nil {
				return "", err
			}
		}
		written[&data[0]] = name
		return name, nil
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ui: a record: %w", err)
	}
	number := 0
	for _, n := range numbers(there, kind) {
		number = max(number, n)
	}
	if err := k.vault.Put(kind+strconv.Itoa(number+1), text); err != nil {
		return err
	}
	for data, name := range written {
		if k.entries == nil {
			k.entries = map[*byte]string{}
		}
		k.entries[data] = name
	}
	return k.tidy()
}

// tidy removes what the newest records do not need.
func (k *keeper) tidy() error {
	there, err := k.vault.Names()
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, kind := range []string{runRecord, draftRecord, queueRecord} {
		for _, n := range numbers(there, kind) {
			name := kind + strconv.Itoa(n)
			r, err := k.read(name)
			if err != nil {
				continue // it was never finished
			}
			needed[name] = true
			for _, entry := range r.named() {
				needed[entry] = true
			}
			break
		}
	}
	for data, name := range k.entries {
		if !needed[name] {
			delete(k.entries, data)
		}
	}
	for _, name := range there {
		if !needed[name] {
			if err := k.vault.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// numbers are those of a kind's records, the newest first.
func numbers(names []string, kind string) []int {
	var list []int
	for _, name := range names {
		if digits, ok := strings.CutPrefix(name, kind); ok {
			if n, err := strconv.Atoi(digits); err == nil {
				list = append(list, n)
			}
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list
}

func (k *keeper) read(name string) (record, error) {
	var r record
	text, err := k.vault.Get(name)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	return r, err
}

// run is the run that is kept, or nil.
func (k *keeper) run() (*keptRun, error) {
	var found *keptRun
	err := k.newest(runRecord, func(r record) (err error) {
		found, err = k.runOf(r)
		return err
	})
	return found, err
}

// draft are the pictures that are kept of a draft.
func (k *keeper) draft() (start *Opened, pictures []protocol.Named, err error) {
	err = k.newest(draftRecord, func(r record) (err error) {
		start, pictures, err = k.picturesOf(r)
		return err
	})
	return start, pictures, err
}

// newest takes the newest record of a kind that can be read.
func (k *keeper) newest(kind string, take func(record) error) error {
	there, err := k.vault.Names()
	if err != nil {
		return err
	}
	for _, n := range numbers(there, kind) {
		var r record
		if r, err = k.read(kind + strconv.Itoa(n)); err == nil {
			err = take(r)
		}
		if err == nil {
			return nil
		}
	}
	return err
}

func (k *keeper) runOf(r record) (*keptRun, error) {
	kept := &keptRun{run: Run{Script: r.Script, Step: r.Step, Ended: true, loaded: r.Loaded, saved: saved{Step: r.Step}, done: r.Done, cut: !r.Done}, shownAt: r.ShownAt}
	var err error
	if r.State != "" {
		if kept.run.saved.State, err = k.bytes(r.State); err != nil {
			return nil, err
		}
	}
	if r.Shown != nil {
		p, err := k.picture(*r.Shown)
		if err != nil {
			return nil, err
		}
		kept.shown = &p
	}
	kept.run.start, kept.run.pictures, err = k.picturesOf(r)
	return kept, err
}

func (k *keeper) picturesOf(r record) (start *Opened, pictures []protocol.Named, err error) {
	if r.Start != nil {
		p, err := k.picture(*r.Start)
		if err != nil {
			return nil, nil, err
		}
		start = &Opened{r.Start.Name, p}
	}
	for _, image := range r.Images {
		p, err := k.picture(image)
		if err != nil {
			return nil, nil, err
		}
		pictures = append(pictures, protocol.Named{Name: image.Name, Picture: p})
	}
	return start, pictures, nil
}

func (k *keeper) picture(p keptPicture) (protocol.Picture, error) {
	data, err := k.bytes(p.Pixels)
	if err == nil && (p.Width < 1 || p.Height < 1 || len(data) != 4*p.Width*p.Height) {
		err = fmt.Errorf("ui: %d bytes were kept of a picture of %dx%d", len(data), p.Width, p.Height)
	}
	return protocol.Picture{Width: p.Width, Height: p.Height, Pix: data}, err
}

// bytes reads an entry and remembers where it is kept.
func (k *keeper) bytes(name string) ([]byte, error) {
	data, err := k.vault.Get(name)
	if err == nil && len(data) > 0 {
		if k.entries == nil {
			k.entries = map[*byte]string{}
		}
		k.entries[&data[0]] = name
	}
	return data, err
}

// forget removes the run that is kept.
func (k *keeper) forget() error {
	there, err := k.vault.Names()
	if err != nil {
		return err
	}
	for _, n := range numbers(there, runRecord) {
		if err := k.vault.Remove(runRecord + strconv.Itoa(n)); err != nil {
			return err
		}
	}
	return k.tidy()
}
