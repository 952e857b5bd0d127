package picture

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// jpegStart is the first marker of a JPEG, and the beginning of the second.
const jpegStart = "\xff\xd8\xff"

// jpegSegments gives the segments of a JPEG before its pixels, by their markers, as far as they are whole.
func jpegSegments(data []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for b := data; len(b) >= 4 && b[0] == 0xff; {
			marker := b[1]
			switch {
			case marker == 0xff: // any number of these may stand before a marker
				b = b[1:]
				continue
			case marker == 0xd8: // start of image has no length
				b = b[2:]
				continue
			case marker == 0xda: // the pixels begin
				return
			}
			n := int(binary.BigEndian.Uint16(b[2:]))
			if n < 2 || 2+n > len(b) || !yield(marker, b[4:2+n]) {
				return
			}
			b = b[2+n:]
		}
	}
}

// jpegTIFF is the EXIF block of a JPEG, or one without directories.
func jpegTIFF(data []byte) tiff {
	for marker, segment := range jpegSegments(data) {
		if block, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return newTIFF(block)
		}
	}
	return newTIFF(nil)
}

// jpegSize reads the frame header, before any orientation is applied. It reports false where there is none.
func jpegSize(data []byte) (width, height int, ok bool) {
	for marker, segment := range jpegSegments(data) {
		// Of these markers three are no frame headers: Huffman tables, an extension, arithmetic conditioning.
		if marker < 0xc0 || marker > 0xcf || marker == 0xc4 || marker == 0xc8 || marker == 0xcc || len(segment) < 6 {
			continue
		}
		height, width = int(binary.BigEndian.Uint16(segment[1:])), int(binary.BigEndian.Uint16(segment[3:]))
		return width, height, width > 0 && height > 0
	}
	return 0, 0, false
}
