// Package web holds the files that the page is made of besides its program: styles, icons, and the JavaScript that a browser needs to
// start Go. They are embedded, so a built server is one file.
package web

import "embed"

// Assets are the files under /web/, the service workers' templates and the manifest.
//
//go:embed app.css gpu.js worker.js service-worker.js service-worker-dev.js manifest.webmanifest icon.svg icon-*.png screenshot-*.png
var Assets embed.FS

// Program holds app.wasm and its compressed forms as far as they had been built when this program was. The pattern names app.css too
// because a pattern must match something.
//
//go:embed app.*
var Program embed.FS
