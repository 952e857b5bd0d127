package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"reverie/recipe"
)

// following are options that follow a sound's bands, or time alone, from frame to frame: pytti's input_audio. What they come to is written into the
// script as keyframes and changes, so a picture replays without the sound.
type following struct {
	audio   string
	offset  float64 // seconds
	bands   []band
	courses []course

	levels *levels
}

// course is what an option follows: text with expressions between, of which there is one alone but in a prompt.
type course struct {
	option *recipe.Option
	said   string
	texts  []string // one more than there are values
	values []*vm.Program
}

func (f *following) add(flags *flag.FlagSet) {
	flags.StringVar(&f.audio, "audio", "", "sound whose bands -follow names, `FILE`; it becomes the film's, and ffmpeg reads it")
	flags.Float64Var(&f.offset, "audio-offset", 0, "how far into the sound the film begins, in seconds, `X`")
	flags.Func("audio-band", "a band of the sound by name, its middle and width in Hz, and the order of its filter, `NAME=CENTRE:WIDTH[:ORDER]`; may be said for several", func(text string) error {
		b, err := parseBand(text)
		f.bands = append(f.bands, b)
		return err
	})
	flags.Func("follow", "an option's value in each frame, `OPTION=EXPRESSION` of a band's level (0 to 1), t in seconds, sin, cos, exp, min, max and their like: zoom=1+0.1*bass; "+
		"in a prompt {…} is a weight: prompt=a storm:{2*bass} | a meadow. May be said for several options", func(text string) error {
		name, said, _ := strings.Cut(text, "=")
		o, ok := recipe.Named(strings.ReplaceAll(name, "-", "_"))
		if !ok || !o.CanFollow() && o != recipe.Prompt.Option {
			return fmt.Errorf("no option %.30q can follow: write one like zoom=1+0.1*bass", name)
		}
		f.courses = append(f.courses, course{option: o, said: said})
		return nil
	})
}

// identifier is what names a band.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// vocabulary is what expressions know besides bands and what every expression has, such as abs, min, max and round.
func vocabulary() map[string]any {
	return map[string]any{"t": 0.0, "pi": math.Pi, "sin": math.Sin, "cos": math.Cos, "tan": math.Tan, "exp": math.Exp, "log": math.Log, "sqrt": math.Sqrt}
}

// check reads the expressions, and gives the recipe a stand-in for a prompt that follows. Its error is a sentence.
func (f *following) check(j *job) error {
	switch {
	case len(f.bands) > 0 && f.audio == "":
		return errors.New("-audio-band is about a sound: name that with -audio")
	case f.audio != "" && (len(f.bands) == 0 || len(f.courses) == 0):
		return errors.New("nothing follows the sound: name a band with -audio-band, and what follows it with -follow")
	case !(f.offset >= 0):
		return fmt.Errorf("-audio-offset is %g: write 0 or more", f.offset)
	case len(f.courses) > 0 && j.state != nil:
		return errors.New("-follow is for runs from their start: leave out -resume")
	}
	known := vocabulary()
	for _, b := range f.bands {
		if _, taken := known[b.name]; taken || !identifier.MatchString(b.name) {
			return fmt.Errorf("a band cannot be called %.30q: write another name of letters", b.name)
		}
		known[b.name] = 0.0
	}
	for i := range f.courses {
		c := &f.courses[i]
		if slices.ContainsFunc(f.courses[:i], func(o course) bool { return o.option == c.option }) {
			return fmt.Errorf("-follow has %s twice: write it once", c.option.Name)
		}
		if err := c.compile(known); err != nil {
			return err
		}
		if c.option == recipe.Prompt.Option {
			j.script.Recipe = j.script.Recipe.With(recipe.Prompt.Is(strings.Join(c.texts, "1")))
		}
	}
	return nil
}

// compile reads the expressions of a course.
func (c *course) compile(known map[string]any) error {
	list := []string{c.said}
	c.texts = []string{"", ""}
	if c.option == recipe.Prompt.Option {
		list, c.texts = nil, nil
		rest := c.said
		for {
			before, after, ok := strings.Cut(rest, "{")
			c.texts = append(c.texts, before)
			if !ok {
				break
			}
			inside, behind, _ := strings.Cut(after, "}")
			list, rest = append(list, inside), behind
		}
	}
	for _, text := range list {
		program, err := expr.Compile(text, expr.Env(known), expr.AsFloat64())
		if err != nil {
			line, _, _ := strings.Cut(err.Error(), "\n")
			return fmt.Errorf("-follow %s has %.60q, which cannot be read (%s)", c.option.Name, text, line)
		}
		c.values = append(c.values, program)
	}
	return nil
}

