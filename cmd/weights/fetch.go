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

Downloads the official files of a published model, checks them, and converts them. NAME is a pair, or a CLIP or a VQGAN by itself. A download
that was cut goes on where it was. Files that cannot be downloaded any more may be put into the -keep folder by hand. Without NAME it lists the
models.

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
	record := flags.Bool("record", false, "print the digests of the converted shards, as the catalogue lists them")
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
	f := fetching{catalogue: c, name: name, keep: *keep, quant: *quant, dir: *dir, record: *record, out: out}
	return f.run(ctx)
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
	for _, group := range []struct {
		title string
		vqgan bool
	}{{"CLIPs by themselves:", false}, {"VQGANs by themselves:", true}} {
		fmt.Fprintf(out, "\n%s\n", group.title)
		for _, f := range c.Files {
			if f.ID != "" && f.IsVQGAN() == group.vqgan {
				fmt.Fprintf(out, "%s\n    %s\n    %s\n    downloads %s (about %d MB), %s\n", f.ID, f.Title, f.About, f.Name, f.Size, becomes(f))
			}
		}
	}
	_, err := fmt.Fprintln(out, "\nweights fetch NAME -o DIR makes one.")
	return err
}

// becomes says what a file takes when it is converted.
func becomes(f catalogue.File) string {
	var words []string
	for _, quant := range weights.Quants {
		if mb := f.MB[quant]; mb > 0 {
			words = append(words, fmt.Sprintf("%d MB in %s", mb, quant))
		}
	}
	if len(words) == 0 {
		return "of unknown size when it is converted"
	}
	return "becomes " + strings.Join(words, ", ")
}

// fetching is one model on its way.
type fetching struct {
	catalogue        *catalogue.Catalogue
	name             string
	keep, quant, dir string
	record           bool
	out              io.Writer
}

// run downloads the files, converts them and verifies the result.
func (f *fetching) run(ctx context.Context) error {
	m, clip, vqgan, err := f.catalogue.Find(f.name)
	if err != nil {
		return err
	}
	o := convert.Options{Out: f.dir, Model: convert.Model{Vocab: vocab.CLIP, Quant: f.quant, Name: m.Name, Title: m.Title, About: m.About,
		Licence: licences(clip, vqgan)}}
	if o.CLIP, o.CLIPConfig, err = f.file(ctx, clip, ".json"); err != nil {
		return err
	}
	if o.VQGAN, o.VQGANConfig, err = f.file(ctx, vqgan, ".yaml"); err != nil {
		return err
	}
	o.CLIPDigest, o.VQGANDigest = clip.Digests[f.quant], vqgan.Digests[f.quant]
	manifest, report, err := convert.Run(o)
	if err != nil {
		return fmt.Errorf("%w; if a download in %s is at fault, remove it and run this again", err, f.keep)
	}
	for _, s := range report.Sources {
		fmt.Fprintln(f.out, "read", s)
	}
	if _, err := verify(f.dir); err != nil {
		return err
	}
	printParts(f.out, manifest)
	if f.record {
		if clip.Name != "" {
			f.recordDigest(clip, convert.Digest(manifest, weights.PartText, weights.PartImage))
		}
		if vqgan.Name != "" {
			f.recordDigest(vqgan, convert.Digest(manifest, weights.PartDecoder, weights.PartEncoder))
		}
	}
	_, err = fmt.Fprintf(f.out, "wrote and verified %s; serve -weights DIR offers it\n", f.dir)
	return err
}

// file downloads a file and writes the configuration that the catalogue has of it beside it. There may be neither.
func (f *fetching) file(ctx context.Context, file catalogue.File, ext string) (path, config string, err error) {
	if file.Name == "" {
		return "", "", nil
	}
	if file.Notice != "" {
		fmt.Fprintln(f.out, "note:", file.Notice)
	}
	fetcher := &fetch.Fetcher{Dir: f.keep, Tell: func(line string) { fmt.Fprintln(f.out, line) }}
	if path, err = fetcher.File(ctx, file); err != nil || file.Config == "" {
		return path, "", err
	}
	config = strings.TrimSuffix(path, filepath.Ext(path)) + ext
	if err := os.WriteFile(config, []byte(file.Config), 0o644); err != nil {
		return "", "", fmt.Errorf("weights: %w", err)
	}
	return path, config, nil
}

// recordDigest prints a line for the catalogue.
func (f *fetching) recordDigest(file catalogue.File, digest string) {
	fmt.Fprintf(f.out, "record %s: digests: {%s: %s}\n", file.Name, f.quant, digest)
}

// licences joins those of two files.
func licences(a, b catalogue.File) string {
	if a.Licence == b.Licence || b.Licence == "" {
		return a.Licence
	}
	return a.Licence + "; " + b.Licence
}
