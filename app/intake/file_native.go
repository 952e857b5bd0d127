//go:build !js

package intake

import (
	"context"
	"io"

	"reverie/app/wire"
)

// read makes a file one that can be read at any place.
func read(_ context.Context, f *wire.File) io.ReaderAt { return f }
