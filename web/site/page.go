//go:build !js

package site

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// address is what go-app writes into the page of the site's own address. Nobody has told it which host that is, so it would say "https:///".
var address = regexp.MustCompile(`\s*<meta [^>]*"og:(url|image)"[^>]*>`)

// booleans are HTML's attributes that say something by being there, whatever their value.
var booleans = []string{
	"allowfullscreen", "async", "autofocus", "autoplay", "checked", "controls", "default", "defer", "disabled", "formnovalidate", "hidden",
	"inert", "ismap", "itemscope", "loop", "multiple", "muted", "nomodule", "novalidate", "open", "playsinline", "readonly", "required",
	"reversed", "selected", "shadowrootclonable", "shadowrootdelegatesfocus", "shadowrootserializable",
}

// untrue is a boolean attribute that go-app writes as false. Nothing else looks like it: quotes are escaped in texts and in values.
var untrue = regexp.MustCompile(`\s(` + strings.Join(booleans, "|") + `)="false"`)

// spinner is the picture that go-app turns while its program is on its way: as large as all else that a visit begins with. Its script looks for the element.
var spinner = regexp.MustCompile(`<img [^>]*id="app-wasm-loader-icon"[^>]*>`)

// mended is the page without its address and without what turns, and with the boolean attributes that are true and no others.
func mended(page []byte) []byte {
	page = spinner.ReplaceAll(page, []byte(`<i id="app-wasm-loader-icon"></i>`))
	return untrue.ReplaceAll(address.ReplaceAll(page, nil), nil)
}

// What go-app's script does by itself: it begins to fetch programs, all of them, for the service worker, and the page's; and it makes an instance of that as it comes.
var (
	install  = regexp.MustCompile(`\ngoappInitServiceWorker\(\);\n`)
	launch   = regexp.MustCompile(`\ngoappInitWebAssembly\(\);\n`)
	instance = regexp.MustCompile(`\binstantiateStreaming\(\s*fetchWithProgress\([^)]*\),\s*go\.importObject\s*\)`)
)

// gated is that script, which fetches programs when web/start.js says so, and none where that says why the browser cannot run Reverie. The page's comes from there,
// too, and is run between two turns of the event loop.
func gated(script []byte) (*asset, error) {
	const able = "\nif (isSecureContext && navigator.gpu) "
	for _, begin := range []struct {
		old  *regexp.Regexp
		gate string
	}{
		{install, able + "reverieStart.kept.then(goappInitServiceWorker);\n"},
		{launch, able + "goappInitWebAssembly(); else document.getElementById(\"app-wasm-loader\").remove();\n"},
		{instance, "reverieStart.instance(go.importObject, (come) => showProgress(Math.round((100 * come) / goappWasmContentLength)))"},
	} {
		if len(begin.old.FindAll(script, 2)) != 1 {
			return nil, errors.New("site: go-app's script begins in another way: mend gated in web/site")
		}
		script = begin.old.ReplaceAllLiteral(script, []byte(begin.gate))
	}
	return newAsset("/app.js", script), nil
}

// guarded is the page with its policy inside, for hosts that send no headers. It stands before everything that it is about. Who may frame the page
// only a header can say.
func guarded(page []byte, policy string) []byte {
	meta := fmt.Sprintf(`<head>
  <meta http-equiv="Content-Security-Policy" content="%s">`, strings.TrimSuffix(policy, "; "+framing))
	return bytes.Replace(page, []byte("<head>"), []byte(meta), 1)
}

// missingPage is what is shown where nothing is.
func missingPage(base string) []byte {
	return fmt.Appendf(nil, `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Nothing here – Reverie</title>
<h1>There is nothing at this address</h1>
<p><a href="%s">To Reverie’s page</a></p>
`, base)
}
