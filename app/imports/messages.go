// Package imports is what an import of published models is, and the messages between the page and the program that does it (app/importer).
package imports

import (
	"reflect"

	"reverie/app/wire"
)

// Text is a small file.
type Text struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Source is a checkpoint: a file that the person chose, or one at addresses that are asked in their order.
type Source struct {
	Name    string     `json:"name"` // of the file, without folders
	URLs    []string   `json:"urls,omitempty"`
	Size    int64      `json:"size"`              // bytes; 0 where nobody knows, and then the first answer tells
	Changed int64      `json:"changed,omitempty"` // when a chosen file was last changed, by which it is known again
	Config  *Text      `json:"config,omitempty"`  // that somebody chose
	Beside  []Text     `json:"beside,omitempty"`  // other small files that came with it
	Digest  string     `json:"digest,omitempty"`  // of its parts as others converted it in this quantisation (folder.Digest)
	File    *wire.File `json:"-"`
}

// Message is one of the message types below.
type Message interface{ isMessage() }

// From the page to the program.
type (
	// Begin asks for an import, or that one with the same message goes on where it was interrupted. One of the sources may be nil.
	Begin struct {
		Base    string  `json:"base"` // the URL of the folder of all models, by which the engine knows what is kept
		Name    string  `json:"name"`
		Title   string  `json:"title,omitempty"`
		About   string  `json:"about,omitempty"`
		Licence string  `json:"licence,omitempty"`
		Quant   string  `json:"quant"`
		CLIP    *Source `json:"clip,omitempty"`
		VQGAN   *Source `json:"vqgan,omitempty"`
	}
	// Pause lets the import wait, and Resume lets it go on.
	Pause  struct{}
	Resume struct{}
	// Cancel ends the import and removes what it has kept. Where none is under way, it removes what an interrupted one of that name has kept.
	Cancel struct {
		Base string `json:"base"`
		Name string `json:"name"`
	}
	// Look asks for the imports that were interrupted.
	Look struct {
		Base string `json:"base"`
	}
	// Examine asks what files are that somebody chose, without importing any.
	Examine struct {
		Files []*Source `json:"files"`
	}
)

// From the program to the page.
type (
	// Progress tells how far an import is, in bytes of the checkpoints.
	Progress struct {
		Done  int64   `json:"done"`
		Total int64   `json:"total"`
		Speed float64 `json:"speed"` // bytes per second, of late
		Left  float64 `json:"left"`  // seconds; below 0 where nobody can tell
	}
	// Paused tells that nothing is fetched until Resume.
	Paused struct{}
	// Done tells that the model is kept, and what was found in the checkpoints.
	Done struct {
		Name    string   `json:"name"`
		Bytes   int64    `json:"bytes"` // of the model
		Fetched int64    `json:"fetched"`
		Sources []string `json:"sources"`
		Dropped int      `json:"dropped"` // tensors that no picture needs
		Notes   []string `json:"notes"`
	}
	// Cancelled tells that nothing is under way and nothing of it is kept.
	Cancelled struct{}
	// Interrupted are imports that can go on.
	Interrupted struct {
		Imports []Begin `json:"imports"`
	}
	// Found tells what was examined.
	Found struct {
		Parts    []Part   `json:"parts"`    // the checkpoints that can be imported
		Problems []string `json:"problems"` // a sentence for each file that cannot be used
		Unused   []string `json:"unused"`   // names of files that are of no use beside these
	}
	// Part is a checkpoint of one model.
	Part struct {
		File   int              `json:"file"` // the place among those that were examined
		VQGAN  bool             `json:"vqgan"`
		What   string           `json:"what"`             // its name and form, in words
		Config *Text            `json:"config,omitempty"` // that came with it and is taken
		Beside []Text           `json:"beside,omitempty"` // likewise
		Kept   map[string]int64 `json:"kept"`             // bytes of the model that becomes of it, by quantisation
		Notes  []string         `json:"notes,omitempty"`  // what was assumed
	}
	// Problem is what went wrong, as a sentence for the person. What was imported until then is kept where Resumable says so.
	Problem struct {
		Reason    string `json:"reason,omitempty"`
		Message   string `json:"message"`
		Resumable bool   `json:"resumable,omitempty"`
	}
	// Beat tells that the worker lives. It is sent by web/worker.js, not by Go.
	Beat struct{}
	// Exit tells that the program ended. It is sent by web/worker.js, not by Go.
	Exit struct {
		Code int    `json:"code"`
		Tail string `json:"tail"`
	}
)

// NoProgram is the reason of the one problem that web/worker.js tells: the program cannot be fetched.
const NoProgram = "no-engine"

func (Begin) isMessage()       {}
func (Pause) isMessage()       {}
func (Resume) isMessage()      {}
func (Cancel) isMessage()      {}
func (Look) isMessage()        {}
func (Examine) isMessage()     {}
func (Found) isMessage()       {}
func (Progress) isMessage()    {}
func (Paused) isMessage()      {}
func (Done) isMessage()        {}
func (Cancelled) isMessage()   {}
func (Interrupted) isMessage() {}
func (Problem) isMessage()     {}
func (Beat) isMessage()        {}
func (Exit) isMessage()        {}

var channel = wire.NewKinds("imports", map[string]reflect.Type{
	"begin":       reflect.TypeFor[Begin](),
	"pause":       reflect.TypeFor[Pause](),
	"resume":      reflect.TypeFor[Resume](),
	"cancel":      reflect.TypeFor[Cancel](),
	"look":        reflect.TypeFor[Look](),
	"examine":     reflect.TypeFor[Examine](),
	"found":       reflect.TypeFor[Found](),
	"progress":    reflect.TypeFor[Progress](),
	"paused":      reflect.TypeFor[Paused](),
	"done":        reflect.TypeFor[Done](),
	"cancelled":   reflect.TypeFor[Cancelled](),
	"interrupted": reflect.TypeFor[Interrupted](),
	"error":       reflect.TypeFor[Problem](), // as web/worker.js calls it
	"beat":        reflect.TypeFor[Beat](),
	"exit":        reflect.TypeFor[Exit](),
}, func(any) ([]*wire.Picture, []*[]byte) { return nil, nil }).WithFiles(files)

// files returns the places of a message's files, those of the sources without addresses.
func files(m any) []**wire.File {
	var sources []*Source
	switch m := m.(type) {
	case Begin:
		sources = []*Source{m.CLIP, m.VQGAN}
	case Examine:
		sources = m.Files
	}
	var places []**wire.File
	for _, s := range sources {
		if s != nil && len(s.URLs) == 0 {
			places = append(places, &s.File)
		}
	}
	return places
}

// Encode packs a message.
func Encode(m Message) (wire.Wire, error) { return channel.Encode(m) }

// Decode unpacks a message; it is a value of one of the types above, never a pointer.
func Decode(w wire.Wire) (Message, error) {
	m, err := channel.Decode(w)
	if err != nil {
		return nil, err
	}
	return m.(Message), nil
}

// DecodeText unpacks a message without its files, such as the one that an import was begun with.
func DecodeText(text string) (Message, error) {
	m, err := channel.DecodeText(text)
	if err != nil {
		return nil, err
	}
	return m.(Message), nil
}
