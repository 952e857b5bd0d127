//go:build !js

// Command jsexec runs a Go js/wasm program in a browser's worker, where WebGPU is, as if it ran here: arguments, standard output and
// error, and the exit status pass through. It is made for
//
//	GOOS=js GOARCH=wasm go test -exec "$PWD/bin/jsexec" ./gpu/...
//	GOOS=js GOARCH=wasm go run -exec "$PWD/bin/jsexec" ./tools/golden
//
// Flags stand before the program; each has an environment variable as its default, because go test gives no good place for flags.
//
//	-host NAME            JSEXEC_HOST     chromium or firefox, without a screen, or node: Node.js with the npm package webgpu (Dawn)
//	-adapter NAME         JSEXEC_ADAPTER  software (SwiftShader in Chromium, lavapipe in Firefox), hardware, or none (Chromium only)
//	-serve LIST           JSEXEC_SERVE    "/golden=/abs/dir,/weights=/abs/dir": folders that the program can fetch by URL
//	-timeout DURATION     JSEXEC_TIMEOUT  the longest time the program may take, 20m by default
//	-pass NAMES           JSEXEC_PASS     environment variables to hand on, besides GPU_*, REVERIE_* and GO* test settings
//
// CHROMIUM and FIREFOX name the browsers and CHROMIUM_FLAGS adds flags to the first; NODE_PATH says where node finds webgpu.
//
// A program loads a JavaScript module from a served folder by importModule(URL); under node its bare imports resolve as node's do.
//
// The program sees the current folder read-only through os.Open, so tests can read their testdata. The file web/gpu.js of the
// module around the current folder is loaded before the program starts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"reverie/tools/chromium"
	"reverie/tools/firefox"
)

// Exit statuses of jsexec itself; everything else is the program's.
const (
	exitUsage   = 2
	exitCrash   = 70
	exitTimeout = 124
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "jsexec:", err)
	}
	os.Exit(code)
}

type config struct {
	host    string
	adapter chromium.Adapter
	folders map[string]string // URL prefix → folder
	timeout time.Duration
	pass    []string
	program []string // the wasm file and its arguments
}

func parse(args []string) (config, error) {
	fs := flag.NewFlagSet("jsexec", flag.ContinueOnError)
	host := fs.String("host", env("JSEXEC_HOST", "chromium"), "chromium, firefox or node")
	adapter := fs.String("adapter", env("JSEXEC_ADAPTER", ""), "software, hardware or none")
	serve := fs.String("serve", env("JSEXEC_SERVE", ""), "/url=/folder,…: folders to serve to the program")
	timeout := fs.String("timeout", env("JSEXEC_TIMEOUT", "20m"), "longest time the program may take")
	pass := fs.String("pass", env("JSEXEC_PASS", ""), "names of environment variables to hand on")
	if err := fs.Parse(args); err != nil {
		return config{}, err
	}
	c := config{host: *host, program: fs.Args(), pass: strings.FieldsFunc(*pass, func(r rune) bool { return r == ',' || r == ' ' })}
	if len(c.program) == 0 {
		return c, errors.New("no program: usage is jsexec [flags] program.wasm [arguments]")
	}
	if !slices.Contains([]string{"chromium", "firefox", "node"}, c.host) {
		return c, fmt.Errorf("unknown host %q: use chromium, firefox or node", c.host)
	}
	var err error
	if c.adapter, err = chromium.ParseAdapter(*adapter); err != nil {
		return c, err
	}
	if c.timeout, err = time.ParseDuration(*timeout); err != nil || c.timeout <= 0 {
		return c, fmt.Errorf("bad timeout %q: write it like 90s or 20m", *timeout)
	}
	c.folders, err = parseFolders(*serve)
	return c, err
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// parseFolders reads "/a=/x,/b=/y".
func parseFolders(list string) (map[string]string, error) {
	folders := map[string]string{}
	for entry := range strings.SplitSeq(list, ",") {
		if entry == "" {
			continue
		}
		url, dir, ok := strings.Cut(entry, "=")
		url = "/" + strings.Trim(url, "/") + "/"
		if !ok || url == "//" || strings.HasPrefix(url, ownURLs) {
			return nil, fmt.Errorf("bad -serve entry %q: write it as /url=/folder", entry)
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("-serve %s: %s is not a folder", url, dir)
		}
		folders[url] = dir
	}
	return folders, nil
}

func run(args []string) (int, error) {
	c, err := parse(args)
	if err != nil {
		return exitUsage, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errTimeout)
	defer cancel()

	dir, err := os.Getwd()
	if err != nil {
		return exitUsage, err
	}
	s := &session{config: c, dir: dir, output: [2]*os.File{os.Stdout, os.Stderr}, ended: make(chan ending, 1)}
	if s.wasmExec, err = wasmExec(); err != nil {
		return exitUsage, err
	}
	s.glue = glue(dir)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return exitUsage, err
	}
	server := s.serve(listener)
	defer server.Close()

	scratch, err := os.MkdirTemp("", "jsexec-")
	if err != nil {
		return exitUsage, err
	}
	defer os.RemoveAll(scratch)
	host, err := s.command("http://"+listener.Addr().String()+"/", scratch)
	if err != nil {
		return exitUsage, err
	}
	return s.wait(ctx, host)
}

