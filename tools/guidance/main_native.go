//go:build !js

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"reverie/tools/jsexec/program"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

// Places, from the module's root.
const (
	modelDir   = "weights/mini"
	trainDir   = "weights/train"
	promptFile = trainDir + "/prompts.txt"
	resultFile = "results.jsonl"
)

// settings are the flags.
type settings struct {
	run, host, jsexec, dir      string
	prompts, seeds, size, steps int
	list                        bool
}

func main() {
	var s settings
	flag.StringVar(&s.run, "run", "", "only the variants whose names match this regular expression, and the default")
	flag.IntVar(&s.prompts, "prompts", 60, "how many prompts, spread evenly over "+promptFile)
	flag.IntVar(&s.seeds, "seeds", 1, "how many pictures of each prompt")
	flag.IntVar(&s.size, "size", 64, "pixels of a side")
	flag.IntVar(&s.steps, "steps", 60, "steps of the default, whose work every variant has")
	flag.StringVar(&s.host, "host", "lavapipe", "where the engine runs: "+program.Hosts)
	flag.StringVar(&s.jsexec, "jsexec", "", "the runner of js/wasm programs; built when empty")
	flag.StringVar(&s.dir, "dir", trainDir+"/runs/guidance", "where pictures and results stay")
	flag.BoolVar(&s.list, "list", false, "print how each variant would spend its work, and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := evaluate(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func evaluate(ctx context.Context, s settings, out io.Writer) error {
	pattern, err := regexp.Compile(s.run)
	if err != nil {
		return fmt.Errorf("guidance: -run: %w", err)
	}
	prompts, err := readPrompts(s.prompts)
	if err != nil {
		return err
	}
	manifest, err := folder.Manifest(mini.FS)
	if err != nil {
		return err
	}
	p, err := newPlanner(ctx, manifest)
	if err != nil {
		return err
	}
	plans, err := s.plans(ctx, p, pattern, out)
	if err != nil {
		return err
	}
	if s.list {
		for _, plan := range plans {
			fmt.Fprintf(out, "%-24s %-32s %6.0f GFLOP  %s\n", plan.name, plan.shape(), plan.Budget, plan.options)
		}
		return nil
	}
	e := evaluation{settings: s, planner: p, prompts: prompts, out: out}
	if err := e.open(); err != nil {
		return err
	}
	for _, plan := range plans {
		if err := e.variant(ctx, plan); err != nil {
			return err
		}
	}
	printTable(out, plans, e.records)
	return nil
}

// subject is a prompt with its place in the list, which is its seed, so that a longer evaluation has the pictures of a shorter one.
type subject struct {
	prompt string
	seed   uint64 // from 1
}

// readPrompts reads n prompts, spread evenly over the list.
func readPrompts(n int) ([]subject, error) {
	data, err := os.ReadFile(promptFile)
	if err != nil {
		return nil, fmt.Errorf("guidance: %w; run this in Reverie's source folder", err)
	}
	all := strings.Split(strings.TrimSpace(string(data)), "\n")
	if n < 1 || n > len(all) {
		return nil, fmt.Errorf("guidance: -prompts is %d and must be 1 to %d", n, len(all))
	}
	out := make([]subject, n)
	for i := range out {
		at := i * len(all) / n
		out[i] = subject{all[at], uint64(at + 1)}
	}
	return out, nil
}

// plans are those of the chosen variants. One whose options this build lacks is left out, and said.
func (s settings) plans(ctx context.Context, p *planner, pattern *regexp.Regexp, out io.Writer) ([]plan, error) {
	var list []plan
	budget := 0.0
	for _, v := range variants {
		if v.name != base && !pattern.MatchString(v.name) {
			continue
		}
		made, err := p.plan(ctx, v, s.size, s.steps, budget)
		if v.name == base && err == nil {
			budget = made.Budget
		} else if v.name == base {
			return nil, err
		}
		if err != nil {
			fmt.Fprintf(out, "%s is left out: %v\n", v.name, err)
			continue
		}
		list = append(list, made)
	}
	return list, nil
}

// evaluation is a run of the command.
type evaluation struct {
	settings
	planner *planner
	prompts []subject
	out     io.Writer
	judge   string                       // names the judge's weights
	records map[string]map[string]record // by key and picture
	results *os.File
}

// open reads the results of earlier runs. Those of another judge do not count.
func (e *evaluation) open() error {
	if err := os.MkdirAll(e.dir, 0o755); err != nil {
		return fmt.Errorf("guidance: %w", err)
	}
	verdicts, err := e.judged(nil)
	if err != nil {
		return err
	}
	e.judge, e.records = verdicts.judge, map[string]map[string]record{}
	path := filepath.Join(e.dir, resultFile)
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("guidance: %w", err)
	}
	for line := range bytes.Lines(data) {
		var r record
		if json.Unmarshal(line, &r) == nil && r.Judge == e.judge { // a line that an interrupted run left half is no record
			e.keep(r)
		}
	}
	if e.results, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return fmt.Errorf("guidance: %w", err)
	}
	return nil
}

