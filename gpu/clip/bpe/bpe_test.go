package bpe

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"reverie/weights/vocab"
)

// tokens are texts with the ids that CLIP's own tokeniser gives them.
//
//go:embed testdata/tokens.jsonl
var tokens []byte

var official = sync.OnceValues(func() (*Tokenizer, error) { return New(officialFile(), 49408, 77) })

// officialFile is the official vocabulary, unpacked.
var officialFile = sync.OnceValue(func() []byte {
	unzipped, err := gzip.NewReader(bytes.NewReader(vocab.CLIP))
	if err != nil {
		panic(err) // it is embedded
	}
	all, err := io.ReadAll(unzipped)
	if err != nil {
		panic(err)
	}
	return all
})

// mini has the first 7678 merges of the official vocabulary, a file without a line end after the last.
var mini = sync.OnceValues(func() (*Tokenizer, error) {
	lines := strings.SplitN(string(officialFile()), "\n", 7680)
	return New([]byte(strings.Join(lines[:7679], "\n")), 8192, 32)
})

func must(t testing.TB, tokenizer func() (*Tokenizer, error)) *Tokenizer {
	t.Helper()
	tok, err := tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestOfficial(t *testing.T) {
	tok := must(t, official)
	if tok.VocabSize() != 49408 || tok.ContextLength() != 77 || tok.Usable() != 75 {
		t.Errorf("%d ids, context %d, usable %d", tok.VocabSize(), tok.ContextLength(), tok.Usable())
	}
	cases := 0
	for lines := bufio.NewScanner(bytes.NewReader(tokens)); lines.Scan(); cases++ {
		var c struct {
			Text      string
			IDs       []int32
			Truncated bool
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		e := tok.Encode(c.Text)
		if !slices.Equal(e.IDs, c.IDs) || e.Truncated != c.Truncated || e.Truncated != (e.Count > 75) {
			t.Errorf("%q: %+v, want %v, truncated %v", c.Text, e, c.IDs, c.Truncated)
		}
	}
	if cases < 150 {
		t.Errorf("only %d cases", cases)
	}
}

// TestCorners checks what a re-implementation of the regular expression, of lower-casing and of html.unescape misses; the
// ids are those of the Python originals.
func TestCorners(t *testing.T) {
	tok := must(t, official)
	for text, want := range map[string][]int32{
		"a\u0345b \u0345":                                  {49406, 320, 321, 49407},
		"'ſo <|ſtartoftext|>":                              {49406, 6, 129, 379, 334, 27, 91, 129, 123, 2002, 6659, 18169, 91, 285, 49407},
		"ΑΣ ΑΣ'Σ Σ αΣ.":                                    {49406, 138, 109, 139, 480, 138, 109, 139, 481, 262, 139, 480, 139, 481, 138, 109, 139, 480, 269, 49407},
		"&NotEqualTilde;&acE; &notit; &#128;&#1;&#xfdd0;x": {49406, 22684, 224, 136, 116, 17788, 122, 136, 367, 126, 361, 585, 282, 6309, 343, 49407},
		"K\u212a":             {49406, 10849, 49407},
		"ᾼΑ Ⴀ Ა":              {49406, 157, 122, 111, 138, 365, 158, 112, 478, 24829, 494, 49407},
		"aa a\u180eb \u200bx": {49406, 3894, 320, 157, 254, 492, 321, 9844, 343, 49407},
	} {
		if got := tok.Encode(text).IDs; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestMini(t *testing.T) {
	tok := must(t, mini)
	for text, want := range map[string][]int32{
		"a red apple":                           {8190, 320, 736, 3055, 8191},
		"a blue heart":                          {8190, 320, 1746, 1936, 8191},
		"lighthouse at dusk, by Greg Rutkowski": {8190, 7510, 7819, 536, 691, 2058, 267, 638, 7943, 681, 83, 1313, 86, 3428, 8191},
		"<|endoftext|> 42":                      {8190, 8191, 275, 273, 8191},
		"😀 café":                                {8190, 7334, 3471, 4166, 8191},
	} {
		if got := tok.Encode(text).IDs; !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	e := tok.Encode(strings.Repeat("word ", 31))
	if len(e.IDs) != 32 || e.IDs[31] != 8191 || !e.Truncated || e.Count != 31 {
		t.Errorf("31 words: %+v", e)
	}
	if e := tok.Encode(strings.Repeat("word ", 30)); len(e.IDs) != 32 || e.Truncated || e.Count != 30 {
		t.Errorf("30 words: %+v", e)
	}
}

// TestSymbolsOfTwoMerges: where two merges give the same symbol, its id is the later one's, and either way leads to it.
func TestSymbolsOfTwoMerges(t *testing.T) {
	tok, err := New([]byte("#\na b\nb c</w>\nab c</w>\na bc</w>\nd e</w>\n"), 512+5+2, 77)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tok.Encode("abc de").IDs, []int32{517, 515, 516, 518}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNewErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		file    []byte
		vocab   int
		context int
		want    string
	}{
		{"gzip", vocab.CLIP, 49408, 77, "line 2"},
		{"empty", nil, 513, 77, "no merges"},
		{"cut off", officialFile()[:1000], 49408, 77, "line 168"},
		{"no merges", []byte("#version\n"), 514, 77, "no merges"},
		{"three symbols", []byte("#\na b\na b c\n"), 516, 77, `line 3 is "a b c"`},
		{"an empty line", []byte("#\na b\n\nc d\n"), 517, 77, "line 3"},
		{"an endless line", []byte("#\n" + strings.Repeat("a", 1<<20)), 515, 77, "line 2"},
		{"another model's", officialFile(), 8192, 77, "49408 ids, but the model 8192"},
		{"no context", officialFile(), 49408, 2, "no room"},
	} {
		if _, err := New(test.file, test.vocab, test.context); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.want)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := must(t, mini)
	want := tok.Encode("a quick brown fox jumps over a lazy dog")
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 50 {
				if got := tok.Encode("a quick brown fox jumps over a lazy dog"); !reflect.DeepEqual(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
			}
		})
	}
	wait.Wait()
}

// bytesOf undoes the merges: the bytes of each id.
func (t *Tokenizer) bytesOf(id int32) []byte {
	for p, m := range t.merges {
		if m.id == id {
			return append(t.bytesOf(p.left), t.bytesOf(p.right)...)
		}
	}
	for b, byteID := range t.byteIDs {
		if byteID == id%256 {
			return []byte{byte(b)}
		}
	}
	return nil
}

func TestTokensSpellTheText(t *testing.T) {
	tok := must(t, mini)
	var spelled []byte
	ids := tok.Encode("Ünder the  sea, 12 fish!").IDs
	for _, id := range ids[1 : len(ids)-1] {
		spelled = append(spelled, tok.bytesOf(id)...)
	}
	if string(spelled) != "ünderthesea,12fish!" {
		t.Errorf("the tokens spell %q", spelled)
	}
}

func FuzzEncode(f *testing.F) {
	for lines := bufio.NewScanner(bytes.NewReader(tokens)); lines.Scan(); {
		var c struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			f.Fatal(err)
		}
		f.Add(c.Text)
	}
	f.Add("\xff\xfe<|startoftext|>&#xD800;\u0345Σ'ſ")
	tok := must(f, mini)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<8 {
			return // longer ones find nothing new, more slowly
		}
		e := tok.Encode(text)
		last := len(e.IDs) - 1
		if last < 1 || last >= 32 || e.IDs[0] != 8190 || e.IDs[last] != 8191 || e.Truncated != (e.Count > 30) || !e.Truncated && last-1 != e.Count {
			t.Fatalf("%+v", e)
		}
		for _, id := range e.IDs {
			if id < 0 || id >= 8192 {
				t.Fatalf("id %d", id)
			}
		}
	})
}

func FuzzNew(f *testing.F) {
	f.Add("#\na b\nab c</w>\n", 516)
	f.Add("", 514)
	f.Fuzz(func(t *testing.T, file string, size int) {
		if tok, err := New([]byte(file), size, 8); err == nil {
			tok.Encode("abc " + file)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(officialFile(), 49408, 77); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	tok := must(b, official)
	for b.Loop() {
		tok.Encode("an oil painting of a lighthouse at dusk, by Greg Rutkowski, trending on ArtStation")
	}
}

func BenchmarkEndlessWord(b *testing.B) {
	tok := must(b, official)
	word := make([]byte, 20000)
	for i := range word {
		word[i] = byte('a' + i*i%25)
	}
	for b.Loop() {
		clear(tok.cache)
		tok.Encode(string(word))
	}
}
