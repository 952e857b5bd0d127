package convert

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"reverie/weights"
	"reverie/weights/folder"
	"reverie/weights/foreign"
	"reverie/weights/importer"
)

// What a conversion writes is the same for ever: manifests name every shard by its bytes.
func TestBytesStay(t *testing.T) {
	for quant, want := range map[string]string{
		weights.TypeF32: "3a58edfab7df98eaecc6549ef1ff4f80800f321b220dac254fcd93e63797e2ff",
		weights.TypeF16: "4388fcf0a08fb7c1afff1701edb325bedcf71667a4130d902aed068f2f4506d2",
		weights.TypeQ8:  "f68a9f9dc7f2d967dac86982d31dae2fdf08f7dfde6ee1870fd3c5854e331dd7",
		weights.TypeQ4:  "eda0100b309e75971863c4f3fae175a0c4dc583290d40e2d5f48232c6e0d04e1",
	} {
		o := options(t, quant)
		o.Title, o.Licence = "", ""
		if _, _, err := Run(o); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(o.Out, weights.ManifestFile))
		if err != nil {
			t.Fatal(err)
		}
		if got := folder.Sum(text); got != want {
			t.Errorf("%s: the manifest has the SHA-256 %s, want %s", quant, got, want)
		}
	}
}

// memory is a Journal that keeps everything and fails after so many marks.
type memory struct {
	files    map[string][]byte
	journal  []byte
	tail     []byte
	manifest []byte
	left     int // marks until it fails
}

var errStopped = errors.New("stopped")

func (m *memory) Put(name string, data []byte) error {
	m.files[name] = bytes.Clone(data)
	return nil
}

func (m *memory) Mark(mark weights.Mark, tail []byte, kept int) error {
	if m.left--; m.left < 0 {
		return errStopped
	}
	if kept > len(m.tail) {
		return errors.New("more of the tail is kept than there is")
	}
	m.tail = append(m.tail[:kept:kept], tail[kept:]...)
	m.journal = append(m.journal, mark.Line()...)
	return nil
}

func (m *memory) Marks() ([]weights.Mark, []byte, error) {
	marks, _, err := weights.Marks(m.journal)
	return marks, m.tail, err
}

func (m *memory) Finish(manifest []byte) error { m.manifest = manifest; return nil }
func (m *memory) Abort() error                 { return nil }

// counted tells which bytes were read.
type counted struct {
	io.ReaderAt
	read []importer.Span
}

func (c *counted) ReadAt(b []byte, at int64) (int, error) {
	c.read = append(c.read, importer.Span{From: at, To: at + int64(len(b))})
	return c.ReaderAt.ReadAt(b, at)
}

func sourceOf(t *testing.T, file, config string) (*Checkpoint, *counted) {
	t.Helper()
	data, err := os.ReadFile(testdata + file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(testdata + config)
	if err != nil {
		t.Fatal(err)
	}
	c := &counted{ReaderAt: bytes.NewReader(data)}
	return &Checkpoint{foreign.Source{Name: file, Size: int64(len(data)), ReaderAt: c}, importer.Configs{Chosen: &importer.Text{Name: config, Data: text}}, ""}, c
}

// A conversion that is interrupted behind a tensor or a part goes on without reading what it has read, and its files are those of one that was not.
func TestGoesOn(t *testing.T) {
	model := Model{Vocab: vocabulary(t), Quant: weights.TypeQ4, Name: "pair"}
	write := func(to *memory) (clip, vqgan *counted, needs [2][]importer.Span, err error) {
		from, clip := sourceOf(t, "clip_state_dict.pt", "clip_config.json")
		other, vqgan := sourceOf(t, "vqgan.ckpt", "vqgan.yaml")
		c, err := Prepare(model, from, other)
		if err != nil {
			t.Fatal(err)
		}
		w, err := folder.Resume(to)
		if err != nil {
			t.Fatal(err)
		}
		needs[0], needs[1], _ = c.Needs(w)
		clip.read, vqgan.read = nil, nil
		_, _, err = c.Write(w)
		return clip, vqgan, needs, err
	}
	whole := &memory{files: map[string][]byte{}, left: 1 << 30}
	clip, vqgan, needs, err := write(whole)
	if err != nil {
		t.Fatal(err)
	}
	for i, read := range [][]importer.Span{clip.read, vqgan.read} {
		for _, r := range read {
			if !slices.ContainsFunc(needs[i], func(n importer.Span) bool { return n.From <= r.From && r.To <= n.To }) {
				t.Errorf("%v is read and was not announced", r)
			}
		}
	}
	marks, _, err := weights.Marks(whole.journal)
	if err != nil {
		t.Fatal(err)
	}
	for n := range marks {
		if nearEnd := marks[n].Tensor == nil || n > 0 && marks[n-1].Tensor == nil; n%12 != 0 && !nearEnd {
			continue
		}
		to := &memory{files: map[string][]byte{}, left: n}
		if _, _, _, err := write(to); !errors.Is(err, errStopped) {
			t.Fatalf("stopped after %d marks: %v", n, err)
		}
		to.journal, to.left = append(to.journal, `{"part":"te`...), 1<<30 // the line that was being written
		_, sound, err := weights.Marks(to.journal)
		if err != nil {
			t.Fatal(err)
		}
		to.journal = to.journal[:sound]
		_, _, again, err := write(to)
		if err != nil {
			t.Fatal(err)
		}
		tensors := 0
		for _, m := range marks[:n] {
			if m.Tensor != nil {
				tensors++
			}
		}
		if rest := len(again[0]) + len(again[1]); rest != len(needs[0])+len(needs[1])-tensors {
			t.Errorf("after %d tensors %d are needed of %d", tensors, rest, len(needs[0])+len(needs[1]))
		}
		if !bytes.Equal(to.manifest, whole.manifest) || !reflect.DeepEqual(to.files, whole.files) {
			t.Errorf("stopped after %d marks it becomes another model, with files %v", n, slices.Sorted(maps.Keys(to.files)))
		}
	}
}
