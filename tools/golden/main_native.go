//go:build !js

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"reverie/tools/jsexec/program"
	"reverie/weights/convert"
	"reverie/weights/vocab"
)

func main() {
	dir := flag.String("dir", "", "the golden folder")
	all := flag.Bool("published", false, "make folders of the published architectures, one after another, instead of reading one")
	run := flag.String("run", "", "only the cases, or architectures, whose name has this in it")
	host := flag.String("host", "", "where the engine runs: "+program.Hosts+"; Chromium with the adapter that it finds when empty")
	jsexec := flag.String("jsexec", "", "the runner of js/wasm programs; built when empty")
	flag.Parse()
	var err error
	if *all {
		err = drivePublished(*run, *host, *jsexec, os.Stdout)
	} else {
		err = drive(*dir, *run, *host, *jsexec, os.Stdout)
	}
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}

// drive converts the checkpoints, builds the runner and lets it run in the host. The report goes to out.
func drive(dir, run, host, jsexec string, out io.Writer) error {
	if dir == "" {
		return errors.New("golden: name the folder: make golden GOLDEN=/abs/dir")
	}
	h, err := program.NewHost(host)
	if err != nil {
		return fmt.Errorf("golden: %w", err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		return fmt.Errorf("golden: %w", err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		return fmt.Errorf("golden: golden.json: %w", err)
	}
	tmp, err := os.MkdirTemp("", "golden")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	models := filepath.Join(tmp, "models")
	if err := os.Mkdir(models, 0o755); err != nil {
		return fmt.Errorf("golden: %w", err)
	}
	if err := convertAll(dir, models, run, g); err != nil {
		return err
	}
	p := program.Program{Package: "reverie/tools/golden", Args: []string{run}, Serve: map[string]string{"/golden": dir, "/models": models},
		Host: h, JSExec: jsexec}
	return p.Run(out)
}

// convertAll converts every checkpoint that the cases name, at f32, into a folder of its own.
func convertAll(dir, models, run string, g golden) error {
	isVQGAN := map[string]bool{}
	for name, c := range g.Cases {
		if !strings.Contains(name, run) {
			continue
		}
		for i, f := range c.Files {
			isVQGAN[f] = c.Kind == "vqgan" || c.Kind == "loop" && i == 0
		}
	}
	files := make([]string, 0, len(isVQGAN))
	for f := range isVQGAN {
		files = append(files, f)
	}
	sort.Strings(files)
	for _, f := range files {
		o := convert.Options{Model: convert.Model{Quant: "f32", Name: "golden"}, Out: filepath.Join(models, modelFolder(f))}
		path := filepath.Join(dir, f)
		if isVQGAN[f] {
			o.VQGAN, o.VQGANConfig = path, configFor(path)
		} else {
			o.CLIP = path
			merges, err := os.ReadFile(filepath.Join(dir, vocabFile))
			if errors.Is(err, os.ErrNotExist) {
				merges, err = vocab.CLIP, nil
			}
			if err != nil {
				return fmt.Errorf("golden: %w", err)
			}
			o.Vocab = merges
		}
		if _, _, err := convert.Run(o); err != nil {
			return fmt.Errorf("golden: converting %s: %w", f, err)
		}
	}
	return nil
}

// configFor finds the yaml of a checkpoint: its own, or the one whose name begins the checkpoint's, as tiny.yaml serves
// tiny_legacy.ckpt; the only yaml of the folder serves all.
func configFor(checkpoint string) string {
	stem := strings.TrimSuffix(checkpoint, filepath.Ext(checkpoint))
	configs, _ := filepath.Glob(filepath.Join(filepath.Dir(checkpoint), "*.y*ml")) // the pattern is well-formed
	best := ""
	for _, c := range configs {
		own := strings.TrimSuffix(c, filepath.Ext(c))
		if strings.HasPrefix(stem, own) && len(c) > len(best) {
			best = c
		}
	}
	if best == "" && len(configs) == 1 {
		return configs[0]
	}
	return best
}
