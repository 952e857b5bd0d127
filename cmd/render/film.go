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

// ways are ffmpeg's filters that make the pictures between two frames: by what its motion compensation finds to have moved, both ways and with
// overlapping blocks, or by mixing the two. Neither may take two frames for different scenes, which get nothing between.
var ways = map[string]string{"motion": "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none", "fade": "mi_mode=blend:scd=none"}

// maxSlow is how many times as long a film can be.
const maxSlow = 100

// checkSlow says what is wrong with -slow and -between, in a sentence.
func (j *job) checkSlow() error {
	if j.slow < 1 || j.slow > maxSlow {
		return fmt.Errorf("-slow is %d: write 1 to %d", j.slow, maxSlow)
	}
	if j.slow > 1 && !isFilm(j.out) {
		return errors.New("-slow is about a film: name one with -o, such as a.mp4")
	}
	_, err := oneOf("way", j.between, "", ways)
	return err
}

// filmArgs are ffmpeg's arguments for a film of frames from a first to a last one, of the files that pattern names. A slowed film has no sound of its
// source, which would be over before.
func (j *job) filmArgs(pattern string, first, last int) []string {
	frames, gif := last-first+1, strings.EqualFold(filepath.Ext(j.out), ".gif")
	length := seconds(float64(frames) / j.frameRate())
	args := []string{"-v", "error", "-y", "-framerate", j.filmRate(j.slow), "-start_number", strconv.Itoa(first), "-i", pattern}
	switch {
	case gif:
	case j.following.audio != "":
		begin := j.following.offset + float64(first-1)/j.frameRate()
		args = append(args, "-ss", seconds(begin), "-t", length, "-i", j.following.audio, "-map", "0:v", "-map", "1:a")
	case j.styling != nil && j.styling.rate != "" && j.slow == 1:
		args = append(args, "-t", length, "-i", j.styling.video, "-map", "0:v", "-map", "1:a?", "-c:a", "copy")
	}
	// ffmpeg's own limit of frames would end the sound, too, as soon as the last one is read.
	filter := fmt.Sprintf("trim=end_frame=%d", frames)
	if j.slow > 1 {
		// minterpolate ends before the last frame that it is given: that is there twice more, to be shown, and as long as the others.
		filter += fmt.Sprintf(",tpad=stop_mode=clone:stop=2,minterpolate=fps=%s:%s,trim=end_frame=%d", j.filmRate(1), ways[j.between], frames*j.slow)
	}
	args = append(args, "-vf", filter)
	if !gif {
		args = append(args, "-pix_fmt", "yuv420p")
	}
	settings, _ := json.Marshal(j.script) // of the tool's own making
	return append(args, "-metadata", "title="+recipe.Prompt.In(j.script.Recipe), "-metadata", "comment="+string(settings), j.out)
}

// seconds writes a time for ffmpeg.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 6, 64) }

// filmRate is a film's rate in frames per second, as a fraction, divided: the source's, of which only every stride-th frame is there, or that of -rate.
func (j *job) filmRate(divided int) string {
	over, under := strconv.Itoa(j.rate), 1
	if s := j.styling; s != nil && s.rate != "" {
		var text string
		over, text, _ = strings.Cut(s.rate, "/")
		if n, err := strconv.Atoi(text); err == nil {
			under = n
		}
		under *= s.stride
	}
	if under *= divided; under == 1 {
		return over
	}
	return fmt.Sprintf("%s/%d", over, under)
}

// frameRate is how many of the frames that are made there are per second.
func (j *job) frameRate() float64 {
	over, under, divided := strings.Cut(j.filmRate(j.slow), "/")
	rate, _ := strconv.ParseFloat(over, 64) // digits
	if n, err := strconv.ParseFloat(under, 64); divided && err == nil {
		rate /= n
	}
	return rate
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
