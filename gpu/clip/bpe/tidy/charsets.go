package tidy

import (
	"golang.org/x/text/encoding/charmap"
)

// charset is a single-byte character set whose lower half is ASCII.
type charset struct {
	decode [128]rune // of the bytes from 0x80
	encode map[rune]byte
	// sloppy sets stand for what decoders really do: a byte without character is the control character of that number, and
	// U+FFFD, in which some byte was lost, is written as byte lostByte.
	sloppy bool
	// mac: in MacRoman the byte of a no-break space is a dash's, so spaces tell nothing.
	mac bool
}

// lostByte stands for a byte that is no longer known. As a character it is a control character that no text holds.
const lostByte = 0x1a

var (
	latin1      = newCharset(charmap.ISO8859_1, false)
	windows1252 = newCharset(charmap.Windows1252, true)
)

// charsets in the order in which they are tried.
var charsets = []*charset{
	latin1,
	windows1252,
	newCharset(charmap.Windows1251, true),
	newCharset(charmap.Windows1250, true),
	newCharset(charmap.Windows1253, true),
	newCharset(charmap.Windows1254, true),
	newCharset(charmap.Windows1257, true),
	newCharset(charmap.ISO8859_2, false),
	macRoman(),
	newCharset(charmap.CodePage437, false),
}

func newCharset(m *charmap.Charmap, sloppy bool) *charset {
	c := &charset{encode: make(map[rune]byte, 128), sloppy: sloppy}
	for i := range c.decode {
		r := m.DecodeByte(byte(0x80 + i))
		if r == '\ufffd' {
			r = rune(0x80 + i)
		}
		c.decode[i] = r
		c.encode[r] = byte(0x80 + i)
	}
	return c
}

func macRoman() *charset {
	c := newCharset(charmap.Macintosh, false)
	c.mac = true
	return c
}

// bytes writes s in the character set, or reports that some character has no place in it.
func (c *charset) bytes(s string) ([]byte, bool) {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch encoded, ok := c.encode[r]; {
		case ok:
			b = append(b, encoded)
		case c.sloppy && r == '\ufffd':
			b = append(b, lostByte)
		case r >= 0x80 || c.sloppy && r == lostByte:
			return nil, false
		default:
			b = append(b, byte(r))
		}
	}
	return b, true
}
