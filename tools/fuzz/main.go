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

// enough is how many inputs a target should try in a second of a core's time, which other work on the machine changes little. Less is told, and no
// failure.
const enough = 1000

// target is a function Fuzz… of a package, whose sources lie in dir.
type target struct{ pkg, dir, name string }

func main() {
	time := flag.Duration("time", 30*time.Second, "how long each target runs")
	run := flag.String("run", "", "a regular expression for package.target, to run some of them")
	flag.Parse()
	total, failed, err := fuzz(*run, *time)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
	fmt.Printf("%d targets, %d failed\n", total, failed)
	if failed > 0 || total == 0 {
		os.Exit(1)
	}
}

// fuzz builds each package's tests once and runs its targets, and prints a line for each.
func fuzz(run string, time time.Duration) (total, failed int, err error) {
	targets, err := list(run)
	if err != nil {
		return 0, 0, err
	}
	dir, err := os.MkdirTemp("", "reverie-fuzz-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return 0, 0, fmt.Errorf("go env: %w", err)
	}
	kept := filepath.Join(strings.TrimSpace(string(cache)), "fuzz")
	cores, done := make(chan bool, runtime.NumCPU()), sync.Mutex{}
	var all sync.WaitGroup
	built := ""
	for _, t := range targets {
		program := filepath.Join(dir, strings.ReplaceAll(t.pkg, "/", "-"))
		if t.pkg != built {
			built = t.pkg
			if out, failure := exec.Command("go", "test", "-c", "-fuzz", ".", "-o", program, t.pkg).CombinedOutput(); failure != nil {
				err = fmt.Errorf("go test -c %s: %w\n%s", t.pkg, failure, out)
				break
			}
		}
		cores <- true
		all.Go(func() {
			line, ok := t.fuzz(program, filepath.Join(kept, t.pkg), time)
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
	return len(targets), failed, err
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
				if t := (target{fields[0], fields[1], string(found[1])}); wanted.MatchString(t.String()) {
					targets = append(targets, t)
				}
			}
		}
	}
	return targets, nil
}

func (t target) String() string { return t.pkg + "." + t.name }

// fuzz runs a target of a package's test program on one core and says in a line how it went, and with all that it printed where it failed. Minimising is
// bounded by a fraction of the time, for what is only interesting is minimised, too. Go keeps what is interesting in the folder kept.
func (t target) fuzz(program, kept string, time time.Duration) (line string, ok bool) {
	cmd := exec.Command(program, "-test.run", "^$", "-test.fuzz", "^"+t.name+"$", "-test.fuzztime", time.String(), "-test.fuzzminimizetime", (time / 20).String(),
		"-test.fuzzcachedir", kept, "-test.parallel", "1")
	cmd.Dir = t.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%-60s FAILED: %v\n%s", t, err, out), false
	}
	n, took := inputs(string(out)), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime() // with its workers'
	pace := float64(n) / took.Seconds()
	line = fmt.Sprintf("%-60s %9d inputs %8.0f/s of a core", t, n, pace)
	if pace < enough {
		line += fmt.Sprintf("  fewer than %d/s", enough)
	}
	return line, true
}

var told = regexp.MustCompile(`fuzz: elapsed: \S+, execs: (\d+)`)

// inputs is the last that a run tells of how many inputs it has tried.
func inputs(out string) int {
	n := 0
	for _, m := range told.FindAllStringSubmatch(out, -1) {
		n, _ = strconv.Atoi(m[1])
	}
	return n
}
