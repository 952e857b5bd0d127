// Command weights converts published checkpoints of CLIP and VQGAN into the form that Reverie streams, and looks at the result.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `weights converts published model weights into Reverie's form and checks them.

  weights convert [-clip FILE] [-vqgan FILE [-vqgan-config FILE]] -quant f32|f16|q8|q4 -name NAME -o DIR
  weights fetch NAME -o DIR      download a published model and convert it; without NAME: list them
  weights inspect DIR            print the configuration, parts and tensors of a model
  weights verify DIR             check the manifest and the SHA-256 of every shard
  weights report -a DIR -b DIR   run conversions through the engine and print how far the others are from the first
  weights selftest DIR           run a known model through the engine and hold it against published figures

Run "weights convert -h" for all flags.
`

func main() {
	err := run(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("weights: say what to do: convert, fetch, inspect, verify, report or selftest (weights -h explains them)")
	}
	switch args[0] {
	case "convert":
		return runConvert(args[1:], out)
	case "fetch":
		return runFetch(args[1:], out)
	case "inspect":
		return runInspect(args[1:], out)
	case "verify":
		return runVerify(args[1:], out)
	case "report":
		return runReport(args[1:], out)
	case "selftest":
		return runSelftest(args[1:], out)
	case "-h", "-help", "--help", "help":
		fmt.Fprint(out, usage)
		return nil
	}
	return fmt.Errorf("weights: there is no command %q; there are convert, fetch, inspect, verify, report and selftest", args[0])
}

// parse reads flags and returns the arguments that remain. An error is one sentence; for -h it prints the help and returns flag.ErrHelp.
func parse(flags *flag.FlagSet, help string, args []string, out io.Writer) ([]string, error) {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, help)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %w; weights %s -h lists the flags", err, flags.Name())
	}
	return flags.Args(), nil
}
