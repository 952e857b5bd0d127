// Package bpe cuts text into the tokens of CLIP: byte-pair encoding over a vocabulary of merges, after the clean-up that
// CLIP's own tokeniser does.
//
// A token id is, in this order: 256 bytes, 256 bytes that end a word, one per merge, start of text, end of text.
package bpe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"reverie/gpu/clip/bpe/tidy"
)

// maxMerges is how many merges CLIP takes from its vocabulary file, which holds more.
const maxMerges = 49152 - 256 - 2

// endOfWord marks the last symbol of a word in the vocabulary file.
const endOfWord = "</w>"

// Tokenizer is a vocabulary. It is safe for use by several goroutines.
type Tokenizer struct {
	contextLength int
	merges        map[pair]merge
	byteIDs       [256]int32
	start, end    int32

	mu    sync.Mutex
	cache map[string][]int32 // tokens of words seen before
}

// pair is two neighbouring symbols.
type pair struct{ left, right int32 }

// merge is what a pair becomes, and how early: the lowest rank is merged first.
type merge struct{ rank, id int32 }

// Encoding is a text as CLIP reads it.
type Encoding struct {
	// IDs begin with the start of text, end with the end of text, and are at most the context length in number. They are
	// not padded.
	IDs []int32
	// Count is the number of the text's tokens before any were cut off, without start and end.
	Count int
	// Truncated says that Count tokens did not fit.
	Truncated bool
}

// New reads a vocabulary file, unpacked: a comment line, then one merge per line, two symbols with a space between. Those that
// CLIP uses must give vocabSize ids.
func New(file []byte, vocabSize, contextLength int) (*Tokenizer, error) {
	if contextLength < 3 {
		return nil, fmt.Errorf("bpe: a context of %d tokens has no room for text", contextLength)
	}
	lines, err := readMerges(string(file))
	if err != nil {
		return nil, fmt.Errorf("bpe: vocabulary: %w", err)
	}
	if got := 512 + len(lines) + 2; got != vocabSize {
		return nil, fmt.Errorf("bpe: the vocabulary of %d merges has %d ids, but the model %d", len(lines), got, vocabSize)
	}
	return build(lines, contextLength), nil
}

// readMerges reads at most maxMerges lines after the first.
func readMerges(file string) ([][2]string, error) {
	_, rest, _ := strings.Cut(file, "\n")
	var merges [][2]string
	for rest != "" && len(merges) < maxMerges {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		symbols := strings.Fields(line)
		if len(symbols) != 2 {
			return nil, fmt.Errorf("line %d is %.40q, not two symbols", len(merges)+2, line)
		}
		merges = append(merges, [2]string{symbols[0], symbols[1]})
	}
	if len(merges) == 0 {
		return nil, errors.New("there are no merges")
	}
	return merges, nil
}

func build(lines [][2]string, contextLength int) *Tokenizer {
	t := &Tokenizer{
		contextLength: contextLength,
		merges:        make(map[pair]merge, len(lines)),
		start:         int32(512 + len(lines)),
		end:           int32(512 + len(lines) + 1),
		cache:         map[string][]int32{},
	}
	ids := make(map[string]int32, 512+len(lines))
	for i, symbol := range byteSymbols() {
		t.byteIDs[symbol.value] = int32(i)
		ids[symbol.text] = int32(i)
		ids[symbol.text+endOfWord] = int32(i + 256)
	}
	// Two merges can give the same symbol; its id is the later one's.
	for i, line := range lines {
		ids[line[0]+line[1]] = int32(512 + i)
	}
	for i, line := range lines {
		left, leftKnown := ids[line[0]]
		right, rightKnown := ids[line[1]]
		if leftKnown && rightKnown { // else the pair never occurs
			t.merges[pair{left, right}] = merge{int32(i), ids[line[0]+line[1]]}
		}
	}
	return t
}

type byteSymbol struct {
	value byte
	text  string
}