var errTimeout = errors.New("the program took longer than its timeout (JSEXEC_TIMEOUT)")

// wait runs the host until the program in it ends, the host dies, or ctx does. Afterwards no process of the host is left.
func (s *session) wait(ctx context.Context, host *exec.Cmd) (int, error) {
	isolate(host)
	if err := host.Start(); err != nil {
		return exitUsage, err
	}
	died := make(chan error, 1)
	go func() { died <- host.Wait() }()
	select {
	case e := <-s.ended:
		killAll(host)
		<-died
		return e.code, e.err
	case err := <-died:
		killAll(host)
		select {
		case e := <-s.ended: // it reported its end and went
			return e.code, e.err
		default:
			return exitCrash, fmt.Errorf("%s ended before the program did: %v%s", filepath.Base(host.Path), err, s.hostLog())
		}
	case <-ctx.Done():
		killAll(host)
		<-died
		if err := context.Cause(ctx); errors.Is(err, errTimeout) {
			return exitTimeout, fmt.Errorf("%w%s", err, s.hostLog())
		}
		return 130, errors.New("interrupted")
	}
}

// command prepares the host process that opens url.
func (s *session) command(url, scratch string) (*exec.Cmd, error) {
	var cmd *exec.Cmd
	switch s.host {
	case "firefox":
		path, err := firefox.Find()
		if err != nil {
			return nil, err
		}
		variables, err := firefox.Environment(s.adapter)
		if err != nil {
			return nil, err
		}
		if err := firefox.WriteProfile(scratch, firefox.Preferences); err != nil {
			return nil, err
		}
		cmd = exec.Command(path, append(firefox.Arguments(scratch), url)...)
		cmd.Env = append(os.Environ(), variables...)
		cmd.Stderr = &s.log
	case "node":
		path, err := exec.LookPath("node")
		if err != nil {
			return nil, errors.New("host node: Node.js is not installed")
		}
		script := filepath.Join(scratch, "host.cjs")
		if err := os.WriteFile(script, []byte(nodeScript), 0o600); err != nil {
			return nil, err
		}
		cmd = exec.Command(path, "--stack-size=8192", script, url)
		cmd.Stdout, cmd.Stderr = s.output[0], s.output[1] // the program writes there itself
	default:
		path, err := chromium.Find()
		if err != nil {
			return nil, err
		}
		cmd = exec.Command(path, append(chromium.Arguments(s.adapter), "--user-data-dir="+scratch, url)...)
		cmd.Stderr = &s.log
	}
	return cmd, nil
}

// wasmExec returns the path of the toolchain's wasm_exec.js.
func wasmExec() (string, error) {
	root := os.Getenv("GOROOT")
	if root == "" {
		out, err := exec.Command("go", "env", "GOROOT").Output()
		if err != nil {
			return "", fmt.Errorf("asking go for GOROOT: %w", err)
		}
		root = strings.TrimSpace(string(out))
	}
	path := filepath.Join(root, "lib", "wasm", "wasm_exec.js")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the Go toolchain's wasm_exec.js: %w", err)
	}
	return path, nil
}

// glue returns the path of web/gpu.js in the module around dir, or "" when there is none.
func glue(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			path := filepath.Join(dir, "web", "gpu.js")
			if _, err := os.Stat(path); err == nil {
				return path
			}
			return ""
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}
