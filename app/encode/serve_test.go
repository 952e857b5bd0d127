package encode

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"reverie/app/film"
	"reverie/app/wire"
)

// talk serves and returns how to say something and how to hear the next message.
func talk(t *testing.T) (say func(film.Message), next func() film.Message) {
	in, out := make(chan film.Message), make(chan film.Message, 100)
	ctx, end := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		Serve(ctx, in, func(m film.Message) { out <- m })
		close(done)
	}()
	t.Cleanup(func() { end(); <-done })
	return func(m film.Message) { in <- m }, func() film.Message { return <-out }
}

// heard skips progress.
func heard[M film.Message](t *testing.T, next func() film.Message) M {
	t.Helper()
	for {
		switch m := next().(type) {
		case M:
			return m
		case film.Working:
		default:
			t.Fatalf("heard %T %+v, want %T", m, m, *new(M))
		}
	}
}

var makeThree = film.Make{Options: film.Options{Format: film.GIF, Width: 16, Height: 16, Rate: 3, Seconds: 1}, Pictures: 3}

func TestServeMakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say, next := talk(t)
		say(makeThree)
		for i := range 3 {
			if want := heard[film.Want](t, next); want.Picture != i {
				t.Fatalf("it wants picture %d, not %d", want.Picture, i)
			}
			say(film.Frame{Picture: plain(2, 2, byte(i), 0, 0)})
		}
		if made := heard[film.Made](t, next); made.Frames != 3 || len(made.File.Data) == 0 {
			t.Errorf("made %d frames", made.Frames)
		}
	})
}

// Nothing is made before a picture came, a second wish is told to wait, and after Cancel a film begins anew.
func TestServeCancels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		say, next := talk(t)
		say(film.Cancel{})
		heard[film.Cancelled](t, next)
		say(makeThree)
		heard[film.Want](t, next)
		say(film.Pack{})
		if e := heard[film.Error](t, next); !strings.Contains(e.Message, "wait") {
			t.Errorf("a second wish is told %q", e.Message)
		}
		say(film.Cancel{})
		heard[film.Cancelled](t, next)
		say(film.Frame{Picture: plain(2, 2, 9, 9, 9)}) // too late
		say(makeThree)
		if want := heard[film.Want](t, next); want.Picture != 0 {
			t.Errorf("it wants picture %d", want.Picture)
		}
		say(film.Frame{}) // which holds no picture
		if e := heard[film.Error](t, next); !strings.Contains(e.Message, "did not come") {
			t.Errorf("it says %q", e.Message)
		}
	})
}

func TestServePacks(t *testing.T) {
	say, next := talk(t)
	files := []film.File{{Name: "a.png", Data: []byte{1, 2}}, {Name: "b.json", Data: []byte("{}")}}
	say(film.Pack{Files: files})
	zip := heard[film.Packed](t, next).Zip
	say(film.Unpack{Zip: zip})
	got := heard[film.Unpacked](t, next).Files
	if len(got) != 2 || got[1].Name != "b.json" || !bytes.Equal(got[0].Data, files[0].Data) {
		t.Errorf("unpacked %v", got)
	}
	say(film.Unpack{Zip: &wire.Bytes{Data: []byte("none")}})
	heard[film.Error](t, next)
	say(film.Unpack{})
	heard[film.Error](t, next)
}

func TestServeEnlarges(t *testing.T) {
	say, next := talk(t)
	say(film.Enlarge{Picture: plain(5, 3, 10, 20, 30), Times: 4})
	p := heard[film.Enlarged](t, next).Picture
	if p.Width != 20 || p.Height != 12 || !bytes.Equal(p.Pix, plain(20, 12, 10, 20, 30).Pix) {
		t.Errorf("a picture of one colour becomes %dx%d, %v", p.Width, p.Height, p.Pix[:4])
	}
	for _, m := range []film.Enlarge{{Times: 4}, {Picture: plain(5, 3, 0, 0, 0)}, {Picture: plain(1025, 1, 0, 0, 0), Times: 4}, {Picture: plain(5, 3, 0, 0, 0), Times: 1 << 62}} {
		say(m)
		if e := heard[film.Error](t, next); !strings.Contains(e.Message, "4096 pixels") {
			t.Errorf("%d times: it says %q", m.Times, e.Message)
		}
	}
}