// byteSymbols are the 256 bytes in the order of their ids, and the characters that stand for them in the file: the printable
// ones of Latin-1 for themselves, the others, last, the characters from U+0100.
func byteSymbols() []byteSymbol {
	printable := func(b int) bool { return '!' <= b && b <= '~' || 0xa1 <= b && b <= 0xac || 0xae <= b }
	var symbols, others []byteSymbol
	for b := range 256 {
		if printable(b) {
			symbols = append(symbols, byteSymbol{byte(b), string(rune(b))})
		} else {
			others = append(others, byteSymbol{byte(b), string(rune(0x100 + len(others)))})
		}
	}
	return append(symbols, others...)
}

// ContextLength is the number of ids that the model reads, start and end included.
func (t *Tokenizer) ContextLength() int { return t.contextLength }

// Usable is the number of tokens that a text can have without being cut.
func (t *Tokenizer) Usable() int { return t.contextLength - 2 }

// VocabSize is the number of ids.
func (t *Tokenizer) VocabSize() int { return int(t.end) + 1 }

// Encode cuts text into tokens. A text with more than Usable tokens is cut there, as the official call does with
// truncate=True.
func (t *Tokenizer) Encode(text string) Encoding {
	ids := []int32{t.start}
	for _, word := range split(clean(text)) {
		ids = append(ids, t.word(word)...)
	}
	e := Encoding{Count: len(ids) - 1}
	if e.Truncated = e.Count > t.Usable(); e.Truncated {
		ids = ids[:t.contextLength-1]
	}
	e.IDs = append(ids, t.end)
	return e
}

// clean is the text as the words are cut from it: tidied, its references unescaped once more, single spaces, small letters.
func clean(text string) string {
	text = tidy.Unescape(tidy.Unescape(tidy.Text(text)))
	return lower(strings.Join(strings.FieldsFunc(text, unicode.IsSpace), " "))
}

// cacheSize bounds the memory that a page left open takes.
const cacheSize = 1 << 12

// word returns the tokens of one word. The result is shared and must not be changed.
func (t *Tokenizer) word(word string) []int32 {
	switch word {
	case startOfText:
		return []int32{t.start}
	case endOfText:
		return []int32{t.end}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if ids, ok := t.cache[word]; ok {
		return ids
	}
	ids := t.mergeAll(word)
	if len(t.cache) >= cacheSize {
		clear(t.cache)
	}
	t.cache[word] = ids
	return ids
}

// Ranks of a pair that is never merged, and of one that has to be looked up again.
const (
	noRank    = 1 << 30
	staleRank = -1
)

// mergeAll begins with the word's bytes and merges the pair of the lowest rank, everywhere in the word from left to right,
// until no pair is left that merges.
func (t *Tokenizer) mergeAll(word string) []int32 {
	symbols := make([]int32, len(word))
	for i := range len(word) {
		symbols[i] = t.byteIDs[word[i]]
	}
	symbols[len(symbols)-1] += 256
	ranks := make([]int32, len(symbols)) // of each symbol with the next
	for i := range symbols {
		ranks[i] = t.rank(symbols, i)
	}
	for {
		lowest := slices.Min(ranks)
		if lowest == noRank {
			return symbols
		}
		n := 0
		for i := 0; i < len(symbols); i++ {
			symbol, rank := symbols[i], ranks[i]
			if rank == lowest {
				symbol, rank = t.merges[pair{symbol, symbols[i+1]}].id, staleRank
				i++
			}
			symbols[n], ranks[n] = symbol, rank
			n++
		}
		symbols, ranks = symbols[:n], ranks[:n]
		for i := range ranks {
			if ranks[i] == staleRank || i+1 < n && ranks[i+1] == staleRank {
				ranks[i] = t.rank(symbols, i)
			}
		}
	}
}

func (t *Tokenizer) rank(symbols []int32, i int) int32 {
	if i+1 < len(symbols) {
		if m, ok := t.merges[pair{symbols[i], symbols[i+1]}]; ok {
			return m.rank
		}
	}
	return noRank
}
