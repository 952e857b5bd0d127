package checkpoint

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"reverie/weights/checkpoint/pickle"
	"reverie/weights/foreign"
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

// openFile reads a file of the disk.
func openFile(t testing.TB, path string) (*File, error) {
	t.Helper()
	f, size, err := foreign.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return Read(foreign.Source{Name: filepath.Base(path), Size: size, ReaderAt: f})
}

func TestRead(t *testing.T) {
	want := readExpected(t)
	tests := []struct{ file, prefix, format string }{
		{"zip.pt", "", "PyTorch zip file"},
		{"nested.ckpt", "state_dict.", "PyTorch zip file"},
		{"protocol4.pt", "", "PyTorch zip file"},
		{"legacy.pt", "", "PyTorch file without zip"},
		{"script.pt", "outer.inner.", "TorchScript archive"},
		{"plain.safetensors", "", "safetensors"},
	}
	for _, tt := range tests {
		f, err := openFile(t, "testdata/"+tt.file)
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
	}
}

// What training programs leave beside the weights is no reason to refuse them, and tensors among it are listed.
func TestMembers(t *testing.T) {
	want := readExpected(t)
	for _, file := range []string{"members.ckpt", "members_legacy.ckpt"} {
		f, err := openFile(t, "testdata/"+file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		for name, w := range want {
			checkTensor(t, f, "state_dict."+name, w)
		}
		var rest []string
		for _, name := range f.Names {
			if !strings.HasPrefix(name, "state_dict.") {
				rest = append(rest, name)
			}
		}
		slices.Sort(rest)
		want := "complex empty itself.complex itself.empty itself.module.bias itself.module.weight itself.parameter itself.settings.a itself.torch.4 " +
			"module.bias module.weight parameter settings.a torch.4"
		if got := strings.Join(rest, " "); got != want {
			t.Errorf("%s: beside the weights there are %s", file, got)
		}
		for name, what := range map[string]string{"sparse": "torch._utils._rebuild_sparse_tensor", "quantised": "torch._utils._rebuild_qtensor", "args": "argparse.Namespace"} {
			if !slices.Contains(f.Others(), Other{name, "an object of class " + what}) {
				t.Errorf("%s: %s is not among %v", file, name, f.Others())
			}
		}
	}
}

// A module that was saved whole holds the tensors that its state_dict would.
func TestWholeModule(t *testing.T) {
	f, err := openFile(t, "testdata/module.pt")
	if err != nil {
		t.Fatal(err)
	}
	weight, _ := f.Tensor("weight")
	if _, err := weight.Append(nil); err != nil || !slices.Equal(f.Names, []string{"weight", "bias"}) {
		t.Errorf("%v, %v", f.Names, err)
	}
}

// The forms in which newer versions of PyTorch than that of the fixtures write tensors.
func TestNewerForms(t *testing.T) {
	v2 := tensorPickle(4, 1, 2, 2) // numbers 1 and 3
	typed := strings.Replace(strings.Replace(v2, "FloatStorage", "UntypedStorage", 1), "_rebuild_tensor_v2", "_rebuild_tensor_v3", 1)
	typed = strings.Replace(typed, "J\x04\x00\x00\x00tQ", "J\x10\x00\x00\x00tQ", 1) // bytes
	subclass := strings.NewReplacer("ctorch._utils\n_rebuild_tensor_v2\n(", "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nctorch.nn.parameter\nParameter\n(", "tRs.", "t}tRs.")
	for name, data := range map[string]string{
		"untyped storage":      strings.Replace(typed, "NtR", "Nctorch\nfloat32\ntR", 1),
		"tensor with a state":  subclass.Replace(v2),
		"parameter with state": strings.Replace(strings.Replace(v2, "ctorch._utils", "ctorch._utils\n_rebuild_parameter_with_state\n(ctorch._utils", 1), "tRs.", "tR\x89N}tRs.", 1),
	} {
		file := torchFile(t, data, []byte("\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40"), zip.Store)
		f, err := read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tensor, _ := f.Tensor("w")
		if got, err := tensor.Append(nil); err != nil || !slices.Equal(got, []float32{2, 4}) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func checkTensor(t *testing.T, f *File, name string, want expected) {
	t.Helper()
	tensor, ok := f.Tensor(name)
	if !ok {
		t.Errorf("%s: no tensor %s", f.Name, name)
		return
	}
	got, err := tensor.Append([]float32{-1})
	if err != nil {
		t.Errorf("%s: tensor %s: %v", f.Name, name, err)
		return
	}
	values := []float32{-1}
	for _, v := range want.Values {
		values = append(values, float32(v))
	}
	if !slices.Equal(tensor.Shape, want.Shape) || !slices.Equal(got, values) {
		t.Errorf("%s: tensor %s is %v %v, want %v %v", f.Name, name, tensor.Shape, got, want.Shape, values)
	}
}

func TestParametersAreUnwrapped(t *testing.T) {
	want := readExpected(t)
	f, err := openFile(t, "testdata/parameters.pt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"transposed", "permuted", "column"} {
		checkTensor(t, f, name, want[name])
	}
}

func TestTransposed(t *testing.T) {
	f, err := openFile(t, "testdata/zip.pt")
	if err != nil {
		t.Fatal(err)
	}
	tensor, _ := f.Tensor("f32")
	got, err := tensor.Transposed().Append(nil)
	if want := []float32{0, 0.75, 0.25, 1, 0.5, 1.25}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if !slices.Equal(tensor.Shape, []int{2, 3}) {
		t.Errorf("the tensor itself became %v", tensor.Shape)
	}
}

// torchFile makes a PyTorch zip file of one pickle and one storage of four float32, and empty entries of other names.
func torchFile(t testing.TB, pickled string, storage []byte, method uint16, entries ...string) []byte {
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
	for _, name := range entries {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: name}); err != nil {
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
		{"web page", []byte("\n<!DOCTYPE html><html>"), "web page, not a checkpoint"},
		{"Git LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n"), "Git LFS pointer to 5 bytes, not a checkpoint"},
		{"text", []byte("hello world"), `a text that begins "hello world"`},
		{"bytes", []byte("\x00\x01\x02"), "none of the known formats"},
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
		{"foreign global under Python 2's name", pickled("\x80\x02c__builtin__\neval\n."), `"__builtin__.eval"`},
		{"class of TorchScript outside an archive", pickled("\x80\x02c__torch__\nRoot\n)\x81."), `an object of class __torch__.Root, not a state_dict; open it in PyTorch`},
		{"storage class as function", pickled("\x80\x02ctorch\nFloatStorage\n)R."), "it calls something of PyTorch's"},
		{"negative storage", pickled(tensorPickle(-4, 0, 1, 1)), "in a way that PyTorch does not"},
		{"no tensors", pickled("\x80\x02}."), "holds no tensors"},
		{"a list", pickled("\x80\x02]."), "it holds a list"},
		{"state_dict that is none", pickled("\x80\x02}X\x0a\x00\x00\x00state_dictK\x01s."), "holds no tensors"},
		{"single tensor", fixture("tensor.pt"), "a single tensor"},
		{"an object that holds the tensors", pickled("\x80\x02}X\x05\x00\x00\x00modelcjobs\nNet\n)\x81s."),
			`it holds no tensors ("model" is an object of class jobs.Net); open it in PyTorch and save the state_dict() of the model`},
		{"other pickle", []byte("\x80\x02N."), "not a PyTorch file"},
		{"legacy cut in the pickle", legacy[:600], "ends too early"},
		{"legacy cut in the numbers", legacy[:len(legacy)-1], "cut short"},
		{"safetensors cut in the header", safe[:100], "cut short"},
		{"safetensors cut in the numbers", safe[:len(safe)-1], "cut short"},
		{"safetensors header that is no JSON", header("{xyz", 0), "header is damaged"},
		{"safetensors range", header(`{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "ends at byte 0 of 8"},
		{"safetensors header of something else", header(`{"w":{"dtype":"F32","shape":{},"data_offsets":[0,8]}}`, 8), "header is damaged (at byte 29)"},
		{"safetensors header without places", header(`{"w":{"dtype":"F32","shape":[2]}}`, 8), "header is damaged"},
		{"safetensors header that ends early", header(`{"w":{"dtype":"F32"`, 8), "header is damaged (at byte 19)"},
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

// What is wrong with a tensor is said when somebody wants it: a checkpoint may hold others.
func TestUnreadable(t *testing.T) {
	four := make([]byte, 16)
	pickled := func(s string) []byte { return torchFile(t, s, four, zip.Store) }
	header := func(text string) []byte {
		return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), make([]byte, 8)...)
	}
	rebuilt := func(function, args string) []byte {
		return pickled("\x80\x02}X\x01\x00\x00\x00wc" + strings.Replace(function, " ", "\n", 1) + "\n(" + args + "tRs.")
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"compressed", torchFile(t, tensorPickle(4, 0, 4, 1), four, zip.Deflate), "compressed"},
		{"short storage", torchFile(t, tensorPickle(4, 0, 4, 1), four[:12], zip.Store), "12 bytes for 4 numbers"},
		{"missing storage", pickled(strings.Replace(tensorPickle(4, 0, 4, 1), "\x00\x00\x000X", "\x00\x00\x001X", 1)), `storage "1" is missing`},
		{"over its storage", pickled(tensorPickle(4, 1, 4, 1)), "reaches number 4 of a storage that holds 4"},
		{"stride over its storage", pickled(tensorPickle(4, 0, 2, 4)), "reaches number 4"},
		{"negative offset", pickled(tensorPickle(4, -1, 1, 1)), "begins at -1"},
		{"negative size", pickled(tensorPickle(4, 0, -1, 1)), "has shape [-1]"},
		{"negative stride", pickled(tensorPickle(4, 3, 4, -1)), "strides [-1]"},
		{"empty", pickled(tensorPickle(4, 0, 0, 1)), "is empty"},
		{"complex", pickled(strings.Replace(tensorPickle(2, 0, 2, 1), "FloatStorage", "ComplexFloatStorage", 1)), "type C64"},
		{"untyped", pickled(strings.Replace(tensorPickle(2, 0, 2, 1), "FloatStorage", "UntypedStorage", 1)), "type RAW"},
		{"rebuilt of nothing", rebuilt("torch._utils _rebuild_tensor_v2", ""), "a form that is not known here; open the file in PyTorch"},
		{"rebuilt of something else", rebuilt("torch._utils _rebuild_tensor_v2", "K\x01K\x01)))"), "a form that is not known"},
		{"a subclass of something else", rebuilt("torch._tensor _rebuild_from_type_v2", "NN"), "a form that is not known"},
		{"sizes without strides", rebuilt("torch._utils _rebuild_tensor_v2", "(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000NK\x04tQK\x00K\x01\x85)"), "1 sizes and 0 strides"},
		{"safetensors shape", header(`{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`), "does not fit its 8 bytes"},
		{"safetensors overflow", header(`{"w":{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}}`), "does not fit"},
		{"safetensors type", header(`{"w":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}`), "F4"},
		{"safetensors empty", header(`{"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`), "is empty"},
		{"safetensors dimensions", header(`{"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}`), "9 dimensions"},
	}
	for _, tt := range tests {
		f, err := read(bytes.NewReader(tt.data), int64(len(tt.data)))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		tensor, ok := f.Tensor("w")
		if err := tensor.Problem(); !ok || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, problem %v, want %q", tt.name, ok, err, tt.want)
		} else if _, err := tensor.Append(nil); err == nil {
			t.Errorf("%s: it can be read", tt.name)
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

// script makes a TorchScript archive of one pickle, without storages.
func script(t testing.TB, pickled string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"x/data.pkl": pickled, "x/constants.pkl": "\x80\x02)."} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A module that contains itself must end.
func TestEndlessModule(t *testing.T) {
	data := script(t, "\x80\x02c__torch__\nRoot\n)\x81q\x00}X\x01\x00\x00\x00ah\x00sb.")
	_, err := read(bytes.NewReader(data), int64(len(data)))
	if err == nil || !strings.Contains(err.Error(), "it holds no tensors") {
		t.Errorf("error %v", err)
	}
}

// What many tensors or modules share is paid for each time.
func TestBudget(t *testing.T) {
	four := make([]byte, 16)
	text := func(s string) string { return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s }
	// A tree of 12 levels, each of which holds the one below four times: 16 million leaves.
	graph := func(open, end string) string {
		data := "\x80\x02" + open + text("a") + "Ns" + end
		for range 12 {
			data += "q\x000" + open
			for _, name := range "abcd" {
				data += text(string(name)) + "h\x00s"
			}
			data += end
		}
		return data + "."
	}
	// One storage and one tensor, listed under many names.
	tensor := tensorPickle(4, 0, 4, 1)
	tensor = tensor[strings.Index(tensor, "ctorch._utils"):len(tensor)-2] + "q\x000"
	var many strings.Builder
	var some string
	for i := range 140_000 {
		if i == 2000 {
			some = many.String()
		}
		many.WriteString(text(fmt.Sprint(i)) + "h\x00s")
	}
	// One storage, of a long key, whose persistent id is looked up again and again.
	id := "(" + text("storage") + "ctorch\nFloatStorage\n" + text(strings.Repeat("k", 60_000)) + "NK\x04tq\x000"
	var header strings.Builder
	header.WriteString("{")
	for i := range 300_000 {
		fmt.Fprintf(&header, `"%d":{"dtype":"F32","shape":[],"data_offsets":[0,4]},`, i)
	}
	header.WriteString(`"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}    `)
	numbers := "}(" + strings.Repeat("K\x01K\x01", 100_000) + "uq\x000"
	var entries, longer []string
	var names strings.Builder
	for i := range 140_000 {
		entries, longer = append(entries, fmt.Sprint(i)), append(longer, fmt.Sprintf("%015d", i))
		if i < 100_000 {
			names.WriteString(text(fmt.Sprint(i)) + "N")
		}
	}
	for name, data := range map[string][]byte{
		"safetensors of many tensors": append(binary.LittleEndian.AppendUint64(nil, uint64(header.Len()-4)), header.String()...),
		"a dict of many numbers":      torchFile(t, "\x80\x02"+numbers+"}"+some+".", four, zip.Store),
		"a dict of many texts":        torchFile(t, "\x80\x02}("+names.String()+"uq\x000}"+some+".", four, zip.Store),
		"a zip with a long directory": torchFile(t, "\x80\x02}.", four, zip.Store, longer...),
		"a zip of many entries":       torchFile(t, "\x80\x02"+strings.Repeat("N0", 500_000)+"}.", four, zip.Store, entries...),
		"modules that are a graph":    script(t, graph("c__torch__\nM\n)\x81}", "b")),
		"dicts that are a graph":      torchFile(t, graph("}", ""), four, zip.Store),
		"a tensor of many names":      torchFile(t, "\x80\x02"+tensor+"}"+many.String()+".", four, zip.Store),
		"a storage looked up":         torchFile(t, "\x80\x02"+id+strings.Repeat("h\x00Q0", 1<<10)+"}.", four, zip.Store),
		"tensors made again":          torchFile(t, "\x80\x02(NK\x00))tq\x000"+strings.Repeat("ctorch._utils\n_rebuild_tensor\nh\x00R0", 200_000)+"}.", four, zip.Store),
		"a long module's name":        torchFile(t, "\x80\x02"+tensor+"}"+text(strings.Repeat("n", 60_000))+"}"+some+"s.", four, zip.Store),
	} {
		if _, err := read(bytes.NewReader(data), int64(len(data))); !errors.Is(err, foreign.ErrBudget) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A zip file that claims more entries than it has room for is refused before there is made room for them.
func TestClaimedEntries(t *testing.T) {
	const size = 64 << 30
	wide := append([]byte("PK\x06\x06"), make([]byte, 52)...)
	binary.LittleEndian.PutUint64(wide[24:], size/31)
	binary.LittleEndian.PutUint64(wide[32:], size/31)
	locator := append([]byte("PK\x06\x07"), make([]byte, 16)...)
	binary.LittleEndian.PutUint64(locator[8:], size-98)
	binary.LittleEndian.PutUint32(locator[16:], 1)
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	copy(end[8:], bytes.Repeat([]byte{0xff}, 12))
	f := hollow{size: size, head: []byte("PK\x03\x04"), tail: slices.Concat(wide, locator, end)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := read(f, size)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, foreign.ErrBudget) || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("error %v after %d MiB", err, (after.TotalAlloc-before.TotalAlloc)>>20)
	}
}

// hollow is a file of zeros with a beginning and an end.
type hollow struct {
	size       int64
	head, tail []byte
}

func (h hollow) ReadAt(b []byte, at int64) (int, error) {
	n := int(min(int64(len(b)), h.size-at))
	clear(b[:n])
	if at < int64(len(h.head)) {
		copy(b[:n], h.head[at:])
	}
	if start := h.size - int64(len(h.tail)); at+int64(n) > start {
		copy(b[max(start-at, 0):n], h.tail[max(at-start, 0):])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// The seeds are as small as files of their kinds can be.
func FuzzOpen(f *testing.F) {
	f.Add(torchFile(f, tensorPickle(4, 0, 2, 2), make([]byte, 16), zip.Store))
	f.Add(script(f, "\x80\x02c__torch__\nM\n)\x81}b."))
	f.Add(append(binary.LittleEndian.AppendUint64(nil, 55), `{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} abcd`...))
	f.Add([]byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + tensorPickle(1, 0, 1, 1) +
		"\x80\x02]X\x01\x00\x00\x000a.\x01\x00\x00\x00\x00\x00\x00\x00abcd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<10 {
			return // longer ones find nothing new, more slowly
		}
		c, err := read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, name := range c.Names {
			tensor, ok := c.Tensor(name)
			if !ok {
				t.Fatalf("%q is listed but absent", name)
			}
			if tensor.Problem() != nil || tensor.Cost() > 1<<10 {
				continue // a view of few numbers may repeat them often
			}
			if got, err := tensor.Append(nil); err == nil && len(got) != tensor.Elements() {
				t.Fatalf("%q has %d elements, want %d", name, len(got), tensor.Elements())
			}
		}
	})
}

// Pickles alone, without the zip file around them, whose check sums stop most of what is tried.
func FuzzPickle(f *testing.F) {
	f.Add(tensorPickle(4, 0, 2, 2), false)
	f.Add("\x80\x02}X\x01\x00\x00\x00acjobs\nNet\n)\x81}X\x01\x00\x00\x00b]K\x01asbs.", false)
	f.Add("\x80\x02c__torch__\nRoot\n)\x81q\x00}(X\x01\x00\x00\x00ah\x00X\x01\x00\x00\x00bc__torch__\nM\n)\x81}bub.", true)
	f.Add("\x80\x02ccollections\ndefaultdict\nN\x85RX\x01\x00\x00\x00actorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v3\nN(NK\x00)))ttRs.", false)
	f.Fuzz(func(t *testing.T, data string, script bool) {
		if len(data) > 1<<12 {
			return
		}
		budget := new(foreign.Budget)
		torch := torchPolicy{budget}
		zeros := bytes.NewReader(make([]byte, 1<<8))
		value, _, err := pickle.Read(bufio.NewReader(strings.NewReader(data)), pickle.Policy{Budget: budget, Global: torch.global,
			Persistent: torch.persistent(func(id storageID) *storage { return &storage{r: zeros, kind: id.kind, n: min(id.n, 1<<5)} })})
		if err != nil {
			return
		}
		list, err := tensorsOf(value, script, budget)
		if err != nil {
			return
		}
		for _, name := range list.names {
			tensor := list.tensors[name]
			if tensor.Problem() != nil || tensor.Cost() > 1<<10 {
				continue
			}
			if got, err := tensor.Append(nil); err != nil || len(got) != tensor.Elements() {
				t.Fatalf("%q has %d elements, want %d: %v", name, len(got), tensor.Elements(), err)
			}
		}
	})
}

// Names are what JSON says they are, where they are escaped, long, or lie across the end of the reader's buffer, too.
func TestNamesOfSafetensors(t *testing.T) {
	const buffer = 4096
	want := []string{"plain", `quo"te`, "naïve", "tab.\\.name", strings.Repeat("n", maxName), strings.Repeat("m", maxName-1), "last"}
	for lead := buffer - 40; lead < buffer+1; lead++ {
		text := []byte(`{"__metadata__":{"note":"` + strings.Repeat("x", lead) + `"}`)
		for _, name := range want {
			quoted, err := json.Marshal(name)
			if err != nil {
				t.Fatal(err)
			}
			text = append(append(append(text, ','), quoted...), `:{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`...)
		}
		text = append(text, '}')
		data := append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), 0, 0, 0, 0)
		f, err := Read(foreign.Source{Name: "names", Size: int64(len(data)), ReaderAt: bytes.NewReader(data)})
		if err != nil {
			t.Fatalf("with %d bytes before: %v", lead, err)
		}
		if got := slices.Clone(f.Names); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Fatalf("with %d bytes before: %.60q", lead, got)
		}
	}
}
