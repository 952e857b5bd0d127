package guide

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"slices"

	"reverie/gpu"
	"reverie/gpu/ops"
	"reverie/recipe"
	"reverie/recipe/preset"
)

// places are a recipe's masks as updates need them.
type places struct {
	regions []recipe.Region
	hold    recipe.Mask

	rasters map[int]raster // of each prompt that has a region, by its number
	held    []byte         // one uint32 per token: whether it is held
}

// places are those of a recipe; the last ones are kept, for they change seldom.
func (s *Session) places(r recipe.Recipe) *places {
	regions, hold := recipe.Regions.In(r), recipe.Hold.In(r)
	if p := s.placed; p != nil && reflect.DeepEqual(p.regions, regions) && reflect.DeepEqual(p.hold, hold) {
		return p
	}
	p := &places{regions: regions, hold: hold, rasters: map[int]raster{}}
	width, height := s.Size()
	for _, region := range regions {
		p.rasters[region.Prompt] = rasterOf(region.Mask, width, height)
	}
	for _, held := range s.within(hold) {
		word := uint32(0)
		if held {
			word = 1
		}
		p.held = binary.LittleEndian.AppendUint32(p.held, word)
	}
	s.placed = p
	return p
}

// within says of each token whether its middle belongs to a mask by half or more.
func (s *Session) within(m recipe.Mask) []bool {
	h, w := s.tokens()
	width, height := s.Size()
	list := make([]bool, h*w)
	for i := range list {
		list[i] = m.At((float64(i%w)+0.5)/float64(w), (float64(i/w)+0.5)/float64(h), width, height) >= 0.5
	}
	return list
}

// rasterSide is how many samples a raster has along each side.
const rasterSide = 64

// raster is a mask in samples over the picture.
type raster [rasterSide * rasterSide]float32

func rasterOf(m recipe.Mask, width, height int) (r raster) {
	for i := range r {
		r[i] = float32(m.At((float64(i%rasterSide)+0.5)/rasterSide, (float64(i/rasterSide)+0.5)/rasterSide, width, height))
	}
	return r
}

// at is the mask at a place in shares of the picture's sides.
func (r *raster) at(x, y float64) float64 {
	place := func(v float64) int { return max(0, min(rasterSide-1, int(v*rasterSide))) }
	return float64(r[place(y)*rasterSide+place(x)])
}

// regions weigh what each cutout pulls to each prompt by what it sees of the prompt's region.
var regions = stage{
	name:  StageRegions,
	bytes: func(spec StepSpec) int { return ops.SharesSize(len(spec.Targets), spec.Cutouts) },
	record: func(s *Step, picture *ops.Tensor, shares *gpu.Buffer) *ops.Tensor {
		s.shares = shares
		return picture
	},
	draw: func(m moment) []byte {
		n := m.cutouts()
		shares := slices.Repeat([]float64{1}, m.prompts*n)
		for i := range shares {
			if r, ok := m.places.rasters[i/n]; ok {
				shares[i] = m.sees(&r, i%n)
			}
		}
		return ops.EncodeShares(shares, n)
	},
}

// sightSide is how many points along each side tell what a cutout sees.
const sightSide = 16

// sees is the mean of a mask over what a cutout shows: its crop, as it is turned and slanted. Beyond the picture's edge perspective shows
// nothing.
func (m moment) sees(r *raster, cutout int) float64 {
	box, side := m.crop(cutout), float64(m.side)
	type lens struct {
		at    func(x, y float64) (u, v float64)
		black bool // outside
	}
	var lenses []lens // from CLIP to the picture
	through := func(h ops.Homography, black bool) { lenses = append(lenses, lens{h.At, black}) }
	for _, a := range slices.Backward(m.preset.Augmentations) {
		switch a.Name {
		case preset.Affine:
			through(m.affine(cutout), a.Zeros)
		case preset.Perspective:
			through(m.perspective(cutout), true)
		case preset.Flip:
			through(m.flipped(cutout), false)
		case preset.Rotation:
			through(m.rotated(cutout), true)
		case preset.Crop:
			through(m.cropped(cutout), false)
		case preset.Resized:
			through(m.resized(cutout), false)
		case preset.Views:
			through(m.viewed(cutout), true)
		case preset.Elastic, preset.ThinPlate:
			mesh := m.elastic
			if a.Name == preset.ThinPlate {
				mesh = m.thinPlate
			}
			bent := mesh(cutout)
			lenses = append(lenses, lens{func(x, y float64) (u, v float64) { return bent.At(x, y, m.side, m.side) }, true})
		}
	}
	sum, wraps := 0.0, borderOf(m.recipe).mode == "wrap"
	right, down := m.rolled()
	for i := range sightSide * sightSide {
		x := (float64(i%sightSide)+0.5)/sightSide*side - 0.5
		y := (float64(i/sightSide)+0.5)/sightSide*side - 0.5
		outside := false
		for _, l := range lenses {
			if x, y = l.at(x, y); min(x, y) < -0.5 || max(x, y) > side-0.5 {
				outside = outside || l.black
				x, y = max(-0.5, min(side-0.5, x)), max(-0.5, min(side-0.5, y))
			}
		}
		if outside {
			continue
		}
		x, y = max(0, min(1, (x+0.5)/side)), max(0, min(1, (y+0.5)/side))
		u, v := float64(box.X+right)+x*float64(box.W), float64(box.Y+down)+y*float64(box.H)
		if wraps {
			u, v = u+float64(m.width), v+float64(m.height)
			u, v = math.Mod(u, float64(m.width)), math.Mod(v, float64(m.height))
		}
		x, y = around(u, right, m.width), around(v, down, m.height)
		if at := m.frame; at.rows*at.columns < m.h*m.w {
			x, y = (float64(at.left)+x*float64(at.columns))/float64(m.w), (float64(at.top)+y*float64(at.rows))/float64(m.h)
		}
		sum += r.at(x, y)
	}
	return sum / (sightSide * sightSide)
}

