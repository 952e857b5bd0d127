//go:build !js

// Command build compiles app.wasm to a file and writes FILE.br and FILE.gz beside it, for servers that send files already compressed.
//
//	go run ./web/build web/app.wasm
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/andybalholm/brotli"

	"reverie/web/wasm"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("name the file to write: go run ./web/build web/app.wasm")
	}
	root, err := wasm.Root()
	if err != nil {
		return err
	}
	if err := wasm.Build(ctx, root, args[0]); err != nil {
		return err
	}
	return compress(args[0])
}

// format is one that browsers unpack.
type format struct {
	suffix string
	pack   func(io.Writer) (io.WriteCloser, error)
	unpack func(io.Reader) (io.Reader, error)
}

// Both compress as far as they go. Brotli takes some twenty seconds for it, and a visitor downloads a sixth less than after one.
var formats = []format{
	{".br",
		func(w io.Writer) (io.WriteCloser, error) {
			return brotli.NewWriterLevel(w, brotli.BestCompression), nil
		},
		func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }},
	{".gz",
		func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestCompression) },
		func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
}

// compress writes a file's compressed forms, unless they are there and hold it as it is.
func compress(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, f := range formats {
		if f.holds(path+f.suffix, data) {
			continue
		}
		packed, err := f.packed(data)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path+f.suffix, packed, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %.2f MB, was %.2f MB\n", path+f.suffix, float64(len(packed))/1e6, float64(len(data))/1e6)
	}
	return nil
}

// holds says whether the file unpacks to data.
func (f format) holds(path string, data []byte) bool {
	packed, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	r, err := f.unpack(bytes.NewReader(packed))
	if err != nil {
		return false
	}
	unpacked, err := io.ReadAll(r)
	return err == nil && bytes.Equal(unpacked, data)
}

func (f format) packed(data []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := f.pack(&packed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
