//go:build !js

package wire

import "io"

// File is one that the person chose. Natively it is anything that can be read.
type File struct{ io.ReaderAt }
