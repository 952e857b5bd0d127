package ops

import (
	"context"
	"encoding/binary"
	"testing"
)

// With more rows of z than scores are held for, the rows are taken in turns.
func TestQuantiseInTurns(t *testing.T) {
	ctx := context.Background()
	const codes, c, rows = 1 << 20, 3, 21 // 4 MiB of scores a row: 16 rows a turn
	tape := NewTape(device)
	defer tape.Close()
	e, zs := normals("turns e", codes*c), normals("turns z", rows*c)
	z := tape.Input(1, 1, rows, c, false)
	tape.Write(z, float32s(zs))
	_, indices := tape.Quantise(z, tape.NewCodebook(testMatrix(tape, e, 1, codes, c)))
	if err := tape.Compile(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := tape.Plan.Run(); err != nil {
		t.Fatal(err)
	}
	data, err := device.Read(ctx, indices, 0, 4*rows)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i, want := range RefNearest(zs, e, c) {
		if int(binary.LittleEndian.Uint32(data[4*i:])) != want {
			wrong++
		}
	}
	if wrong > 1 { // among a million rows two may be equally near in float32
		t.Errorf("%d of %d rows went to another code than the nearest", wrong, rows)
	}
}
