package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"reverie/recipe"
	"reverie/weights"
	"reverie/weights/convert"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/vocab"
)

const convertUsage = `weights convert [flags] -quant f32|f16|q8|q4 -name NAME -o DIR

Converts a CLIP, a VQGAN or both. Nothing in a checkpoint is executed.

CLIP:   OpenAI's ViT-*.pt, a state_dict .pt, Hugging Face's model.safetensors (with config.json beside it),
        OpenCLIP's safetensors (with open_clip_config.json beside it)
VQGAN:  .ckpt of taming-transformers (VQModel, GumbelVQ, Net2NetTransformer) with its .yaml

`

func runConvert(args []string, out io.Writer) error {
	var o convert.Options
	var vocabFile string
	flags := flag.NewFlagSet("convert", flag.ContinueOnError)
	flags.StringVar(&o.CLIP, "clip", "", "checkpoint of CLIP, `FILE`")
	flags.StringVar(&o.CLIPConfig, "clip-config", "", "config.json or open_clip_config.json, `FILE` (default: the one beside the checkpoint)")
	flags.StringVar(&vocabFile, "vocab", "", "gzipped byte-pair merges, `FILE` (default: CLIP's own)")
	flags.StringVar(&o.VQGAN, "vqgan", "", "checkpoint of VQGAN, `FILE`")
	flags.StringVar(&o.VQGANConfig, "vqgan-config", "", "its configuration, `FILE` (default: the checkpoint's name with .yaml)")
	flags.Func("start-codes", "codes that a run makes its first tokens of, `N,N,...` (default: all)", func(list string) error {
		for code := range strings.SplitSeq(list, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(code))
			if err != nil {
				return fmt.Errorf("%.20q is not a code", code)
			}
			o.StartCodes = append(o.StartCodes, n)
		}
		return nil
	})
	flags.StringVar(&o.Quant, "quant", "", "element `TYPE` of the large tensors: f32, f16, q8 or q4 (a mix of q4, q5 and q6)")
	flags.StringVar(&o.Name, "name", "", "`NAME` of the model in its URL: a-z, A-Z, 0-9, '.', '_' and '-'")
	flags.StringVar(&o.Title, "title", "", "name of the model for people, `TEXT`")
	flags.StringVar(&o.About, "about", "", "what the model is good at, `TEXT`")
	flags.StringVar(&o.Licence, "licence", "", "licence of the weights, `TEXT`")
	recipe.AddFlags(flags, &o.Suggested, recipe.ByModels())
	flags.StringVar(&o.Out, "o", "", "folder to write, `DIR`")
	rest, err := parse(flags, convertUsage, args, out)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("weights: convert takes flags only, and %q is none", rest[0])
	}
	o.Vocab = vocab.CLIP
	if vocabFile != "" {
		if o.Vocab, err = foreign.ReadFile(vocabFile, "a vocabulary", folder.MaxVocab); err != nil {
			return fmt.Errorf("weights: %s: %w", vocabFile, err)
		}
	}
	m, report, err := convert.Run(o)
	if err != nil {
		return err
	}
	return printReport(out, o.Out, m, report)
}

func printReport(out io.Writer, dir string, m *weights.Manifest, r convert.Report) error {
	for _, s := range r.Sources {
		fmt.Fprintln(out, "read", s)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "part\ttensor\tshape\ttype\tbytes\tmax abs error\trel rms error")
	for _, e := range r.Tensors {
		fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%d\t%.3g\t%.3g\n", e.Part, e.Name, e.Shape, e.Type, e.Size, e.MaxAbs, e.RelRMS)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	for _, line := range summarise(r.Dropped) {
		fmt.Fprintln(out, "left out", line)
	}
	for _, n := range r.Notes {
		fmt.Fprintln(out, "note:", n)
	}
	printParts(out, m)
	_, err := fmt.Fprintf(out, "wrote %s\n", dir)
	return err
}

// mostGroups is how many groups of tensors that were left out are listed one by one.
const mostGroups = 20

// summarise groups names by what stands before their first dot.
func summarise(names []string) []string {
	count := map[string]int{}
	var groups []string
	for _, name := range names {
		group, _, nested := strings.Cut(name, ".")
		if nested {
			group += ".*"
		}
		if count[group] == 0 {
			groups = append(groups, group)
		}
		count[group]++
	}
	slices.Sort(groups)
	var lines []string
	rest := len(names)
	for _, g := range groups[:min(len(groups), mostGroups)] {
		lines = append(lines, fmt.Sprintf("%s (%d tensors)", g, count[g]))
		rest -= count[g]
	}
	if len(groups) > mostGroups {
		lines = append(lines, fmt.Sprintf("%d more of other names", rest))
	}
	return lines
}
