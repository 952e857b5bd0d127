// Package preset describes the lineages of the notebook and their heirs: what each does between the picture and CLIP.
package preset

import "slices"

// The presets: three lineages of the notebook, four of its heirs and our own, each with its own cutouts and augmentations.
const (
	Upd  = "upd"  // random crops, augmented, with noise: the article's
	ZQ   = "zq"   // random crops only: Crowson's first
	Pool = "pool" // the whole picture pooled, strongly augmented, with noise

	Latest    = "latest"    // nerdyrodent's default: pooled
	NRUpdated = "nrupdated" // nerdyrodent's crops with the augmentations of latest
	Pytti     = "pytti"     // crops of normal sizes, mostly large
	Pixray    = "pixray"    // the whole picture pooled, then zoomed into or shrunk into a frame

	Reverie = "reverie" // crops of all sizes, turned and shifted gently, with noise
)

// The augmentations, by whose names the engine finds how they are recorded and drawn.
const (
	Sharpness   = "sharpness"
	Affine      = "affine"
	Perspective = "perspective"
	Jitter      = "jitter"
	Erase       = "erase"
	Noise       = "noise"
	Flip        = "flip"
	Rotation    = "rotation"
	Elastic     = "elastic"
	ThinPlate   = "thinplate"
	Crop        = "crop"
	Resized     = "resized" // crops of other shapes
	Gauss       = "gauss"   // noise of one strength
	Views       = "views"   // pixray's: zoomed or wide
)

// Preset says what one preset does between the picture and CLIP.
type Preset struct {
	Averaged      bool           // crops shrink by averages in place of Lanczos' filter
	Normal        bool           // sizes of crops are drawn from a normal distribution, in place of a uniform one
	Least         float64        // the side of the smallest crop, as a share of the picture's shorter one; 0 for as many pixels as CLIP sees
	Pooled        bool           // average and maximum pooling of the whole picture in place of random crops
	Clamp         bool           // clamp the cutouts to [0, 1]
	Augmentations []Augmentation // in the order in which they are done
}

// Augmentation is one thing that is done to cutouts, each of which it leaves out with a probability of 1 − P. Of the other numbers it has
// those that it needs. Angles are in degrees.
type Augmentation struct {
	Name string
	P    float64 // of each cutout; of Erase, of all together

	Flip      float64    // of Affine: the probability of a mirrored cutout, apart from P
	Degrees   float64    // of Affine and Rotation: the largest turn
	Shear     float64    // of Affine: the largest one sideways, in degrees
	Zeros     bool       // of Affine: black outside, in place of the border's pixels
	Each      bool       // of Erase: of each cutout another part, and P of each
	Bright    float64    // of Jitter: plus ± Bright
	Contrast  float64    // of Jitter: times 1 ± Contrast
	Least     float64    // of Crop: the smallest side, as a share
	Translate float64    // of Affine: of the height; kornia 0.5 does not shift sideways when given one number
	Sideways  float64    // of Affine: of the width
	Scale     float64    // of Perspective, and of ThinPlate: how far its points move, as a share of half a side
	Most      float64    // of Sharpness: the factor is drawn from [0, Most); below 1 it blurs
	Times     float64    // of Jitter: saturation times 1 ± Times
	Hue       float64    // of Jitter: by ± Hue turns
	Area      [2]float64 // of Erase: smallest and largest, of a cutout's; of Resized, too
	Ratio     [2]float64 // of Erase: of height to width, from below to above 1; of Resized of width to height
	Sigma     float64    // of Noise: each cutout gets normal noise times a factor drawn from [0, Sigma); of Gauss: Sigma itself
}

