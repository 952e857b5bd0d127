package web

import (
	"encoding/binary"
	"testing"
)

// The recorded run is small and plays once, for at most five seconds: what moves by itself for longer needs a button that stops it (WCAG 2.2.2).
// The chunks are those of the WebP container: ANIM ends in the number of loops, ANMF has its duration in milliseconds behind four numbers of three bytes.
func TestRecordedRun(t *testing.T) {
	data, err := Assets.ReadFile("recorded.webp")
	if err != nil {
		t.Fatal(err)
	}
	var loops, frames, milliseconds int
	for at := 12; at+8 <= len(data); {
		size := int(binary.LittleEndian.Uint32(data[at+4:]))
		switch chunk := data[at+8 : at+8+size]; string(data[at : at+4]) {
		case "ANIM":
			loops = int(binary.LittleEndian.Uint16(chunk[4:]))
		case "ANMF":
			frames++
			milliseconds += int(chunk[12]) | int(chunk[13])<<8 | int(chunk[14])<<16
		}
		at += 8 + size + size%2
	}
	if loops != 1 || frames < 20 || milliseconds < 2000 || milliseconds > 5000 || len(data) > 300_000 {
		t.Errorf("%d frames in %d ms, played %d times, %d bytes", frames, milliseconds, loops, len(data))
	}
}
