// Package peers says of every option of the other tools of VQGAN+CLIP where Reverie has it, or why it does not.
package peers

import (
	_ "embed"
	"fmt"
	"strings"
)

// Standing says whether Reverie does what an option of another tool does.
type Standing string

const (
	Have          Standing = "have"
	Part          Standing = "part" // some of it, or elsewhere than in a run's options
	None          Standing = "none"
	NotApplicable Standing = "not applicable"
)

// Option is an option of another tool.
type Option struct {
	Tool, Name string
	Standing   Standing
	Ours       []string // the names of the options that do it; none where it is no option
	Note       string   // one sentence or more
}

//go:embed peers.tsv
var list string

// Options are all of them, tool by tool. An option that several tools have stands once for each.
func Options() []Option {
	var options []Option
	for line := range strings.Lines(list) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		o := Option{Tool: cells[0], Name: cells[1], Standing: Standing(cells[2]), Note: cells[4]}
		if cells[3] != "" {
			o.Ours = strings.Split(cells[3], ",")
		}
		options = append(options, o)
	}
	return options
}

// Markdown is the part of docs/options.md about other tools.
func Markdown() string {
	var b strings.Builder
	count := map[Standing]int{}
	for _, o := range Options() {
		count[o.Standing]++
	}
	applicable := count[Have] + count[Part] + count[None]
	fmt.Fprintf(&b, "\n# Options of other tools\n\nWhere Reverie has each option of eight other tools: of %d, it has %d, and %d in part. From [recipe/peers/peers.tsv](../recipe/peers/peers.tsv).\n",
		applicable, count[Have], count[Part])
	tool := ""
	for _, o := range Options() {
		if o.Tool != tool {
			tool = o.Tool
			fmt.Fprintf(&b, "\n## %s\n\n| option | Reverie | where, or why not |\n| --- | --- | --- |\n", tool)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.ReplaceAll(o.Name, "|", `\|`), o.Standing, strings.ReplaceAll(o.where(), "|", `\|`))
	}
	return b.String()
}

// where names our options, and then the note.
func (o Option) where() string {
	var parts []string
	for _, name := range o.Ours {
		parts = append(parts, "`"+name+"`")
	}
	where := strings.Join(parts, ", ")
	if where != "" && o.Note != "" {
		where += ". "
	}
	return where + o.Note
}
