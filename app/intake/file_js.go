package intake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"reverie/app/wire"
	"reverie/gpu/jsx"
)

// chosen reads a file that the person chose by slices.
type chosen struct {
	ctx  context.Context
	file *wire.File
}

func (c chosen) ReadAt(b []byte, at int64) (int, error) {
	size := int64(c.file.JS.Get("size").Float())
	if at < 0 {
		return 0, errors.New("intake: a place before the file")
	}
	end := min(at+int64(len(b)), size)
	if at >= end {
		return 0, io.EOF
	}
	slice, err := jsx.Await(c.ctx, c.file.JS.Call("slice", at, end).Call("arrayBuffer"))
	if err != nil {
		return 0, fmt.Errorf("the browser cannot read the file any more (it was moved, changed or removed): choose it again")
	}
	n := jsx.CopyToGo(b, slice)
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// read makes a file one that can be read at any place.
func read(ctx context.Context, f *wire.File) io.ReaderAt { return chosen{ctx, f} }
