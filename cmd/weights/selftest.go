package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"reverie/gpu/selftest"
	"reverie/tools/jsexec/program"
)

const selftestUsage = `weights selftest [-pictures DIR] [-host HOST] DIR

Holds a model against figures that its makers, or others who ran their code, have published: tokens, embeddings of texts and of pictures. It runs
the model through the real engine in a headless browser or in node, and prints for each figure "as published to 1e-3", or how far off it is. Run it in
Reverie's source folder; it needs Go, and Chromium or node.

Some figures are of pictures that are not Reverie's to give: CLIP.png, of github.com/openai/CLIP, and astronaut.png, which scikit-image has. Those
that lie in -pictures are compared.

`

func runSelftest(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("selftest", flag.ContinueOnError)
	pictures := flags.String("pictures", "", "a folder with "+strings.Join(selftest.Wanted(), ", ")+", or some of them, `DIR`")
	host := flags.String("host", "", "where the engine runs: "+program.Hosts+"; Chromium with the adapter that it finds when empty")
	rest, err := parse(flags, selftestUsage, args, out)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("weights: selftest takes one folder: weights selftest DIR")
	}
	m, err := verify(rest[0])
	if err != nil {
		return err
	}
	if selftest.Model(m) == "" {
		return fmt.Errorf("weights: no figures of the model in %s are known; there are those of %s", rest[0], strings.Join(selftest.Known(), " and "))
	}
	p := program.Program{Package: "reverie/tools/selftest", Serve: map[string]string{"/model": rest[0]}}
	if p.Host, err = program.NewHost(*host); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	if *pictures != "" {
		if p.Args, err = picturesIn(*pictures); err != nil {
			return err
		}
		p.Serve["/pictures"] = *pictures
	}
	fmt.Fprintf(out, "%s, %s, taken for %s\n", m.Name, m.Quant, selftest.Model(m))
	err = p.Run(out)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New("weights: the self-test did not pass, as said above")
	}
	return err
}

// picturesIn are the pictures of a folder that figures are of.
func picturesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	var names []string
	for _, e := range entries {
		if slices.Contains(selftest.Wanted(), e.Name()) {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("weights: %s has none of %s", filepath.Clean(dir), strings.Join(selftest.Wanted(), ", "))
	}
	return names, nil
}