// Named returns the preset of that name, and whether there is one.
func Named(name string) (Preset, bool) {
	switch name {
	case ZQ:
		return Preset{Clamp: true}, true
	case Upd:
		return Preset{Augmentations: []Augmentation{
			{Name: Sharpness, P: 0.4, Most: 0.3},
			{Name: Affine, P: 0.8, Flip: 0.5, Degrees: 30, Translate: 0.1},
			{Name: Perspective, P: 0.4, Scale: 0.2},
			{Name: Jitter, P: 0.7, Times: 0.01, Hue: 0.01},
			{Name: Noise, P: 1, Sigma: 0.1},
		}}, true
	case Pool:
		return Preset{Pooled: true, Augmentations: []Augmentation{
			{Name: Affine, P: 0.7, Degrees: 15, Translate: 0.1},
			{Name: Perspective, P: 0.7, Scale: 0.7},
			{Name: Jitter, P: 0.7, Times: 0.1, Hue: 0.1},
			{Name: Erase, P: 0.7, Area: [2]float64{0.1, 0.4}, Ratio: [2]float64{0.3, 3.33}},
			{Name: Noise, P: 1, Sigma: 0.1},
		}}, true
	}
	switch name {
	case Latest:
		return Preset{Pooled: true, Augmentations: append(usual(), withNoise)}, true
	case NRUpdated:
		p := Preset{Augmentations: append(usual(), withNoise)}
		p.Augmentations[0].Degrees, p.Augmentations[1].Scale = 30, 0.5
		return p, true
	case Pytti:
		return Preset{Averaged: true, Normal: true, Augmentations: []Augmentation{
			{Name: Affine, P: 0.8, Flip: 0.3, Degrees: 30, Translate: 0.1},
			{Name: Perspective, P: 0.4, Scale: 0.2},
			{Name: Jitter, P: 0.7, Times: 0.01, Hue: 0.01},
			{Name: Erase, P: 0.7, Area: [2]float64{0.1, 0.4}, Ratio: [2]float64{0.3, 3.33}, Each: true},
			withNoise,
		}}, true
	case Pixray:
		return Preset{Pooled: true, Augmentations: []Augmentation{
			{Name: Views, P: 0.7, Area: [2]float64{0.25, 0.95}, Ratio: [2]float64{0.75, 1.333}},
			{Name: Jitter, P: 0.8, Times: 0.1, Hue: 0.1},
			withNoise,
		}}, true
	case Reverie:
		// The notebook's, mended: its crops are all the same where the picture is no larger than what CLIP sees, and it shifts one way only.
		return Preset{Least: 0.5, Augmentations: []Augmentation{
			{Name: Affine, P: 0.8, Flip: 0.5, Degrees: 15, Translate: 0.1, Sideways: 0.1},
			{Name: Perspective, P: 0.4, Scale: 0.2},
			withNoise,
		}}, true
	}
	return Preset{}, false
}

var withNoise = Augmentation{Name: Noise, P: 1, Sigma: 0.1}

// usual are the augmentations that nerdyrodent's have unless they are chosen: affine, perspective, colours and erasing.
func usual() []Augmentation {
	var list []Augmentation
	for _, name := range []string{Affine, Perspective, Jitter, Erase} {
		list = append(list, menu[name])
	}
	return list
}

// menu are the augmentations that can be chosen, with nerdyrodent's numbers where it has them.
var menu = map[string]Augmentation{
	Flip:        {Name: Flip, P: 0.5},
	Affine:      {Name: Affine, P: 0.7, Degrees: 15, Translate: 0.1, Shear: 5, Zeros: true},
	Perspective: {Name: Perspective, P: 0.7, Scale: 0.7},
	Rotation:    {Name: Rotation, P: 0.7, Degrees: 15},
	Elastic:     {Name: Elastic, P: 0.7},
	ThinPlate:   {Name: ThinPlate, P: 0.7, Scale: 0.8},
	Crop:        {Name: Crop, P: 0.5, Least: 0.7}, // nerdyrodent's cuts cutouts to the size that they have
	Resized:     {Name: Resized, P: 0.5, Area: [2]float64{0.1, 1}, Ratio: [2]float64{0.75, 1.333}},
	Sharpness:   {Name: Sharpness, P: 0.5, Most: 0.3},
	Gauss:       {Name: Gauss, P: 0.5, Sigma: 1},
	Jitter:      {Name: Jitter, P: 0.7, Times: 0.1, Hue: 0.1, Bright: 0.1, Contrast: 0.1},
	Erase:       {Name: Erase, P: 0.7, Area: [2]float64{0.1, 0.4}, Ratio: [2]float64{0.3, 3.33}},
}

// Chosen is the preset with augmentations of those names in place of its own, in that order: with its own numbers where it has one of that
// name. Its noise stays, at the end.
func (p Preset) Chosen(names []string) Preset {
	own := p.Augmentations
	p.Augmentations = nil
	for _, name := range names {
		chosen := menu[name]
		for _, a := range own {
			if a.Name == name {
				chosen = a
			}
		}
		p.Augmentations = append(p.Augmentations, chosen)
	}
	for _, a := range own {
		if a.Name == Noise {
			p.Augmentations = append(p.Augmentations, a)
		}
	}
	return p
}

// Moving is the preset without what is done to colours and details: sharpness, colour jitter and erasing.
func (p Preset) Moving() Preset {
	p.Augmentations = slices.DeleteFunc(slices.Clone(p.Augmentations), func(a Augmentation) bool {
		return a.Name == Sharpness || a.Name == Jitter || a.Name == Erase || a.Name == Gauss
	})
	return p
}
