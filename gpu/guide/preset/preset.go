// Package preset describes the lineages of the notebook: what each does between the picture and CLIP.
package preset

// The presets: three lineages of the notebook, each with its own cutouts and augmentations.
const (
	Upd  = "upd"  // random crops, augmented, with noise: the article's
	ZQ   = "zq"   // random crops only: Crowson's first
	Pool = "pool" // the whole picture pooled, strongly augmented, with noise
)

// Preset says what one preset does between the picture and CLIP. Every probability is per cutout, all angles are in degrees. Of the
// notebooks' augmentations sharpness, colour jitter and erasing are missing.
type Preset struct {
	Pooled bool // average and maximum pooling of the whole picture in place of random crops
	Clamp  bool // clamp the cutouts to [0, 1]

	FlipP float64

	AffineP         float64
	AffineDegrees   float64
	AffineTranslate float64 // of the height; kornia 0.5 does not shift sideways when given one number

	PerspectiveP     float64
	PerspectiveScale float64

	Noise float64 // each cutout gets normal noise times a factor drawn from [0, Noise)
}

// Named returns the preset of that name, and whether there is one.
func Named(name string) (Preset, bool) {
	switch name {
	case ZQ:
		return Preset{Clamp: true}, true
	case Upd:
		return Preset{
			FlipP:   0.5,
			AffineP: 0.8, AffineDegrees: 30, AffineTranslate: 0.1,
			PerspectiveP: 0.4, PerspectiveScale: 0.2,
			Noise: 0.1,
		}, true
	case Pool:
		return Preset{
			Pooled:  true,
			AffineP: 0.7, AffineDegrees: 15, AffineTranslate: 0.1,
			PerspectiveP: 0.7, PerspectiveScale: 0.7,
			Noise: 0.1,
		}, true
	}
	return Preset{}, false
}
