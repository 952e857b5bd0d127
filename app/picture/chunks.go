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

// maxText is the longest text that is read from one chunk, unpacked.
const maxText = 1 << 20

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

// fits reports whether a file of n bytes can hold the pixels.
func (h header) fits(n int) bool { return h.height*h.row() <= maxDeflate*n }

// memory is about how many bytes image/png takes to decode the pixels: the picture, once more in passes where it is interlaced, and two rows.
func (h header) memory() int {
	pixel := 4
	if h.depth > 8 {
		pixel = 8
	}
	if h.interlaced {
		pixel *= 2
	}
	return pixel*h.width*h.height + 2*h.row()
}

// hides reports whether the pixels can hold settings.
func (h header) hides() bool {
	return h.depth == 8 && (h.colour == trueColour || h.colour == trueColourAlpha)
}

// readChunks returns what the chunks of a PNG say of its pixels, and its texts. It stops without complaint where the file is cut off and
// passes over chunks that are damaged or too long; ok is false where not even the header can be read.
func readChunks(b []byte) (h header, texts []text, ok bool) {
	b, found := bytes.CutPrefix(b, []byte(signature))
	if !found {
		return h, nil, false
	}
	for len(b) >= 12 {
		n := binary.BigEndian.Uint32(b)
		if uint64(n)+12 > uint64(len(b)) {
			break
		}
		kind, data := string(b[4:8]), b[8:8+n]
		sound := crc32.ChecksumIEEE(b[4:8+n]) == binary.BigEndian.Uint32(b[8+n:])
		b = b[12+n:]
		switch {
		case !sound:
		case kind == "IHDR" && n == 13 && !ok:
			h = readHeader(data)
			ok = h.width > 0 && h.height > 0
		case kind == "eXIf":
			h.exif = data
		case kind == "tEXt" || kind == "zTXt" || kind == "iTXt":
			if t, readable := readText(kind, data); readable {
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

func readText(kind string, data []byte) (text, bool) {
	keyword, value, ok := bytes.Cut(data, []byte{0})
	if !ok {
		return text{}, false
	}
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
		if value, ok = inflate(value); !ok {
			return text{}, false
		}
	}
	if len(value) > maxText {
		return text{}, false
	}
	t := text{latin1(keyword), string(value)}
	// tEXt and zTXt are Latin-1 by the specification; some writers put UTF-8 there, which is hardly ever sensible Latin-1.
	if !utf8.ValidString(t.value) {
		t.value = latin1(value)
	}
	return t, true
}

// inflate unpacks at most maxText bytes.
func inflate(b []byte) ([]byte, bool) {
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, false
	}
	b, err = io.ReadAll(io.LimitReader(r, maxText+1))
	return b, err == nil && len(b) <= maxText
}

func latin1(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}
