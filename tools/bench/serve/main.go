//go:build !js

// Command serve measures the requests a second that bin/serve answers beside nginx, which sends the same compressed files: in turn, in one run,
// asked by wrk. nginx has no header to add and no method to refuse; serve does what it always does.
//
//	go run ./tools/bench/serve [-rounds 5] [-seconds 2] bin/serve
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"reverie/tools/nginx"
)

var (
	rounds  = flag.Int("rounds", 5, "how often each file is asked of each server")
	seconds = flag.Int("seconds", 2, "how long each time")
)

// urls are the page, a short list, a style sheet, and the page's program.
var urls = []string{"/", "/weights/index.json", "/web/app.css", "/web/app.wasm"}

func main() {
	flag.Parse()
	if err := run(context.Background(), flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "bench-serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string) error {
	if binary == "" {
		return errors.New("name the server: go run ./tools/bench/serve bin/serve")
	}
	dir, err := os.MkdirTemp("", "bench-serve-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers are another user
		return err
	}
	if text, err := exec.CommandContext(ctx, binary, "export", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("exporting: %w\n%s", err, text)
	}
	theirs, stopTheirs, err := nginx.Start(ctx, fmt.Sprintf("root %s;\ngzip_static on;\n", filepath.ToSlash(dir)))
	if err != nil {
		return err
	}
	defer stopTheirs()
	ours, stopOurs, err := start(ctx, binary)
	if err != nil {
		return err
	}
	defer stopOurs()
	fmt.Println("| file | bytes, in gzip | serve, requests/s | nginx, requests/s | ratio of each round | median |")
	fmt.Println("| --- | ---: | ---: | ---: | --- | ---: |")
	for _, url := range urls {
		if err := measure(ctx, url, "http://"+ours, "http://"+theirs); err != nil {
			return err
		}
	}
	return nil
}

// start runs the server and returns its address.
func start(ctx context.Context, binary string) (address string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, binary, "-addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	}
	line := make([]byte, 200)
	n, err := out.Read(line)
	at := regexp.MustCompile(`http://([^/]+)/`).FindSubmatch(line[:n])
	if err != nil || at == nil {
		stop()
		return "", nil, fmt.Errorf("%s says %q, %w", binary, line[:n], err)
	}
	return string(at[1]), stop, nil
}

func measure(ctx context.Context, url, ours, theirs string) error {
	a, err := fetch(ours + url)
	if err != nil {
		return err
	}
	b, err := fetch(theirs + url)
	if err != nil {
		return err
	}
	if d := len(a) - len(b); max(d, -d)*100 > len(a) { // the page's attributes stand in another order in each process
		return fmt.Errorf("%s is not the same at both: %d and %d bytes", url, len(a), len(b))
	}
	var mine, others, ratios []float64
	for range *rounds {
		x, err := rate(ctx, ours+url)
		if err != nil {
			return err
		}
		y, err := rate(ctx, theirs+url)
		if err != nil {
			return err
		}
		mine, others, ratios = append(mine, x), append(others, y), append(ratios, x/y)
	}
	var each []string
	for _, r := range ratios {
		each = append(each, fmt.Sprintf("%.2f", r))
	}
	fmt.Printf("| %s | %d | %.0f | %.0f | %s | %.2f |\n", url, len(a), median(mine), median(others), strings.Join(each, " "), median(ratios))
	return nil
}

const accept = "Accept-Encoding: gzip"

// fetch returns a file as it is sent, compressed.
func fetch(url string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	name, value, _ := strings.Cut(accept, ": ")
	request.Header.Set(name, value)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Encoding") != "gzip" {
		return nil, fmt.Errorf("%s: HTTP status %d, %v", url, answer.StatusCode, answer.Header)
	}
	return io.ReadAll(answer.Body)
}

var perSecond = regexp.MustCompile(`Requests/sec:\s*([0-9.]+)`)

// rate asks for a file over 16 connections.
func rate(ctx context.Context, url string) (float64, error) {
	text, err := exec.CommandContext(ctx, "wrk", "-t1", "-c16", "-d", strconv.Itoa(*seconds)+"s", "-H", accept, url).CombinedOutput()
	found := perSecond.FindSubmatch(text)
	if err != nil || found == nil || bytes.Contains(text, []byte("Non-2xx")) || bytes.Contains(text, []byte("Socket errors")) {
		return 0, fmt.Errorf("wrk %s: %w\n%s", url, err, text)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare)
	return sorted[len(sorted)/2]
}
