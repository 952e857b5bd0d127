//go:build !js

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("o", "bench.jsonl", "where the JSON lines go")
	adapter := flag.String("adapter", "software", "software (SwiftShader) or hardware")
	only := flag.String("run", "", "only the workloads whose name has this in it")
	flag.Parse()
	if err := drive(*out, *adapter, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// drive builds the program for the browser, runs it there and collects its lines.
func drive(out, adapter, only string) error {
	tmp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	program, jsexec := filepath.Join(tmp, "bench.wasm"), filepath.Join(tmp, "jsexec")
	for _, build := range []struct {
		env  []string
		out  string
		path string
	}{{[]string{"GOOS=js", "GOARCH=wasm"}, program, "reverie/gpu/bench"}, {nil, jsexec, "reverie/web/jsexec"}} {
		cmd := exec.Command("go", "build", "-o", build.out, build.path)
		cmd.Env = append(os.Environ(), build.env...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("bench: building %s: %w", build.path, err)
		}
	}
	cmd := exec.Command(jsexec, "-adapter", adapter, "-timeout", "60m", program, only)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	results, err := collect(bufio.NewScanner(pipe))
	if waited := cmd.Wait(); waited != nil {
		return fmt.Errorf("bench: the run in the browser failed: %w", waited)
	}
	if err != nil {
		return err
	}
	table(os.Stdout, results)
	return write(out, results)
}

// collect reads the program's lines: JSON results, and anything else for the person.
func collect(lines *bufio.Scanner) ([]result, error) {
	var results []result
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "{") {
			fmt.Fprintln(os.Stderr, lines.Text())
			continue
		}
		var r result
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("bench: line %q: %w", lines.Text(), err)
		}
		fmt.Fprintf(os.Stderr, "%s: %.1f ms\n", r.Workload, r.Median)
		results = append(results, r)
	}
	return results, lines.Err()
}

func write(path string, results []result) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	e := json.NewEncoder(f)
	for _, r := range results {
		if err := e.Encode(r); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	return f.Close()
}
