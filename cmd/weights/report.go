package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"text/tabwriter"

	"reverie/web/jsexec/program"
	"reverie/weights"
	"reverie/weights/folder"
)

const reportUsage = `weights report -a DIR -b DIR

Compares two conversions of the same models, such as f32 and q4, in what they compute: runs both through the real engine in a headless
browser and prints how close the second comes to the first. Run it in Reverie's source folder; it needs Go and Chromium.

  text, image embeddings   cosine over 64 prompts and 16 drawn pictures
  decoder                  PSNR of 6 pictures of 64x64 pixels, decoded from the first conversion's codes
  encoder                  share of the codes that come out equal
  gradient of z            cosine of the first step's gradient, through decoder, cutouts and image tower, for 3 prompts

`

func runReport(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	a := flags.String("a", "", "the model to compare with, `DIR`")
	b := flags.String("b", "", "the model to judge, `DIR`")
	rest, err := parse(flags, reportUsage, args, out)
	if err != nil {
		return err
	}
	if *a == "" || *b == "" || len(rest) > 0 {
		return errors.New("weights: report takes two folders: weights report -a DIR -b DIR")
	}
	if err := printSizes(out, *a, *b); err != nil {
		return err
	}
	err = program.Program{Package: "reverie/gpu/compare", Serve: map[string]string{"/a": *a, "/b": *b}}.Run(out)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New("weights: the comparison failed in the browser, as said above")
	}
	return err
}

// printSizes verifies both models, checks that they are of one configuration, and prints what their parts take.
func printSizes(out io.Writer, a, b string) error {
	var models [2]*weights.Manifest
	for i, dir := range []string{a, b} {
		var err error
		if models[i], err = folder.Verify(os.DirFS(dir)); err != nil {
			return fmt.Errorf("%w (in %s)", err, dir)
		}
	}
	if models[0].CLIP != models[1].CLIP || !reflect.DeepEqual(models[0].VQGAN, models[1].VQGAN) {
		return fmt.Errorf("weights: %s and %s are not conversions of the same models; their configurations differ", a, b)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "MB\ta: %s\tb: %s\t\n", models[0].Quant, models[1].Quant)
	sums := [2]int64{models[0].Vocab.Size, models[1].Vocab.Size}
	for _, p := range models[0].Parts {
		sizes := [2]int64{p.Size(), models[1].Part(p.Name).Size()}
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t\n", p.Name, megabytes(sizes[0]), megabytes(sizes[1]))
		sums[0], sums[1] = sums[0]+sizes[0], sums[1]+sizes[1]
	}
	fmt.Fprintf(t, "in all\t%.2f\t%.2f\t\n", megabytes(sums[0]), megabytes(sums[1]))
	return t.Flush()
}

func megabytes(n int64) float64 { return float64(n) / 1e6 }
