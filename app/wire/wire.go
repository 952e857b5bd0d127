// Package wire is how programs of the page speak to each other: typed messages, whose fields travel as one JSON text, and beside it their
// bytes, which are handed over (transferred) and not copied. What the messages are is said by those who speak: app/protocol, app/film.
package wire

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Picture is an image of 8-bit RGBA pixels, rows from the top.
type Picture struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Pix    []byte `json:"-"` // 4·Width·Height bytes
}

// Bytes are handed over, as pixels are.
type Bytes struct {
	Data []byte `json:"-"`
}

// maxSide keeps 4·Width·Height far from overflowing.
const maxSide = 1 << 16

// Check says why p is no picture, or nothing.
func (p Picture) Check() error {
	if min(p.Width, p.Height) < 1 || max(p.Width, p.Height) > maxSide || len(p.Pix) != 4*p.Width*p.Height {
		return fmt.Errorf("%d bytes for a picture of %dx%d", len(p.Pix), p.Width, p.Height)
	}
	return nil
}

// Wire is a message on its way.
type Wire struct {
	Text    string   // {"kind": …, fields…}
	Buffers [][]byte // its bytes, in the order of Kinds' parts
	Files   []*File  // its files, in the order of Kinds' files
}

// Kinds are the messages of one channel, by the names under which they travel.
type Kinds struct {
	channel string
	types   map[string]reflect.Type
	names   map[reflect.Type]string
	parts   Parts
	files   Files
}

// Parts returns the pictures of a message, and all its bytes, both in a fixed order.
type Parts func(m any) (pictures []*Picture, buffers []*[]byte)

// Files returns the places of a message's files in a fixed order.
type Files func(m any) []**File

// NewKinds are the messages of a channel, whose name its errors begin with.
func NewKinds(channel string, types map[string]reflect.Type, parts Parts) *Kinds {
	k := &Kinds{channel: channel, types: types, names: map[reflect.Type]string{}, parts: parts}
	for name, t := range types {
		k.names[t] = name
	}
	return k
}

// WithFiles says that messages have files.
func (k *Kinds) WithFiles(f Files) *Kinds {
	k.files = f
	return k
}

// places are those of a message's files.
func (k *Kinds) places(m any) []**File {
	if k.files == nil {
		return nil
	}
	return k.files(m)
}

// Names returns the names of all messages, sorted.
func (k *Kinds) Names() []string { return slices.Sorted(maps.Keys(k.types)) }

// Name is the one under which m travels.
func (k *Kinds) Name(m any) string { return k.names[reflect.TypeOf(m)] }

// Encode packs a message. It fails only for numbers that JSON cannot hold and for files that are missing.
func (k *Kinds) Encode(m any) (Wire, error) {
	fields, err := json.Marshal(m)
	if err != nil {
		return Wire{}, fmt.Errorf("%s: %T: %w", k.channel, m, err)
	}
	text := fmt.Sprintf(`{"kind":%q`, k.Name(m))
	if len(fields) > len("{}") {
		text += "," + string(fields[1:])
	} else {
		text += "}"
	}
	w := Wire{Text: text}
	_, buffers := k.parts(m)
	for _, b := range buffers {
		w.Buffers = append(w.Buffers, *b)
	}
	for _, place := range k.places(m) {
		if *place == nil {
			return Wire{}, fmt.Errorf("%s: message %q lacks a file", k.channel, k.Name(m))
		}
		w.Files = append(w.Files, *place)
	}
	return w, nil
}

// Decode unpacks a message; it is a value of one of the types, never a pointer.
func (k *Kinds) Decode(w Wire) (any, error) {
	m, err := k.DecodeText(w.Text)
	if err != nil {
		return nil, err
	}
	pictures, buffers := k.parts(m)
	if len(buffers) != len(w.Buffers) {
		return nil, fmt.Errorf("%s: message %q wants %d buffers and has %d", k.channel, k.Name(m), len(buffers), len(w.Buffers))
	}
	for i, b := range buffers {
		*b = w.Buffers[i]
	}
	places := k.places(m)
	if len(places) != len(w.Files) {
		return nil, fmt.Errorf("%s: message %q wants %d files and has %d", k.channel, k.Name(m), len(places), len(w.Files))
	}
	for i, place := range places {
		*place = w.Files[i]
	}
	for _, p := range pictures {
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("%s: message %q: %w", k.channel, k.Name(m), err)
		}
	}
	return m, nil
}

// DecodeText unpacks a message without its bytes.
func (k *Kinds) DecodeText(text string) (any, error) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return nil, fmt.Errorf("%s: a message that is no JSON: %w", k.channel, err)
	}
	t, ok := k.types[head.Kind]
	if !ok {
		return nil, fmt.Errorf("%s: unknown message %q", k.channel, head.Kind)
	}
	v := reflect.New(t)
	if err := json.Unmarshal([]byte(text), v.Interface()); err != nil {
		return nil, fmt.Errorf("%s: message %q: %w", k.channel, head.Kind, err)
	}
	return v.Elem().Interface(), nil
}

// Each hands the messages of in to handle, one after another, until in is closed or ctx ends.
func Each[M any](ctx context.Context, in <-chan M, handle func(M)) {
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-in:
			if !ok {
				return
			}
			handle(m)
		}
	}
}
