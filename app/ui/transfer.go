package ui

import (
	"bytes"
	"fmt"
	"time"

	"github.com/maxence-charriere/go-app/v10/pkg/app"

	"reverie/app/film"
	"reverie/app/gallery"
	"reverie/app/picture"
	"reverie/app/wire"
)

// zipKind is the media type of all pictures in one file.
const zipKind = "application/zip"

// isZip says whether a file is a zip: of files, or of none.
func isZip(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// zipName is that of all pictures in one file.
func zipName(day time.Time) string { return "reverie-pictures-" + day.Format(time.DateOnly) + ".zip" }

// pressExport saves all pictures with what belongs to them as one zip.
func (v *picturesView) pressExport(app.Context, app.Event) {
	p := v.page
	p.gallery.packing = true
	p.note(fmt.Sprintf(packingText, count(len(p.gallery.all), "picture")))
	p.ctx.Async(func() {
		var m film.Pack
		err := p.gallery.store.Export(func(f gallery.File) error {
			m.Files = append(m.Files, film.File(f))
			return nil
		})
		p.ctx.Dispatch(func(app.Context) {
			if err != nil {
				p.packed(nil, err)
				return
			}
			p.once(m, p.packed)
		})
	})
}

// packed saves the zip.
func (p *Page) packed(m film.Message, err error) {
	p.gallery.packing = false
	if zip, ok := m.(film.Packed); ok {
		name := zipName(time.Now())
		save(name, zipKind, zip.Zip.Data)
		p.note(fmt.Sprintf(savedZip, name, byteCount(int64(len(zip.Zip.Data)))))
	}
	p.shared(err, "")
}

// chooseImport adds the pictures of the file that was chosen.
func (v *picturesView) chooseImport(app.Context, app.Event) {
	read, name, ok := chosenFile(importID)
	if !ok {
		return
	}
	p := v.page
	p.ctx.Async(func() {
		data, err := read()
		p.ctx.Dispatch(func(app.Context) {
			switch {
			case err != nil:
				p.shared(err, "")
			case isZip(data):
				p.unpack(name, data)
			default:
				p.shelve([]film.File{{Name: name, Data: data}})
			}
		})
	})
}

// unpack adds the pictures of a zip.
func (p *Page) unpack(name string, zip []byte) {
	p.state.Status = fmt.Sprintf(unpackingText, name)
	p.once(film.Unpack{Zip: &wire.Bytes{Data: zip}}, func(m film.Message, err error) {
		p.state.Status = ""
		if unpacked, ok := m.(film.Unpacked); ok {
			p.shelve(unpacked.Files)
		}
		p.shared(err, "")
	})
}

// shelve adds the pictures among files.
func (p *Page) shelve(files []film.File) {
	var done gallery.Imported
	p.reshelve(func() (err error) {
		i := gallery.Importer{Store: &p.gallery.store, Decoder: picture.Decoder{Pause: breather()}}
		for _, f := range files {
			i.Take(gallery.File(f))
		}
		done, err = i.Finish()
		return err
	}, func() { p.note(done.Notice()) })
}
