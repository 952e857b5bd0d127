package archive

import (
	"archive/zip"
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"reverie/app/film"
)

var small = Limits{Files: 3, File: 100, Total: 150, Name: 20}

func TestRoundTrip(t *testing.T) {
	files := []film.File{{Name: "b.png", Data: bytes.Repeat([]byte("pixels"), 100)}, {Name: "folder/ü.json", Data: bytes.Repeat([]byte("{}"), 500)}, {Name: "a", Data: []byte{}}}
	data, err := Pack(files, Most)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Unpack(data, Most)
	if err != nil || !reflect.DeepEqual(got, files) {
		t.Fatalf("got %v, %v", got, err)
	}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if r.File[0].CompressedSize64 != 600 || r.File[1].CompressedSize64 > 100 {
		t.Errorf("a PNG takes %d bytes of 600 and a text %d of 1000", r.File[0].CompressedSize64, r.File[1].CompressedSize64)
	}
	if again, err := Pack(files, Most); err != nil || !bytes.Equal(again, data) {
		t.Errorf("packed again it is another file (%v)", err)
	}
}

// zipOf packs without looking, as strangers do.
func zipOf(t *testing.T, files ...film.File) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLimits(t *testing.T) {
	file := func(name string, size int) film.File { return film.File{Name: name, Data: make([]byte, size)} }
	for _, c := range []struct {
		name  string
		files []film.File
		want  string
	}{
		{"too many", []film.File{file("a", 1), file("b", 1), file("c", 1), file("d", 1)}, "more than 3 files"},
		{"too large", []film.File{file("a", 101)}, "larger than"},
		{"too much", []film.File{file("a", 100), file("b", 51)}, "holds more than"},
		{"too long", []film.File{file(strings.Repeat("n", 21), 1)}, "longer than 20 bytes"},
		{"twice", []film.File{file("a", 1), file("a", 1)}, "two files named a"},
		{"upwards", []film.File{file("../a", 1)}, `"../a"`},
		{"from the root", []film.File{file("/a", 1)}, `"/a"`},
		{"a drive", []film.File{file("C:a", 1)}, `"C:a"`},
		{"backwards", []film.File{file(`..\a`, 1)}, `"..\\a"`},
		{"a control character", []film.File{file("a\nb", 1)}, `"a\nb"`},
		{"no name", []film.File{file("", 1)}, `""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Pack(c.files, small); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("packing: got %v, want an error with %q", err, c.want)
			}
			if _, err := Unpack(zipOf(t, c.files...), small); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("unpacking: got %v, want an error with %q", err, c.want)
			}
		})
	}
	if files, err := Unpack(zipOf(t, file("a", 100), film.File{Name: "b/"}, file("b/c", 50)), small); err != nil || len(files) != 2 {
		t.Errorf("what is within the limits, with a folder: %v, %v", files, err)
	}
}

// A header that says less than what comes does not get more past the limits.
func TestSizesAreNotBelieved(t *testing.T) {
	data := zipOf(t, film.File{Name: "bomb", Data: make([]byte, 1<<20)})
	at := bytes.LastIndex(data, []byte("PK\x01\x02")) + 24 // the directory's uncompressed size
	copy(data[at:], []byte{1, 0, 0, 0})
	if files, err := Unpack(data, small); err == nil {
		t.Errorf("it unpacks to %d bytes", len(files[0].Data))
	}
}

func TestDamaged(t *testing.T) {
	whole := zipOf(t, film.File{Name: "a", Data: []byte("text")})
	for name, data := range map[string][]byte{"nothing": nil, "no zip": []byte("PK nothing"), "cut": whole[:len(whole)-9],
		"a changed byte": bytes.Replace(whole, whole[31:33], []byte{1, 2}, 1)} {
		if _, err := Unpack(data, Most); err == nil {
			t.Errorf("%s is unpacked", name)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	random := make([]byte, 64)
	for i := range random {
		random[i] = byte(rand.New(rand.NewPCG(1, uint64(i))).Uint32())
	}
	packed, err := Pack([]film.File{{Name: "a.png", Data: random}, {Name: "b/c.txt", Data: make([]byte, 90)}}, Most)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := Unpack(data, small)
		if err != nil {
			return
		}
		total := int64(0)
		for _, file := range files {
			total += int64(len(file.Data))
		}
		if len(files) > small.Files || total > small.Total {
			t.Fatalf("%d files of %d bytes", len(files), total)
		}
		if _, err := Pack(files, small); err != nil {
			t.Fatalf("what was unpacked is not packed again: %v", err)
		}
	})
}
