package recipe

import "strings"

// Flag is the option's name as a command's flag: with dashes for underscores.
func (o *Option) Flag() string { return strings.ReplaceAll(o.Name, "_", "-") }

// FlagSet is what AddFlags needs of a flag.FlagSet, whose package would come into the page's and the engine's programs.
type FlagSet interface {
	Func(name, usage string, set func(text string) error)
}

// AddFlags gives a command a flag for each of the options, which sets it in r.
func AddFlags(flags FlagSet, r *Recipe, options []*Option) {
	for _, o := range options {
		flags.Func(o.Flag(), o.usage(), func(text string) error {
			v, err := o.Kind.Parse(text)
			if err == nil {
				*r = r.With(Setting{o, v})
			}
			return err
		})
	}
}

// usage is the help of the option's flag.
func (o *Option) usage() string {
	text := o.Help
	if choice, ok := o.Kind.(Choice); ok {
		text += " `" + strings.Join(choice.values(), "|") + "`"
	}
	switch byDefault := o.Format(o.Default); {
	case o.Open == ByModel:
		text += " (default: what the model suggests, or else " + byDefault + ")"
	case byDefault != "":
		text += " (default " + byDefault + ")"
	}
	return text
}