func (e *evaluation) keep(r record) {
	if e.records[r.Key] == nil {
		e.records[r.Key] = map[string]record{}
	}
	e.records[r.Key][r.Picture] = r
}

// sitting is how many pictures one program paints, which must end within two hours.
const sitting = 20

// canvas is a picture that a variant is to have.
type canvas struct {
	name, prompt string
	seed         uint64
}

// canvases are all that a variant is to have. The seed is the prompt's own, whatever the variant.
func (e *evaluation) canvases() []canvas {
	var list []canvas
	for _, p := range e.prompts {
		for s := range e.seeds {
			seed := p.seed + uint64(1000*s)
			list = append(list, canvas{fmt.Sprintf("%s-%d", strings.ReplaceAll(p.prompt, " ", "-"), seed), p.prompt, seed})
		}
	}
	return list
}

// variant paints what a variant lacks, and judges what is not judged.
func (e *evaluation) variant(ctx context.Context, p plan) error {
	dir := filepath.Join(e.dir, p.Key)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("guidance: %w", err)
	}
	var jobs []job
	var unjudged []canvas
	for _, c := range e.canvases() {
		if _, known := e.records[p.Key][c.name]; known {
			continue
		}
		unjudged = append(unjudged, c)
		if _, err := os.Stat(filepath.Join(dir, c.name+".json")); err == nil {
			continue
		}
		j, err := e.planner.job(p, c.name, c.prompt, c.seed)
		if err != nil {
			return err
		}
		jobs = append(jobs, j)
	}
	if len(jobs) > 0 {
		fmt.Fprintf(e.out, "%s: %d pictures, %s\n", p.name, len(jobs), p.shape())
	}
	for few := range slices.Chunk(jobs, sitting) {
		if err := e.paint(ctx, dir, few); err != nil {
			return err
		}
	}
	return e.rank(p, dir, unjudged)
}

// easel is what is known of a painted picture before it is judged; it lies beside it and is written after it.
type easel struct {
	Seconds float64 `json:"seconds"`
	Loss    float64 `json:"loss"`
	Adapter string  `json:"adapter"`
}

// paint lets the engine paint, and keeps each picture as it comes.
func (e *evaluation) paint(ctx context.Context, dir string, jobs []job) error {
	tmp, err := os.MkdirTemp("", "guidance")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	data, err := json.Marshal(jobs)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "jobs.json"), data, 0o644); err != nil {
		return err
	}
	host, err := program.NewHost(e.host)
	if err != nil {
		return fmt.Errorf("guidance: %w", err)
	}
	lines, w := io.Pipe()
	kept := make(chan error, 1)
	go func() {
		err := e.receive(dir, lines)
		lines.CloseWithError(err) // the painter has nobody to paint for
		kept <- err
	}()
	err = program.Program{Package: "reverie/tools/guidance", Serve: map[string]string{"/jobs": tmp, "/model": modelDir}, Host: host, JSExec: e.jsexec}.Run(w)
	w.Close()
	received := <-kept
	if ctx.Err() != nil {
		return errors.New("guidance: interrupted; what is painted stays, and the same command goes on")
	}
	if received != nil {
		return received
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New("guidance: the engine could not paint, as said above")
	}
	return err
}

