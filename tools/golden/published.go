//go:build !js

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// maker writes a golden folder of the models that it is told, and without arguments prints what it knows.
const maker = "tools/golden/testdata/make_fullsize.py"

// drivePublished makes a golden folder of each published architecture whose name has run in it, holds the engine against it and deletes it before the
// next one: they take gigabytes. A line of each goes to out, and all that drive prints of one where something differs.
func drivePublished(run, host, jsexec string, out io.Writer) error {
	list, err := exec.Command("/usr/bin/python3", maker).Output()
	if err != nil {
		return fmt.Errorf("golden: %s needs Debian's python3-torch and python3-pil: %w", maker, err)
	}
	var failed []string
	for _, name := range strings.Fields(string(list)) {
		if !strings.Contains(name, run) {
			continue
		}
		if err := published(name, host, jsexec, out); err != nil {
			fmt.Fprintf(out, "%s: %v\n", name, err)
			failed = append(failed, name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("golden: %s did not pass", strings.Join(failed, ", "))
	}
	return nil
}

// published checks one architecture.
func published(name, host, jsexec string, out io.Writer) error {
	dir, err := os.MkdirTemp("", "golden-published")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	if said, err := exec.Command("/usr/bin/python3", maker, dir, name).CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		return fmt.Errorf("PyTorch could not make it: %w: %s", err, lines[len(lines)-1])
	}
	var report bytes.Buffer
	err = drive(dir, "", host, jsexec, &report)
	s := summarise(report.String())
	if err != nil {
		return fmt.Errorf("%w, after:\n%s", err, report.String())
	}
	if s.tensors == 0 {
		return errors.New("nothing was compared")
	}
	fmt.Fprintf(out, "%-29s %5d MB  %2d tensors agree  values %.0e  gradients %s  %.0f s\n", name, size(dir)/1e6, s.tensors, s.values, s.way(), time.Since(began).Seconds())
	return nil
}

// summary is what a report says in all.
type summary struct {
	tensors           int
	values, gradients float64 // the largest relative differences; gradients are NaN where there are none
}

func (s summary) way() string {
	if math.IsNaN(s.gradients) {
		return "not compared"
	}
	return fmt.Sprintf("%.0e", s.gradients)
}

// summarise reads the lines that report prints.
func summarise(report string) summary {
	s := summary{gradients: math.NaN()}
	for line := range strings.Lines(report) {
		words := strings.Fields(line)
		if len(words) != 4 || words[3] != "ok" {
			continue
		}
		relative, err := strconv.ParseFloat(words[2], 64)
		if err != nil {
			continue
		}
		s.tensors++
		if strings.Contains(words[0], "grad") {
			s.gradients = max(relative, zeroIfNaN(s.gradients))
		} else {
			s.values = max(s.values, relative)
		}
	}
	return s
}

func zeroIfNaN(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// size is what a folder's checkpoints take in bytes; a file that cannot be asked counts as none.
func size(dir string) int64 {
	total := int64(0)
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), "golden.") {
			return nil
		}
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}
