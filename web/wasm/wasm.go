//go:build !js

// Package wasm builds app.wasm.
package wasm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

// Root finds the folder of Reverie's source around the current one.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("wasm: %w", err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module reverie\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("wasm: this is not Reverie's source folder: change to it, so that app.wasm can be built")
		}
		dir = parent
	}
}

// small are the compiler's flags. A function that is inlined is downloaded as often as it is called: that adds an eighth to the program as
// Brotli sends it, and gains nothing that a person notices but where Go loops over memory and pixels.
var small = []string{"-gcflags=all=-l", "-gcflags=runtime=", "-gcflags=compress/flate=", "-gcflags=hash/crc32=", "-gcflags=image/...=",
	"-gcflags=reverie/app/picture=", "-gcflags=reverie/gpu/guide/resample="}

// Goal is the most that a visitor should download for app.wasm, in bytes as Packed makes them.
const Goal = 1_600_000

// Packed is a program compressed as far as Brotli goes, which takes some twenty seconds.
func Packed(program []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := brotli.NewWriterLevel(&packed, brotli.BestCompression)
	if _, err := w.Write(program); err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	return packed.Bytes(), nil
}

// Build compiles app.wasm from the source in root to the file out. The go command does no work twice, so this takes a moment only
// when nothing has changed.
//
// -trimpath keeps this machine's paths out of the program and -buildvcs=false the commit: the same source gives the same bytes. -s -w
// leaves out symbol tables, which browsers would only download.
func Build(ctx context.Context, root, out string) error {
	modfile, err := slim(ctx, root)
	if err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("wasm: %w", err)
	}
	args := append([]string{"build", "-modfile", modfile, "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}, small...)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", out, "./app")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("wasm: app.wasm does not build: %w\n%s", err, text)
	}
	return nil
}

// Compile builds the program of the source around the current folder and returns it.
func Compile(ctx context.Context) ([]byte, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "reverie-wasm-")
	if err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "app.wasm")
	if err := Build(ctx, root, file); err != nil {
		return nil, err
	}
	program, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("wasm: %w", err)
	}
	return program, nil
}
