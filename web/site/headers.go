//go:build !js

package site

import (
	"net/http"
	"strings"
)

// policy is the strict Content-Security-Policy: everything from this origin, WebAssembly, and pictures made in the page.
var policy = strings.Join([]string{
	"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' blob: data:", "connect-src 'self'",
	"manifest-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
}, "; ")

// devPolicy also lets vgrun's reload script in.
var devPolicy = strings.NewReplacer(
	"script-src 'self'", "script-src 'self' http://localhost:8324",
	"connect-src 'self'", "connect-src 'self' ws://localhost:8324 http://localhost:8324",
).Replace(policy)

// secured adds the security headers. Cross-origin isolation gives the worker a finer clock; nothing depends on it, because static hosts
// cannot send these headers.
func secured(h http.Handler, dev bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if dev {
			header.Set("Content-Security-Policy", devPolicy)
		} else {
			header.Set("Content-Security-Policy", policy)
			header.Set("Cross-Origin-Embedder-Policy", "require-corp")
		}
		h.ServeHTTP(w, r)
	})
}
