package picture

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reverie/tools/peak"
)

// chunks is a black PNG of 3×3 with any chunks, each given as its kind and its data.
func chunks(t testing.TB, each func(yield func(kind, data string))) []byte {
	t.Helper()
	plain, err := WritePlain(make([]byte, 4*9), 3, 3)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Clone(plain[:afterHeader])
	each(func(kind, chunk string) { data = appendChunk(data, kind, []byte(chunk)) })
	return append(data, plain[afterHeader:]...)
}

// repeated is a PNG with one chunk many times.
func repeated(n int, kind, chunk string) func(t testing.TB) []byte {
	return func(t testing.TB) []byte {
		return chunks(t, func(yield func(kind, data string)) {
			for range n {
				yield(kind, chunk)
			}
		})
	}
}

// tagged is a PNG whose own chunk holds the given settings.
func tagged(settings string) func(t testing.TB) []byte {
	return repeated(1, "zTXt", ownKeyword+"\x00\x00"+deflate(`{"notebook":"VQGAN+CLIP",`+settings+"}"))
}

func packetOf(inside string) string {
	return xmpKeyword + "\x00\x01\x00\x00\x00" + deflate(`<x xmlns:dc="`+dublinCore+`">`+inside+"</x>")
}

// blank is a PNG of one colour, of the given size, depth, colour type and interlacing; every chunk before its pixels is given.
func blank(w, h, depth, colour, interlaced int, before ...string) func(t testing.TB) []byte {
	return func(t testing.TB) []byte {
		be := func(n int) string { return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) }
		data := appendChunk([]byte(signature), "IHDR", []byte(be(w)+be(h)+string([]byte{byte(depth), byte(colour), 0, 0, byte(interlaced)})))
		for i := 0; i < len(before); i += 2 {
			data = appendChunk(data, before[i], []byte(before[i+1]))
		}
		var idat bytes.Buffer
		z, _ := zlib.NewWriterLevel(&idat, zlib.BestSpeed)
		row := make([]byte, header{width: w, depth: depth, colour: byte(colour)}.row())
		for range h {
			_, _ = z.Write(row)
		}
		_ = z.Close()
		return appendChunk(appendChunk(data, "IDAT", idat.Bytes()), "IEND", nil)
	}
}

