// Command fuzz runs every fuzz target of the repository for a while, one per core at a time, and prints how many inputs each has tried. make fuzz runs it.
//
// What makes a target fail is written beside its test, where go test finds it again.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// enough is how many inputs a second a target should try on a core of its own. Less is told, and no failure: other work takes cores, too.
const enough = 1000

// target is a function Fuzz… of a package.
type target struct{ pkg, name string }

func main() {
	time := flag.Duration("time", 30*time.Second, "how long each target runs")
	run := flag.String("run", "", "a regular expression for package.target, to run some of them")
	flag.Parse()
	targets, err := list(*run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
	cores, failed, done := make(chan bool, runtime.NumCPU()), 0, sync.Mutex{}
	var all sync.WaitGroup
	for _, t := range targets {
		cores <- true
		all.Go(func() {
			line, ok := t.fuzz(*time)
			<-cores
			done.Lock()
			defer done.Unlock()
			fmt.Println(line)
			if !ok {
				failed++
			}
		})
	}
	all.Wait()
	fmt.Printf("%d targets, %d failed\n", len(targets), failed)
	if failed > 0 || len(targets) == 0 {
		os.Exit(1)
	}
}

var declaration = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)

// list reads the targets out of the tests' sources: go test would build every package to name them.
func list(run string) ([]target, error) {
	wanted, err := regexp.Compile(run)
	if err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{.Dir}}{{range .TestGoFiles}} {{.}}{{end}}{{range .XTestGoFiles}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var targets []target
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		for _, file := range fields[2:] {
			source, err := os.ReadFile(filepath.Join(fields[1], file))
			if err != nil {
				return nil, err
			}
			for _, found := range declaration.FindAllSubmatch(source, -1) {
				if t := (target{fields[0], string(found[1])}); wanted.MatchString(t.String()) {
					targets = append(targets, t)
				}
			}
		}
	}
	return targets, nil
}

func (t target) String() string { return t.pkg + "." + t.name }

// fuzz runs a target on one core and says in a line how it went, and with all that it printed where it failed. Minimising is bounded by a fraction of
// the time, for what is only interesting is minimised, too.
func (t target) fuzz(time time.Duration) (line string, ok bool) {
	out, err := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", time.String(), "-fuzzminimizetime", (time / 20).String(),
		"-parallel", "1", t.pkg).CombinedOutput()
	inputs, seconds := progress(string(out))
	if err != nil {
		return fmt.Sprintf("%-60s FAILED: %v\n%s", t, err, out), false
	}
	line = fmt.Sprintf("%-60s %9d inputs %8.0f/s", t, inputs, float64(inputs)/max(seconds, 1))
	if float64(inputs) < enough*seconds {
		line += fmt.Sprintf("  fewer than %d/s", enough)
	}
	return line, true
}

var told = regexp.MustCompile(`fuzz: elapsed: (\S+), execs: (\d+)`)

// progress is the last that a run tells of itself: inputs tried, and how long that took.
func progress(out string) (inputs int, seconds float64) {
	for _, m := range told.FindAllStringSubmatch(out, -1) {
		elapsed, err := time.ParseDuration(m[1])
		if err == nil {
			inputs, _ = strconv.Atoi(m[2])
			seconds = elapsed.Seconds()
		}
	}
	return inputs, seconds
}
