// Command render makes one picture from one prompt without a window: it serves Reverie's page to an installed Chromium, starts the run by
// the page's door for programs (docs/scripting.md), and writes the PNG that the page would save.
//
//	render -prompt TEXT [-model NAME] [-weights DIR] [-size WxH] [-steps N] [-seed N] [-cuts N] [-preset NAME] -o out.png
//	       [-trace out.jsonl] [-script FILE] [-init FILE] [-save-every N] [-state FILE] [-resume FILE] [-OPTION VALUE…]
//	       [-frames DIR] [-rate N] [-slow N [-between motion|fade]]
//	       [-video FILE|DIR [-frame-stride N] [-first-steps N] [-blend X] [-source-prompt X] [-smooth N] [-smooth-alpha X]]
//	       [-vqgan FILE [-vqgan-config FILE]] [-clip FILE [-clip-config FILE]] [-quant f32|f16|q8|q4]
//	       [-follow OPTION=EXPRESSION… [-audio FILE -audio-band NAME=CENTRE:WIDTH[:ORDER]… [-audio-offset SECONDS]]]
//
// A published checkpoint, of the disk or behind an address, can be named in place of a model's half; it is converted once. Options can follow the bands of
// a sound, or time, from frame to frame; the script that is saved has what came of it and needs no sound.
//
// A picture that is moved (-motion-every) makes frames; -video styles the frames of a film, or the pictures of a folder, each the start of a run of its
// own. Frames go to a folder, and, where -o names a film and ffmpeg is installed, into that, with the source's sound.
//
// There is a flag for each option of docs/options.md; render -h lists them. A script is JSON, or a picture that carries one.
//
// The trace's first line is {"adapter":…,"model":…,"build":…}; then there is one line per step:
// {"step":1,"loss":0.93,"losses":[…],"ms":41.5}. The exit status is 0 only if the PNG was written.
//
// The software adapter is Chromium's SwiftShader, which is the same on every machine; hardware is this machine's GPU. CHROMIUM names
// another browser and CHROMIUM_FLAGS adds flags to it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted: no picture was written")
		}
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}
