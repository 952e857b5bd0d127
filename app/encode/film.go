// Package encode makes films of pictures: scaled, mixed, compressed by the browser's WebCodecs and written as MP4 or WebM, or as a GIF where the
// browser compresses no video. Serve answers the page by app/film's messages; app/export is the program.
package encode

import (
	"context"
	"errors"
	"fmt"

	"reverie/app/film"
	"reverie/app/wire"
)

// Source gives the picture with that index. Film asks in ascending order, for each at most once.
type Source func(ctx context.Context, i int) (*wire.Picture, error)

// encoder makes a file of pictures of one size.
type encoder interface {
	// add shows p for a number of frames. It waits while it would hold too much. p is not changed afterwards.
	add(ctx context.Context, p *wire.Picture, frames int) error
	// finish returns the file.
	finish(ctx context.Context) ([]byte, error)
	// close ends the encoder, whatever it has made.
	close()
}

// errNoPicture is the page's mistake.
var errNoPicture = errors.New("A picture of the run did not come: reload the page and try again.")

// Film makes a film of so many pictures and calls working as frames are made. Its errors are sentences for the person.
func Film(ctx context.Context, o film.Options, pictures int, source Source, working func(done, total int)) (film.Made, error) {
	return filmBy(ctx, openCodec, o, pictures, source, working)
}

func filmBy(ctx context.Context, open opener, o film.Options, pictures int, source Source, working func(done, total int)) (film.Made, error) {
	if err := o.Check(pictures); err != nil {
		return film.Made{}, err
	}
	made, e, err := choose(ctx, open, o, pictures)
	if err != nil {
		return film.Made{}, err
	}
	defer e.close()
	o.Format, o.Width, o.Height = made.Format, made.Width, made.Height
	shots := o.Shots(pictures)
	made.Frames = film.Frames(shots)
	s := screen{options: o, source: source, held: map[int]*wire.Picture{}}
	done := 0
	for _, shot := range shots {
		working(done, made.Frames)
		p, err := s.show(ctx, shot)
		if err != nil {
			return film.Made{}, err
		}
		if err := e.add(ctx, p, shot.Frames); err != nil {
			return film.Made{}, err
		}
		done += shot.Frames
	}
	file, err := e.finish(ctx)
	if err != nil {
		return film.Made{}, err
	}
	working(done, made.Frames)
	made.File = &wire.Bytes{Data: file}
	return made, nil
}

// screen holds the pictures that lie around the frame that is made, in the film's size.
type screen struct {
	options film.Options
	source  Source
	held    map[int]*wire.Picture
}

func (s *screen) show(ctx context.Context, shot film.Shot) (*wire.Picture, error) {
	for i := range s.held {
		if i < shot.A {
			delete(s.held, i)
		}
	}
	a, err := s.picture(ctx, shot.A)
	if err != nil || shot.Mix == 0 {
		return a, err
	}
	b, err := s.picture(ctx, shot.A+1)
	if err != nil {
		return nil, err
	}
	return mix(a, b, shot.Mix), nil
}

func (s *screen) picture(ctx context.Context, i int) (*wire.Picture, error) {
	if p := s.held[i]; p != nil {
		return p, nil
	}
	p, err := s.source(ctx, i)
	if err != nil {
		return nil, err
	}
	if p == nil || p.Check() != nil {
		return nil, errNoPicture
	}
	s.held[i] = scale(p, s.options.Width, s.options.Height, s.options.Smooth)
	return s.held[i], nil
}

// choose finds the encoder for what is asked, and what it makes of it.
func choose(ctx context.Context, open opener, o film.Options, pictures int) (film.Made, encoder, error) {
	for _, k := range kinds {
		if o.Format != film.Best && o.Format != k.format {
			continue
		}
		to := o
		if k.even {
			to.Width, to.Height = o.Width+o.Width%2, o.Height+o.Height%2
		}
		for _, name := range k.names(to) {
			c, err := open(ctx, config{name, to.Width, to.Height, to.Rate})
			if errors.Is(err, errUnsupported) {
				continue
			}
			if err != nil {
				return film.Made{}, nil, err
			}
			return film.Made{Format: k.format, Codec: name, Width: to.Width, Height: to.Height}, &video{codec: c, mux: k.mux, options: to}, nil
		}
	}
	if o.Format != film.Best && o.Format != film.GIF {
		return film.Made{}, nil, fmt.Errorf("This browser makes no %s of that size: choose another format or a smaller size.", nameOf[o.Format])
	}
	if err := o.CheckGIF(pictures); err != nil {
		return film.Made{}, nil, err
	}
	o.Format = film.GIF
	return film.Made{Format: film.GIF, Width: o.Width, Height: o.Height}, &gifs{options: o}, nil
}

var nameOf = map[film.Format]string{film.MP4: "MP4", film.WebM: "WebM"}
