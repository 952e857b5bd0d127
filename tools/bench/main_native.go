//go:build !js

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"reverie/tools/jsexec/program"
)

type options struct {
	out, host, peers, only string
	seconds                float64
	runs                   int
	tune                   bool
	kernels, float16       bool
}

func main() {
	var o options
	flag.StringVar(&o.out, "o", "bench.jsonl", "where the JSON lines go")
	flag.StringVar(&o.host, "host", "lavapipe", program.Hosts)
	flag.StringVar(&o.peers, "peers", "jax-js,tfjs,ort-web,torch", "engines to measure beside, separated by commas")
	flag.StringVar(&o.only, "run", "", "only the workloads whose name has this in it")
	flag.Float64Var(&o.seconds, "seconds", 3, "how long an engine is measured on one workload")
	flag.IntVar(&o.runs, "runs", 3, "how often at least, unless it takes very long")
	flag.BoolVar(&o.tune, "tune", false, "print the adapter's tuning as gpu/ops/shipped.go lists them, and measure nothing else")
	flag.BoolVar(&o.kernels, "kernels", false, "print what each workload's kernels take instead of measuring it")
	flag.BoolVar(&o.float16, "f16", false, "let Reverie compute in half precision")
	flag.Parse()
	if err := drive(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// drive builds the program for the host, runs it there, and torch beside it, and collects their lines.
func drive(o options) error {
	h, err := program.NewHost(o.host)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	tmp, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	wasm, jsexec := filepath.Join(tmp, "bench.wasm"), filepath.Join(tmp, "jsexec")
	for _, build := range []struct {
		env  []string
		out  string
		path string
	}{{[]string{"GOOS=js", "GOARCH=wasm"}, wasm, "reverie/tools/bench"}, {nil, jsexec, "reverie/tools/jsexec"}} {
		cmd := exec.Command("go", "build", "-o", build.out, build.path)
		cmd.Env = append(os.Environ(), build.env...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("bench: building %s: %w", build.path, err)
		}
	}
	inHost, native := split(o.peers)
	peers, err := filepath.Abs("tools/bench/peers")
	if err != nil {
		return err
	}
	args := append(h.Flags, "-timeout", "120m", "-serve", "/peers="+peers, wasm,
		"-host", h.Software, "-run", o.only, "-peers", strings.Join(inHost, ","), "-seconds", fmt.Sprint(o.seconds), "-runs", fmt.Sprint(o.runs),
		fmt.Sprint("-tune=", o.tune), fmt.Sprint("-kernels=", o.kernels), fmt.Sprint("-f16=", o.float16))
	cmd := exec.Command(jsexec, args...)
	cmd.Env = append(os.Environ(), h.Env...)
	if o.tune {
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd.Run()
	}
	c := collector{}
	if err := c.from(cmd); err != nil {
		return fmt.Errorf("bench: the run in the host failed: %w", err)
	}
	for _, p := range native {
		if err := c.torch(o); err != nil {
			c.all = append(c.all, measurement{result: result{Peer: p}, Failure: err.Error()})
		}
	}
	r := newReport(c.adapter, c.all)
	r.print(os.Stdout)
	return write(o.out, r.results())
}

// split parts the peers of the list into those that run in the host and those that are programs of their own.
func split(list string) (inHost, native []string) {
	for p := range strings.SplitSeq(list, ",") {
		switch p {
		case "":
		case "torch":
			native = append(native, p)
		default:
			inHost = append(inHost, p)
		}
	}
	return inHost, native
}

// collector gathers the measurements of the programs it runs.
type collector struct {
	adapter string
	host    string
	all     []measurement
}

// from runs a program that prints JSON measurements, and anything else for the person.
func (c *collector) from(cmd *exec.Cmd) error {
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = c.read(pipe)
	return errors.Join(cmd.Wait(), err)
}

func (c *collector) read(lines io.Reader) error {
	s := bufio.NewScanner(lines)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if !strings.HasPrefix(s.Text(), "{") {
			if name, ok := strings.CutPrefix(s.Text(), "adapter: "); ok {
				c.adapter = name
			}
			fmt.Fprintln(os.Stderr, s.Text())
			continue
		}
		var m measurement
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			return fmt.Errorf("bench: line %q: %w", s.Text(), err)
		}
		if m.Failure != "" {
			fmt.Fprintf(os.Stderr, "%s: %s: %s\n", m.Workload, m.Peer, m.Failure)
		} else {
			fmt.Fprintf(os.Stderr, "%s: %s: %.1f ms\n", m.Workload, m.Peer, m.Median)
		}
		c.host = m.Host
		c.all = append(c.all, m)
	}
	return s.Err()
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
