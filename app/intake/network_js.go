package intake

import (
	"context"
	"fmt"
	"io"
	"syscall/js"

	"reverie/gpu/jsx"
)

// web is the browser's fetch.
type web struct{}

// Get sends nothing that a server of another origin would have to allow first: a single Range is safelisted, and there is neither a cookie nor the
// page's address. The browser's own cache is left out: what comes is kept in its converted form.
func (web) Get(ctx context.Context, url string, from, to int64) (answer, error) {
	r := &response{abort: js.Global().Get("AbortController").New()}
	var err error
	r.head, err = jsx.Await(ctx, js.Global().Call("fetch", url, map[string]any{
		"headers": map[string]any{"Range": fmt.Sprintf("bytes=%d-%d", from, to-1)}, "signal": r.abort.Get("signal"),
		"credentials": "omit", "referrerPolicy": "no-referrer", "cache": "no-store", "mode": "cors",
	}))
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("intake: %w", err)
	}
	return r, nil
}

// response is an answer on its way.
type response struct {
	head   js.Value
	reader js.Value
	abort  js.Value
	chunk  js.Value // Uint8Array: what has come and is not read
	at     int      // in the chunk
}

func (r *response) Status() int { return r.head.Get("status").Int() }

func (r *response) Header(name string) string {
	if v := r.head.Get("headers").Call("get", name); v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

func (r *response) Read(ctx context.Context, b []byte) (int, error) {
	if r.reader.IsUndefined() {
		r.reader = r.head.Get("body").Call("getReader")
	}
	if r.chunk.IsUndefined() || r.at == r.chunk.Length() {
		next, err := jsx.Await(ctx, r.reader.Call("read"))
		if err != nil {
			return 0, fmt.Errorf("intake: %w", err)
		}
		if next.Get("done").Bool() {
			return 0, io.EOF
		}
		r.chunk, r.at = next.Get("value"), 0
	}
	n := jsx.CopyToGo(b, r.chunk.Call("subarray", r.at))
	r.at += n
	return n, nil
}

func (r *response) Close() { r.abort.Call("abort") }
