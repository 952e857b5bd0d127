//go:build !js

// Command describe tells what one update of a script starts from, records, draws and writes: the numbers of every stage, and every dispatch with
// its kernel's switches and params. Two of its outputs beside each other show what a change of an option or of the code does to a step.
//
//	go run ./tools/describe [-step N] [-model DIR] script.json
package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"reverie/gpu/guide"
	"reverie/recipe"
	"reverie/weights/folder"
	"reverie/weights/mini"
)

func main() {
	step := flag.Int("step", 0, "how many updates were made before")
	model := flag.String("model", "", "a model's folder, of which only the manifest is read (default: the embedded pair)")
	flag.Parse()
	if flag.NArg() != 1 || *step < 0 {
		flag.Usage()
		os.Exit(2)
	}
	text, err := describe(flag.Arg(0), *model, *step)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(text)
}

func describe(file, model string, step int) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	script, notices, err := recipe.FromJSON(data)
	if err != nil {
		return "", err
	}
	from := fs.FS(mini.FS)
	if model != "" {
		from = os.DirFS(model)
	}
	manifest, err := folder.Manifest(from)
	if err != nil {
		return "", err
	}
	script, told, err := script.Suggest(manifest.Suggested).Check(manifest.VQGAN.Factor())
	if err != nil {
		return "", err
	}
	for _, notice := range append(notices, told...) {
		fmt.Fprintln(os.Stderr, notice)
	}
	return guide.Describe(context.Background(), manifest, script, step)
}
