//go:build !js

package site

import (
	"net/http"
	"strings"
)

// policy is the strict Content-Security-Policy: everything from this origin, WebAssembly, and pictures made in the page. Origins are those from which
// published models are fetched when somebody asks for one.
func policy(origins []string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' blob: data:",
		strings.Join(append([]string{"connect-src 'self'"}, origins...), " "),
		"manifest-src 'self'", "worker-src 'self'", "base-uri 'none'", "form-action 'none'", framing,
	}, "; ")
}

// framing is the directive that counts in headers only.
const framing = "frame-ancestors 'none'"

// dev lets vgrun's reload script into a policy, too.
var dev = strings.NewReplacer(
	"script-src 'self'", "script-src 'self' http://localhost:8324",
	"connect-src 'self'", "connect-src 'self' ws://localhost:8324 http://localhost:8324",
)

// permissions takes from the page, and from whatever might get into it, what Reverie never asks a visitor for.
const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), " +
	"local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), serial=(), usb=(), xr-spatial-tracking=()"

// security are the fields of every answer, errors included. Cross-origin isolation gives the worker a finer clock; nothing depends on it, because
// some static hosts cannot send these.
func (s *Site) security() []field {
	fields := []field{
		newField(noSniff, "nosniff"),
		newField("Referrer-Policy", "no-referrer"),
		newField("Cross-Origin-Opener-Policy", "same-origin"),
		newField("Cross-Origin-Resource-Policy", "same-origin"),
		newField("Permissions-Policy", permissions),
	}
	if s.dev {
		return append(fields, newField("Content-Security-Policy", dev.Replace(s.policy)))
	}
	return append(fields, newField("Content-Security-Policy", s.policy), newField("Cross-Origin-Embedder-Policy", "require-corp"))
}

func lines(fields []field) string {
	header, text := http.Header{}, strings.Builder{}
	put(header, fields)
	header.Write(&text) // to memory, which does not fail
	return text.String()
}
