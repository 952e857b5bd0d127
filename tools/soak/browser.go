//go:build linux && !js

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"reverie/tools/chromium"
	"reverie/tools/firefox"
)

// browser is one that shows a page without a screen.
type browser struct {
	name string
	// pages and gpu say by a process's arguments whether it runs pages, or the GPU. Firefox runs the GPU in the process that was started.
	pages, gpu func(args []string) bool
	cmd        *exec.Cmd
	said       bytes.Buffer // to standard error
	ended      chan struct{}
}

// launch starts a browser of that name, with a new profile in the folder dir, at a URL.
func launch(name, dir, url string) (*browser, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	b := &browser{name: name, ended: make(chan struct{})}
	if err := b.prepare(dir, url); err != nil {
		return nil, err
	}
	b.cmd.Stderr = &b.said
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := b.cmd.Start(); err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	go func() {
		b.cmd.Wait()
		close(b.ended)
	}()
	return b, nil
}

// prepare makes the command that starts the browser.
func (b *browser) prepare(dir, url string) error {
	switch b.name {
	case "chromium":
		path, err := chromium.Find()
		if err != nil {
			return err
		}
		const exactHeap = "--enable-precise-memory-info" // else it is rounded, and told anew every 20 minutes only
		b.cmd = exec.Command(path, append(chromium.Arguments(chromium.Software), exactHeap, "--user-data-dir="+dir, url)...)
		b.pages = func(args []string) bool { return slices.Contains(args, "--type=renderer") }
		b.gpu = func(args []string) bool { return slices.Contains(args, "--type=gpu-process") }
		return nil
	case "firefox":
		path, err := firefox.Find()
		if err != nil {
			return err
		}
		variables, err := firefox.Environment(chromium.Software)
		if err != nil {
			return err
		}
		preferences := maps.Clone(firefox.Preferences)
		preferences["javascript.options.wasm_lazy_tiering"] = false // README.md has what it takes
		if err := firefox.WriteProfile(dir, preferences); err != nil {
			return err
		}
		b.cmd = exec.Command(path, append(firefox.Arguments(dir), url)...)
		b.cmd.Env = append(os.Environ(), variables...)
		b.pages = func(args []string) bool { return args[len(args)-1] == "tab" }
		b.gpu = func(args []string) bool { return !slices.Contains(args, "-contentproc") }
		return nil
	}
	return fmt.Errorf("soak: unknown browser %q: use chromium or firefox", b.name)
}

// close ends the browser with all its processes.
func (b *browser) close() {
	syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
	<-b.ended
}

// resident is the memory of the processes that run pages, and of the one that runs the GPU, in bytes: without the stacks of SwiftShader's fibers, and those.
func (b *browser) resident() (pages, gpu, stacks float64, err error) {
	list, err := descendants(b.cmd.Process.Pid)
	for _, process := range list {
		text, readErr := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", process))
		args := strings.FieldsFunc(string(text), func(r rune) bool { return r == 0 || r == ' ' }) // Chromium's have spaces
		if readErr != nil || len(args) == 0 {
			continue // it has ended
		}
		switch {
		case b.pages(args):
			n, memoryErr := memoryOf(process)
			pages, err = pages+n, errors.Join(err, memoryErr)
		case b.gpu(args):
			n, memoryErr := memoryOf(process)
			of, stacksErr := stacksOf(process)
			gpu, stacks, err = gpu+n-of, stacks+of, errors.Join(err, memoryErr, stacksErr)
		}
	}
	return pages, gpu, stacks, err
}

// ticks are those of a second in the times of /proc, as Linux tells them to programs on every architecture.
const ticks = 100

// spent is the processor time of all the browser's processes, in seconds.
func (b *browser) spent() (seconds float64, err error) {
	list, err := descendants(b.cmd.Process.Pid)
	for _, process := range list {
		text, readErr := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
		if readErr != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // behind the name, which may hold anything: the state first
		for _, field := range fields[11:13] {                                     // in the program, and in the system for it
			n, _ := strconv.ParseFloat(field, 64)
			seconds += n / ticks
		}
	}
	return seconds, err
}

// descendants are a process and all that it and its children have started.
func descendants(root int) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	children := map[int][]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		process, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		var state string
		var parent int
		fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &parent) // behind the name, which may hold anything
		children[parent] = append(children[parent], process)
	}
	list := []int{root}
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i]]...)
	}
	return list, nil
}

// memoryOf is what a process alone can give back: its anonymous memory and what it shares with others, in bytes. One that has ended has none.
func memoryOf(process int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("soak: %w", err)
	}
	sum := 0.0
	for _, kind := range []string{"RssAnon:", "RssShmem:"} {
		_, rest, _ := strings.Cut(string(text), kind)
		var kilobytes float64
		if _, err := fmt.Sscanf(rest, "%g kB", &kilobytes); err != nil {
			return 0, fmt.Errorf("soak: the memory of process %d: %w", process, err)
		}
		sum += 1024 * kilobytes
	}
	return sum, nil
}

// fiberStack is the size of the mapping in which a fiber of SwiftShader's has its stack, and allocatorPages what the allocator writes elsewhere for
// each, both in kilobytes.
const (
	fiberStack     = 1024 + 4
	allocatorPages = 2 * 4
)

// stacksOf is what the stacks of SwiftShader's fibers take of a process's memory, in bytes. A process that has ended has none.
func stacksOf(process int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", process))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("soak: %w", err)
	}
	return 1024 * stackKilobytes(string(text)), nil
}

// stackKilobytes counts in the text of a smaps file what is resident of mappings of that size, and what the allocator writes for them.
func stackKilobytes(smaps string) float64 {
	var sum, size, kilobytes float64
	for line := range strings.Lines(smaps) {
		if _, err := fmt.Sscanf(line, "Size: %g kB", &size); err == nil {
			continue
		}
		if _, err := fmt.Sscanf(line, "Anonymous: %g kB", &kilobytes); err == nil && size == fiberStack && kilobytes > 0 {
			sum += kilobytes + allocatorPages
		}
	}
	return sum
}
