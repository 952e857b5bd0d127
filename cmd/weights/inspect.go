package main

import (
	"flag"
	"fmt"
	"io"
	"text/tabwriter"

	"reverie/weights"
	"reverie/weights/folder"
)

func runInspect(args []string, out io.Writer) error {
	dir, err := folderArgument("inspect", args, out)
	if err != nil {
		return err
	}
	files, err := folder.Open(dir)
	if err != nil {
		return err
	}
	m, err := folder.Manifest(files)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "name     %s\n", m.Name)
	if m.Title != "" {
		fmt.Fprintf(out, "title    %s\n", m.Title)
	}
	if m.Licence != "" {
		fmt.Fprintf(out, "licence  %s\n", m.Licence)
	}
	fmt.Fprintf(out, "quant    %s\n", m.Quant)
	for _, one := range m.Suggested.Said() {
		fmt.Fprintf(out, "suggests %s %s\n", one.Option.Name, one.Option.Format(one.Value))
	}
	if c := m.CLIP; m.HasCLIP() {
		if c.IsResNet() {
			fmt.Fprintf(out, "CLIP     ResNet of %v blocks\n", c.ResNetBlocks)
		}
		fmt.Fprintf(out, "CLIP     image %d, patch %d, width %d, %d layers, %d heads; text width %d, %d layers, %d heads, context %d, vocabulary %d; embedding %d; %s\n",
			c.ImageSize, c.PatchSize, c.VisionWidth, c.VisionLayers, c.VisionHeads,
			c.TextWidth, c.TextLayers, c.TextHeads, c.ContextLength, c.VocabSize, c.EmbedDim, c.Activation)
	}
	if c := m.VQGAN; m.HasVQGAN() {
		kind := "VQModel"
		if c.Gumbel {
			kind = "GumbelVQ"
		}
		fmt.Fprintf(out, "VQGAN    %s, factor %d, %d codes of %d, z %d, ch %d, ch_mult %v, %d blocks, attention at %v of %d\n",
			kind, c.Factor(), c.NEmbed, c.EmbedDim, c.ZChannels, c.Ch, c.ChMult, c.NumResBlocks, c.AttnResolutions, c.Resolution)
	}
	printParts(out, m)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "part\ttensor\tshape\ttype\toffset\tbytes")
	for _, p := range m.Parts {
		for _, e := range p.Tensors {
			fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%d\t%d\n", p.Name, e.Name, e.Shape, e.Type, e.Offset, e.Size)
		}
	}
	return t.Flush()
}

func runVerify(args []string, out io.Writer) error {
	dir, err := folderArgument("verify", args, out)
	if err != nil {
		return err
	}
	m, err := verify(dir)
	if err != nil {
		return err
	}
	printParts(out, m)
	_, err = fmt.Fprintf(out, "%s is whole\n", dir)
	return err
}

// verify reads a model's folder whole and checks it.
func verify(dir string) (*weights.Manifest, error) {
	files, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	return folder.Verify(files)
}

func folderArgument(command string, args []string, out io.Writer) (string, error) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	rest, err := parse(flags, usage, args, out)
	if err != nil {
		return "", err
	}
	if len(rest) != 1 {
		return "", fmt.Errorf("weights: %s takes one folder: weights %s DIR", command, command)
	}
	return rest[0], nil
}

// printParts prints the size of every part and of the whole.
func printParts(out io.Writer, m *weights.Manifest) {
	sum := m.Vocab.Size
	for i := range m.Parts {
		p := &m.Parts[i]
		sum += p.Size()
		fmt.Fprintf(out, "%-8s %4d tensors in %3d shards, %8.2f MiB\n", p.Name, len(p.Tensors), len(p.Shards), mebibytes(p.Size()))
	}
	fmt.Fprintf(out, "%-8s %36.2f MiB\n", "in all", mebibytes(sum))
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }
