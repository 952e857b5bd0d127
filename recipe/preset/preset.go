// Package preset describes the lineages of the notebook: what each does between the picture and CLIP.
package preset

// The presets: three lineages of the notebook, each with its own cutouts and augmentations.
const (
	Upd  = "upd"  // random crops, augmented, with noise: the article's
	ZQ   = "zq"   // random crops only: Crowson's first
	Pool = "pool" // the whole picture pooled, strongly augmented, with noise
)

// Preset says what one preset does between the picture and CLIP, in the order in which it is done. Every probability but EraseP is per
// cutout, all angles are in degrees.
type Preset struct {
	Pooled bool // average and maximum pooling of the whole picture in place of random crops
	Clamp  bool // clamp the cutouts to [0, 1]

	FlipP float64

	SharpnessP float64
	Sharpness  float64 // the factor is drawn from [0, Sharpness); below 1 it blurs

	AffineP         float64
	AffineDegrees   float64
	AffineTranslate float64 // of the height; kornia 0.5 does not shift sideways when given one number

	PerspectiveP     float64
	PerspectiveScale float64

	JitterP          float64
	JitterSaturation float64 // times 1 ± JitterSaturation
	JitterHue        float64 // by ± JitterHue turns

	EraseP     float64    // of all cutouts together, the same rectangle of each
	EraseArea  [2]float64 // smallest and largest, of a cutout's
	EraseRatio [2]float64 // of height to width, from below to above 1

	Noise float64 // each cutout gets normal noise times a factor drawn from [0, Noise)
}

// Named returns the preset of that name, and whether there is one.
func Named(name string) (Preset, bool) {
	switch name {
	case ZQ:
		return Preset{Clamp: true}, true
	case Upd:
		return Preset{
			FlipP:      0.5,
			SharpnessP: 0.4, Sharpness: 0.3,
			AffineP: 0.8, AffineDegrees: 30, AffineTranslate: 0.1,
			PerspectiveP: 0.4, PerspectiveScale: 0.2,
			JitterP: 0.7, JitterSaturation: 0.01, JitterHue: 0.01,
			Noise: 0.1,
		}, true
	case Pool:
		return Preset{
			Pooled:  true,
			AffineP: 0.7, AffineDegrees: 15, AffineTranslate: 0.1,
			PerspectiveP: 0.7, PerspectiveScale: 0.7,
			JitterP: 0.7, JitterSaturation: 0.1, JitterHue: 0.1,
			EraseP: 0.7, EraseArea: [2]float64{0.1, 0.4}, EraseRatio: [2]float64{0.3, 3.33},
			Noise: 0.1,
		}, true
	}
	return Preset{}, false
}

// Moving is the preset without what is done to colours and details: sharpness, colour jitter and erasing.
func (p Preset) Moving() Preset {
	p.SharpnessP, p.JitterP, p.EraseP = 0, 0, 0
	return p
}
