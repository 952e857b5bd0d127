// Command serve is Reverie's static server: the page with its programs, and models' weights. No picture is ever computed here.
//
//	serve [-addr host:port] [-base /path/] [-weights dir] [-catalogue file | -no-import] [-tls-cert file -tls-key file] [-metrics host:port] [flags]
//	serve export [-base /path/] [-weights dir] [-catalogue file | -no-import] dir
//
// The weights folder is one that cmd/weights wrote, or one that holds such folders; the mini model is always there. The first form
// serves until SIGINT or SIGTERM, and lets downloads end; a second signal ends at once. The second writes everything into a folder that any
// static host can serve under the base path. With -dev the programs are built anew at the start, assets are read from web/ and nothing is
// cached: see make dev.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"reverie/web"
	"reverie/web/site"
	"reverie/web/wasm"
	"reverie/weights/catalogue"
	"reverie/weights/foreign"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // from here on a signal ends the program
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "export" {
		return export(args[1:])
	}
	return serve(ctx, args)
}

func serve(ctx context.Context, args []string) error {
	flags := newFlags("serve")
	o := host{limits: usual}
	flags.StringVar(&o.address, "addr", "127.0.0.1:8080", "host:port to listen at")
	what := newSiteFlags(flags, "path under which the site is served")
	certificate := flags.String("tls-cert", "", "file of the certificate, with those that vouch for it, in PEM: serves HTTPS, and HTTP/2")
	key := flags.String("tls-key", "", "file of the certificate's key, in PEM")
	metricsAt := flags.String("metrics", "", "host:port at which Prometheus finds /metrics")
	flags.IntVar(&o.limits.connections, "connections", usual.connections, "the most connections at a time; 0 for no cap")
	flags.IntVar(&o.limits.perAddress, "connections-per-address", usual.perAddress, "the most of them from one address; 0, for no cap, behind a proxy")
	format := flags.String("log", "text", "form of the log: text or json")
	requests := flags.Bool("log-requests", false, "log each request")
	dev := flags.Bool("dev", false, "build the programs at the start, read assets from web/, cache nothing")
	if err := parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("serve: I do not understand %q: the only command is export, and serve -h lists the flags", flags.Arg(0))
	}
	var err error
	if o.log, err = newLog(*format); err != nil {
		return err
	}
	if o.tls, err = identity(*certificate, *key); err != nil {
		return err
	}
	c, err := what.config()
	if err != nil {
		return err
	}
	c.Bare = o.tls == nil
	if *dev {
		if err := develop(ctx, &c); err != nil {
			return err
		}
	}
	s, err := newSite(c, o.log)
	if err != nil {
		return err
	}
	if c.Bare {
		o.fields = s.Security
	}
	h := http.Handler(s)
	if *metricsAt != "" {
		o.metrics = newMetrics(s.Build)
		if _, err := o.metrics.serve(ctx, *metricsAt, o.log); err != nil {
			return err
		}
	}
	if o.metrics != nil || *requests {
		h = observed(h, o.metrics, o.log, *requests)
	}
	return o.listen(ctx, h, func(at net.Addr) { fmt.Printf("Reverie is at %s://%s%s (build %s)\n", o.scheme(), at, c.Base, s.Build) })
}

// newLog logs to standard error.
func newLog(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, nil)), nil
	}
	return nil, fmt.Errorf("serve: -log is %q: it can be text or json", format)
}

// identity is what the server proves itself with; nil for plain HTTP.
func identity(certificate, key string) (*tls.Config, error) {
	if certificate == "" && key == "" {
		return nil, nil
	}
	if certificate == "" || key == "" {
		return nil, errors.New("serve: HTTPS takes both -tls-cert and -tls-key")
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("serve: the certificate cannot be used: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}, nil
}

func newSite(c site.Config, log *slog.Logger) (*site.Site, error) {
	s, err := site.New(c)
	if err != nil {
		return nil, err
	}
	for _, warning := range s.Warnings {
		log.Warn(warning)
	}
	return s, nil
}

// siteFlags say what is served, or exported.
type siteFlags struct {
	base, weights, catalogue *string
	noImport                 *bool
}

func newSiteFlags(flags *flag.FlagSet, base string) siteFlags {
	return siteFlags{
		base:      flags.String("base", "/", base),
		weights:   flags.String("weights", "", "folder of models"),
		catalogue: flags.String("catalogue", "", "another catalogue of published models, in YAML; pages may reach its hosts"),
		noImport:  flags.Bool("no-import", false, "let visitors fetch no published models: pages reach no other host"),
	}
}

func (f siteFlags) config() (site.Config, error) {
	c := site.Config{Base: *f.base, Weights: *f.weights, Programs: web.Programs, NoImport: *f.noImport}
	if *f.catalogue == "" {
		return c, nil
	}
	data, err := foreign.ReadFile(*f.catalogue, "a catalogue", catalogue.MaxSize)
	if err == nil {
		c.Catalogue, err = catalogue.Parse(data)
	}
	if err != nil {
		return c, fmt.Errorf("serve: %s: %w", *f.catalogue, err)
	}
	return c, nil
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the one sentence
	return flags
}

func parse(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(os.Stderr)
		flags.Usage()
		return err
	}
	if err != nil {
		return fmt.Errorf("serve: %w: %s -h lists the flags", err, flags.Name())
	}
	return nil
}

// develop builds the programs and points the site at the files on disk. A program that does not build is told, and the last one that did
// is served.
func develop(ctx context.Context, c *site.Config) error {
	root, err := wasm.Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "web")
	if err := wasm.Build(ctx, root, folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	c.Dev, c.Assets = true, os.DirFS(folder)
	c.Programs = c.Assets
	return nil
}

func export(args []string) error {
	flags := newFlags("serve export")
	what := newSiteFlags(flags, "path under which the folder will be served")
	if err := parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("serve export: name the folder to write: serve export [-base /path/] dir")
	}
	c, err := what.config()
	if err != nil {
		return err
	}
	s, err := newSite(c, slog.Default())
	if err != nil {
		return err
	}
	dir := flags.Arg(0)
	if err := s.Export(dir); err != nil {
		return err
	}
	fmt.Printf("Wrote build %s to %s, to be served under %s\n", s.Build, dir, c.Base)
	return nil
}
