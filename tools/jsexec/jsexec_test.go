//go:build !js

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The runner and the probe program, built once.
var runner, probe string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "jsexec-test-")
	if err != nil {
		panic(err)
	}
	runner, probe = filepath.Join(dir, "jsexec"), filepath.Join(dir, "probe.wasm")
	build(runner, ".")
	build(probe, "./testdata/probe", "GOOS=js", "GOARCH=wasm")
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(out, pkg string, env ...string) {
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Env = append(os.Environ(), env...)
	if msg, err := cmd.CombinedOutput(); err != nil {
		panic(string(msg))
	}
}

// start runs the probe in a fresh folder that holds note.txt.
func start(t *testing.T, env []string, args ...string) (cmd *exec.Cmd, stdout, stderr *tail) {
	t.Helper()
	stdout, stderr = new(tail), new(tail)
	cmd = exec.Command(runner, append([]string{probe}, args...)...)
	cmd.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(cmd.Dir, "note.txt"), []byte("remember"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(append(os.Environ(), "JSEXEC_TIMEOUT=60s"), env...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stdout, stderr
}

func TestProgram(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.txt"), []byte("served"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "m.mjs"), []byte(`export { word } from "./n.mjs";`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "n.mjs"), []byte(`export const word = "imported";`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		args           []string
		env            []string
		code           int
		stdout, stderr string // what the outputs hold
	}{
		{"arguments, environment and both outputs", []string{"echo", "a b", "-c"}, []string{"GPU_PROBE=yes", "OTHER_PROBE=no"}, 0, "a b|-c\n", "yes\n"},
		{"a variable passed by name", []string{"echo"}, []string{"OTHER_PROBE=named", "JSEXEC_PASS=OTHER_PROBE"}, 0, "", "named\n"},
		{"exit status", []string{"exit"}, nil, 7, "", ""},
		{"panic", []string{"panic"}, nil, 2, "", "panic: on purpose"},
		{"reading a file", []string{"read", "note.txt"}, nil, 0, "remember <nil> true <nil>", ""},
		{"a missing file", []string{"read", "none.txt"}, nil, 0, "No such file", ""},
		{"a file outside", []string{"read", "/etc/passwd"}, nil, 0, "Permission denied", ""},
		{"writing a file", []string{"write"}, nil, 0, "Read-only file system", ""},
		{"a served folder", []string{"fetch", "/data/a.txt"}, []string{"JSEXEC_SERVE=/data=" + folder}, 0, "served", ""},
		{"a module", []string{"import", "/data/m.mjs"}, []string{"JSEXEC_SERVE=/data=" + folder}, 0, "imported", ""},
		{"WebGPU", []string{"adapter"}, nil, 0, "true <boolean: true>", ""},
		{"timeout", []string{"hang"}, []string{"JSEXEC_TIMEOUT=4s"}, exitTimeout, "hanging", "longer than its timeout"},
		{"a bad folder", []string{"echo"}, []string{"JSEXEC_SERVE=/data=/nowhere"}, exitUsage, "", "/nowhere is not a folder"},
		{"a bad host", []string{"echo"}, []string{"JSEXEC_HOST=lynx"}, exitUsage, "", "unknown host"},
		{"WebGPU in Firefox", []string{"adapter"}, []string{"JSEXEC_HOST=firefox"}, 0, "true <boolean: true>", ""},
		{"exit status in Firefox", []string{"exit"}, []string{"JSEXEC_HOST=firefox"}, 7, "", ""},
		{"timeout in Firefox", []string{"hang"}, []string{"JSEXEC_HOST=firefox", "JSEXEC_TIMEOUT=15s"}, exitTimeout, "hanging", "longer than its timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, stdout, stderr := start(t, c.env, c.args...)
			err := cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit status %d (%v), want %d", code, err, c.code)
			}
			if !strings.Contains(stdout.String(), c.stdout) {
				t.Errorf("stdout %q does not hold %q", stdout, c.stdout)
			}
			if !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("stderr %q does not hold %q", stderr, c.stderr)
			}
		})
	}
}

// hang starts a program that never ends and returns it with the folder of its browser's profile.
func hang(t *testing.T) (cmd *exec.Cmd, stderr *tail, profile string) {
	tmp := t.TempDir()
	cmd, stdout, stderr := start(t, []string{"TMPDIR=" + tmp}, "hang")
	waitFor(t, stdout.String)
	found, err := filepath.Glob(filepath.Join(tmp, "jsexec-*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("profiles %v, %v", found, err)
	}
	return cmd, stderr, found[0]
}

func TestPageThatDies(t *testing.T) {
	cmd, stderr, profile := hang(t)
	renderer := waitFor(t, func() string {
		out, _ := exec.Command("pgrep", "-f", "type=renderer.*"+profile).Output()
		return strings.TrimSpace(string(out))
	})
	if err := exec.Command("kill", append([]string{"-9"}, strings.Fields(renderer)...)...).Run(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitCrash || !strings.Contains(stderr.String(), "page died") {
		t.Errorf("exit status %d, stderr %q", cmd.ProcessState.ExitCode(), stderr)
	}
}

func TestSignalLeavesNothingBehind(t *testing.T) {
	cmd, _, profile := hang(t)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("ended with %v, want exit status 130", err)
	}
	if _, err := os.Stat(profile); !os.IsNotExist(err) {
		t.Errorf("the browser's profile is still there (%v)", err)
	}
	waitFor(t, func() string {
		if out, _ := exec.Command("pgrep", "-f", profile).Output(); len(out) > 0 {
			return ""
		}
		return "gone"
	})
}

// waitFor polls f until it returns something.
func waitFor(t *testing.T, f func() string) string {
	t.Helper()
	for range 200 {
		if s := f(); s != "" {
			return s
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("waited in vain")
	return ""
}

func TestHostThatDies(t *testing.T) {
	fake := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\necho broken library >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd, _, stderr := start(t, []string{"CHROMIUM=" + fake}, "echo")
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitCrash || !strings.Contains(stderr.String(), "broken library") {
		t.Errorf("exit status %d, stderr %q", cmd.ProcessState.ExitCode(), stderr)
	}
}

func TestNodeWithoutWebGPU(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Setenv("PATH", fakeNode(t)+":"+os.Getenv("PATH"))
	}
	cmd, _, stderr := start(t, []string{"JSEXEC_HOST=node", "NODE_PATH=/nowhere"}, "echo")
	cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitCrash {
		t.Errorf("exit status %d, want %d; stderr %q", cmd.ProcessState.ExitCode(), exitCrash, stderr)
	}
}

// fakeNode is a node that fails at once, for machines without one.
func fakeNode(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "node"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestParseFolders(t *testing.T) {
	dir := t.TempDir()
	got, err := parseFolders("/a=" + dir + ",b/=" + dir)
	if err != nil || len(got) != 2 || got["/a/"] != dir || got["/b/"] != dir {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"/a", "=" + dir, "/jsexec=" + dir, "/a=" + dir + "/missing"} {
		if _, err := parseFolders(bad); err == nil {
			t.Errorf("parseFolders(%q): no error", bad)
		}
	}
}
