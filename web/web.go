// Package web holds the files that the page is made of besides its programs: styles, icons, and the JavaScript that a browser needs to
// start Go. They are embedded, so a built server is one file.
package web

import "embed"

// Assets are the files under /web/, the service workers' templates and the manifest.
//
//go:embed app.css gpu.js start.js worker.js service-worker.js service-worker-dev.js manifest.webmanifest icon.svg icon-*.png screenshot-*.png examples.webp recorded.webp recorded-still.webp glossary.json
var Assets embed.FS

// Programs holds what wasm.Programs lists, with compressed forms, as far as it had been built when this program was. The pattern takes in
// manifest.webmanifest because a pattern must match something.
//
//go:embed *.w*
var Programs embed.FS
