//go:build e2e && !js

package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"reverie/app/protocol"
	"reverie/tools/chromium"
)

// A run becomes a film of all its steps, and the run's settings are in it.
func TestFilmOfARun(t *testing.T) {
	v := open(t, chromium.Software, "?tune=off#p=a%20red%20apple&width=64&height=64&cutouts=1&steps=5&v=2")
	v.ready()
	v.must(v.Click("button", "Start"))
	until[protocol.Done](v)
	v.status("Done: 5 steps")
	v.must(v.Click("button", "Film"))
	v.must(v.Fill("textbox", "Length in seconds", "1"))
	v.must(v.Fill("textbox", "Final pause in seconds", "1"))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	path, err := v.Download(ctx, "Make film")
	v.must(err)
	data, err := os.ReadFile(path)
	v.must(err)
	p, _ := v.probe(data)
	if len(p.Streams) != 1 || p.Streams[0].Frames != "48" || p.Streams[0].Width != 512 || p.Streams[0].Height != 512 {
		t.Errorf("ffprobe says %+v, want 48 frames of 512 × 512", p)
	}
	if settings := p.Format.Tags["comment"] + p.Format.Tags["COMMENT"]; !strings.Contains(settings, "a red apple") {
		t.Errorf("the film carries %q", settings)
	}
	v.clean()
}
