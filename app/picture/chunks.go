package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf8"
)

const signature = "\x89PNG\r\n\x1a\n"

// afterHeader is the place right behind the IHDR chunk, where text chunks go: readers then find them before the pixels.
const afterHeader = len(signature) + 12 + 13

// Limits of what is unpacked from a file's texts, whatever their kind: a small file can unpack to gigabytes.
const (
	maxKeyword = 79      // bytes, by PNG's specification
	maxText    = 1 << 20 // bytes of one text, packed or not
	maxTexts   = 8 << 20 // bytes of all texts of a file together: Reverie writes two
	textCost   = 1 << 10 // counted for each text besides its bytes, for the work that even an empty one makes
)

// text is one tEXt, zTXt or iTXt chunk.
type text struct{ keyword, value string }

// appendInternationalText appends an uncompressed iTXt chunk (PNG specification 11.3.3.4) without language.
func appendInternationalText(b []byte, keyword, value string) []byte {
	data := append([]byte(keyword), 0, 0, 0, 0, 0) // end of keyword, not compressed, method, language, translated keyword
	return appendChunk(b, "iTXt", append(data, value...))
}

func appendChunk(b []byte, kind string, data []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	start := len(b)
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}

// header is what the chunks of a PNG say of its pixels.
type header struct {
	width, height int
	depth         int // bits of a sample
	colour        byte
	interlaced    bool
	packed        int    // bytes of the pixels in the file
	exif          []byte // the block of the eXIf chunk, or nil
}

// The colour types of PNG (specification 11.2.1) that image/png decodes to 4 bytes per pixel at 8 bits.
const (
	trueColour      = 2
	trueColourAlpha = 6
)

// samples are those of one pixel, by colour type.
var samples = map[byte]int{0: 1, trueColour: 3, 3: 1, 4: 2, trueColourAlpha: 4}

// row is how many bytes a row of pixels has in the file, unpacked.
func (h header) row() int { return (h.width*h.depth*samples[h.colour]+7)/8 + 1 }

// maxDeflate is how many bytes a byte of deflate stands for at most: 258 are named by two bits.
const maxDeflate = 1032

// fits reports whether the file can hold the pixels.
func (h header) fits() bool { return h.height*h.row() <= maxDeflate*h.packed }

// memory is about how many bytes decoding the pixels here takes at most: the picture as image/png gives it, once more in passes where it is interlaced,
// two rows, and what it is converted to where that finds no room in its place.
func (h header) memory() int {
	pixel, converted := 4, 0
	switch {
	case h.depth > 8:
		pixel, converted = 8, 4
	case samples[h.colour] == 1: // grey and palettes
		pixel, converted = 1, 4
	}
	if h.interlaced {
		pixel *= 2
	}
	if turned(newTIFF(h.exif).orientation()) {
		converted += 4
	}
	return (pixel+converted)*h.width*h.height + 2*h.row()
}

// hides reports whether the pixels can hold settings.
func (h header) hides() bool {
	return h.depth == 8 && (h.colour == trueColour || h.colour == trueColourAlpha)
}

// readChunks returns what the chunks of a PNG say of its pixels, and its texts. It stops without complaint where the file is cut off and
// passes over chunks that are damaged or too long, and over all texts once maxTexts is reached; ok is false where not even the header can be read.
func readChunks(b []byte) (h header, texts []text, ok bool) {
	b, found := bytes.CutPrefix(b, []byte(signature))
	if !found {
		return h, nil, false
	}
	reader := textReader{left: maxTexts}
	for len(b) >= 12 {
		n := binary.BigEndian.Uint32(b)
		if uint64(n)+12 > uint64(len(b)) {
			if string(b[4:8]) == "IDAT" {
				h.packed += len(b) - 8 // image/png reads what there is
			}
			break
		}
		kind, data := string(b[4:8]), b[8:8+n]
		sound := crc32.ChecksumIEEE(b[4:8+n]) == binary.BigEndian.Uint32(b[8+n:])
		b = b[12+n:]
		if kind == "IDAT" {
			h.packed += int(n)
			continue // image/png has a look at its sum
		}
		switch {
		case !sound:
		case kind == "IHDR" && n == 13 && !ok:
			h = readHeader(data)
			ok = h.width > 0 && h.height > 0
		case kind == "eXIf":
			h.exif = data
		case kind == "tEXt" || kind == "zTXt" || kind == "iTXt":
			if t, readable := reader.read(kind, data); readable {
				texts = append(texts, t)
			}
		}
	}
	return h, texts, ok
}

func readHeader(data []byte) header {
	return header{
		width: int(binary.BigEndian.Uint32(data)), height: int(binary.BigEndian.Uint32(data[4:])),
		depth: int(data[8]), colour: data[9], interlaced: data[12] != 0,
	}
}

// textReader reads texts as long as some of its bytes are left.
type textReader struct {
	left   int
	zlib   io.ReadCloser // of the packed text before, to be used again
	buffer bytes.Buffer  // where packed texts are unpacked
}

// read takes what a text costs even where it cannot be read.
func (r *textReader) read(kind string, data []byte) (text, bool) {
	if r.left <= 0 {
		return text{}, false
	}
	r.left -= textCost
	keyword, _, ok := bytes.Cut(data[:min(len(data), maxKeyword+1)], []byte{0})
	if !ok {
		return text{}, false
	}
	value := data[len(keyword)+1:]
	packed := kind == "zTXt"
	if packed {
		if len(value) < 1 {
			return text{}, false
		}
		value = value[1:] // the method: there is only zlib
	}
	if kind == "iTXt" {
		if len(value) < 2 {
			return text{}, false
		}
		packed = value[0] == 1
		_, value, _ = bytes.Cut(value[2:], []byte{0}) // language
		_, value, ok = bytes.Cut(value, []byte{0})    // translated keyword
		if !ok {
			return text{}, false
		}
	}
	if packed {
		value, ok = r.inflate(value)
	} else if len(value) <= maxText {
		r.left -= len(value)
	}
	if !ok || len(value) > maxText || r.left < 0 {
		return text{}, false
	}
	t := text{latin1(keyword), string(value)}
	// tEXt and zTXt are Latin-1 by the specification; some writers put UTF-8 there, which is hardly ever sensible Latin-1.
	if !utf8.ValidString(t.value) {
		t.value = latin1(value)
	}
	return t, true
}

// inflate unpacks a text, which it may give until the next one. It stops right behind maxText.
func (r *textReader) inflate(b []byte) ([]byte, bool) {
	var err error
	if r.zlib == nil {
		r.zlib, err = zlib.NewReader(bytes.NewReader(b))
	} else {
		err = r.zlib.(zlib.Resetter).Reset(bytes.NewReader(b), nil)
	}
	if err != nil {
		return nil, false
	}
	r.buffer.Reset()
	n, err := r.buffer.ReadFrom(io.LimitReader(r.zlib, maxText+1))
	r.left -= int(n)
	return r.buffer.Bytes(), err == nil
}

func latin1(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}
