package blob

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

// New makes n bytes of zeros.
func New(n int) Blob { return Blob{js.Global().Get("Uint8Array").New(n)} }

// Of copies bytes of Go.
func Of(b []byte) Blob { return Blob{jsx.Bytes(b)} }

// JS is the Uint8Array, for the packages that see JavaScript.
func (b Blob) JS() js.Value { return b.value }

// Len is the number of bytes.
func (b Blob) Len() int { return b.value.Get("length").Int() }

// Slice is the bytes from from to to, in the same memory.
func (b Blob) Slice(from, to int) Blob { return Blob{b.value.Call("subarray", from, to)} }

// Copy puts the bytes of from at byte at.
func (b Blob) Copy(at int, from Blob) { b.value.Call("set", from.value, at) }

// Bytes copies the blob into Go.
func (b Blob) Bytes() []byte { return jsx.GoBytes(b.value) }

// SHA256 is the digest in lower-case hex, computed by the browser.
func (b Blob) SHA256(ctx context.Context) (string, error) {
	digest, err := jsx.Await(ctx, js.Global().Get("crypto").Get("subtle").Call("digest", "SHA-256", b.value))
	if err != nil {
		return "", fmt.Errorf("blob: digest: %w", err)
	}
	return hex.EncodeToString(jsx.GoBytes(digest)), nil
}

// Gunzip is what a gzip file unpacks to, at most limit bytes. The browser unpacks it.
func (b Blob) Gunzip(ctx context.Context, limit int) ([]byte, error) {
	packed := js.Global().Get("Blob").New([]any{b.value}).Call("stream")
	reader := packed.Call("pipeThrough", js.Global().Get("DecompressionStream").New("gzip")).Call("getReader")
	var unpacked []byte
	for {
		piece, err := jsx.Await(ctx, reader.Call("read"))
		if err != nil {
			return nil, fmt.Errorf("blob: unpacking: %w", err)
		}
		if piece.Get("done").Bool() {
			return unpacked, nil
		}
		unpacked = append(unpacked, jsx.GoBytes(piece.Get("value"))...)
		if len(unpacked) > limit {
			reader.Call("cancel")
			return nil, tooLong(limit)
		}
	}
}
