package picture

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"reverie/tools/peak"
)

// repeated is a black PNG of 3×3 with one chunk many times.
func repeated(t testing.TB, n int, kind, chunk string) []byte {
	t.Helper()
	return withText(t, 3, 3, kind, slices.Repeat([]string{chunk}, n)...)
}

// tagged is a PNG whose own chunk holds the given settings.
func tagged(t testing.TB, settings string) []byte {
	t.Helper()
	return repeated(t, 1, "zTXt", ownKeyword+"\x00\x00"+deflate(`{"notebook":"VQGAN+CLIP",`+settings+"}"))
}

func packetOf(inside string) string {
	return xmpKeyword + "\x00\x01\x00\x00\x00" + deflate(`<x xmlns:dc="`+dublinCore+`">`+inside+"</x>")
}

// hostileCases are files of at most 10 MB that make much of little.
var hostileCases = []struct {
	name string
	file func(t testing.TB) []byte
	max  int64 // bytes of memory; smallFile where it is 0
}{
	{"4,000 packed texts of 1 MiB", func(t testing.TB) []byte {
		return repeated(t, 4000, "zTXt", "comment\x00\x00"+deflate(strings.Repeat("a", maxText)))
	}, 0},
	{"4,000 packed texts of more", func(t testing.TB) []byte {
		return repeated(t, 4000, "zTXt", "comment\x00\x00"+deflate(strings.Repeat("a", maxText+1)))
	}, 0},
	{"a packed text of 300 MiB", func(t testing.TB) []byte {
		return repeated(t, 1, "zTXt", "comment\x00\x00"+deflatedZeros(300))
	}, 0},
	{"4,000 packed international texts", func(t testing.TB) []byte {
		return repeated(t, 4000, "iTXt", "comment\x00\x01\x00\x00\x00"+deflate(strings.Repeat("ä", maxText/2)))
	}, 0},
	{"4,000 packed packets of XMP", func(t testing.TB) []byte {
		return repeated(t, 4000, "iTXt", packetOf(strings.Repeat("<dc:a>b</dc:a>", maxText/15)))
	}, 0},
	{"4,000 profiles of 1 MiB", func(t testing.TB) []byte {
		return repeated(t, 4000, "iCCP", "profile\x00\x00"+deflate(strings.Repeat("a", maxText)))
	}, 0},
	{"200,000 packed texts without a byte", func(t testing.TB) []byte { return repeated(t, 200_000, "zTXt", "comment\x00\x00"+deflate("")) }, 0},
	{"400,000 texts", func(t testing.TB) []byte { return repeated(t, 400_000, "tEXt", "a\x00b") }, 0},
	{"texts of 1 MiB in Latin-1", func(t testing.TB) []byte {
		return repeated(t, 9, "tEXt", "comment\x00"+strings.Repeat("\xe4", maxText))
	}, 0},
	{"a keyword of 9 MB", func(t testing.TB) []byte { return repeated(t, 1, "tEXt", strings.Repeat("k", 9_000_000)+"\x00b") }, 0},
	{"elements inside each other", func(t testing.TB) []byte {
		return repeated(t, 1, "iTXt", packetOf(strings.Repeat("<a>", maxText/3-40)))
	}, 0},
	{"attributes without end", func(t testing.TB) []byte {
		return repeated(t, 1, "iTXt", packetOf("<a "+strings.Repeat("a='' ", maxText/5-40)))
	}, 0},
	{"name spaces without end", func(t testing.TB) []byte {
		return repeated(t, 1, "iTXt", packetOf(strings.Repeat("<a xmlns:b='c'>", maxText/15-40)))
	}, 0},
	{"a title that is a list of lists", func(t testing.TB) []byte { return tagged(t, `"title":[`+strings.Repeat("[],", maxText/3-40)+"[]]") }, 0},
	{"a script of many names", func(t testing.TB) []byte {
		return tagged(t, `"reverie":{"script":{"version":2,"recipe":{`+strings.Repeat(`"a":0,`, maxText/6-40)+`"a":0}}}`)
	}, 0},
	{"a script of names that are unknown", func(t testing.TB) []byte {
		return tagged(t, `"reverie":{"script":{"version":2,"recipe":{`+numbered(60_000, `"%d":0`)+`}}}`)
	}, 0},
	{"a script of image prompts", func(t testing.TB) []byte {
		return tagged(t, `"reverie":{"script":{"version":2,"recipe":{"image_prompts":[`+strings.Repeat(`{},`, maxText/3-60)+`{}]}}}`)
	}, 0},
	{"a script of changes that are unknown", func(t testing.TB) []byte {
		return tagged(t, `"reverie":{"script":{"version":2,"recipe":{},"changes":[`+numbered(9000, `{"step":%d,"set":{"a":0,"b":0,"c":0}}`)+`]}}`)
	}, 0},
	{"a list of prompts", func(t testing.TB) []byte {
		return repeated(t, 1, "zTXt", "comment\x00\x00"+deflate("["+strings.Repeat("'a', ", maxText/5-40)+"'a']"))
	}, 0},
	{"phases without end", func(t testing.TB) []byte { return tagged(t, `"title":"`+strings.Repeat("a^", maxText/2-40)+`"`) }, 0},
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

// deflatedZeros packs so many MiB of zeros.
func deflatedZeros(n int) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	for range n {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return b.String()
}

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
			limit := peak.Limit{Memory: c.max, Time: 10 * time.Second}
			if c.max == 0 {
				limit = peak.Limit{Memory: smallFile, Time: 3 * time.Second}
			}
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
