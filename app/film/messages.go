package film

import (
	"reflect"

	"reverie/app/wire"
)

// Message is one of the message types below.
type Message interface{ isMessage() }

// Picture is an image of 8-bit RGBA pixels, rows from the top.
type Picture = wire.Picture

// File has a name in a zip, with folders before a slash.
type File struct {
	Name string `json:"name"`
	Data []byte `json:"-"`
}

// From the page to the program.
type (
	// Make asks for a film of so many pictures.
	Make struct {
		Options  Options `json:"options"`
		Pictures int     `json:"pictures"`
	}
	// Frame is the picture that was wanted.
	Frame struct {
		Picture *wire.Picture `json:"picture"`
	}
	// Enlarge asks for a picture whose sides are so many times as long, by Lanczos' filter.
	Enlarge struct {
		Picture *wire.Picture `json:"picture"`
		Times   int           `json:"times"`
	}
	// Cancel ends what is under way.
	Cancel struct{}
	// Pack asks for a zip of files.
	Pack struct {
		Files []File `json:"files"`
	}
	// Unpack asks for the files of a zip.
	Unpack struct {
		Zip *wire.Bytes `json:"zip"`
	}
)

// From the program to the page.
type (
	// Want asks for the picture with that index from 0. They come in ascending order, each once, and some never.
	Want struct {
		Picture int `json:"picture"`
	}
	// Working tells how many frames are made, and of how many.
	Working struct {
		Done  int `json:"done"`
		Total int `json:"total"`
	}
	// Made is the film, as it has become.
	Made struct {
		Format Format      `json:"format"`
		Codec  string      `json:"codec,omitempty"` // as WebCodecs names it
		Width  int         `json:"width"`
		Height int         `json:"height"`
		Frames int         `json:"frames"`
		File   *wire.Bytes `json:"file"`
	}
	// Cancelled tells that nothing is under way any more.
	Cancelled struct{}
	// Packed is a zip.
	Packed struct {
		Zip *wire.Bytes `json:"zip"`
	}
	// Unpacked are its files.
	Unpacked struct {
		Files []File `json:"files"`
	}
	// Enlarged is the larger picture.
	Enlarged struct {
		Picture *wire.Picture `json:"picture"`
	}
	// Error is what went wrong, as a sentence for the person. The program remains usable, but for the reason NoProgram.
	Error struct {
		Reason  string `json:"reason,omitempty"`
		Message string `json:"message"`
	}
	// Beat tells that the worker lives. It is sent by web/worker.js, not by Go.
	Beat struct{}
	// Exit tells that the program ended. It is sent by web/worker.js, not by Go.
	Exit struct {
		Code int    `json:"code"`
		Tail string `json:"tail"`
	}
)

// NoProgram is the reason of the one error that web/worker.js tells: the program cannot be fetched.
const NoProgram = "no-engine"

func (Make) isMessage()      {}
func (Frame) isMessage()     {}
func (Cancel) isMessage()    {}
func (Pack) isMessage()      {}
func (Unpack) isMessage()    {}
func (Enlarge) isMessage()   {}
func (Want) isMessage()      {}
func (Working) isMessage()   {}
func (Made) isMessage()      {}
func (Cancelled) isMessage() {}
func (Packed) isMessage()    {}
func (Unpacked) isMessage()  {}
func (Enlarged) isMessage()  {}
func (Error) isMessage()     {}
func (Beat) isMessage()      {}
func (Exit) isMessage()      {}

var channel = wire.NewKinds("film", map[string]reflect.Type{
	"make":      reflect.TypeFor[Make](),
	"frame":     reflect.TypeFor[Frame](),
	"cancel":    reflect.TypeFor[Cancel](),
	"pack":      reflect.TypeFor[Pack](),
	"unpack":    reflect.TypeFor[Unpack](),
	"enlarge":   reflect.TypeFor[Enlarge](),
	"want":      reflect.TypeFor[Want](),
	"working":   reflect.TypeFor[Working](),
	"made":      reflect.TypeFor[Made](),
	"cancelled": reflect.TypeFor[Cancelled](),
	"packed":    reflect.TypeFor[Packed](),
	"unpacked":  reflect.TypeFor[Unpacked](),
	"enlarged":  reflect.TypeFor[Enlarged](),
	"error":     reflect.TypeFor[Error](),
	"beat":      reflect.TypeFor[Beat](),
	"exit":      reflect.TypeFor[Exit](),
}, parts)

// parts returns the pictures of a message, and all its bytes, both in a fixed order.
func parts(m any) (pictures []*wire.Picture, buffers []*[]byte) {
	bytes := func(b *wire.Bytes) {
		if b != nil {
			buffers = append(buffers, &b.Data)
		}
	}
	files := func(list []File) {
		for i := range list {
			buffers = append(buffers, &list[i].Data)
		}
	}
	picture := func(p *wire.Picture) {
		if p != nil {
			pictures, buffers = append(pictures, p), append(buffers, &p.Pix)
		}
	}
	switch m := m.(type) {
	case Frame:
		picture(m.Picture)
	case Enlarge:
		picture(m.Picture)
	case Enlarged:
		picture(m.Picture)
	case Pack:
		files(m.Files)
	case Unpack:
		bytes(m.Zip)
	case Made:
		bytes(m.File)
	case Packed:
		bytes(m.Zip)
	case Unpacked:
		files(m.Files)
	}
	return pictures, buffers
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
