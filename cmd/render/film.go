package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"reverie/recipe"
)

// films are the endings of files that ffmpeg is asked to write.
var films = []string{".mp4", ".webm", ".mkv", ".mov", ".gif"}

// isFilm says whether a file is to be a film of frames and not a picture.
func isFilm(path string) bool { return slices.Contains(films, strings.ToLower(filepath.Ext(path))) }

// prepareFrames finds out whether the frames that are asked for can be made, and makes room for them: in the folder that was named, or in one that
// cleanup removes.
func (j *job) prepareFrames() (cleanup func(), err error) {
	cleanup = func() {}
	if !isFilm(j.out) && j.frames == "" && j.styling == nil {
		return cleanup, nil
	}
	if j.styling == nil && !j.script.HasFrames() {
		return cleanup, errors.New("nothing makes frames: say after how many steps the picture is moved with -motion-every, or style a film with -video")
	}
	if _, missing := exec.LookPath("ffmpeg"); missing != nil && isFilm(j.out) {
		return cleanup, fmt.Errorf("ffmpeg, which writes %s, is not installed: install it, or keep frames in a folder with -frames and name a PNG with -o", j.out)
	}
	if j.frames == "" {
		folder, err := os.MkdirTemp("", "reverie-frames-")
		j.frames = folder
		return func() { os.RemoveAll(folder) }, err
	}
	if err := os.MkdirAll(j.frames, 0o755); err != nil {
		return cleanup, fmt.Errorf("cannot make the folder %s: choose another one", j.frames)
	}
	if old, _ := filepath.Glob(j.frameFile("*")); len(old) > 0 && j.state == nil {
		return cleanup, fmt.Errorf("the folder %s holds pictures already: choose an empty one", j.frames)
	}
	return cleanup, nil
}

// frameFile is the file of the frame with that number, as text.
func (j *job) frameFile(number string) string { return filepath.Join(j.frames, number+".png") }

// keepFrame writes frame number n, from 1.
func (r *renderer) keepFrame(n int, png []byte) error {
	if r.firstFrame == 0 {
		r.firstFrame = n
	}
	r.firstFrame, r.lastFrame = min(r.firstFrame, n), max(r.lastFrame, n)
	return writeFile(r.frameFile(fmt.Sprintf("%06d", n)), png)
}

// frameNumber counts the frames up to a step.
func (r *renderer) frameNumber(step int) int {
	for s := len(r.numbers); s <= step; s++ {
		n := 0
		if s > 0 {
			n = r.numbers[s-1]
		}
		if r.script.At(s).Frame(s) {
			n++
		}
		r.numbers = append(r.numbers, n)
	}
	return r.numbers[step]
}

// filmArgs are ffmpeg's arguments for a film of frames from a first to a last one, of the files that pattern names.
func (j *job) filmArgs(pattern string, first, last int) []string {
	args := []string{"-v", "error", "-y", "-framerate", j.filmRate(), "-start_number", strconv.Itoa(first), "-i", pattern}
	sound := j.styling != nil && j.styling.rate != ""
	if sound {
		args = append(args, "-i", j.styling.video, "-map", "0:v", "-map", "1:a?", "-c:a", "copy")
	}
	args = append(args, "-frames:v", strconv.Itoa(last-first+1))
	if !strings.EqualFold(filepath.Ext(j.out), ".gif") {
		args = append(args, "-pix_fmt", "yuv420p")
	}
	settings, _ := json.Marshal(j.script) // of the tool's own making
	return append(args, "-metadata", "title="+recipe.Prompt.In(j.script.Recipe), "-metadata", "comment="+string(settings), j.out)
}

// filmRate is the film's rate in frames per second: the source's, of which only every stride-th frame is there.
func (j *job) filmRate() string {
	if s := j.styling; s != nil && s.rate != "" {
		over, under, _ := strings.Cut(s.rate, "/")
		n, err := strconv.Atoi(under)
		if err != nil {
			n = 1
		}
		return fmt.Sprintf("%s/%d", over, n*s.stride)
	}
	return strconv.Itoa(j.rate)
}

// writeFilm makes the film of the frames that were kept.
func (r *renderer) writeFilm(ctx context.Context) error {
	if r.lastFrame == 0 {
		return errors.New("no frame was made: give the run more steps")
	}
	return ffmpeg(ctx, r.filmArgs(r.frameFile("%06d"), r.firstFrame, r.lastFrame)...)
}

// ffmpeg runs it. Its error is the last line that ffmpeg says.
func ffmpeg(ctx context.Context, args ...string) error {
	var said bytes.Buffer
	c := exec.CommandContext(ctx, "ffmpeg", args...)
	c.Stderr = &said
	if err := c.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return fmt.Errorf("ffmpeg: %s (%w)", lines[len(lines)-1], err)
	}
	return nil
}
