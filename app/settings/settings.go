// Package settings holds what a person can choose for a run, with defaults, limits, and the forms in which it travels:
// JSON (inside pictures and messages) and the fragment of a URL (#p=a%20red%20apple&steps=300).
//
// Reading is forgiving: what is unknown or cannot be read is left at its default and named in a notice. Normalise is
// strict: it gives settings that can run, or one sentence that says what is wrong and what to do.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"reverie/recipe/preset"
	"reverie/recipe/prompt"
	"reverie/weights"
)

// Version is the version of the settings' form that this package writes.
const Version = 1

// Limits. A number beyond them is cut to them with a notice; a prompt beyond them is an error.
const (
	MaxSide       = 4096    // pixels
	MaxSteps      = 1000000 // at ten steps a second more than a day
	MaxCutouts    = 1024
	MaxPrompt     = 20000 // characters
	MaxParts      = 64    // prompts and image prompts together
	MaxRate       = weights.MaxLearningRate
	MaxCutPow     = weights.MaxCutPow
	MaxSmoothness = weights.MaxSmoothness
)

// Settings is everything that decides a run's picture, apart from the build, the device, and the pixels of the
// pictures named. Where the person has said nothing, LearningRate, CutPow and Smoothness are nil and the model's: see Suggest.
type Settings struct {
	Version      int            `json:"version"`
	Prompt       string         `json:"prompt"` // in the grammar of package prompt
	ImagePrompts []prompt.Image `json:"image_prompts,omitempty"`
	Model        string         `json:"model"` // the name of a weights folder
	Width        int            `json:"width"` // pixels
	Height       int            `json:"height"`
	Steps        int            `json:"steps"` // 0: the start picture only
	Seed         uint64         `json:"seed,string"`
	Cutouts      int            `json:"cutouts"`
	CutPow       *float64       `json:"cut_pow,omitempty"` // the size of a crop is random^CutPow of the range; above 1 prefers small ones
	Preset       string         `json:"preset"`            // PresetUpd, PresetZQ or PresetPool
	Augment      string         `json:"augment"`           // AugmentMoves or AugmentAll
	LearningRate *float64       `json:"learning_rate,omitempty"`
	Smoothness   *float64       `json:"smoothness,omitempty"` // weight of the picture's total variation
	Optimizer    string         `json:"optimizer"`            // "adam"
	InitImage    string         `json:"init_image,omitempty"`
	InitWeight   float64        `json:"init_weight"`
	InitLoss     string         `json:"init_loss"` // InitLossNotebook or InitLossNerdyRodent
	Precision    string         `json:"precision"` // PrecisionFull or PrecisionHalf
}

// The presets: three lineages of the notebook, each with its own cutouts and augmentations.
const (
	PresetUpd  = preset.Upd
	PresetZQ   = preset.ZQ
	PresetPool = preset.Pool
)

// What of a preset's augmentations a run has. Older pictures and links, which do not say, had the first.
const (
	AugmentMoves = "moves" // flips, affine and perspective maps and noise
	AugmentAll   = "all"   // sharpness, colour jitter and erasing besides: what the notebooks do
)

// The losses that pull z, i the step from 0 and w the InitWeight.
const (
	InitLossNotebook    = "notebook"    // mse(z, z0)·w/2
	InitLossNerdyRodent = "nerdyrodent" // mse(z, 0)·w/2/(2i+1)
)

// The numbers between a model's layers.
const (
	PrecisionFull = "full" // float32
	PrecisionHalf = "half" // float16, and bfloat16 on the way back: takes less memory
)

// OptimizerAdam is the only optimiser.
const OptimizerAdam = "adam"

// Default is what the page starts with: the embedded pair on a modest GPU, with as much of the article's augmentation as it needs.
func Default() Settings {
	return Settings{
		Version:   Version,
		Model:     "mini",
		Width:     128,
		Height:    128,
		Steps:     150,
		Cutouts:   16,
		Preset:    PresetUpd,
		Augment:   AugmentMoves,
		Optimizer: OptimizerAdam,
		InitLoss:  InitLossNotebook,
		Precision: PrecisionFull,
	}
}

// What runs take where neither the person nor the model says anything: the notebook's.
const (
	notebookRate       = 0.1
	notebookCutPow     = 1.0
	notebookSmoothness = 0.0
)

// Suggest fills in what the person has left to the model.
func (s Settings) Suggest(by weights.Suggested) Settings {
	s.LearningRate = cmp.Or(s.LearningRate, by.LearningRate, new(notebookRate))
	s.CutPow = cmp.Or(s.CutPow, by.CutPow, new(notebookCutPow))
	s.Smoothness = cmp.Or(s.Smoothness, by.Smoothness, new(notebookSmoothness))
	return s
}

// Normalise gives the settings that will run with a model of that factor (pixels per token along one axis), and notices,
// one sentence each, for what differs from the settings given. The error, if any, is a sentence too.
func (s Settings) Normalise(factor int) (Settings, []string, error) {
	if factor < 1 {
		return s, nil, fmt.Errorf("settings: a model of %d pixels per token", factor)
	}
	n := normaliser{Settings: s}
	for _, check := range []func() error{
		n.version, n.prompts, n.names, func() error { return n.size(factor) }, n.counts, n.rates, n.choices,
	} {
		if err := check(); err != nil {
			return s, nil, err
		}
	}
	return n.Settings, n.notices, nil
}

type normaliser struct {
	Settings
	notices []string
}

func (n *normaliser) notice(format string, args ...any) {
	n.notices = append(n.notices, fmt.Sprintf(format, args...))
}

