package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type expected struct {
	Shape  []int
	Values []float64
}

// readExpected returns the tensors that every fixture holds.
func readExpected(t testing.TB) map[string]expected {
	t.Helper()
	data, err := os.ReadFile("testdata/tensors.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]expected
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

func TestOpen(t *testing.T) {
	want := readExpected(t)
	tests := []struct{ file, prefix, format string }{
		{"zip.pt", "", "PyTorch zip file"},
		{"nested.ckpt", "", "PyTorch zip file"},
		{"protocol4.pt", "", "PyTorch zip file"},
		{"legacy.pt", "", "PyTorch file without zip"},
		{"script.pt", "outer.inner.", "TorchScript archive"},
		{"plain.safetensors", "", "safetensors"},
	}
	for _, tt := range tests {
		f, err := Open("testdata/" + tt.file)
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		if f.Format != tt.format || len(f.Names) != len(want) {
			t.Errorf("%s: %s with %d tensors, want %s with %d", tt.file, f.Format, len(f.Names), tt.format, len(want))
		}
		for name, w := range want {
			checkTensor(t, f, tt.prefix+name, w)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func checkTensor(t *testing.T, f *File, name string, want expected) {
	t.Helper()
	tensor, ok := f.Tensor(name)
	if !ok {
		t.Errorf("%s: no tensor %s", f.Path, name)
		return
	}
	got, err := tensor.Append([]float32{-1})
	if err != nil {
		t.Errorf("%s: tensor %s: %v", f.Path, name, err)
		return
	}
	values := []float32{-1}
	for _, v := range want.Values {
		values = append(values, float32(v))
	}
	if !slices.Equal(tensor.Shape, want.Shape) || !slices.Equal(got, values) {
		t.Errorf("%s: tensor %s is %v %v, want %v %v", f.Path, name, tensor.Shape, got, want.Shape, values)
	}
}

func TestParametersAreUnwrapped(t *testing.T) {
	want := readExpected(t)
	f, err := Open("testdata/parameters.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"transposed", "permuted", "column"} {
		checkTensor(t, f, name, want[name])
	}
}

func TestTransposed(t *testing.T) {
	f, err := Open("testdata/zip.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensor, _ := f.Tensor("f32")
	got, err := tensor.Transposed().Append(nil)
	if want := []float32{0, 0.75, 0.25, 1, 0.5, 1.25}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !slices.Equal(tensor.Shape, []int{2, 3}) {
		t.Errorf("the tensor itself became %v", tensor.Shape)
	}
}

func TestStripPrefix(t *testing.T) {
	f, err := Open("testdata/script.pt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !f.Has("outer.inner.") || f.Has("inner.") {
		t.Error("Has is wrong about the names")
	}
	all := len(f.Names)
	if dropped := f.StripPrefix("outer.inner.i"); dropped != all-4 || !slices.Contains(f.Names, "64") {
		t.Errorf("dropped %d of %d, kept %v", dropped, all, f.Names)
	}
}

// torchFile makes a PyTorch zip file of one pickle and one storage of four float32.
func torchFile(t testing.TB, pickled string, storage []byte, method uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string][]byte{"x/data.pkl": []byte(pickled), "x/data/0": storage} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tensorPickle is {'w': tensor of shape [size], stride [stride], at offset, in storage 0 of n float32}.
func tensorPickle(n, offset, size, stride int32) string {
	number := func(v int32) string { return "J" + string(binary.LittleEndian.AppendUint32(nil, uint32(v))) }
	return "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n" +
		"X\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + number(n) + "tQ" + number(offset) + number(size) + "\x85" + number(stride) + "\x85\x89NtRs."
}

func TestReadRefuses(t *testing.T) {
	four := make([]byte, 16)
	whole := torchFile(t, tensorPickle(4, 0, 4, 1), four, zip.Store)
	if _, err := read(bytes.NewReader(whole), int64(len(whole))); err != nil {
		t.Fatalf("the file that the cases vary is refused: %v", err)
	}
	fixture := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	legacy, safe := fixture("legacy.pt"), fixture("plain.safetensors")
	header := func(text string, data int) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), make([]byte, data)...)
	}
	pickled := func(s string) []byte { return torchFile(t, s, four, zip.Store) }
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "it is empty"},
		{"web page", []byte("\n<!DOCTYPE html><html>"), "web page"},
		{"text", []byte("hello world"), "none of the known formats"},
		{"zip cut short", whole[:len(whole)-30], "cut short"},
		{"foreign zip", func() []byte {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			z.Create("readme.txt")
			z.Close()
			return b.Bytes()
		}(), "no data.pkl"},
		{"foreign global", pickled("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."), `"posix.system"`},
		{"foreign global by protocol 4", pickled("\x80\x04\x8c\x08builtins\x8c\x04eval\x93."), `"builtins.eval"`},
		{"class of TorchScript outside an archive", pickled("\x80\x02c__torch__\nRoot\n)\x81."), `"__torch__.Root"`},
		{"storage class as function", pickled("\x80\x02ctorch\nFloatStorage\n)R."), "not a permitted function"},
		{"compressed tensors", torchFile(t, tensorPickle(4, 0, 4, 1), four, zip.Deflate), "compressed"},
		{"short storage", torchFile(t, tensorPickle(4, 0, 4, 1), four[:12], zip.Store), "12 bytes for 4 numbers"},
		{"tensor over its storage", pickled(tensorPickle(4, 1, 4, 1)), "reaches number 4 of a storage that holds 4"},
		{"stride over its storage", pickled(tensorPickle(4, 0, 2, 4)), "reaches number 4"},
		{"negative offset", pickled(tensorPickle(4, -1, 1, 1)), "begins at -1"},
		{"negative size", pickled(tensorPickle(4, 0, -1, 1)), "has shape [-1]"},
		{"negative stride", pickled(tensorPickle(4, 3, 4, -1)), "strides [-1]"},
		{"empty tensor", pickled(tensorPickle(4, 0, 0, 1)), "is empty"},
		{"negative storage", pickled(tensorPickle(-4, 0, 1, 1)), "in a way that PyTorch does not"},
		{"no tensors", pickled("\x80\x02}."), "holds no tensors"},
		{"a list", pickled("\x80\x02]."), "it holds a list"},
		{"state_dict that is none", pickled("\x80\x02}X\x0a\x00\x00\x00state_dictK\x01s."), "its state_dict is int64"},
		{"single tensor", fixture("tensor.pt"), "a single tensor"},
		{"whole module", fixture("module.pt"), `"torch.nn.modules.linear.Linear"`},
		{"other pickle", []byte("\x80\x02N."), "not a PyTorch file"},
		{"legacy cut in the pickle", legacy[:600], "ends too early"},
		{"legacy cut in the numbers", legacy[:len(legacy)-1], "cut short"},
		{"safetensors cut in the header", safe[:100], "cut short"},
		{"safetensors cut in the numbers", safe[:len(safe)-1], "cut short"},
		{"safetensors header that is no JSON", header("{xyz", 0), "header is damaged"},
		{"safetensors range", header(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "ends at byte 0 of 8"},
		{"safetensors shape", header(`{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), "does not fit its 8 bytes"},
		{"safetensors overflow", header(`{"w":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}`, 8), "does not fit"},
		{"name that would control a terminal", header(`{"a\u001b[31m\nb":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), `"a\x1b[31m\nb"`},
		{"safetensors type", header(`{"w":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}`, 8), "F4"},
	}
	for _, tt := range tests {
		_, err := read(bytes.NewReader(tt.data), int64(len(tt.data)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error has several lines: %v", tt.name, err)
		}
	}
}

// Any fixture cut anywhere is an error or holds the same tensors: the numbers of the last one may be padded.
func TestTruncation(t *testing.T) {
	for _, name := range []string{"zip.pt", "legacy.pt", "script.pt", "plain.safetensors"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(data); n += 13 {
			if _, err := read(bytes.NewReader(data[:n]), int64(n)); err == nil {
				t.Errorf("%s cut to %d of %d bytes is accepted", name, n, len(data))
			}
		}
	}
}

func TestOpenRefusesFolders(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("error %v", err)
	}
	if _, err := Open("testdata/absent.pt"); err == nil || !strings.Contains(err.Error(), "absent.pt") {
		t.Errorf("error %v", err)
	}
}

// A module that contains itself must end.
func TestEndlessModule(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"x/data.pkl": "\x80\x02c__torch__\nRoot\n)\x81q\x00}X\x01\x00\x00\x00ah\x00sb.", "x/constants.pkl": "\x80\x02)."} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	z.Close()
	_, err := read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err == nil || !strings.Contains(err.Error(), "nested without end") {
		t.Errorf("error %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"zip.pt", "legacy.pt", "script.pt", "plain.safetensors", "nested.ckpt"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(torchFile(f, tensorPickle(4, 0, 2, 2), make([]byte, 16), zip.Store))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, name := range c.Names {
			tensor, ok := c.Tensor(name)
			if !ok {
				t.Fatalf("%q is listed but absent", name)
			}
			if tensor.Elements() > 1<<16 {
				continue // a view of few numbers may repeat them often
			}
			if got, err := tensor.Append(nil); err == nil && len(got) != tensor.Elements() {
				t.Fatalf("%q has %d elements, want %d", name, len(got), tensor.Elements())
			}
		}
	})
}