// around is a place of a picture that was moved by so many pixels, as a share of its side.
func around(pixels float64, moved, side int) float64 {
	share := pixels / float64(side)
	if moved > 0 && share >= 1 {
		share--
	}
	return share
}

// hold tells the update which tokens do not move.
var hold = stage{
	name:  StageHold,
	bytes: func(spec StepSpec) int { return 4 * spec.Height * spec.Width },
	record: func(s *Step, picture *ops.Tensor, held *gpu.Buffer) *ops.Tensor {
		s.held = held
		return picture
	},
	draw: func(m moment) []byte { return m.held() },
}

// dreamt are the codes that a mask's tokens get when they are drawn anew after step updates, and -1 for all others.
func (s *Session) dreamt(step int) []int32 {
	mask := s.script.DreamAt(step)
	if len(mask) == 0 {
		return nil
	}
	h, w := s.tokens()
	codes := drawnTokens(recipe.Seed.In(s.now), uint32(step), drawDream, h*w, s.model.manifest.VQGAN)
	for i, in := range s.within(mask) {
		if !in {
			codes[i] = -1
		}
	}
	return codes
}

// dream draws anew the tokens that the script says for the step that is reached. The optimiser forgets where these were going and keeps how
// large their gradients are. To do it twice at one step is to do it once, so that it does not matter on which side of it a run is
// interrupted.
func (s *Session) dream(ctx context.Context) error {
	codes := s.dreamt(s.begun)
	if codes == nil {
		return nil
	}
	known := slices.Clone(codes)
	for i := range known {
		known[i] = max(0, known[i])
	}
	h, w := s.tokens()
	rows, err := s.model.gathered(ctx, known, h, w)
	if err != nil {
		return err
	}
	still := make([]float32, len(rows))
	goal := map[string][]float32{"m": still, "z": rows}
	tensors, goals := []*ops.Tensor{s.step.Z}, [][]float32{rows}
	if s.step.averages() {
		tensors, goals = append(tensors, s.step.Shown), append(goals, rows)
	}
	for i, name := range s.step.spec.Optimiser.Memory() {
		if to := goal[name]; to != nil {
			tensors, goals = append(tensors, s.step.memory[i]), append(goals, to)
		}
	}
	for i, x := range tensors {
		if err := s.replace(ctx, x, codes, goals[i]); err != nil {
			return err
		}
	}
	return nil
}

// replace gives the rows of x whose codes are not negative those of other ones.
func (s *Session) replace(ctx context.Context, x *ops.Tensor, codes []int32, by []float32) error {
	values, err := s.step.tape.Read(ctx, x)
	if err != nil {
		return err
	}
	for i, code := range codes {
		if code >= 0 {
			copy(values[i*x.C:(i+1)*x.C], by[i*x.C:])
		}
	}
	s.step.tape.Write(x, values)
	return nil
}

// alsoDreamt are settings with what is dreamt anew at this step already, lest the script forget it.
func (s *Session) alsoDreamt(set recipe.Settings) (recipe.Settings, error) {
	before := s.script.DreamAt(s.begun)
	i := slices.IndexFunc(set, func(one recipe.Setting) bool { return one.Option == recipe.Dream.Option })
	if i < 0 || len(before) == 0 {
		return set, nil
	}
	more := set[i].Value.(recipe.Mask)
	if slices.ContainsFunc(more, func(shape recipe.Shape) bool { return shape.Erase }) {
		return nil, errors.New("A part of the picture was dreamt anew at this step: make a step before the next, or draw that without erasing.")
	}
	set = slices.Clone(set)
	set[i].Value = slices.Concat(before, more)
	return set, nil
}