func (n *normaliser) version() error {
	if n.Version > Version {
		n.notice("These settings come from a newer Reverie; what this one does not know is left out.")
	}
	n.Version = Version
	return nil
}

func (n *normaliser) prompts() error {
	if !utf8.ValidString(n.Prompt) {
		n.Prompt = strings.ToValidUTF8(n.Prompt, "")
		n.notice("The prompt held bytes that are not text; they were left out.")
	}
	n.Prompt = strings.TrimSpace(n.Prompt)
	if count := utf8.RuneCountInString(n.Prompt); count > MaxPrompt {
		return fmt.Errorf("The prompt has %d characters: shorten it to at most %d.", count, MaxPrompt)
	}
	for _, image := range n.ImagePrompts {
		if err := image.Check(); err != nil {
			return err
		}
	}
	prompts, err := prompt.Parse(n.Prompt)
	if parts := len(prompts) + len(n.ImagePrompts); parts > MaxParts {
		return fmt.Errorf("The prompt has %d parts: leave at most %d.", parts, MaxParts)
	}
	if errors.Is(err, prompt.ErrEmpty) && len(n.ImagePrompts) > 0 {
		return nil
	}
	return err
}

// names checks the model's name, which becomes part of a URL and of a path.
func (n *normaliser) names() error {
	if n.Model == "" {
		n.Model = Default().Model
	}
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r)
	}
	if strings.IndexFunc(n.Model, func(r rune) bool { return !plain(r) }) >= 0 || strings.HasPrefix(n.Model, ".") || len(n.Model) > 100 {
		return fmt.Errorf("%.40q is no model name: use letters, digits, dots, dashes and underscores.", n.Model)
	}
	return nil
}

func (n *normaliser) size(factor int) error {
	asked := [2]int{n.Width, n.Height}
	for _, side := range []struct {
		name   string
		pixels *int
	}{{"width", &n.Width}, {"height", &n.Height}} {
		if *side.pixels < 1 {
			return fmt.Errorf("The %s is %d pixels: choose at least %d.", side.name, *side.pixels, factor)
		}
		*side.pixels = nearestMultiple(*side.pixels, factor)
	}
	switch {
	case asked[0] > MaxSide || asked[1] > MaxSide:
		n.notice("The size %dx%d is beyond %d pixels and became %dx%d.", asked[0], asked[1], MaxSide, n.Width, n.Height)
	case asked != [2]int{n.Width, n.Height}:
		n.notice("The size %dx%d became %dx%d: this model draws multiples of %d pixels.", asked[0], asked[1], n.Width, n.Height, factor)
	}
	return nil
}

// nearestMultiple rounds to the nearest positive multiple of factor that is at most MaxSide, halves upwards.
func nearestMultiple(pixels, factor int) int {
	tokens := (min(pixels, MaxSide) + factor/2) / factor
	return max(min(tokens, MaxSide/factor), 1) * factor
}

func (n *normaliser) counts() error {
	if n.Steps < 0 {
		return fmt.Errorf("The number of steps is %d: choose 1 or more (0 gives the start picture).", n.Steps)
	}
	if n.Cutouts < 1 {
		return fmt.Errorf("The number of cutouts is %d: choose at least 1.", n.Cutouts)
	}
	n.Steps = n.limitInt("number of steps", n.Steps, MaxSteps)
	n.Cutouts = n.limitInt("number of cutouts", n.Cutouts, MaxCutouts)
	return nil
}

func (n *normaliser) limitInt(name string, value, limit int) int {
	if value > limit {
		n.notice("The %s was %d and became %d, the most that is possible.", name, value, limit)
	}
	return min(value, limit)
}

func (n *normaliser) rates() error {
	// What is cut to its limit here is not the caller's.
	n.LearningRate, n.CutPow, n.Smoothness = clone(n.LearningRate), clone(n.CutPow), clone(n.Smoothness)
	for _, rate := range []struct {
		name  string
		value *float64
		limit float64
		zero  bool // whether zero makes sense
	}{
		{"learning rate", n.LearningRate, MaxRate, false},
		{"cut power", n.CutPow, MaxCutPow, true},
		{"smoothness", n.Smoothness, MaxSmoothness, true},
		{"init weight", &n.InitWeight, prompt.MaxWeight, true},
	} {
		if rate.value == nil {
			continue
		}
		v := *rate.value
		switch {
		case math.IsNaN(v) || v < 0 && rate.zero:
			return fmt.Errorf("The %s is %g: choose 0 or a positive number.", rate.name, v)
		case v <= 0 && !rate.zero:
			return fmt.Errorf("The %s is %g: choose a positive number.", rate.name, v)
		case v > rate.limit:
			n.notice("The %s was %g and became %g, the most that is possible.", rate.name, v, rate.limit)
			*rate.value = rate.limit
		}
	}
	return nil
}

func clone(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return new(*v)
}

func (n *normaliser) choices() error {
	for _, choice := range []struct {
		name  string
		value *string
		known []string // the first is the default
	}{
		{"preset", &n.Preset, []string{PresetUpd, PresetZQ, PresetPool}},
		{"choice of augmentations", &n.Augment, []string{AugmentMoves, AugmentAll}},
		{"init loss", &n.InitLoss, []string{InitLossNotebook, InitLossNerdyRodent}},
		{"optimizer", &n.Optimizer, []string{OptimizerAdam}},
		{"precision", &n.Precision, []string{PrecisionFull, PrecisionHalf}},
	} {
		if *choice.value == "" {
			*choice.value = choice.known[0]
		}
		if !slices.Contains(choice.known, *choice.value) {
			return fmt.Errorf("There is no %s %.40q: choose %s.", choice.name, *choice.value, strings.Join(choice.known, ", "))
		}
	}
	return nil
}
