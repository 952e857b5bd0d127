//go:build !js

// Package program builds this module's js/wasm programs and runs them where WebGPU is, in a browser or in node, for commands that need
// the engine. It needs the Go toolchain, and the current folder must be inside the module.
package program

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"syscall"
)

// Program is what to run.
type Program struct {
	Package string // import path
	Args    []string
	Serve   map[string]string // URL → folder that the program can fetch from
	Host    Host
	JSExec  string // the runner of js/wasm programs; built when empty
}

// timeout is far over what any of the programs takes on a GPU; through a processor the largest models take most of an hour.
const timeout = "120m"

// Run builds the program and runs it. Its output goes to out, its errors to ours; an interrupt reaches it too, so that it can end
// its browser. An *exec.ExitError means that the program has said what is wrong.
func (p Program) Run(out io.Writer) error {
	tmp, err := os.MkdirTemp("", "program")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	wasm := filepath.Join(tmp, "program.wasm")
	if err := build([]string{"GOOS=js", "GOARCH=wasm"}, wasm, p.Package); err != nil {
		return err
	}
	runner := p.JSExec
	if runner == "" {
		runner = filepath.Join(tmp, "jsexec")
		if err := build(nil, runner, "reverie/tools/jsexec"); err != nil {
			return err
		}
	}
	folders, err := p.folders()
	if err != nil {
		return err
	}
	cmd := exec.Command(runner, slices.Concat(p.Host.Flags, []string{wasm}, p.Args)...)
	cmd.Env = append(append(os.Environ(), "JSEXEC_SERVE="+folders, "JSEXEC_TIMEOUT="+timeout), p.Host.Env...)
	return runForwarding(cmd, out)
}

func (p Program) folders() (string, error) {
	var list []string
	for url, dir := range p.Serve {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		list = append(list, url+"="+abs)
	}
	sort.Strings(list)
	return strings.Join(list, ","), nil
}

func build(env []string, out, pkg string) error {
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Env = append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
		return fmt.Errorf("building %s for the browser: %w (%s); run this inside Reverie's source folder, with Go installed", pkg, err, first)
	}
	return nil
}

func runForwarding(cmd *exec.Cmd, out io.Writer) error {
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		for s := range signals {
			cmd.Process.Signal(s)
		}
	}()
	return cmd.Wait()
}
