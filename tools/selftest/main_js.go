// Command selftest holds a model against its published figures, on a device. "weights selftest DIR" starts it there and serves it the model under /model/
// and the pictures that figures are of under /pictures/.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"slices"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/gpu/load"
	"reverie/gpu/selftest"
	"reverie/gpu/store"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints a line for each figure. Names are those of the pictures that are there.
func run(ctx context.Context, names []string) error {
	d, err := gpu.Open(ctx)
	if err != nil {
		return err
	}
	fmt.Println("adapter:", d.Info())
	pictures := map[string]selftest.Picture{}
	for _, name := range names {
		file, err := blob.Fetch(ctx, "/pictures/"+name)
		if err != nil {
			return err
		}
		if pictures[name], err = decode(file.Bytes()); err != nil {
			return fmt.Errorf("selftest: %s cannot be opened: %w", name, err)
		}
	}
	report, err := selftest.Run(ctx, d, load.From("/model/", store.Nothing{}), pictures)
	if err != nil {
		return err
	}
	for _, c := range report.Checks {
		fmt.Println(c)
	}
	if slices.ContainsFunc(report.Checks, func(c selftest.Check) bool { return !c.OK() }) {
		return errors.New("selftest: this is not what is published: another model of that shape, a quantisation that costs so much, or a device that computes wrongly")
	}
	return nil
}

// decode opens a picture, without its alpha.
func decode(data []byte) (selftest.Picture, error) {
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return selftest.Picture{}, err
	}
	b := img.Bounds()
	p := selftest.Picture{Width: b.Dx(), Height: b.Dy()}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			p.RGB = append(p.RGB, byte(red>>8), byte(green>>8), byte(blue>>8))
		}
	}
	return p, nil
}
