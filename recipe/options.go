package recipe

import (
	"strings"

	"reverie/recipe/prompt"
)

// Limits. A number beyond them is cut to them with a notice; a prompt beyond them is an error.
const (
	MaxSide   = 4096    // pixels
	MaxSteps  = 1000000 // at ten steps a second more than a day
	MaxPrompt = 20000   // characters
	MaxParts  = 64      // prompts of a phase and image prompts together
	MaxPhases = 256
)

// The table. An entry's place is the place where the option is written and shown: a new one goes to the end of its group.
var (
	Prompt = add(Option{
		Name: "prompt", Key: "p", During: RecordsAnew, Costs: true, Group: Essentials, Label: "Prompt",
		Help:      "What the picture should show. Parts are separated by |, phases by ^; a part may end in :weight or :weight:stop.",
		Elsewhere: map[Tool]string{Notebook: "texts", Nerdy: "prompts", RKH: "text_prompts", Pixray: "prompts", Pytti: "scenes"},
	}, Text{}, "")
	ImagePrompts = add(Option{
		Name: "image_prompts", Key: "images", During: RecordsAnew, Costs: true, Group: Essentials, Label: "Image prompts",
		Help:      "Pictures that pull like texts, written like prompts with names of files.",
		Elsewhere: map[Tool]string{Notebook: "target_images", Nerdy: "image_prompts", RKH: "image_prompts", Pixray: "image_prompts", Pytti: "direct_image_prompts"},
	}, Pictures{}, []prompt.Image(nil))
	Model = add(Option{
		Name: "model", Costs: true, Group: Essentials, Label: "Model", Noun: "name of the model",
		Help:      "The pair of CLIP and VQGAN that draws: one folder, or two as CLIP+VQGAN.",
		Elsewhere: map[Tool]string{Notebook: "model", Pixray: "vqgan_model", Pytti: "vqgan_model"},
	}, Text{}, "mini")
	Width = add(Option{
		Name: "width", Costs: true, Group: Essentials, Label: "Width", Unit: "pixels",
		Help:      "Pixels; rounded to what the model draws.",
		Elsewhere: map[Tool]string{Notebook: "width", Pytti: "width"},
	}, Side{}, 128)
	Height = add(Option{
		Name: "height", Costs: true, Group: Essentials, Label: "Height", Unit: "pixels",
		Help:      "Pixels; rounded to what the model draws.",
		Elsewhere: map[Tool]string{Notebook: "height", Pytti: "height"},
	}, Side{}, 128)
	Steps = add(Option{
		Name: "steps", During: TakesAtOnce, Group: Essentials, Label: "Steps", Noun: "number of steps",
		Help:      "Updates of the picture. You can stop at any time, and continue after the end; 0 gives the start picture.",
		Elsewhere: map[Tool]string{Notebook: "max_iterations", Nerdy: "max_iterations", RKH: "iterations", Pixray: "iterations", Pytti: "steps_per_scene"},
	}, Whole{Min: 0, Max: MaxSteps, Advice: "choose 1 or more (0 gives the start picture)"}, 150)
	Cutouts = add(Option{
		Name: "cutouts", During: RecordsAnew, Costs: true, Group: Essentials, Label: "Cutouts", Noun: "number of cutouts",
		Help:      "Views of the picture that CLIP judges per step. More is smoother and slower.",
		Elsewhere: map[Tool]string{Notebook: "cutn", Nerdy: "cutn", RKH: "num_cuts", Pixray: "num_cuts", Pytti: "cutouts"},
	}, Whole{Min: 1, Max: 1024}, 16)
	Seed = add(Option{
		Name: "seed", Open: AtStart, Was: map[int]any{1: uint64(0)}, Group: Essentials, Label: "Seed",
		Help:      "Where the random draws come from, a number or words. The same seed gives the same picture; without one, each run gets a new one.",
		Elsewhere: map[Tool]string{Notebook: "seed", Nerdy: "seed", RKH: "seed", Pixray: "seed", Pytti: "seed"},
	}, Number64{}, uint64(0))

	PromptPrefix = add(Option{
		Name: "prompt_prefix", During: RecordsAnew, Group: Phasing, Label: "Before each text", Noun: "text before each prompt",
		Help: "Words that stand before every text of the prompt.", Elsewhere: map[Tool]string{Pytti: "scene_prefix"},
	}, Text{}, "")
	PromptSuffix = add(Option{
		Name: "prompt_suffix", During: RecordsAnew, Group: Phasing, Label: "After each text", Noun: "text after each prompt",
		Help: "Words that stand after every text of the prompt, like a style.", Elsewhere: map[Tool]string{Pytti: "scene_suffix"},
	}, Text{}, "")
	LongPrompts = add(Option{
		Name: "long_prompts", During: RecordsAnew, Group: Phasing, Label: "Long texts", Noun: "treatment of long texts",
		Beside: `{"prompt":"` + strings.Repeat("word ", 80) + `"}`,
		Help:   "What becomes of texts that are longer than CLIP reads, some 75 words.",
	}, Choice{{"cut", "only the beginning counts"}, {"window", "a window moves over them, and its mean counts"}}, "cut")
	NoisePrompts = add(Option{
		Name: "noise_prompts", During: RecordsAnew, Costs: true, Group: Phasing, Label: "Noise prompts",
		Help:      "Seeds of random directions that the picture is drawn to, with weights like prompts: 1:0.5 | 2:-0.2.",
		Elsewhere: map[Tool]string{Notebook: "noise_prompt_seeds", Nerdy: "noise_prompt_seeds", RKH: "noise_prompts", Pixray: "noise_prompt_seeds"},
	}, Parts{}, "")
	VectorPrompts = add(Option{
		Name: "vector_prompts", During: RecordsAnew, Costs: true, Group: Phasing, Label: "Vector prompts",
		Help:      "Embeddings of the model's CLIP that the picture is drawn to, in base64, with weights like prompts.",
		Elsewhere: map[Tool]string{Pixray: "vector_prompts"},
	}, Parts{Vectors: true}, "")

	Preset = add(Option{
		Name: "preset", During: RecordsAnew, Costs: true, Group: Cutting, Label: "Preset",
		Help:      "How the cutouts are made before CLIP sees them.",
		Elsewhere: map[Tool]string{Nerdy: "cut_method", RKH: "cut_method"},
	}, Choice{
		{"upd", "pieces, flipped, turned and noisy (upd)"},
		{"zq", "plain pieces (zq)"},
		{"pool", "the whole picture, strongly varied (pool)"},
		{"latest", "nerdyrodent's, pooled (latest)"},
		{"nrupdated", "nerdyrodent's pieces (nrupdated)"},
		{"pytti", "large pieces of many sizes (pytti)"},
		{"pixray", "zoomed and wide views (pixray)"},
		{"reverie", "pieces of all sizes, gently turned (reverie)"},
	}, "upd")
	Augment = add(Option{
		Name: "augment", During: RecordsAnew, Costs: true, Group: Cutting, Label: "Augmentations", Noun: "choice of augmentations",
		Help: "What of the preset is done to the cutouts: “all” is what the notebooks do.",
	}, Choice{
		{"moves", "flipped, turned, slanted and noisy (moves)"},
		{"all", "blurred, recoloured and erased, too (all)"},
	}, "moves")
	Augmentations = add(Option{
		Name: "augmentations", During: RecordsAnew, Costs: true, Group: Cutting, Label: "Chosen augmentations", Noun: "list of augmentations",
		Help:      "What is done to the cutouts in place of what the preset does, in this order, like flip elastic jitter; none leaves it to the preset.",
		Elsewhere: map[Tool]string{Nerdy: "augments"},
	}, Words{Of: []string{"flip", "affine", "perspective", "rotation", "elastic", "thinplate", "crop", "resized", "sharpness", "gauss", "jitter", "erase"},
		Also: map[string]string{"Af": "affine", "Pe": "perspective", "Ro": "rotation", "Et": "elastic", "Ts": "thinplate", "Cr": "crop", "Re": "resized",
			"Sh": "sharpness", "Gn": "gauss", "Ji": "jitter", "Er": "erase"}}, "")
	CutPow = add(Option{
		Name: "cut_pow", Open: ByModel, During: TakesAtOnce, Group: Cutting, Label: "Cut power",
		Help:      "Above 1 prefers small cutouts, below 1 large ones.",
		Elsewhere: map[Tool]string{Notebook: "cut_pow", Nerdy: "cut_pow", RKH: "cut_power", Pixray: "cut_pow", Pytti: "cut_pow"},
	}, Real{Max: 100}, 1.0)
	Flip        = strength("flip", "Flip", "How often cutouts are mirrored", `{"preset":"upd"}`)
	Sharpness   = strength("sharpness", "Blur", "How strongly cutouts are blurred", `{"augment":"all"}`)
	Affine      = strength("affine", "Turns", "How far cutouts are turned and shifted", `{"preset":"upd"}`)
	Perspective = strength("perspective", "Perspective", "How strongly cutouts are seen aslant", `{"preset":"upd"}`)
	Jitter      = strength("jitter", "Colour jitter", "How strongly cutouts are recoloured", `{"augment":"all"}`)
	Erase       = strength("erase", "Erasing", "How often a part of the cutouts is erased", `{"preset":"pool","augment":"all"}`)
	Noise       = strength("noise", "Noise", "How noisy cutouts are", `{"preset":"upd"}`)
	Rotation    = strength("rotation", "Rotation", "How far cutouts are rotated where that is chosen", `{"augmentations":"rotation"}`)
	Elastic     = strength("elastic", "Elastic", "How far cutouts are bent where that is chosen", `{"augmentations":"elastic"}`)
	ThinPlate   = strength("thinplate", "Thin plate", "How far the points of a bent plate move where that is chosen", `{"augmentations":"thinplate"}`)
	Crop        = strength("crop", "Cropping", "How closely cutouts are cropped where that is chosen", `{"augmentations":"crop"}`)
	Resized     = strength("resized", "Resized cropping", "How closely cutouts are cropped to other shapes where that is chosen", `{"augmentations":"resized"}`)
	Gauss       = strength("gauss", "Gaussian noise", "How strong Gaussian noise is where that is chosen", `{"augmentations":"gauss"}`)
	Perceptors  = add(Option{
		Name: "perceptors", Costs: true, Group: Cutting, Label: "Further CLIPs", Noun: "list of further CLIPs",
		Help: "Folders whose CLIPs judge the picture besides the model's own, each at its own size, with weights, which may change during a run: vit-b-16 rn50:0.5.",
	}, PerceptorList{}, "")

	CutoutBorder = add(Option{
		Name: "cutout_border", During: RecordsAnew, Costs: true, Group: Cutting, Label: "Border of cutouts",
		Help:      "How far cutouts reach beyond the picture, as a share of its sides; only of presets that cut pieces.",
		Elsewhere: map[Tool]string{Pytti: "cutout_border"},
	}, Real{Max: 0.5}, 0.0)
	BorderMode = add(Option{
		Name: "border_mode", During: RecordsAnew, Costs: true, Group: Cutting, Label: "Beyond the picture", Noun: "border mode", Beside: `{"cutout_border":0.25}`,
		Help:      "What cutouts see that reach beyond the picture.",
		Elsewhere: map[Tool]string{Pytti: "border_mode"},
	}, Choice{
		{"clamp", "nothing, they are moved inside (clamp)"},
		{"mirror", "its mirror image"},
		{"wrap", "its other side (wrap)"},
		{"smear", "its edge, drawn out (smear)"},
		{"black", "black"},
	}, "clamp")
	Coherence = add(Option{
		Name: "coherence", During: TakesAtOnce, Costs: true, Group: Cutting, Label: "Coherence",
		Help: "How much calmer the picture stays where its cutouts do not pull alike: 0 adds up what they want, 1 takes only what they agree in.",
	}, Real{Max: 1}, 0.0)

	LearningRate = add(Option{
		Name: "learning_rate", Key: "lr", Open: ByModel, During: TakesAtOnce, Group: Optimising, Label: "Learning rate",
		Help:      "How far each step goes: 0.05 is calm, 0.3 is wild.",
		Elsewhere: map[Tool]string{Notebook: "step_size", Nerdy: "step_size", RKH: "learning_rate", Pixray: "learning_rate", Pytti: "learning_rate"},
	}, Real{Max: 10, Positive: true}, 0.1)
	RateSchedule = add(Option{
		Name: "rate_schedule", During: TakesAtOnce, Group: Optimising, Label: "Rate's schedule", Noun: "schedule of the learning rate",
		Help: "How the learning rate changes as the run goes on.",
	}, Choice{
		{"constant", "always alike (constant)"},
		{"cosine", "gently to nothing (cosine)"},
		{"drop", "to a tenth, at some steps (drop)"},
		{"plateau", "halved when the loss falls no more (plateau)"},
	}, "constant")
	RateDrop = add(Option{
		Name: "rate_drop", During: TakesAtOnce, Group: Optimising, Label: "Rate drops at", Noun: "list of drops", Unit: "percent", Beside: `{"rate_schedule":"drop","rate_drop":5}`,
		Help:      "After how many percent of the steps the learning rate drops to a tenth, each time once more, like 50 75.",
		Elsewhere: map[Tool]string{Pixray: "learning_rate_drops"},
	}, Numbers{Max: 100, Most: 32}, "75")
	Patience = add(Option{
		Name: "patience", During: TakesAtOnce, Group: Optimising, Label: "Patience", Noun: "patience", Unit: "steps", Beside: `{"rate_schedule":"plateau","patience":1}`,
		Help: "For how many steps the loss may fall no more before that counts as a plateau.",
	}, Whole{Min: 0, Max: MaxSteps}, 20)
	AutoStop = add(Option{
		Name: "auto_stop", During: TakesAtOnce, Group: Optimising, Label: "Stop by itself", Beside: `{"patience":0,"steps":100}`,
		Help:      "The run ends after three plateaus of the loss.",
		Elsewhere: map[Tool]string{Pixray: "auto_stop"},
	}, Switch{}, false)
	Optimizer = add(Option{
		Name: "optimizer", During: RecordsAnew, Costs: true, Group: Optimising, Label: "Optimiser", Noun: "optimizer",
		Help:      "How a step follows from its gradient.",
		Elsewhere: map[Tool]string{Nerdy: "optimiser", RKH: "optimizer", Pixray: "optimiser"},
	}, Choice{
		{"adam", "Adam, as in the notebooks"},
		{"adamw", "AdamW, with weight decay"},
		{"radam", "RAdam, with a careful beginning"},
		{"schedule-free", "schedule-free AdamW, which averages as it goes"},
		{"adagrad", "Adagrad, slower and slower"},
		{"adamax", "Adamax, by the largest gradient"},
		{"rmsprop", "RMSprop, without momentum"},
		{"diffgrad", "DiffGrad, slower where gradients hardly change"},
		{"adamp", "AdamP, which keeps the latent's length"},
	}, "adam")
	WeightDecay = add(Option{
		Name: "weight_decay", During: TakesAtOnce, Group: Optimising, Label: "Weight decay", Beside: `{"optimizer":"adamw"}`,
		Help:      "How much of itself the latent loses per step, times the learning rate; of AdamW and schedule-free AdamW.",
		Elsewhere: map[Tool]string{Notebook: "weight_decay"},
	}, Real{Max: 10}, 0.01)
	Smoothness = add(Option{
		Name: "smoothness", Open: ByModel, During: TakesAtOnce, Costs: true, Group: Optimising, Label: "Smoothness",
		Help:      "How strongly stray strokes are kept off plain grounds: the weight of the picture's total variation.",
		Elsewhere: map[Tool]string{Notebook: "tv_weight", Pytti: "smoothing_weight"},
	}, Real{Max: 100}, 0.0)
	Averaging = add(Option{
		Name: "averaging", During: TakesAtOnce, Costs: true, Group: Optimising, Label: "Averaging",
		Help: "What is shown and saved is drawn from a running mean of the latent, of which each step keeps so much, like 0.95; 0 shows the latent itself.",
	}, Real{Max: 0.9999}, 0.0)

	Coarse = add(Option{
		Name: "coarse", Costs: true, Group: Optimising, Label: "Coarse to fine", Noun: "list of enlargements", Unit: "steps", Beside: `{"steps":100}`,
		Help: "After how many steps the picture's sides are doubled, like 50 100: with one number the run begins at half its size, with two at a quarter.",
	}, Numbers{Max: MaxSteps, Most: 4}, "")

	LatentSmoothness = weight("latent_smoothness", "Smooth latent", "how alike neighbouring tokens are held: vqgan-clip-app's total variation of the latent", nil)
	Saturation       = weight("saturation", "Colourfulness", "how colourful the picture is made", map[Tool]string{Pixray: "saturation"})
	SymmetryWeight   = weight("symmetry_weight", "Symmetry", "how like its mirror image, left to right, the picture is made", map[Tool]string{Pixray: "symmetry_weight"})
	BorderWeight     = weight("border_weight", "Border", "how strongly the picture's border is drawn to one colour", map[Tool]string{Pixray: "edge_color_weight"})
	BorderColor      = add(Option{
		Name: "border_color", During: TakesAtOnce, Group: Losing, Label: "Border colour", Beside: `{"border_weight":1}`,
		Help: "The colour that the border is drawn to, like ff8800.",
	}, Colours{1, 1}, "ffffff")
	BorderWidth = add(Option{
		Name: "border_width", During: TakesAtOnce, Group: Losing, Label: "Border width", Beside: `{"border_weight":1}`,
		Help: "How wide the border is, as a share of the picture's shorter side.",
	}, Real{Max: 0.5, Positive: true}, 0.05)
	Palette = add(Option{
		Name: "palette", During: TakesAtOnce, Costs: true, Group: Losing, Label: "Palette",
		Help: "Colours that the picture's pixels are drawn to, each to the nearest, like ff8800 000000 ffffff; none leaves them free.",
	}, Colours{0, 64}, "")
	PaletteWeight = add(Option{
		Name: "palette_weight", During: TakesAtOnce, Costs: true, Group: Losing, Label: "Palette weight", Beside: `{"palette":"ff0000 00ff00"}`,
		Help:      "How strongly pixels are drawn to the palette.",
		Elsewhere: map[Tool]string{Pixray: "palette_weight"},
	}, Real{Max: 1000}, 1.0)

	VignetteWeight = weight("vignette_weight", "Vignette", "how strongly the picture is drawn to one colour around its middle", map[Tool]string{Pixray: "gaussian_weight"})
	VignetteColor  = add(Option{
		Name: "vignette_color", During: TakesAtOnce, Group: Losing, Label: "Vignette's colour", Beside: `{"vignette_weight":1}`,
		Help: "The colour that the picture is drawn to around its middle, like ff8800.",
	}, Colours{1, 1}, "ffffff")
	VignetteWidth = add(Option{
		Name: "vignette_width", During: TakesAtOnce, Group: Losing, Label: "Vignette's width", Beside: `{"vignette_weight":1}`,
		Help: "How wide the middle is that the vignette leaves free: the deviation of a bell curve, as a share of the picture's sides.",
	}, Real{Max: 2, Positive: true}, 0.25)

	ImageLoss = add(Option{
		Name: "image_loss", During: RecordsAnew, Costs: true, Group: Losing, Label: "Image prompts pull", Noun: "pull of image prompts",
		Beside: `{"image_prompts":[{"name":"b.png","weight":1}]}`,
		Help:   "Whether image prompts pull to what CLIP sees in them, to their pixels, or to their style: their colours and textures, wherever they are. For the last two they are stretched to the picture's size.",
	}, Choice{{"clip", "to what CLIP sees"}, {"pixels", "to their pixels"}, {"both", "to both"}, {"style", "to their style"}}, "clip")

	TransparentWeight = add(Option{
		Name: "transparent_weight", During: TakesAtOnce, Costs: true, Group: Losing, Label: "Transparency's weight", Beside: `{"transparent":"ffffff"}`,
		Help:      "How strongly the picture is drawn to the colour that is transparent in it, so that only what the prompts need stays.",
		Elsewhere: map[Tool]string{Pixray: "transparent_weight"},
	}, Real{Max: 1000}, 2.0)
	TransparentWidth = add(Option{
		Name: "transparent_width", During: TakesAtOnce, Group: Losing, Label: "Transparency's middle", Noun: "width of the middle", Beside: `{"transparent":"ffffff"}`,
		Help: "How wide the middle is that is not drawn to that colour: the deviation of a bell curve, as a share of the picture's sides; 0 leaves none.",
	}, Real{Max: 2}, 0.0)

	InitImage = add(Option{
		Name: "init_image", Group: Starting, Label: "Start picture",
		Help:      "The name of the file of the picture that the run starts from, in place of random tokens.",
		Elsewhere: map[Tool]string{Notebook: "init_image", Nerdy: "init_image", RKH: "init_image", Pixray: "init_image", Pytti: "init_image"},
	}, Text{}, "")
	InitWeight = add(Option{
		Name: "init_weight", During: TakesAtOnce, Costs: true, Group: Starting, Label: "Start weight",
		Help:      "How strongly the picture is held to its start.",
		Elsewhere: map[Tool]string{Notebook: "init_weight", Nerdy: "init_weight", RKH: "init_weight", Pixray: "init_weight_dist"},
	}, Real{Max: prompt.MaxWeight}, 0.0)
	InitLoss = add(Option{
		Name: "init_loss", During: RecordsAnew, Costs: true, Group: Starting, Label: "Start loss", Noun: "init loss", Beside: `{"init_weight":1}`,
		Help:      "What the start weight pulls to: the start as it was, or grey, less and less.",
		Elsewhere: map[Tool]string{RKH: "init_image_method"},
	}, Choice{
		{"notebook", "the start, always alike (notebook)"},
		{"nerdyrodent", "zero, less and less (nerdyrodent)"},
	}, "notebook")

	InitSpherical = startWeight("init_weight_spherical", "Start weight, angle", "the angle between the latent and its start", map[Tool]string{Pixray: "init_weight"})
	InitCosine    = startWeight("init_weight_cosine", "Start weight, cosine", "the cosine of the angle between the latent and its start", map[Tool]string{Pixray: "init_weight_cos"})
	InitPixel     = startWeight("init_weight_pixel", "Start weight, pixels", "the difference of its pixels from the start's, as the model draws that",
		map[Tool]string{Pixray: "init_weight_pix", Pytti: "direct_init_weight"})
	InitDecay = add(Option{
		Name: "init_decay", During: TakesAtOnce, Group: Starting, Label: "Start weight's decay", Noun: "decay of the start weight", Beside: `{"init_weight":1}`,
		Help: "How all start weights fade as the run goes on.",
	}, Choice{
		{"none", "always alike"},
		{"harmonic", "divided by 1, 3, 5… (harmonic)"},
		{"drops", "less at a time, down to nothing (drops)"},
	}, "none")
	InitDecaySteps = add(Option{
		Name: "init_decay_steps", During: TakesAtOnce, Group: Starting, Label: "Steps between drops", Noun: "number of steps between drops", Unit: "steps",
		Beside:    `{"init_weight":1,"init_decay":"drops","init_decay_steps":2}`,
		Help:      "After how many steps the start weights drop once.",
		Elsewhere: map[Tool]string{Notebook: "mse_decay_rate"},
	}, Whole{Min: 1, Max: MaxSteps}, 50)
	InitDecayDrops = add(Option{
		Name: "init_decay_drops", During: TakesAtOnce, Group: Starting, Label: "Number of drops", Noun: "number of drops",
		Beside:    `{"init_weight":1,"init_decay":"drops","init_decay_steps":2}`,
		Help:      "After how many drops nothing is left of the start weights.",
		Elsewhere: map[Tool]string{Notebook: "mse_epoches"},
	}, Whole{Min: 1, Max: MaxSteps}, 5)

	Start = add(Option{
		Name: "start", Group: Starting, Label: "Start from", Noun: "start",
		Help:      "What the run starts from where there is no start picture.",
		Elsewhere: map[Tool]string{Nerdy: "init_noise", RKH: "init_noise", Pixray: "init_noise"},
	}, Choice{
		{"tokens", "random tokens"},
		{"uniform", "a latent of random numbers (uniform)"},
		{"pixels", "random pixels"},
		{"gradient", "a gradient of random colours"},
		{"fractal", "clouds of all sizes (fractal)"},
	}, "tokens")
	InitFit = add(Option{
		Name: "init_fit", Group: Starting, Label: "Start picture's shape", Noun: "fit of the start picture", Beside: `{"init_image":"a.png"}`,
		Help: "How a start picture of another shape is fitted.",
	}, Choice{
		{"stretch", "stretched, as in the notebooks"},
		{"crop", "cropped where it is too long"},
		{"fit", "whole, with its edges repeated beside it (fit)"},
	}, "stretch")
	InitStrength = add(Option{
		Name: "init_strength", Group: Starting, Label: "Start picture's strength", Noun: "strength of the start picture", Beside: `{"init_image":"a.png"}`,
		Help:      "How much of the start picture there is, from 0 to 1; the rest is the start without it.",
		Elsewhere: map[Tool]string{Pixray: "init_image_alpha"},
	}, Real{Max: 1}, 1.0)
	InitNoise = add(Option{
		Name: "init_noise", Group: Starting, Label: "Start picture's noise", Noun: "noise of the start picture", Beside: `{"init_image":"a.png"}`,
		Help:      "How much normal noise is added to the start picture.",
		Elsewhere: map[Tool]string{Notebook: "use_noise"},
	}, Real{Max: 10}, 0.0)
	BestOf = add(Option{
		Name: "best_of", Group: Starting, Label: "Best of", Noun: "number of starts",
		Help: "So many starts are drawn, and the run begins with the one that CLIP finds nearest to the prompts.",
	}, Whole{Min: 1, Max: 64}, 1)

	StartTokens = add(Option{
		Name: "start_tokens", Group: Starting, Label: "Start tokens",
		Help: "The tokens that the run starts from, of a step of another run; in another size they are enlarged.",
	}, TokenGrid{}, Tokens{})

	OverlayEvery = add(Option{
		Name: "overlay_every", Costs: true, Group: Starting, Label: "Laid over every", Noun: "number of steps between overlays", Unit: "steps", Beside: `{"init_image":"a.png"}`,
		Help:      "After how many steps the start picture is laid over the picture again, where it is not transparent; 0 never. Of strength 0 it is only laid over.",
		Elsewhere: map[Tool]string{Pixray: "overlay_every"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	OverlayOffset = add(Option{
		Name: "overlay_offset", Group: Starting, Label: "First laid over at", Noun: "step of the first overlay", Unit: "steps", Beside: `{"init_image":"a.png","overlay_every":2}`,
		Help:      "After how many steps the start picture is laid over for the first time.",
		Elsewhere: map[Tool]string{Pixray: "overlay_offset"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	OverlayUntil = add(Option{
		Name: "overlay_until", Group: Starting, Label: "Laid over until", Noun: "end of the overlays", Unit: "steps", Beside: `{"init_image":"a.png","overlay_every":2}`,
		Help:      "After how many steps the start picture is laid over no more; 0 goes on to the end.",
		Elsewhere: map[Tool]string{Pixray: "overlay_until"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	OverlayAlpha = add(Option{
		Name: "overlay_alpha", Group: Starting, Label: "Overlay's strength", Noun: "strength of the overlay", Beside: `{"init_image":"a.png","overlay_every":2}`,
		Help: "How much of the start picture there is where it is laid over, from 0 to 1.",
	}, Real{Max: 1}, 1.0)

	InitClip = add(Option{
		Name: "init_weight_clip", During: TakesAtOnce, Costs: true, Group: Starting, Label: "Start weight, CLIP", Beside: `{"init_image":"a.png"}`,
		Help:      "How strongly the picture is held to its start by what CLIP sees in the start picture, which then is an image prompt, too; 0 not at all.",
		Elsewhere: map[Tool]string{Pytti: "semantic_init_weight"},
	}, Real{Max: prompt.MaxWeight}, 0.0)
	InitEdges = startWeight("init_weight_edges", "Start weight, edges", "the difference of its edges from the start's, as the model draws that", map[Tool]string{Pytti: "edge_stabilization_weight"})

	Regions = add(Option{
		Name: "regions", During: TakesAtOnce, Group: Placing, Label: "Regions", Beside: `{"prompt":"a | b"}`,
		Help: "Where in the picture each prompt pulls: a cutout pulls as strongly as it sees of the prompt's region.",
	}, RegionList{}, []Region(nil))
	Hold = add(Option{
		Name: "hold", During: TakesAtOnce, Group: Placing, Label: "Hold still", Noun: "part that is held still",
		Help: "Where the picture's tokens do not move; what is drawn there may change a little where others beside it do.",
	}, Area{}, Mask(nil))
	Dream = add(Option{
		Name: "dream", During: TakesAtOnce, Group: Placing, Label: "Dream anew", Noun: "part that is dreamt anew",
		Help: "Where tokens are drawn again at random, once: when the run starts, or when a change says it.",
	}, Area{}, Mask(nil))

	Tile = add(Option{
		Name: "tile", Costs: true, Group: Placing, Label: "Seamless", Noun: "direction of tiling",
		Help: "Whether the picture's edges meet, so that it can be repeated side by side like a tile without a seam.",
	}, along("edges"), "none")
	Mirror = add(Option{
		Name: "mirror", Costs: true, Group: Placing, Label: "Mirrored", Noun: "direction of mirroring",
		Help: "Whether one half of the picture is the mirror image of the other.",
	}, along("halves"), "none")
	Transparent = add(Option{
		Name: "transparent", Costs: true, Group: Placing, Label: "Transparent colour",
		Help:      "The colour of the picture's background, like ffffff, which is transparent in what is shown and saved; none leaves all opaque. CLIP sees other colours behind it.",
		Elsewhere: map[Tool]string{Pixray: "transparent"},
	}, Colours{0, 1}, "")

	PhaseSteps = add(Option{
		Name: "phase_steps", During: TakesAtOnce, Group: Phasing, Label: "Phase length", Noun: "phase length", Unit: "steps", Beside: `{"prompt":"a ^ b ^ c"}`,
		Help:      "Steps of each phase of the prompt; 0 divides the run's steps among its phases.",
		Elsewhere: map[Tool]string{Nerdy: "prompt_frequency", RKH: "change_prompts_on_frame", Pytti: "steps_per_scene"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	PhaseOrder = add(Option{
		Name: "phase_order", During: TakesAtOnce, Group: Phasing, Label: "After the last phase", Noun: "phase order", Beside: `{"prompt":"a ^ b","phase_steps":1}`,
		Help: "Whether the last phase holds on or the first one follows.",
	}, Choice{{"hold", "the last phase stays"}, {"loop", "the first phase follows"}}, "hold")
	PhaseBlend = add(Option{
		Name: "phase_blend", During: TakesAtOnce, Group: Phasing, Label: "Phase blend", Noun: "phase blend", Unit: "steps", Beside: `{"prompt":"a ^ b","phase_steps":2}`,
		Help:      "Over how many steps a phase turns into the next, in CLIP's space; 0 changes at once.",
		Elsewhere: map[Tool]string{Pytti: "interpolation_steps"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	Keyframes = add(Option{
		Name: "keyframes", During: RecordsAnew, Costs: true, Group: Phasing, Label: "Keyframes",
		Help: "Values that options take as the run goes on, on lines between steps: learning_rate 0:(0.1), 60:(0.3); smoothness 0:(0), 50:(1.2).",
	}, Curves{}, "")
	Endless = add(Option{
		Name: "endless", During: TakesAtOnce, Group: Phasing, Label: "Endless",
		Help: "The run goes on until somebody stops it, whatever its number of steps.",
	}, Switch{}, false)

	MotionEvery = add(Option{
		Name: "motion_every", During: TakesAtOnce, Group: Moving, Label: "Move every", Noun: "number of steps between motions", Unit: "steps", Beside: `{"zoom":1.1}`,
		Help:      "After how many steps the picture is moved, over and over: each move ends a frame of a film. 0 keeps it where it is.",
		Elsewhere: map[Tool]string{Notebook: "iterations_per_frame", Nerdy: "zoom_frequency", Pytti: "steps_per_frame"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	MotionFirst = add(Option{
		Name: "motion_first", During: TakesAtOnce, Group: Moving, Label: "First move after", Noun: "number of steps before the first motion", Unit: "steps", Beside: `{"motion_every":1,"zoom":1.1}`,
		Help:      "After how many steps the picture is moved first; 0 is as many as between two moves.",
		Elsewhere: map[Tool]string{Nerdy: "zoom_start", Pytti: "pre_animation_steps"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	Zoom = moves("zoom", "Zoom", "", "How many times larger each move makes the picture: 1.02 goes in, 0.98 out.", Real{Max: 10, Positive: true}, 1,
		map[Tool]string{Notebook: "zoom", Nerdy: "zoom_scale"})
	ZoomX = moves("zoom_x", "Zoom across", "", "How many times wider each move makes the picture, besides.", Real{Max: 10, Positive: true}, 1, nil)
	ZoomY = moves("zoom_y", "Zoom along", "", "How many times taller each move makes the picture, besides.", Real{Max: 10, Positive: true}, 1, nil)
	Angle = moves("angle", "Turn", "degrees", "How far each move turns the picture, counter-clockwise.", Real{Max: 360, Signed: true}, 0,
		map[Tool]string{Notebook: "angle", Pytti: "rotate_2d"})
	ShiftX = moves("shift_x", "Shift right", "pixels", "How far each move shifts the picture to the right; to the left below 0.", Real{Max: MaxSide, Signed: true}, 0,
		map[Tool]string{Notebook: "translation_x", Nerdy: "zoom_shift_x", Pytti: "translate_x"})
	ShiftY = moves("shift_y", "Shift down", "pixels", "How far each move shifts the picture down; up below 0.", Real{Max: MaxSide, Signed: true}, 0,
		map[Tool]string{Notebook: "translation_y", Nerdy: "zoom_shift_y", Pytti: "translate_y"})
	ShiftZ = moves("shift_z", "Shift near", "pixels", "How much nearer each move brings the picture, which hangs where a pixel looks as wide as it is; farther below 0.",
		Real{Max: MaxSide, Signed: true}, 0, map[Tool]string{Pytti: "translate_z_3d"})
	TurnX = moves("turn_x", "Tilt", "degrees", "How far each move tilts the picture's upper edge away.", Real{Max: 80, Signed: true}, 0, nil)
	TurnY = moves("turn_y", "Swing", "degrees", "How far each move swings the picture's right edge away.", Real{Max: 80, Signed: true}, 0, nil)

	FieldOfView = add(Option{
		Name: "field_of_view", During: TakesAtOnce, Group: Moving, Label: "Field of view", Unit: "degrees", Beside: `{"motion_every":1,"turn_x":5}`,
		Help: "The angle under which the picture's height is seen when it is tilted, swung or brought nearer.", Elsewhere: map[Tool]string{Pytti: "field_of_view"},
	}, Real{Max: 170, Positive: true}, 60.0)
	MotionCenterX = add(Option{
		Name: "motion_center_x", During: TakesAtOnce, Group: Moving, Label: "Centre across", Noun: "centre of the motion", Unit: "percent", Beside: `{"motion_every":1,"zoom":1.1}`,
		Help: "Where the point lies that zooms and turns leave in its place: 0 is the left edge, 100 the right one.",
	}, Real{Max: 100}, 50.0)
	MotionCenterY = add(Option{
		Name: "motion_center_y", During: TakesAtOnce, Group: Moving, Label: "Centre down", Noun: "centre of the motion", Unit: "percent", Beside: `{"motion_every":1,"zoom":1.1}`,
		Help: "The same from top to bottom.",
	}, Real{Max: 100}, 50.0)
	MotionIn = add(Option{
		Name: "motion_in", During: TakesAtOnce, Group: Moving, Label: "What is moved", Noun: "motion", Beside: `{"motion_every":1,"zoom":1.1}`,
		Help: "The pixels, which the model then encodes as it does a start picture, or its tokens' latents.",
	}, Choice{{"pixels", "the picture's pixels, as in the notebooks"}, {"latent", "the latent, which is faster and coarser"}}, "pixels")
	MotionSampling = add(Option{
		Name: "motion_sampling", During: TakesAtOnce, Group: Moving, Label: "Sampling", Noun: "sampling", Beside: `{"motion_every":1,"zoom":1.1}`,
		Help: "How a moved picture is made of what lies between pixels.", Elsewhere: map[Tool]string{Pytti: "sampling_mode"},
	}, Choice{{"bilinear", "from four neighbours (bilinear)"}, {"nearest", "from the nearest one"}, {"bicubic", "from sixteen neighbours (bicubic)"}}, "bilinear")
	MotionInfill = add(Option{
		Name: "motion_infill", During: TakesAtOnce, Group: Moving, Label: "Beyond the edge", Noun: "infill", Beside: `{"motion_every":1,"zoom":0.9}`,
		Help: "What comes in where a move shows what lies beyond the picture.", Elsewhere: map[Tool]string{Pytti: "infill_mode"},
	}, Choice{{"mirror", "its mirror image"}, {"wrap", "its other side (wrap)"}, {"edge", "its edge, drawn out"}, {"black", "nothing (black)"}}, "mirror")
	MotionMemory = add(Option{
		Name: "motion_memory", During: TakesAtOnce, Group: Moving, Label: "Optimiser after a move", Noun: "memory after a motion", Beside: `{"motion_every":1,"zoom":1.1}`,
		Help: "Whether the optimiser begins anew after each move or goes on with what it remembers.",
	}, Choice{{"anew", "begins anew, as in the notebooks"}, {"keep", "goes on"}}, "anew")
	MotionHold = add(Option{
		Name: "motion_hold", During: TakesAtOnce, Group: Moving, Label: "Held after a move", Noun: "start after a motion", Beside: `{"motion_every":1,"zoom":1.1,"init_weight":1}`,
		Help: "What the start weights hold the picture to once it was moved.",
	}, Choice{{"start", "the run's start, where it was"}, {"frame", "the frame as it was moved"}}, "start")

	MotionLock = add(Option{
		Name: "motion_lock", During: TakesAtOnce, Group: Moving, Label: "Lock the camera", Noun: "lock of the camera", Beside: `{"motion_every":1,"shift_x":3}`,
		Help:      "However each move turns, tilts or shifts the picture, as a whole it stays where it is: the mean of its pixels' ways is taken back.",
		Elsewhere: map[Tool]string{Pytti: "lock_camera"},
	}, Switch{}, false)

	Precision = add(Option{
		Name: "precision", During: RecordsAnew, Costs: true, Group: Computing, Label: "Precision",
		Help: "Half makes room for larger pictures. The same seed gives a slightly different one.",
	}, Choice{{"full", "full"}, {"half", "half, which takes less memory"}}, "full")
	ShowEvery = add(Option{
		Name: "show_every", During: TakesAtOnce, Group: Computing, Label: "Show every", Noun: "number of steps between shown pictures", Unit: "steps",
		Help:      "After how many steps the picture is shown; 0 shows it four times a second.",
		Elsewhere: map[Tool]string{Notebook: "display_freq", Pixray: "display_every", Pytti: "display_every"},
	}, Whole{Min: 0, Max: MaxSteps}, 0)
	Window = add(Option{
		Name: "window", Costs: true, Group: Computing, Label: "Window", Unit: "pixels", Beside: `{"width":256}`,
		Help: "Each step works on a window of the picture of this side, which moves over it: larger pictures fit the device, and take more steps. 0 works on the whole.",
	}, Whole{Min: 0, Max: MaxSide}, 0)
)

// strength is the option that scales an augmentation: 1 is as the preset has it, 0 leaves it out.
func strength(name, label, help, beside string) Of[float64] {
	return add(Option{
		Name: "aug_" + name, During: TakesAtOnce, Group: Cutting, Label: label, Noun: "strength of " + lowerFirst(label), Beside: beside,
		Help: help + ": 1 is as the preset has it, 0 not at all.",
	}, Real{Max: 3}, 1.0)
}

// weight is the option that is the weight of a loss of the picture or of the latent: 0 leaves it out.
func weight(name, label, what string, elsewhere map[Tool]string) Of[float64] {
	return add(Option{
		Name: name, During: TakesAtOnce, Costs: true, Group: Losing, Label: label, Help: "The weight of " + what + "; 0 leaves it out.", Elsewhere: elsewhere,
	}, Real{Max: 1000}, 0.0)
}

// startWeight is the option that is the weight of a loss that holds the picture to its start: 0 leaves it out.
func startWeight(name, label, what string, elsewhere map[Tool]string) Of[float64] {
	return add(Option{
		Name: name, During: TakesAtOnce, Costs: true, Group: Starting, Label: label, Help: "How strongly the picture is held to its start by " + what + "; 0 not at all.", Elsewhere: elsewhere,
	}, Real{Max: prompt.MaxWeight}, 0.0)
}

// moves is the option that says how each motion moves the picture.
func moves(name, label, unit, help string, kind Real, still float64, elsewhere map[Tool]string) Of[float64] {
	return add(Option{
		Name: name, During: TakesAtOnce, Group: Moving, Label: label, Unit: unit, Beside: `{"motion_every":1}`, Help: help, Elsewhere: elsewhere,
	}, kind, still)
}

// along is the choice of the directions in which edges meet or halves are alike.
func along(what string) Choice {
	return Choice{{"none", "no"}, {"x", "left and right " + what}, {"y", "upper and lower " + what}, {"both", "both"}}
}
