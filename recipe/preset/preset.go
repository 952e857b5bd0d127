// Package preset describes the lineages of the notebook: what each does between the picture and CLIP.
package preset

import "slices"

// The presets: three lineages of the notebook, each with its own cutouts and augmentations.
const (
	Upd  = "upd"  // random crops, augmented, with noise: the article's
	ZQ   = "zq"   // random crops only: Crowson's first
	Pool = "pool" // the whole picture pooled, strongly augmented, with noise
)

// The augmentations, by whose names the engine finds how they are recorded and drawn.
const (
	Sharpness   = "sharpness"
	Affine      = "affine"
	Perspective = "perspective"
	Jitter      = "jitter"
	Erase       = "erase"
	Noise       = "noise"
)

// Preset says what one preset does between the picture and CLIP.
type Preset struct {
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
	Degrees   float64    // of Affine: the largest turn
	Translate float64    // of Affine: of the height; kornia 0.5 does not shift sideways when given one number
	Scale     float64    // of Perspective
	Most      float64    // of Sharpness: the factor is drawn from [0, Most); below 1 it blurs
	Times     float64    // of Jitter: saturation times 1 ± Times
	Hue       float64    // of Jitter: by ± Hue turns
	Area      [2]float64 // of Erase: smallest and largest, of a cutout's
	Ratio     [2]float64 // of Erase: of height to width, from below to above 1
	Sigma     float64    // of Noise: each cutout gets normal noise times a factor drawn from [0, Sigma)
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
	return Preset{}, false
}

// Moving is the preset without what is done to colours and details: sharpness, colour jitter and erasing.
func (p Preset) Moving() Preset {
	p.Augmentations = slices.DeleteFunc(slices.Clone(p.Augmentations), func(a Augmentation) bool {
		return a.Name == Sharpness || a.Name == Jitter || a.Name == Erase
	})
	return p
}
