package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"

	"reverie/gpu"
	"reverie/gpu/load"
	"reverie/gpu/store"
	"reverie/weights"
)

func main() {
	only := ""
	if len(os.Args) > 1 {
		only = os.Args[1]
	}
	if err := run(context.Background(), only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runner computes cases on one device and reports them.
type runner struct {
	device *gpu.Device
	folder *folder
	report report
	golden golden
}

func run(ctx context.Context, only string) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	f, err := openFolder(ctx, "/golden/")
	if err != nil {
		return err
	}
	r := &runner{device: d, folder: f, report: report{out: os.Stdout}}
	if err := f.json(ctx, "golden.json", &r.golden); err != nil {
		return err
	}
	fmt.Println("adapter:", d.Info())
	names := make([]string, 0, len(r.golden.Cases))
	for name := range r.golden.Cases {
		names = append(names, name)
	}
	sort.Strings(names)
	kinds := map[string]func(context.Context, string, goldenCase) error{
		"unit": r.unit, "vqgan": r.vqgan, "clip": r.clip, "cutouts": r.cutouts, "loop": r.loop,
	}
	for _, name := range names {
		if !strings.Contains(name, only) {
			continue
		}
		c := r.golden.Cases[name]
		compute, ok := kinds[c.Kind]
		if !ok {
			r.report.fail(name, fmt.Errorf("golden: cases of kind %q are not known", c.Kind))
			continue
		}
		if err := compute(ctx, name, c); err != nil {
			r.report.fail(name, err)
		}
	}
	if strings.Contains("tokens", only) {
		if err := r.tokens(ctx); err != nil {
			r.report.fail("tokens", err)
		}
	}
	fmt.Printf("%d passed, %d failed\n", r.report.passed, r.report.failed)
	if r.report.failed > 0 {
		os.Exit(1)
	}
	return nil
}

// part loads one part of a converted checkpoint.
func (r *runner) part(ctx context.Context, file, part string) (*load.Weights, *weights.Manifest, error) {
	source := load.From("/models/"+modelFolder(file)+"/", store.Nothing{})
	m, err := source.Manifest(ctx)
	if err != nil {
		return nil, nil, err
	}
	w, err := source.Part(ctx, r.device, m.Part(part), nil)
	return w, m, err
}

// label names a tensor of a case. Further files that hold the same weights as the first are named too.
func label(c goldenCase, name, array, file string) string {
	if file != c.Files[0] {
		name += "@" + file
	}
	return name + "/" + array
}
