package gpu

import (
	"context"
	"encoding/hex"
	"fmt"
	"syscall/js"

	"reverie/gpu/jsx"
)

// Blob is bytes that stay in the browser: weights go from the network to the device without entering Go's memory, which never
// shrinks.
type Blob struct {
	value js.Value // Uint8Array
}

// Fetch gets a whole file.
func Fetch(ctx context.Context, url string) (Blob, error) {
	response, err := jsx.Await(ctx, js.Global().Call("fetch", url))
	if err != nil {
		return Blob{}, fmt.Errorf("gpu: fetching %s: %w", url, err)
	}
	if status := response.Get("status").Int(); status != 200 {
		return Blob{}, fmt.Errorf("gpu: fetching %s: the server answers %d", url, status)
	}
	body, err := jsx.Await(ctx, response.Call("arrayBuffer"))
	if err != nil {
		return Blob{}, fmt.Errorf("gpu: fetching %s: %w", url, err)
	}
	return Blob{jsx.View(body)}, nil
}

// Len is the number of bytes.
func (b Blob) Len() int { return b.value.Get("length").Int() }

// Bytes copies the blob into Go.
func (b Blob) Bytes() []byte { return jsx.GoBytes(b.value) }

// SHA256 is the digest in lower-case hex, computed by the browser.
func (b Blob) SHA256(ctx context.Context) (string, error) {
	digest, err := jsx.Await(ctx, js.Global().Get("crypto").Get("subtle").Call("digest", "SHA-256", b.value))
	if err != nil {
		return "", fmt.Errorf("gpu: digest: %w", err)
	}
	return hex.EncodeToString(jsx.GoBytes(digest)), nil
}

// WriteBlob copies n bytes of the blob, from its byte from on, to the buffer at offset. All three are multiples of 4.
func (d *Device) WriteBlob(to *Buffer, offset int, b Blob, from, n int) {
	d.queue.Call("writeBuffer", to.value, offset, b.value.Call("subarray", from, from+n))
}
