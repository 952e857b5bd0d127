package picture

import (
	"bytes"
	"encoding/binary"
)

// jpegOrientation is the EXIF orientation (tag 0x0112 of the first directory) of a JPEG, or 1 where there is none.
func jpegOrientation(data []byte) int {
	tiff := exif(data)
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:2]) == "MM" {
		order = binary.BigEndian
	}
	directory := uint64(order.Uint32(tiff[4:]))
	if directory+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[12:]
	}
	return 1
}

// exif returns the TIFF block of a JPEG's APP1 segment.
func exif(data []byte) []byte {
	for b := data; len(b) >= 4; {
		if b[0] != 0xff {
			return nil
		}
		marker := b[1]
		switch {
		case marker == 0xd8: // start of image has no length
			b = b[2:]
			continue
		case marker == 0xda: // the pixels begin
			return nil
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < 2 || 2+n > len(b) {
			return nil
		}
		if tiff, ok := bytes.CutPrefix(b[4:2+n], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiff
		}
		b = b[2+n:]
	}
	return nil
}
