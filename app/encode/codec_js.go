package encode

import (
	"context"
	"fmt"
	"syscall/js"
	"time"

	"reverie/app/wire"
	"reverie/gpu/jsx"
)

// mostQueued is how many frames a codec has before it is given more.
const mostQueued = 4

// webCodec is a VideoEncoder of WebCodecs.
type webCodec struct {
	encoder     js.Value
	config      config
	output, err js.Func
	stream      stream
	failed      error
}

func openCodec(ctx context.Context, c config) (codec, error) {
	class := js.Global().Get("VideoEncoder")
	if class.IsUndefined() {
		return nil, errUnsupported
	}
	how := map[string]any{"codec": c.name, "width": c.width, "height": c.height, "framerate": c.rate, "bitrate": c.bitrate(), "latencyMode": "quality"}
	answer, err := jsx.Await(ctx, class.Call("isConfigSupported", how))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || !answer.Get("supported").Bool() {
		return nil, errUnsupported
	}
	w := &webCodec{config: c}
	w.output = js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.take(args)
		return nil
	})
	w.err = js.FuncOf(func(_ js.Value, args []js.Value) any {
		w.failed = fmt.Errorf("The browser's video encoder failed (%w): try another format or a smaller size.", jsx.Error(args[0]))
		return nil
	})
	w.encoder = class.New(map[string]any{"output": w.output, "error": w.err})
	if _, err := jsx.Try(func() js.Value { return w.encoder.Call("configure", how) }); err != nil {
		w.close()
		return nil, errUnsupported
	}
	return w, nil
}

// take is called with an EncodedVideoChunk and, where it changes, what decoders must know.
func (w *webCodec) take(args []js.Value) {
	data := js.Global().Get("Uint8Array").New(args[0].Get("byteLength"))
	args[0].Call("copyTo", data)
	// Timestamps are in microseconds.
	frame := int(args[0].Get("timestamp").Float()*float64(w.config.rate)/1e6 + 0.5)
	w.stream.chunks = append(w.stream.chunks, chunk{jsx.GoBytes(data), args[0].Get("type").String() == "key", frame})
	if len(args) < 2 || !args[1].Truthy() || !args[1].Get("decoderConfig").Truthy() {
		return
	}
	known := args[1].Get("decoderConfig")
	if description := known.Get("description"); description.Truthy() {
		w.stream.description = jsx.GoBytes(description)
	}
	if space := known.Get("colorSpace"); space.Truthy() {
		w.stream.colour = colour{primaryCodes[word(space, "primaries")], transferCodes[word(space, "transfer")], matrixCodes[word(space, "matrix")],
			space.Get("fullRange").Truthy()}
	}
}

func word(v js.Value, name string) string {
	if w := v.Get(name); w.Type() == js.TypeString {
		return w.String()
	}
	return ""
}

func (w *webCodec) encode(ctx context.Context, p *wire.Picture, frame int, key bool) error {
	for w.failed == nil && w.encoder.Get("encodeQueueSize").Int() >= mostQueued {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond): // not every browser tells when it has taken one
		}
	}
	if w.failed != nil {
		return w.failed
	}
	at := func(frame int) int { return frame * 1_000_000 / w.config.rate }
	_, err := jsx.Try(func() js.Value {
		f := js.Global().Get("VideoFrame").New(jsx.Bytes(p.Pix), map[string]any{"format": "RGBX", "codedWidth": p.Width, "codedHeight": p.Height,
			"timestamp": at(frame), "duration": at(frame+1) - at(frame)})
		defer f.Call("close")
		return w.encoder.Call("encode", f, map[string]any{"keyFrame": key})
	})
	if w.failed != nil { // which closed the encoder, and says more than that it is closed
		return w.failed
	}
	return err
}

func (w *webCodec) flush(ctx context.Context) (stream, error) {
	_, err := jsx.Await(ctx, w.encoder.Call("flush"))
	if w.failed != nil {
		err = w.failed
	}
	return w.stream, err
}

func (w *webCodec) close() {
	if w.encoder.Truthy() && w.encoder.Get("state").String() != "closed" {
		w.encoder.Call("close")
	}
	w.output.Release()
	w.err.Release()
}
