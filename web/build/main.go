//go:build !js

// Command build compiles the programs that a browser runs into a folder and writes FILE.br and FILE.gz beside each, for servers that send
// files already compressed.
//
//	go run ./web/build web
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"reverie/web/compress"
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
		return errors.New("name the folder to write: go run ./web/build web")
	}
	if _, err := wasm.Compile(ctx, args[0]); err != nil {
		return err
	}
	failed := make([]error, len(wasm.Programs))
	var packing sync.WaitGroup
	for i, p := range wasm.Programs {
		packing.Go(func() { failed[i] = pack(filepath.Join(args[0], p.File)) })
	}
	packing.Wait()
	return errors.Join(failed...)
}

// pack writes a file's compressed forms, unless they are there and hold it as it is.
func pack(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, f := range compress.Formats {
		if holds(f, path+f.Suffix, data) {
			continue
		}
		packed := f.Pack(data)
		if err := os.WriteFile(path+f.Suffix, packed, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %.2f MB, was %.2f MB\n", path+f.Suffix, float64(len(packed))/1e6, float64(len(data))/1e6)
	}
	return nil
}

// holds says whether the file unpacks to data.
func holds(f compress.Format, path string, data []byte) bool {
	packed, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	unpacked, err := f.Unpack(packed)
	return err == nil && bytes.Equal(unpacked, data)
}
