package picture

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// tiff is the block of a JPEG's EXIF segment or a PNG's eXIf chunk: directories of values by their tags, found by their offsets from its start. No offset and no length
// in it is to be trusted.
type tiff struct {
	data  []byte
	order binary.ByteOrder
}

// The tags that are read: those of the first directory, then those of the EXIF directory.
const (
	tagOrientation = 0x0112
	tagSoftware    = 0x0131
	tagEXIF        = 0x8769 // the offset of the EXIF directory
	tagXPTitle     = 0x9c9b // UTF-16, low bytes first
	tagXPComment   = 0x9c9c // the same
	tagUserComment = 0x9286
)

// newTIFF reads a block, which has no directories where there is none.
func newTIFF(block []byte) tiff {
	t := tiff{block, binary.LittleEndian}
	if bytes.HasPrefix(block, []byte("MM")) {
		t.order = binary.BigEndian
	}
	return t
}

// first is the value of a tag in the first directory, or nil.
func (t tiff) first(tag uint16) []byte {
	if len(t.data) < 8 {
		return nil
	}
	return t.value(t.order.Uint32(t.data[4:]), tag)
}

// exif is the value of a tag in the EXIF directory, or nil.
func (t tiff) exif(tag uint16) []byte {
	offset := t.first(tagEXIF)
	if len(offset) != 4 {
		return nil
	}
	return t.value(t.order.Uint32(offset), tag)
}

func (t tiff) value(directory uint32, tag uint16) []byte {
	if uint64(directory)+2 > uint64(len(t.data)) {
		return nil
	}
	entries := t.data[directory+2:]
	for range t.order.Uint16(t.data[directory:]) {
		if len(entries) < 12 {
			return nil
		}
		if t.order.Uint16(entries) == tag {
			return t.content(entries[:12])
		}
		entries = entries[12:]
	}
	return nil
}

// typeSizes are the bytes of one value of each type.
var typeSizes = [...]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

// content is the bytes of an entry's values, which stand in the entry itself where they find room.
func (t tiff) content(entry []byte) []byte {
	kind := t.order.Uint16(entry[2:])
	if int(kind) >= len(typeSizes) {
		return nil
	}
	n := typeSizes[kind] * uint64(t.order.Uint32(entry[4:]))
	if n <= 4 {
		return entry[8 : 8+n]
	}
	offset := uint64(t.order.Uint32(entry[8:]))
	if offset+n > uint64(len(t.data)) {
		return nil
	}
	return t.data[offset : offset+n]
}

// orientation is how the camera was held: 1 is upright, 2 to 8 are mirrored and turned. It is 1 where the block does not tell.
func (t tiff) orientation() int {
	if v := t.first(tagOrientation); len(v) >= 2 {
		return int(t.order.Uint16(v))
	}
	return 1
}

// turned reports whether a picture that is held that way must be turned or mirrored to stand upright.
func turned(orientation int) bool { return orientation >= 2 && orientation <= 8 }

// commentReadings are the texts that a comment may be. EXIF wants the name of the encoding before it, which not every tool writes.
func commentReadings(comment []byte) []string {
	for _, name := range []string{"UNICODE\x00", "ASCII\x00\x00\x00", "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		comment = bytes.TrimPrefix(comment, []byte(name))
	}
	plain := string(comment)
	if !utf8.ValidString(plain) {
		plain = latin1(comment)
	}
	return []string{utf16Text(comment, binary.LittleEndian), utf16Text(comment, binary.BigEndian), strings.TrimRight(plain, "\x00")}
}

// utf16Text decodes UTF-16 without the zeros at its end.
func utf16Text(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00")
}
