package ops

import (
	"context"
	"encoding/binary"
	"testing"

	"reverie/shaders"
)

func TestDeviceDrawsTheSameWords(t *testing.T) {
	ctx := context.Background()
	const seed, step = 0xfedcba9876543210, 0xffffffff
	tape := NewTape(device)
	defer tape.Close()
	x := tape.Input(3, 17, 7, 3, false)
	sigma, words := tape.Buffer("sigma", 16), tape.Keep(tape.New(3, 17, 7, 3))
	state := State{Seed: seed, Step: step}
	tape.noise(x, shaders.Defines{"RAW": ""}, sigma, testBytes(tape, state.Encode()), words.Buf, noiseStream)
	if err := tape.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := tape.Plan.Run(); err != nil {
		t.Fatal(err)
	}
	data, err := device.Read(ctx, words.Buf, 0, 4*words.Len())
	if err != nil {
		t.Fatal(err)
	}
	for img := range uint32(3) {
		for pixel := range uint32(17 * 7) {
			for lane, want := range Philox(seed, [4]uint32{pixel, img, step, noiseStream}) {
				at := 4 * ((int(img)*17*7+int(pixel))*4 + lane)
				if got := binary.LittleEndian.Uint32(data[at:]); got != want {
					t.Fatalf("image %d, pixel %d, word %d is %#x, want %#x", img, pixel, lane, got, want)
				}
			}
		}
	}
}
