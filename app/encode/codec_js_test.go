package encode

import (
	"context"
	"errors"
	"strings"
	"syscall/js"
	"testing"

	"reverie/app/film"
	"reverie/app/wire"
)

// kept is a codec whose stream the test looks at.
type kept struct {
	codec
	stream stream
}

func (k *kept) flush(ctx context.Context) (s stream, err error) {
	k.stream, err = k.codec.flush(ctx)
	return k.stream, err
}

// Thirty frames go through each of the browser's codecs, none is lost, and they begin again every two seconds.
func TestBrowserCodecs(t *testing.T) {
	found := 0
	for _, name := range []string{"avc1", "vp09", "av01", "vp8"} {
		t.Run(name, func(t *testing.T) {
			k := &kept{}
			only := func(ctx context.Context, c config) (codec, error) {
				if !strings.HasPrefix(c.name, name) {
					return nil, errUnsupported
				}
				inner, err := openCodec(ctx, c)
				k.codec = inner
				return k, err
			}
			source := func(_ context.Context, i int) (*wire.Picture, error) {
				return plain(8, 8, byte(200-8*i), byte(8*i), 90), nil
			}
			made, err := filmBy(context.Background(), only, film.Options{Width: 64, Height: 64, Rate: 10, Seconds: 2.5, Hold: 0.5}, 25, source, func(int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			if made.Format == film.GIF {
				t.Skip("this browser lacks it")
			}
			found++
			if len(k.stream.chunks) != 30 || made.Frames != 30 || !strings.HasPrefix(made.Codec, name) {
				t.Fatalf("%d frames of 30 by %s", len(k.stream.chunks), made.Codec)
			}
			shown := map[int]bool{}
			for i, c := range k.stream.chunks {
				shown[c.frame] = true
				if want := i%20 == 0; want && !c.key || len(c.data) == 0 {
					t.Errorf("chunk %d: %d bytes, key %t", i, len(c.data), c.key)
				}
			}
			if len(shown) != 30 || !shown[0] || !shown[29] {
				t.Errorf("%d different frames", len(shown))
			}
		})
	}
	if found == 0 {
		t.Error("the browser has no codec at all")
	}
}

func TestBrowserWithoutCodecs(t *testing.T) {
	name := "VideoEncoder"
	class := js.Global().Get(name)
	js.Global().Set(name, js.Undefined())
	defer js.Global().Set(name, class)
	if _, err := openCodec(context.Background(), config{"vp8", 64, 64, 10}); !errors.Is(err, errUnsupported) {
		t.Errorf("without WebCodecs: %v", err)
	}
}

func TestUnknownCodec(t *testing.T) {
	for _, name := range []string{"vp7", "avc1.640000"} {
		if _, err := openCodec(context.Background(), config{name, 64, 64, 10}); !errors.Is(err, errUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Once it is cancelled, a film does not go on, however busy the codec is.
func TestCancelledCodec(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c, err := openCodec(ctx, config{"vp8", 64, 64, 10})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if err := c.encode(ctx, plain(64, 64, 1, 2, 3), 0, true); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := c.flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("flushing: %v", err)
	}
}
