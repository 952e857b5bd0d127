package encode

import (
	"context"
	"errors"
	"fmt"

	"reverie/app/film"
	"reverie/app/wire"
)

// config is what a codec is asked for. Name is WebCodecs' codec string.
type config struct {
	name          string
	width, height int
	rate          int
}

// bitsPerPixel is generous: pictures of a run flicker, and films of them are short.
const bitsPerPixel = 0.25

// bitrate is the one that the codec should keep to, in bits per second.
func (c config) bitrate() int {
	return max(400_000, int(bitsPerPixel*float64(c.width*c.height*c.rate)))
}

// opener opens a codec, or fails with errUnsupported.
type opener func(context.Context, config) (codec, error)

var errUnsupported = errors.New("encode: the browser does not support it")

// codec compresses pictures.
type codec interface {
	// encode takes the picture of a frame, counted from 0. It waits while the codec is busy.
	encode(ctx context.Context, p *wire.Picture, frame int, key bool) error
	// flush returns all that was made.
	flush(ctx context.Context) (stream, error)
	close()
}

// stream is a compressed film.
type stream struct {
	description []byte // what decoders need first, if anything
	colour      colour
	chunks      []chunk // in the order of decoding
}

// chunk is a compressed frame.
type chunk struct {
	data  []byte
	key   bool // it can be decoded without those before
	frame int  // which one it shows
}

// colour is how pixels became luma and chroma, in the codes of ITU-T H.273; zeros where nobody says.
type colour struct {
	primaries, transfer, matrix uint16
	full                        bool // all 256 levels are used
}

// H.273's codes for WebCodecs' names.
var (
	primaryCodes  = map[string]uint16{"bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020": 9, "smpte432": 12}
	transferCodes = map[string]uint16{"bt709": 1, "smpte170m": 6, "linear": 8, "iec61966-2-1": 13}
	matrixCodes   = map[string]uint16{"rgb": 0, "bt709": 1, "bt470bg": 5, "smpte170m": 6, "bt2020-ncl": 9}
)

// known says whether all of c is said.
func (c colour) known() bool { return c.primaries != 0 && c.transfer != 0 && c.matrix != 0 }

// kind is a codec in a file.
type kind struct {
	format film.Format
	even   bool                        // sides must be
	names  func(film.Options) []string // of its profiles, the best first
	mux    func(film.Options, stream) ([]byte, error)
}

// kinds are tried in this order.
var kinds = []kind{
	{film.MP4, true, avcNames, muxAVC},
	{film.WebM, false, vp9Names, muxVP9},
	{film.MP4, true, av1Names, muxAV1},
	{film.WebM, false, func(film.Options) []string { return []string{"vp8"} }, muxVP8},
}

// level is one of a codec's, with the largest picture that it allows and how much of it in a second.
type level struct {
	code, size, perSecond int
}

// find returns the lowest level that is enough for a number of samples, or the highest.
func find(levels []level, size, rate int) int {
	for _, l := range levels {
		if size <= l.size && size*rate <= l.perSecond {
			return l.code
		}
	}
	return levels[len(levels)-1].code
}

// avcLevels are of ITU-T H.264 table A-1, in macroblocks of 16×16, by level_idc: decoders refuse a stream that is above what they know.
var avcLevels = []level{{30, 1620, 40500}, {31, 3600, 108000}, {32, 5120, 216000}, {40, 8192, 245760}, {42, 8704, 522240}, {51, 36864, 983040},
	{52, 36864, 2073600}, {62, 139264, 16711680}}

// avcNames are the profiles High, Main and Constrained Baseline.
func avcNames(o film.Options) []string {
	blocks := ((o.Width + 15) / 16) * ((o.Height + 15) / 16)
	l := find(avcLevels, blocks, o.Rate)
	var names []string
	for _, profile := range []string{"6400", "4d00", "42e0"} {
		names = append(names, fmt.Sprintf("avc1.%s%02x", profile, l))
	}
	return names
}

// vp9Levels are of the VP9 levels' table, in luma samples.
var vp9Levels = []level{{30, 552960, 20736000}, {31, 983040, 36864000}, {40, 2228224, 83558400}, {41, 2228224, 160432128}, {51, 8912896, 588251136},
	{52, 8912896, 1176502272}, {61, 35651584, 2353004544}}

func vp9Names(o film.Options) []string {
	return []string{fmt.Sprintf("vp09.00.%02d.08", find(vp9Levels, o.Width*o.Height, o.Rate))}
}

// av1Levels are of AV1's Annex A, in luma samples, by seq_level_idx.
var av1Levels = []level{{4, 665856, 24969600}, {5, 1065024, 39938400}, {8, 2359296, 77856768}, {9, 2359296, 155713536}, {13, 8912896, 534773760},
	{14, 8912896, 1069547520}, {17, 35651584, 2139095040}}

func av1Names(o film.Options) []string {
	return []string{fmt.Sprintf("av01.0.%02dM.08", find(av1Levels, o.Width*o.Height, o.Rate))}
}

// keyEvery is the time in seconds after which players can begin to show the film.
const keyEvery = 2

// video is an encoder by a codec.
type video struct {
	codec   codec
	mux     func(film.Options, stream) ([]byte, error)
	options film.Options
	frames  int
}

func (v *video) add(ctx context.Context, p *wire.Picture, frames int) error {
	for range frames {
		if err := v.codec.encode(ctx, p, v.frames, v.frames%(keyEvery*v.options.Rate) == 0); err != nil {
			return err
		}
		v.frames++
	}
	return nil
}

func (v *video) finish(ctx context.Context) ([]byte, error) {
	s, err := v.codec.flush(ctx)
	if err != nil {
		return nil, err
	}
	if len(s.chunks) != v.frames {
		return nil, fmt.Errorf("The browser made %d of the film's %d frames: choose another format.", len(s.chunks), v.frames)
	}
	file, err := v.mux(v.options, s)
	if err != nil {
		return nil, fmt.Errorf("The film cannot be written: %w.", err)
	}
	return file, nil
}

func (v *video) close() { v.codec.close() }