// receive writes the pictures of the painter's lines.
func (e *evaluation) receive(dir string, lines io.Reader) error {
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, 16<<20)
	adapter := ""
	for scanner.Scan() {
		words := strings.Fields(scanner.Text())
		switch {
		case strings.HasPrefix(scanner.Text(), "adapter: "):
			adapter = strings.TrimPrefix(scanner.Text(), "adapter: ")
		case len(words) == 5 && words[0] == painted:
			png, err := base64.StdEncoding.DecodeString(words[4])
			seconds, err2 := strconv.ParseFloat(words[2], 64)
			loss, err3 := strconv.ParseFloat(words[3], 64)
			if err := errors.Join(err, err2, err3); err != nil {
				return fmt.Errorf("guidance: the painter's line of %s: %w", words[1], err)
			}
			data, err := json.Marshal(easel{seconds, loss, adapter})
			if err != nil {
				return err
			}
			place := filepath.Join(dir, words[1])
			if err := errors.Join(os.WriteFile(place+".png", png, 0o644), os.WriteFile(place+".json", data, 0o644)); err != nil {
				return fmt.Errorf("guidance: %w", err)
			}
			fmt.Fprintf(e.out, "  %s, %.1f s\n", words[1], seconds)
		}
	}
	return scanner.Err()
}

// rank has pictures judged and writes their records.
func (e *evaluation) rank(p plan, dir string, list []canvas) error {
	if len(list) == 0 {
		return nil
	}
	var asked []question
	for _, c := range list {
		asked = append(asked, question{filepath.Join(dir, c.name+".png"), c.prompt})
	}
	verdicts, err := e.judged(asked)
	if err != nil {
		return err
	}
	for i, c := range list {
		data, err := os.ReadFile(filepath.Join(dir, c.name+".json"))
		if err != nil {
			return fmt.Errorf("guidance: %w", err)
		}
		var made easel
		if err := json.Unmarshal(data, &made); err != nil {
			return fmt.Errorf("guidance: %s of %s: %w", c.name, p.name, err)
		}
		last := p.Stages[len(p.Stages)-1]
		r := record{p.name, p.Key, c.name, c.prompt, c.seed, last.Steps, last.Cuts, p.Budget, made.Seconds, made.Loss, made.Adapter, verdicts.judge,
			verdicts.list[i].Rank, verdicts.list[i].Score}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := e.results.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("guidance: %w", err)
		}
		e.keep(r)
	}
	return nil
}

// question is what the judge is asked.
type question struct {
	File   string `json:"file"`
	Prompt string `json:"prompt"`
}

// verdicts are the judge's answers, in the order of the questions.
type verdicts struct {
	judge string
	list  []struct {
		Rank  int     `json:"rank"`
		Score float64 `json:"score"`
	}
}

// judged asks the judge. Without questions it tells its name alone.
func (e *evaluation) judged(list []question) (verdicts, error) {
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, q := range list {
		path, err := filepath.Abs(q.File)
		if err == nil {
			err = encoder.Encode(question{path, q.Prompt})
		}
		if err != nil {
			return verdicts{}, err
		}
	}
	cmd := exec.Command("/usr/bin/python3", "judge.py")
	cmd.Dir, cmd.Stdin, cmd.Stderr = trainDir, &in, os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return verdicts{}, fmt.Errorf("guidance: the judge, %s/judge.py: %w; make eval-guidance trains it where it is missing", trainDir, err)
	}
	var v verdicts
	d := json.NewDecoder(bytes.NewReader(answer))
	var head struct {
		Judge string `json:"judge"`
	}
	if err := d.Decode(&head); err != nil {
		return v, fmt.Errorf("guidance: the judge's answer: %w", err)
	}
	v.judge = head.Judge
	if err := d.Decode(&v.list); err != nil {
		return v, fmt.Errorf("guidance: the judge's answer: %w", err)
	}
	if len(v.list) != len(list) {
		return v, fmt.Errorf("guidance: the judge answered %d of %d questions", len(v.list), len(list))
	}
	return v, nil
}
