//go:build !js

// Package local serves the page as its source is now to a browser on this machine, for tools that look at it.
package local

import (
	"context"
	"net/http/httptest"
	"os"

	"reverie/web/site"
	"reverie/web/wasm"
)

// Serve builds the programs and serves the page with the embedded model; done ends it.
func Serve(ctx context.Context) (url string, done func(), err error) {
	dir, err := os.MkdirTemp("", "reverie-local-")
	if err != nil {
		return "", nil, err
	}
	remove := func() { os.RemoveAll(dir) }
	programs, err := wasm.Compile(ctx, dir)
	if err != nil {
		remove()
		return "", nil, err
	}
	s, err := site.New(site.Config{Programs: programs})
	if err != nil {
		remove()
		return "", nil, err
	}
	server := httptest.NewServer(s)
	return server.URL + "/", func() { server.Close(); remove() }, nil
}