// hostileCases are files of at most 10 MB that make much of little.
var hostileCases = []struct {
	name string
	file func(t testing.TB) []byte
	max  int64 // bytes of memory; smallFile where it is 0
}{
	{"4,000 packed texts of 1 MiB", repeated(4000, "zTXt", "comment\x00\x00"+deflate(strings.Repeat("a", maxText))), 0},
	{"4,000 packed texts of more", repeated(4000, "zTXt", "comment\x00\x00"+deflate(strings.Repeat("a", maxText+1))), 0},
	{"4,000 packed international texts", repeated(4000, "iTXt", "comment\x00\x01\x00\x00\x00"+deflate(strings.Repeat("ä", maxText/2))), 0},
	{"4,000 packed packets of XMP", repeated(4000, "iTXt", packetOf(strings.Repeat("<dc:a>b</dc:a>", maxText/15))), 0},
	{"4,000 profiles of 1 MiB", repeated(4000, "iCCP", "profile\x00\x00"+deflate(strings.Repeat("a", maxText))), 0},
	{"200,000 packed texts without a byte", repeated(200_000, "zTXt", "comment\x00\x00"+deflate("")), 0},
	{"400,000 texts", repeated(400_000, "tEXt", "a\x00b"), 0},
	{"texts of 1 MiB in Latin-1", repeated(9, "tEXt", "comment\x00"+strings.Repeat("\xe4", maxText)), 0},
	{"a keyword of 9 MB", repeated(1, "tEXt", strings.Repeat("k", 9_000_000)+"\x00b"), 0},
	{"elements inside each other", repeated(1, "iTXt", packetOf(strings.Repeat("<a>", maxText/3-40))), 0},
	{"attributes without end", repeated(1, "iTXt", packetOf("<a "+strings.Repeat("a='' ", maxText/5-40))), 0},
	{"name spaces without end", repeated(1, "iTXt", packetOf(strings.Repeat("<a xmlns:b='c'>", maxText/15-40))), 0},
	{"a title that is a list of lists", tagged(`"title":[` + strings.Repeat("[],", maxText/3-40) + "[]]"), 0},
	{"a script of many names", tagged(`"reverie":{"script":{"version":2,"recipe":{` + strings.Repeat(`"a":0,`, maxText/6-40) + `"a":0}}}`), 0},
	{"a script of names that are unknown", tagged(`"reverie":{"script":{"version":2,"recipe":{` + numbered(60_000, `"%d":0`) + `}}}`), 0},
	{"a script of image prompts", tagged(`"reverie":{"script":{"version":2,"recipe":{"image_prompts":[` + strings.Repeat(`{},`, maxText/3-60) + `{}]}}}`), 0},
	{"a script of changes that are unknown", tagged(`"reverie":{"script":{"version":2,"recipe":{},"changes":[` + numbered(9000, `{"step":%d,"set":{"a":0,"b":0,"c":0}}`) + `]}}`), 0},
	{"a list of prompts", repeated(1, "zTXt", "comment\x00\x00"+deflate("["+strings.Repeat("'a', ", maxText/5-40)+"'a']")), 0},
	{"phases without end", tagged(`"title":"` + strings.Repeat("a^", maxText/2-40) + `"`), 0},
	{"64 megapixels", blank(8192, 8192, 8, trueColour, 0), wholePicture},
	{"64 megapixels with alpha", blank(8192, 8192, 8, trueColourAlpha, 0), wholePicture},
	{"64 megapixels of grey", blank(8192, 8192, 8, 0, 0), wholePicture},
	{"64 megapixels of one bit", blank(8192, 8192, 1, 0, 0), wholePicture},
	{"64 megapixels, one column", blank(1, 1<<26, 8, 0, 0), wholePicture},
	{"64 megapixels turned", blank(8192, 8192, 8, trueColour, 0, "eXIf", string(orientedTIFF)), wholePicture},
	{"64 megapixels, interlaced", blank(8192, 8192, 8, trueColour, 1), wholePicture},
	{"64 megapixels of 16 bits", blank(8192, 8192, 16, 0, 0), wholePicture},
	{"28 megapixels of 16 bits and alpha", blank(5300, 5280, 16, trueColourAlpha, 0), wholePicture},
	{"64 megapixels claimed, padded to be large enough", func(t testing.TB) []byte {
		one := blank(1, 1, 8, trueColour, 0)(t)
		claim := blank(8192, 8192, 8, trueColour, 0, "juNk", strings.Repeat("x", 1_000_000))(t)
		return append(claim[:afterHeader+12+1_000_000:afterHeader+12+1_000_000], one[afterHeader:]...)
	}, 0},
}

// Whatever a file claims, opening it and reading its settings takes no more memory than a picture of 64 megapixels, and little where it is none.
const (
	program      = 40e6 // the test's own
	smallFile    = program + 100e6
	wholePicture = program + maxMemory + 20e6
)

func numbered(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, ",")
}

func TestHostileFiles(t *testing.T) {
	for _, c := range hostileCases {
		t.Run(c.name, func(t *testing.T) {
			limit := peak.Limit{Memory: max(c.max, smallFile), Time: 20 * time.Second}
			peak.Test(t, limit, func(t *testing.T, dir string) {
				data := c.file(t)
				if len(data) > 10_000_000 {
					t.Fatalf("the file has %d bytes", len(data))
				}
				if err := os.WriteFile(filepath.Join(dir, "x.png"), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}, func(t *testing.T, dir string) {
				data, err := os.ReadFile(filepath.Join(dir, "x.png"))
				if err != nil {
					t.Fatal(err)
				}
				_, found, err := Decoder{}.OpenWithSettings(data)
				t.Log(err)
				if err != nil && (len(err.Error()) > 200 || !strings.HasSuffix(err.Error(), ".")) {
					t.Errorf("the error %.300q", err)
				}
				if len(found.Notices) > 100 {
					t.Errorf("%d notices", len(found.Notices))
				}
			})
		})
	}
}
