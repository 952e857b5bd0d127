package encode

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"slices"

	"reverie/app/film"
	"reverie/app/wire"
)

// gifs is an encoder of a GIF that repeats. Each picture has a palette of its own.
type gifs struct {
	options film.Options
	movie   gif.GIF
	frames  int
}

func (g *gifs) add(ctx context.Context, p *wire.Picture, frames int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	from := &image.RGBA{Pix: p.Pix, Stride: 4 * p.Width, Rect: image.Rect(0, 0, p.Width, p.Height)}
	to := image.NewPaletted(from.Rect, palette(p.Pix))
	draw.FloydSteinberg.Draw(to, to.Rect, from, image.Point{})
	// Delays are whole hundredths of a second, and their sum stays that of the frames.
	at := func(frame int) int { return (200*frame + g.options.FrameRate()) / (2 * g.options.FrameRate()) }
	g.movie.Image = append(g.movie.Image, to)
	g.movie.Delay = append(g.movie.Delay, at(g.frames+frames)-at(g.frames))
	g.frames += frames
	return nil
}

func (g *gifs) finish(context.Context) ([]byte, error) {
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g.movie); err != nil {
		return nil, fmt.Errorf("The film cannot be written: %w.", err)
	}
	file := b.Bytes()
	end := len(file) - 1 // the trailer
	return append(appendComment(file[:end:end], g.options), file[end]), nil
}

func (g *gifs) close() {}

// appendComment writes the comment extension that image/gif does not: blocks of at most 255 bytes.
func appendComment(file []byte, o film.Options) []byte {
	text := []byte(o.Comment)
	if len(text) == 0 {
		text = []byte(o.Title)
	}
	if len(text) == 0 {
		return file
	}
	file = append(file, 0x21, 0xfe)
	for block := range slices.Chunk(text, 255) {
		file = append(append(file, byte(len(block))), block...)
	}
	return append(file, 0)
}

// box is a part of the colours that occur, by median cut (Heckbert 1982).
type box struct {
	colours []uint32 // red, green, blue from bit 16 down
	channel int      // the widest: its shift
	width   int
}

func newBox(colours []uint32) box {
	b := box{colours: colours}
	for shift := 0; shift <= 16; shift += 8 {
		low, high := 255, 0
		for _, c := range colours {
			v := int(c >> shift & 255)
			low, high = min(low, v), max(high, v)
		}
		if high-low >= b.width {
			b.channel, b.width = shift, high-low
		}
	}
	return b
}

// mostSamples bounds the time that a palette takes.
const mostSamples = 1 << 14

// palette is of at most 256 colours that stand for those of RGBA pixels.
func palette(pix []byte) color.Palette {
	pixels := len(pix) / 4
	stride := 4 * max(1, pixels/mostSamples)
	var samples []uint32
	for i := 0; i < len(pix); i += stride {
		samples = append(samples, uint32(pix[i])<<16|uint32(pix[i+1])<<8|uint32(pix[i+2]))
	}
	boxes := []box{newBox(samples)}
	for len(boxes) < 256 {
		widest := 0
		for i, b := range boxes {
			if weight(b) > weight(boxes[widest]) {
				widest = i
			}
		}
		b := boxes[widest]
		if b.width == 0 {
			break // each colour has its own
		}
		low, high := split(b)
		boxes[widest] = newBox(low)
		boxes = append(boxes, newBox(high))
	}
	var colours color.Palette
	for _, b := range boxes {
		colours = append(colours, mean(b.colours))
	}
	return colours
}

// weight says how much a box should be split: by how far its colours lie apart, and by how many they are.
func weight(b box) int { return b.width * len(b.colours) }

// split cuts at the median, or beside it where that would leave one side empty.
func split(b box) (low, high []uint32) {
	value := func(c uint32) int { return int(c >> b.channel & 255) }
	slices.SortFunc(b.colours, func(x, y uint32) int { return value(x) - value(y) })
	at := len(b.colours) / 2
	median := value(b.colours[at])
	for at > 0 && value(b.colours[at-1]) == median {
		at--
	}
	if at == 0 {
		for value(b.colours[at]) == median {
			at++
		}
	}
	return b.colours[:at], b.colours[at:]
}

func mean(colours []uint32) color.Color {
	var r, g, b, n = uint32(0), uint32(0), uint32(0), uint32(len(colours))
	for _, c := range colours {
		r, g, b = r+c>>16, g+c>>8&255, b+c&255
	}
	return color.RGBA{uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), 255}
}
