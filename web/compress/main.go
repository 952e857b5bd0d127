//go:build !js

// Command compress writes FILE.br and FILE.gz beside each FILE that is newer than they are, for servers that send files already
// compressed.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/andybalholm/brotli"
)

// Quality 6 takes about a second for app.wasm and is within a tenth of the size that the best, 11, reaches in half a minute.
const brotliQuality = 6

func main() {
	for _, path := range os.Args[1:] {
		if err := compress(path); err != nil {
			fmt.Fprintln(os.Stderr, "compress:", err)
			os.Exit(1)
		}
	}
}

func compress(path string) error {
	source, err := os.Stat(path)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, format := range []struct {
		suffix string
		writer func(io.Writer) (io.WriteCloser, error)
	}{
		{".br", func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriterLevel(w, brotliQuality), nil }},
		{".gz", func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestCompression) }},
	} {
		target := path + format.suffix
		if made, err := os.Stat(target); err == nil && !made.ModTime().Before(source.ModTime()) {
			continue
		}
		var packed bytes.Buffer
		w, err := format.writer(&packed)
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(target, packed.Bytes(), 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %.2f MB, was %.2f MB\n", target, float64(packed.Len())/1e6, float64(len(data))/1e6)
	}
	return nil
}
