package intake

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"reverie/app/imports"
	"reverie/weights"
	"reverie/weights/checkpoint"
	"reverie/weights/convert"
	"reverie/weights/foreign"
	"reverie/weights/importer"
	"reverie/weights/vocab"
)

// examination is of files that were chosen together.
type examination struct {
	found imports.Found
	yamls []imports.Text // configurations of VQGANs
	jsons []imports.Text // those of CLIPs and of diffusers' VQModel, and other files of that kind
	taken map[string]bool
}

// examine says what files are, which of the small ones belong to which checkpoint, and what is wrong with any.
func examine(ctx context.Context, files []*imports.Source) imports.Found {
	e := examination{taken: map[string]bool{}}
	var large []int
	for i, f := range files {
		kind := strings.ToLower(path.Ext(f.Name))
		if kind != ".yaml" && kind != ".yml" && kind != ".json" {
			large = append(large, i)
			continue
		}
		if kind == ".json" && f.Size > importer.MaxConfig { // of a tokeniser, which lies beside CLIPs
			e.found.Unused = append(e.found.Unused, f.Name)
			continue
		}
		text, err := readText(ctx, f)
		switch {
		case err != nil:
			e.problem(err)
		case kind == ".json":
			e.jsons = append(e.jsons, text)
		default:
			e.yamls = append(e.yamls, text)
		}
	}
	for _, i := range large {
		if err := e.checkpoint(ctx, i, files[i]); err != nil {
			e.problem(err)
		}
	}
	e.rest()
	return e.found
}

func (e *examination) problem(err error) { e.found.Problems = append(e.found.Problems, sentence(err)) }

// readText reads a configuration.
func readText(ctx context.Context, f *imports.Source) (imports.Text, error) {
	if f.Size > importer.MaxConfig {
		return imports.Text{}, fmt.Errorf("%s has %d bytes, and a configuration has at most %d: leave it out, or give it the ending of what it is", f.Name, f.Size, importer.MaxConfig)
	}
	data := make([]byte, f.Size)
	if n, err := read(ctx, f.File).ReadAt(data, 0); err != nil && err != io.EOF || int64(n) < f.Size {
		return imports.Text{}, fmt.Errorf("%s: the browser cannot read it: choose it again", f.Name)
	}
	if err := foreign.Recognise(data[:min(len(data), foreign.HeadSize)], "a configuration"); err != nil {
		return imports.Text{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	return imports.Text{Name: f.Name, Text: string(data)}, nil
}

// checkpoint adds a checkpoint with what belongs to it.
func (e *examination) checkpoint(ctx context.Context, at int, f *imports.Source) error {
	source := foreign.Source{Name: f.Name, Size: f.Size, ReaderAt: read(ctx, f.File)}
	file, err := checkpoint.Read(source)
	if err != nil {
		return err
	}
	vqgan, err := importer.Recognise(file)
	if err != nil {
		return err
	}
	var first error
	for _, chosen := range e.choices(vqgan) {
		p := imports.Part{File: at, VQGAN: vqgan, Config: chosen, Kept: map[string]int64{}}
		err := e.prepare(&p, source)
		if err == nil {
			e.found.Parts = append(e.found.Parts, p)
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// choices are the configurations that are tried for a checkpoint, in order; nil is one that is found by its name, or none.
func (e *examination) choices(vqgan bool) []*imports.Text {
	var list []*imports.Text
	from := e.jsons
	if vqgan {
		from = e.yamls
	}
	for i := range from {
		list = append(list, &from[i])
	}
	named := func(t imports.Text) bool { return t.Name == "config.json" || t.Name == "open_clip_config.json" }
	switch {
	case vqgan && len(list) > 0: // one that does not fit is not passed over
		return list
	case slices.ContainsFunc(from, named):
		return append([]*imports.Text{nil}, list...)
	}
	return append(list, nil) // browsers number files that they have saved before
}

// prepare holds a checkpoint against a configuration, and says what becomes of it.
func (e *examination) prepare(p *imports.Part, source foreign.Source) error {
	var beside []imports.Text // that were asked for
	c := &convert.Checkpoint{Source: source, Configs: importer.Configs{Beside: func(name string) ([]byte, error) {
		for _, t := range slices.Concat(e.yamls, e.jsons) {
			if strings.EqualFold(t.Name, name) {
				beside = append(beside, t)
				return []byte(t.Text), nil
			}
		}
		return nil, foreign.ErrAbsent
	}}}
	if p.Config != nil {
		c.Configs.Chosen = &importer.Text{Name: p.Config.Name, Data: []byte(p.Config.Text)}
	}
	clip, vqgan := c, (*convert.Checkpoint)(nil)
	if p.VQGAN {
		clip, vqgan = vqgan, clip
	}
	made, err := convert.Prepare(convert.Model{Vocab: vocab.Used, Quant: weights.TypeQ4, Name: "examined"}, clip, vqgan)
	if err != nil {
		return err
	}
	r := made.Report()
	p.What, p.Notes, p.Beside = r.Sources[0], r.Notes, beside
	for _, quant := range weights.Quants {
		p.Kept[quant] = made.Stored(quant)
	}
	for _, t := range beside {
		e.taken[t.Name] = true
	}
	if p.Config != nil {
		e.taken[p.Config.Name] = true
	}
	return nil
}

// rest says what of the small files is of no use, or what a configuration alone lacks.
func (e *examination) rest() {
	alone := len(e.found.Parts) == 0 && len(e.found.Problems) == 0
	for _, t := range slices.Concat(e.yamls, e.jsons) {
		switch {
		case e.taken[t.Name]:
		case alone:
			e.problem(fmt.Errorf("%s is a configuration: choose the checkpoint that it belongs to, too", t.Name))
		default:
			e.found.Unused = append(e.found.Unused, t.Name)
		}
	}
}
