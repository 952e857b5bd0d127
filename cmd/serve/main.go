// Command serve is Reverie's static server: the page with its programs, and models' weights. No picture is ever computed here.
//
//	serve [-addr host:port] [-weights dir] [-dev]
//	serve export [-base /path/] [-weights dir] dir
//
// The weights folder is one that cmd/weights wrote, or one that holds such folders; the mini model is always there. The first form
// serves until SIGINT or SIGTERM. The second writes everything into a folder that any static host can serve under the base path.
// With -dev the programs are built anew at the start, assets are read from web/ and nothing is cached: see make dev.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"reverie/web"
	"reverie/web/site"
	"reverie/web/wasm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
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
	address := flags.String("addr", "127.0.0.1:8080", "host:port to listen at")
	weights := flags.String("weights", "", "folder of models")
	dev := flags.Bool("dev", false, "build the programs at the start, read assets from web/, cache nothing")
	if err := parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("serve: I do not understand %q: the only command is export, and the flags are -addr, -weights and -dev", flags.Arg(0))
	}
	c := site.Config{Weights: *weights, Programs: web.Programs}
	if *dev {
		if err := develop(ctx, &c); err != nil {
			return err
		}
	}
	s, err := newSite(c)
	if err != nil {
		return err
	}
	return listen(ctx, *address, s, func(at net.Addr) { fmt.Printf("Reverie is at http://%s/ (build %s)\n", at, s.Build) })
}

// listen serves until ctx ends, which is no error. It calls ready when it takes connections.
func listen(ctx context.Context, address string, h http.Handler, ready func(net.Addr)) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("serve: cannot listen at %s: %w", address, err)
	}
	ready(listener.Addr())
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if server.Shutdown(closing) != nil {
			server.Close() // a download that would not end
		}
		return nil
	}
}

// patience is how long downloads may go on after the signal to end.
const patience = 3 * time.Second

func newSite(c site.Config) (*site.Site, error) {
	s, err := site.New(c)
	if err != nil {
		return nil, err
	}
	for _, warning := range s.Warnings {
		fmt.Fprintln(os.Stderr, "serve:", warning)
	}
	return s, nil
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
	base := flags.String("base", "/", "path under which the folder will be served")
	weights := flags.String("weights", "", "folder of models")
	if err := parse(flags, args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("serve export: name the folder to write: serve export [-base /path/] dir")
	}
	s, err := newSite(site.Config{Base: *base, Weights: *weights, Programs: web.Programs})
	if err != nil {
		return err
	}
	dir := flags.Arg(0)
	if err := s.Export(dir); err != nil {
		return err
	}
	fmt.Printf("Wrote build %s to %s, to be served under %s\n", s.Build, dir, *base)
	return nil
}
