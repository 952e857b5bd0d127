package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"testing"
)

// quarters is an 8×6 picture of four colours: red and green, blue and white.
func quarters(x, y int) color.NRGBA {
	return []color.NRGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}[x/4+y/3*2]
}

const quarterColours = "ff0000 00ff00 0000ff ffffff"

// quartersIDAT is the rows of quarters as they lie in a PNG, packed.
func quartersIDAT(more int) []byte {
	var rows []byte
	for y := range 6 {
		rows = append(rows, 0)
		for x := range 8 {
			c := quarters(x, y)
			rows = append(rows, c.R, c.G, c.B)
		}
	}
	return []byte(deflate(string(append(rows, make([]byte, more)...))))
}

func quartersPNG(idat []byte) []byte {
	data := appendChunk([]byte(signature), "IHDR", []byte("\x00\x00\x00\x08\x00\x00\x00\x06\x08\x02\x00\x00\x00"))
	return appendChunk(appendChunk(data, "IDAT", idat), "IEND", nil)
}

// quartersBMP is a Windows bitmap of 24 bits, whose rows go upwards.
func quartersBMP() []byte {
	b := []byte("BM")
	for _, v := range []uint32{54 + 6*24, 0, 54, 40, 8, 6, 1 | 24<<16, 0, 6 * 24, 0, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for y := 5; y >= 0; y-- {
		for x := range 8 {
			c := quarters(x, y)
			b = append(b, c.B, c.G, c.R)
		}
	}
	return b
}

// What image/png refuses, or does not know, opens as the browser shows it.
func TestOpenAsTheBrowser(t *testing.T) {
	wrongSum := quartersIDAT(0)
	wrongSum[len(wrongSum)-1] ^= 1
	for name, data := range map[string][]byte{
		"a bad CRC in an ancillary chunk": file(t, "bad_crc_ancillary.png"),
		"more data than pixels":           quartersPNG(quartersIDAT(100)),
		"a wrong check sum at the end":    quartersPNG(wrongSum),
		"BMP":                             quartersBMP(),
		"AVIF":                            file(t, "p.avif"), // quarters as a PNG, through avifenc --lossless of Debian's libavif-bin
	} {
		p, err := Open(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprintf("%dx%d %s", p.Width, p.Height, corners(p)); got != "8x6 "+quarterColours {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// A JPEG that claims 100 megapixels is refused for its size, not for what is missing.
func TestOpenClaim(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6)), nil); err != nil {
		t.Fatal(err)
	}
	data := bytes.Replace(b.Bytes(), []byte("\xff\xc0\x00\x0b\x08\x00\x06\x00\x08"), []byte("\xff\xc0\x00\x0b\x08\x27\x10\x27\x10"), 1)
	if _, err := Open(data); err != errLarge {
		t.Errorf("%v, want %v", err, errLarge)
	}
}

func TestOpenWebP(t *testing.T) {
	p, err := Open(file(t, "p.webp"))
	if err != nil || p.Width != 64 || p.Height != 48 {
		t.Fatalf("%dx%d, %v", p.Width, p.Height, err)
	}
	const tolerance = 3 // of lossy compression
	for i, want := range [][3]int{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}} {
		x, y := i%2*(p.Width-1), i/2*(p.Height-1)
		for c, got := range p.Pix[4*(y*p.Width+x):][:3] {
			if max(int(got)-want[c], want[c]-int(got)) > tolerance {
				t.Errorf("the corners are %s", corners(p))
			}
		}
	}
}

// A photograph is larger than a tile of the canvas in both directions.
func TestOpenJPEG(t *testing.T) {
	const w, h, tolerance = tile + 100, tile + 50, 3
	m := image.NewGray(image.Rect(0, 0, w, h))
	at := func(x, y int) int { return (x + y) * 255 / (w + h) }
	for y := range h {
		for x := range w {
			m.Pix[y*w+x] = byte(at(x, y))
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	pauses := 0
	p, err := Decoder{Pause: func() { pauses++ }}.Open(b.Bytes())
	if err != nil || p.Width != w || p.Height != h || pauses != 4 {
		t.Fatalf("%dx%d, %d pauses, %v", p.Width, p.Height, pauses, err)
	}
	for i, got := range p.Pix {
		want := at(i/4%w, i/4/w)
		if i%4 == 3 {
			want = 255
		}
		if int(got) < want-tolerance || int(got) > want+tolerance {
			t.Fatalf("channel %d of (%d, %d) is %d, want %d", i%4, i/4%w, i/4/w, got, want)
		}
	}
}

// A picture of 36 megapixels at 16 bits is beyond image/png's memory here, and takes no more of Go's than its pixels at 8 bits.
func TestOpenDeepPNG(t *testing.T) {
	const side = 6000
	var idat bytes.Buffer
	z, row := zlib.NewWriter(&idat), append([]byte{0}, bytes.Repeat([]byte{0x80, 0}, side)...)
	for range side {
		_, _ = z.Write(row)
	}
	_ = z.Close()
	data := appendChunk([]byte(signature), "IHDR", []byte{0, 0, side >> 8, side & 255, 0, 0, side >> 8, side & 255, 16, 0, 0, 0, 0})
	data = appendChunk(appendChunk(data, "IDAT", idat.Bytes()), "IEND", nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := Open(data)
	runtime.ReadMemStats(&after)
	if err != nil || p.Width != side || p.Height != side || corners(p) != "808080 808080 808080 808080" {
		t.Fatalf("%dx%d, %v", p.Width, p.Height, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4*side*side+8<<20 {
		t.Errorf("it takes %d bytes of memory", took)
	}
}
