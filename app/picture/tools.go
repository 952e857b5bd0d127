package picture

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"reverie/recipe"
	"reverie/recipe/prompt"
)

// fromTool takes what tools other than Reverie and the notebooks write into the text chunks of their pictures.
func (found *Found) fromTool(texts map[string]string) {
	switch {
	case texts["pixray_prompts"] != "" || texts["pixray_seed_used"] != "":
		found.fromPixray(texts)
	case isRKH(texts):
		found.fromRKH(texts)
	default:
		found.fromNerdy(texts["comment"])
	}
}

// fromNerdy takes a comment that is a list of prompts: nothing else is nerdyrodent's, for every program writes comments.
func (found *Found) fromNerdy(comment string) {
	phases, ok := pythonList(comment)
	if !ok {
		return
	}
	found.Tool, found.Title = ToolNerdy, prompted(phases)
	found.prefill(unphased(phases), "")
}

// fromPixray takes pixray's texts: the options that were given, by their names, and the seed.
func (found *Found) fromPixray(texts map[string]string) {
	options := map[string]string{}
	for keyword, value := range texts {
		if name, ok := strings.CutPrefix(keyword, "pixray_"); ok {
			options[name] = value
		}
	}
	found.Tool, found.Title = ToolPixray, pythonPrompts(options["prompts"])
	found.prefill(prompt.Unphased(found.Title), pythonValue(options["seed_used"]))
	found.take(recipe.Pixray, options)
}

// What rkhamilton's tool writes into every picture, empty where there is none. A picture of the tool has one of the prompts and something
// besides: each word alone is one that others may use.
var (
	rkhPrompts = []string{"text_prompts", "image_prompts", "noise_prompts"}
	rkhOthers  = []string{"iterations", "init_image", "save_every", "cut_method", "seed", "change_prompt_every"}
)

func isRKH(members map[string]string) bool {
	has := func(name string) bool { _, ok := members[name]; return ok }
	return slices.ContainsFunc(rkhPrompts, has) && slices.ContainsFunc(rkhOthers, has)
}

func (found *Found) fromRKH(members map[string]string) {
	found.Tool, found.Title = ToolRKH, title(pythonPrompts(members["text_prompts"]))
	found.prefill(found.Title, pythonValue(members["seed"]))
	found.take(recipe.RKH, members)
	found.takePhases(members["change_prompt_every"])
}

// takePhases takes the length of phases as rkhamilton's tool has it. Where it tells none, the tool draws nothing but the first phase; a run
// whose first phase takes all its steps does the same.
func (found *Found) takePhases(every string) {
	r := found.Script.Recipe
	phases, _ := prompt.Parse(recipe.Prompt.In(r)) // what cannot be read has no phases
	if len(phases) < 2 || r.Says(recipe.PhaseSteps.Option) {
		return
	}
	if n, err := strconv.Atoi(pythonValue(every)); err == nil && n > 0 {
		found.say(recipe.PhaseSteps.Is(min(n, recipe.MaxSteps)))
		return
	}
	found.say(recipe.PhaseSteps.Is(recipe.Steps.In(r)))
	found.notice("The picture shows only the first of the prompt's %d phases, and so will the run: the next one begins if you continue it.", len(phases))
}

// rkhAddress is what rkhamilton's tool calls itself in a JPEG.
const rkhAddress = "github.com/rkhamilton/vqgan-clip-generator"

// rkhOfEXIF is what rkhamilton's tool writes into the EXIF of a JPEG, or nil: in the title the prompt, in the comments all members.
func rkhOfEXIF(t tiff) map[string]string {
	members := map[string]string{}
	for _, comment := range [][]byte{t.exif(tagUserComment), t.first(tagXPComment)} {
		for _, text := range commentReadings(comment) {
			if m := rkhMembers(text); !isRKH(members) && isRKH(m) {
				members = m
			}
		}
	}
	title := utf16Text(t.first(tagXPTitle), binary.LittleEndian)
	if !isRKH(members) && (title == "" || !strings.Contains(string(t.first(tagSoftware)), rkhAddress)) {
		return nil
	}
	if title != "" {
		members["text_prompts"] = title // whole, whatever commas and colons it holds
	}
	return members
}

// rkhMembers reads "name: value, name: value". Prompts may hold commas and colons themselves: they end where a known name begins.
func rkhMembers(text string) map[string]string {
	members := map[string]string{}
	name, start, at := "", 0, 0
	for piece := range strings.SplitSeq(text, ", ") {
		next, _, ok := strings.Cut(piece, ": ")
		if ok && isMember(next, name) {
			if name != "" {
				members[name] = text[start : at-len(", ")]
			}
			name, start = next, at+len(next)+len(": ")
		}
		at += len(piece) + len(", ")
	}
	if name != "" {
		members[name] = text[start:]
	}
	return members
}

// isMember reports whether a word before a colon is a member's name, after the value of another.
func isMember(word, after string) bool {
	if slices.Contains(rkhPrompts, word) || slices.Contains(rkhOthers, word) {
		return true
	}
	return !slices.Contains(rkhPrompts, after) && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// take says what another tool's options mean here. Prompt and seed are not among them: tools differ in how they write these.
func (found *Found) take(tool recipe.Tool, options map[string]string) {
	images := false
	for _, o := range recipe.Options() {
		name := o.Elsewhere[tool]
		value := pythonValue(options[name])
		if name == "" || value == "" {
			continue
		}
		switch o {
		case recipe.Prompt.Option, recipe.Seed.Option:
		case recipe.ImagePrompts.Option, recipe.InitImage.Option:
			images = true
		case recipe.Model.Option:
			found.Model = value
		default:
			found.takeOption(o, name, value)
		}
	}
	if images {
		found.notice(inputImages)
	}
}

const inputImages = "The picture was made with input images, which its file does not hold: choose them again."

// takeOption takes a value as Python prints it; numbers may have a needless fraction.
func (found *Found) takeOption(o *recipe.Option, name, value string) {
	word := strings.TrimSuffix(strings.ToLower(value), ".0")
	if here, ok := elsewhere[o][word]; ok {
		word = here
	}
	v, err := o.Parse(word)
	notice := ""
	if err == nil {
		v, notice, err = o.Check(v)
	}
	switch {
	case err != nil:
		found.notice("The picture's %s is %.30q, which Reverie cannot use: it is left out.", name, value)
		return
	case o == recipe.Steps.Option:
		found.steps(v.(int))
	default:
		found.say(recipe.Setting{Option: o, Value: v})
	}
	if notice != "" {
		found.notice("%s", notice)
	}
}

// elsewhere says which words here mean what other tools' words do, where they differ.
var elsewhere = map[*recipe.Option]map[string]string{
	recipe.Preset.Option:   {"original": "zq", "kornia": "upd", "updated": "upd", "nrupdated": "upd", "updatedpooling": "pool", "latest": "pool"},
	recipe.InitLoss.Option: {"original": "notebook", "decay": "nerdyrodent"},

	recipe.Transparent.Option: {"true": "ffffff", "false": ""},
}
