package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"text/tabwriter"

	"reverie/tools/jsexec/program"
	"reverie/weights"
)

const reportUsage = `weights report -a DIR -b DIR [-b DIR]...

Compares conversions of the same models, such as f32 and q4, in what they compute: runs them through the real engine in a headless
browser or in node and prints how close each -b comes to -a. Run it in Reverie's source folder; it needs Go, and Chromium or node.

  text, image embeddings   cosine of each prompt's and each drawn picture's
  decoder                  PSNR of 6 of the pictures at 64x64 pixels, decoded from the first conversion's codes
  encoder                  share of their codes that come out equal
  gradient of z            cosine of the first step's gradient, through decoder, cutouts and image tower, for 3 of the prompts

`

// What report measures with when it is not told.
const (
	mostPrompts  = 64
	mostPictures = 16
)

func runReport(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	a := flags.String("a", "", "the model to compare with, `DIR`")
	var others []string
	flags.Func("b", "a model to judge, `DIR`; several may be given", func(dir string) error {
		others = append(others, dir)
		return nil
	})
	host := flags.String("host", "", "where the engine runs: "+program.Hosts+"; Chromium with the adapter that it finds when empty")
	prompts := flags.Int("prompts", mostPrompts, fmt.Sprintf("how many prompts, 1 to %d", mostPrompts))
	pictures := flags.Int("pictures", mostPictures, fmt.Sprintf("how many pictures, 1 to %d", mostPictures))
	rest, err := parse(flags, reportUsage, args, out)
	if err != nil {
		return err
	}
	if *a == "" || len(others) == 0 || len(rest) > 0 {
		return errors.New("weights: report takes two folders or more: weights report -a DIR -b DIR")
	}
	if *prompts < 1 || *prompts > mostPrompts || *pictures < 1 || *pictures > mostPictures {
		return fmt.Errorf("weights: report takes 1 to %d -prompts and 1 to %d -pictures", mostPrompts, mostPictures)
	}
	if err := printSizes(out, append([]string{*a}, others...)); err != nil {
		return err
	}
	p := program.Program{Package: "reverie/tools/compare", Serve: map[string]string{"/a": *a}}
	if p.Host, err = program.NewHost(*host); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	p.Args = []string{"-prompts", fmt.Sprint(*prompts), "-pictures", fmt.Sprint(*pictures), "/a/"}
	for i, dir := range others {
		url := fmt.Sprintf("/b%d", i+1)
		p.Serve[url] = dir
		p.Args = append(p.Args, url+"/")
	}
	err = p.Run(out)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New("weights: the comparison failed, as said above")
	}
	return err
}

// printSizes verifies the models, checks that they are of one configuration, and prints what their parts take.
func printSizes(out io.Writer, dirs []string) error {
	models := make([]*weights.Manifest, len(dirs))
	for i, dir := range dirs {
		var err error
		if models[i], err = verify(dir); err != nil {
			return fmt.Errorf("%w (in %s)", err, dir)
		}
		if models[0].CLIP != models[i].CLIP || !reflect.DeepEqual(models[0].VQGAN, models[i].VQGAN) {
			return fmt.Errorf("weights: %s and %s are not conversions of the same models; their configurations differ", dirs[0], dir)
		}
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, cell func(*weights.Manifest) string) {
		fmt.Fprintf(t, "%s\t", name)
		for _, m := range models {
			fmt.Fprintf(t, "%s\t", cell(m))
		}
		fmt.Fprintln(t)
	}
	row("MB", func(m *weights.Manifest) string { return m.Quant })
	for _, p := range models[0].Parts {
		row(p.Name, func(m *weights.Manifest) string { return megabytes(m.Part(p.Name).Size()) })
	}
	row("in all", func(m *weights.Manifest) string {
		sum := m.Vocab.Size
		for _, p := range m.Parts {
			sum += p.Size()
		}
		return megabytes(sum)
	})
	return t.Flush()
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f", float64(n)/1e6) }
