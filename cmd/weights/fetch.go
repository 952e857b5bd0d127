package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"reverie/weights"
	"reverie/weights/catalogue"
	"reverie/weights/convert"
	"reverie/weights/fetch"
	"reverie/weights/foreign"
	"reverie/weights/vocab"
)

const fetchUsage = `weights fetch NAME [flags] -o DIR

Downloads the official files of a published model, checks them, and converts them. A download that was cut goes on where it was. Files that
cannot be downloaded any more may be put into the -keep folder by hand. Without NAME it lists the models.

`

func runFetch(args []string, out io.Writer) error {
	name := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	dir := flags.String("o", "", "folder to write, `DIR`")
	quant := flags.String("quant", weights.TypeQ4, "element `TYPE` of the large tensors: f32, f16, q8 or q4 (a mix of q4 to q8)")
	keep := flags.String("keep", "", "where downloads stay, `DIR` (default: a folder of the user's cache)")
	list := flags.String("catalogue", "", "another catalogue of models, `FILE`")
	rest, err := parse(flags, fetchUsage, args, out)
	if err != nil {
		return err
	}
	if name == "" && len(rest) == 1 {
		name, rest = rest[0], nil
	}
	c, err := openCatalogue(*list)
	if err != nil {
		return err
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("weights: fetch takes one name, and %q is one too many", rest[0])
	case name == "":
		return printCatalogue(out, c)
	case *dir == "":
		return errors.New("weights: give -o DIR, the folder to write")
	case !weights.ValidQuant(*quant):
		return fmt.Errorf("weights: -quant %q is unknown; choose one of %s", *quant, strings.Join(weights.Quants, ", "))
	}
	if *keep == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("weights: %w; say with -keep DIR where downloads stay", err)
		}
		*keep = filepath.Join(cache, "reverie")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return fetchModel(ctx, c, name, *keep, *quant, *dir, out)
}

func openCatalogue(path string) (*catalogue.Catalogue, error) {
	if path == "" {
		return catalogue.Own()
	}
	data, err := foreign.ReadFile(path, "a catalogue", catalogue.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", path, err)
	}
	return catalogue.Parse(data)
}

func printCatalogue(out io.Writer, c *catalogue.Catalogue) error {
	for _, m := range c.Models {
		_, clip, vqgan, err := c.Find(m.Name)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n    %s\n    %s\n    downloads %s (about %d MB) and %s (about %d MB)\n", m.Name, m.Title, m.About,
			clip.Name, clip.Size, vqgan.Name, vqgan.Size)
	}
	_, err := fmt.Fprintln(out, "\nweights fetch NAME -o DIR makes one.")
	return err
}

// fetchModel downloads both files, converts them and verifies the result.
func fetchModel(ctx context.Context, c *catalogue.Catalogue, name, keep, quant, dir string, out io.Writer) error {
	m, clip, vqgan, err := c.Find(name)
	if err != nil {
		return err
	}
	o := convert.Options{Out: dir, Model: convert.Model{Vocab: vocab.CLIP, Quant: quant, Name: m.Name, Title: m.Title, About: m.About,
		Licence: licences(clip, vqgan)}}
	f := &fetch.Fetcher{Dir: keep, Tell: func(line string) { fmt.Fprintln(out, line) }}
	for _, want := range []struct {
		file catalogue.File
		path *string
	}{{clip, &o.CLIP}, {vqgan, &o.VQGAN}} {
		if want.file.Notice != "" {
			fmt.Fprintln(out, "note:", want.file.Notice)
		}
		if *want.path, err = f.File(ctx, want.file); err != nil {
			return err
		}
	}
	o.VQGANConfig = strings.TrimSuffix(o.VQGAN, filepath.Ext(o.VQGAN)) + ".yaml"
	if err := os.WriteFile(o.VQGANConfig, []byte(vqgan.Config), 0o644); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	manifest, report, err := convert.Run(o)
	if err != nil {
		return fmt.Errorf("%w; if a download in %s is at fault, remove it and run this again", err, keep)
	}
	for _, s := range report.Sources {
		fmt.Fprintln(out, "read", s)
	}
	if _, err := verify(dir); err != nil {
		return err
	}
	printParts(out, manifest)
	_, err = fmt.Fprintf(out, "wrote and verified %s; serve -weights DIR offers it\n", dir)
	return err
}

// licences joins those of two files.
func licences(a, b catalogue.File) string {
	if a.Licence == b.Licence || b.Licence == "" {
		return a.Licence
	}
	return a.Licence + "; " + b.Licence
}