// at is what the option takes in a frame, by that frame's time and levels. Weights of prompts have three decimals.
func (f *following) at(c course, frame int, rate float64) (recipe.Setting, error) {
	known := vocabulary()
	known["t"] = float64(frame) / rate
	for i, b := range f.bands {
		known[b.name] = f.levels.at(i, frame)
	}
	var numbers []float64
	for _, program := range c.values {
		v, err := expr.Run(program, known)
		if err != nil {
			return recipe.Setting{}, fmt.Errorf("-follow %s cannot be computed at %.2f s: write another expression", c.option.Name, known["t"])
		}
		numbers = append(numbers, v.(float64))
	}
	if c.option == recipe.Prompt.Option {
		text := c.texts[0]
		for i, v := range numbers {
			text += strconv.FormatFloat(math.Round(1000*v)/1000, 'f', -1, 64) + c.texts[i+1]
		}
		return recipe.Prompt.Is(text), nil
	}
	short, _ := strconv.ParseFloat(strconv.FormatFloat(numbers[0], 'g', 5, 64), 64) // more digits nobody sees
	s := recipe.Setting{Option: c.option, Value: short}
	if valid, _, err := c.option.Check(short); err != nil || valid != short {
		return s, fmt.Errorf("-follow makes %s %g at %.2f s, which it cannot be: write another expression", c.option.Name, short, known["t"])
	}
	return s, nil
}

// follow hears the sound and writes what follows it into the script; where a film is styled, each frame's run takes its own values.
func (j *job) follow(ctx context.Context) (err error) {
	if len(j.following.courses) == 0 {
		return nil
	}
	if err = j.following.listen(ctx, j.frameRate()); err == nil && j.styling == nil {
		j.script, err = j.following.written(j.script, j.frameRate())
	}
	return err
}

// listen reads the sound, whose levels are by the frames of a film of that rate.
func (f *following) listen(ctx context.Context, rate float64) error {
	f.levels = newLevels(f.bands, rate, f.offset)
	if f.audio == "" {
		return nil
	}
	c := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-i", f.audio, "-vn", "-f", "f32le", "-ac", "1", "-ar", strconv.Itoa(soundRate), "-")
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); errors.Is(err, exec.ErrNotFound) {
		return errors.New("ffmpeg, which reads sounds, is not installed: install it, or leave out -audio")
	} else if err != nil {
		return err
	}
	f.levels.read(out)
	switch seconds := float64(f.levels.samples) / soundRate; {
	case c.Wait() != nil || f.levels.samples == 0:
		return fmt.Errorf("%s has no sound that ffmpeg can read: choose another file", f.audio)
	case f.offset >= seconds:
		return fmt.Errorf("-audio-offset is %g s, and the sound ends after %.1f s: write less", f.offset, seconds)
	}
	f.levels.done()
	return nil
}

// read takes a sound's samples, 32-bit floats, to its end.
func (l *levels) read(r io.Reader) {
	var sample [4]byte
	for buffered := bufio.NewReaderSize(r, 1<<16); ; {
		if _, err := io.ReadFull(buffered, sample[:]); err != nil {
			return
		}
		l.add(float64(math.Float32frombits(binary.LittleEndian.Uint32(sample[:]))))
	}
}

// written is a script with all courses in it: of numbers as keyframes at the steps with which frames begin, of a prompt as changes there.
func (f *following) written(s recipe.Script, rate float64) (recipe.Script, error) {
	begins := frameSteps(s)
	for _, c := range f.courses {
		var keys []keyframe
		said := ""
		for frame, step := range begins {
			set, err := f.at(c, frame, rate)
			if err != nil {
				return s, err
			}
			switch {
			case c.option != recipe.Prompt.Option:
				keys = append(keys, keyframe{step, set.Value.(float64)})
			case frame == 0:
				s.Recipe = s.Recipe.With(set)
			case set.Value != said:
				s = s.With(step, set)
			}
			if c.option == recipe.Prompt.Option {
				said = set.Value.(string)
			}
		}
		if keys != nil {
			text := recipe.Keyframes.In(s.Recipe)
			if text != "" {
				text += "; "
			}
			s.Recipe = s.Recipe.With(recipe.Keyframes.Is(text + c.option.Name + " " + inWords(thinned(keys))))
		}
	}
	if len(s.Changes) > recipe.MaxChanges {
		return s, fmt.Errorf("-follow changes the prompt %d times, more often than a script can hold: make a shorter film", len(s.Changes))
	}
	if _, _, err := s.Check(1); err != nil {
		return s, fmt.Errorf("what -follow comes to cannot be run: %w", err)
	}
	return s, nil
}

// frameSteps are the steps with which the frames of a run begin: its start and every motion, or, of a picture that stays where it is, every step.
func frameSteps(s recipe.Script) []int {
	begins, moves := []int{0}, s.HasFrames()
	for step := 1; step < recipe.Steps.In(s.At(step)); step++ {
		if !moves || s.At(step).Frame(step) {
			begins = append(begins, step)
		}
	}
	return begins
}

type keyframe struct {
	step  int
	value float64
}

// thinned leaves out keyframes on the line between those beside them.
func thinned(keys []keyframe) []keyframe {
	kept := keys[:1:1]
	for i := 1; i < len(keys); i++ {
		if i+1 < len(keys) {
			a, b := kept[len(kept)-1], keys[i+1]
			onLine := a.value + (b.value-a.value)*float64(keys[i].step-a.step)/float64(b.step-a.step)
			if math.Abs(onLine-keys[i].value) < 1e-12 {
				continue
			}
		}
		kept = append(kept, keys[i])
	}
	return kept
}

// inWords writes keyframes as the option of that name takes them.
func inWords(keys []keyframe) string {
	var list []string
	for _, k := range keys {
		list = append(list, fmt.Sprintf("%d:(%s)", k.step, strconv.FormatFloat(k.value, 'g', -1, 64)))
	}
	return strings.Join(list, ", ")
}
