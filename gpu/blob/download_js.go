package blob

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall/js"
	"time"

	"reverie/gpu/jsx"
)

// Fetch gets a whole file.
func Fetch(ctx context.Context, url string) (Blob, error) {
	response, err := jsx.Await(ctx, js.Global().Call("fetch", url))
	if err != nil {
		return Blob{}, fmt.Errorf("blob: fetching %s: %w", url, err)
	}
	if status := response.Get("status").Int(); status != 200 {
		return Blob{}, fmt.Errorf("blob: fetching %s: the server answers %d", url, status)
	}
	body, err := jsx.Await(ctx, response.Call("arrayBuffer"))
	if err != nil {
		return Blob{}, fmt.Errorf("blob: fetching %s: %w", url, err)
	}
	return Blob{jsx.View(body)}, nil
}

// Download is a file on its way.
type Download struct {
	url      string
	response js.Value
	reader   js.Value
	scratch  js.Value // the memory that the reader fills, or undefined where it brings its own
	abort    js.Value // AbortController
	from     int64
}

// scratchSize is the largest piece of a download in bytes.
const scratchSize = 256 << 10

// Get asks for a file from byte from on. With fresh, the browser's own cache is neither asked nor filled.
func Get(ctx context.Context, url string, from int64, fresh bool) (*Download, error) {
	d := &Download{url: url, abort: js.Global().Get("AbortController").New()}
	options := map[string]any{"signal": d.abort.Get("signal")}
	if from > 0 {
		options["headers"] = map[string]any{"Range": fmt.Sprintf("bytes=%d-", from)}
	}
	if fresh {
		options["cache"] = "no-store"
	}
	var err error
	if d.response, err = jsx.Await(ctx, js.Global().Call("fetch", url, options)); err != nil {
		d.Close()
		return nil, fmt.Errorf("blob: fetching %s: %w", url, err)
	}
	if d.Status() == 206 {
		d.from = rangeStart(d.response.Get("headers").Call("get", "Content-Range"), from)
	}
	// A reader that fills memory of ours leaves no garbage: pieces of their own would add up to many megabytes before they are collected.
	body := d.response.Get("body")
	d.reader, err = jsx.Try(func() js.Value { return body.Call("getReader", map[string]any{"mode": "byob"}) })
	if err == nil {
		d.scratch = New(scratchSize).value
	} else {
		d.reader = body.Call("getReader")
	}
	return d, nil
}

// rangeStart reads "bytes 5-9/10"; a server that does not tell is taken at its word.
func rangeStart(header js.Value, asked int64) int64 {
	if header.Type() != js.TypeString {
		return asked
	}
	text, _, _ := strings.Cut(strings.TrimPrefix(header.String(), "bytes "), "-")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return asked
	}
	return n
}

// Status is the HTTP status.
func (d *Download) Status() int { return d.response.Get("status").Int() }

// Page says that the answer is a web page, as some hosts send in place of a file that is not there.
func (d *Download) Page() bool {
	kind := d.response.Get("headers").Call("get", "Content-Type")
	return kind.Type() == js.TypeString && strings.HasPrefix(kind.String(), "text/html")
}

// RetryAfter is how long a busy server asks to be left alone, or 0 where it does not tell.
func (d *Download) RetryAfter() time.Duration {
	header := d.response.Get("headers").Call("get", "Retry-After")
	if header.Type() != js.TypeString {
		return 0
	}
	seconds, err := strconv.ParseFloat(header.String(), 64)
	if err != nil {
		date := js.Global().Get("Date")
		seconds = (date.Call("parse", header).Float() - date.Call("now").Float()) / 1e3
	}
	if !(seconds > 0) {
		return 0
	}
	const most = 24 * time.Hour
	return time.Duration(min(seconds, most.Seconds()) * float64(time.Second))
}

// From is the byte at which the body begins: 0 where the server ignores ranges.
func (d *Download) From() int64 { return d.from }

// Next waits for the next piece, which is there until Next is called again. After the last one it returns io.EOF.
func (d *Download) Next(ctx context.Context) (Blob, error) {
	var args []any
	if !d.scratch.IsUndefined() {
		args = append(args, js.Global().Get("Uint8Array").New(d.scratch.Get("buffer")))
	}
	piece, err := jsx.Await(ctx, d.reader.Call("read", args...))
	if err != nil {
		return Blob{}, fmt.Errorf("blob: fetching %s: %w", d.url, err)
	}
	if piece.Get("done").Bool() {
		return Blob{}, io.EOF
	}
	if !d.scratch.IsUndefined() {
		d.scratch = piece.Get("value") // the memory itself was handed over and has come back
	}
	return Blob{piece.Get("value")}, nil
}

// Close gives up what has not come yet.
func (d *Download) Close() { d.abort.Call("abort") }
