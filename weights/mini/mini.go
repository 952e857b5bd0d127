// Package mini embeds the default model, a small CLIP + VQGAN pair trained by the project, so that Reverie draws without a
// download. README.md is its model card.
package mini

import (
	"embed"
	"io/fs"
)

//go:embed manifest.json [0-9a-f]*
var files embed.FS

// FS is the model's folder: manifest.json and the shards.
var FS fs.FS = files
