package folder

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"reverie/weights"
	"reverie/weights/foreign"
)

// MaxVocab is how many bytes a gzipped vocabulary may have. CLIP's own, of which CLIP uses a fifth, has 1.4 million.
const MaxVocab = 8 << 20

// What a vocabulary may unpack to: four times as many merges as any model has, of words as long as any language's.
const (
	maxMerges = 1 << 20
	maxMerge  = 1 << 10
)

var errVocab = errors.New("weights: the vocabulary is damaged or was cut short while downloading")

// ParseVocab unpacks a vocabulary: gzipped text of one comment line and then one merge per line, two symbols with a space between,
// in the order of CLIP's bpe_simple_vocab_16e6.txt.gz. A line feed at the end does not count as a merge.
func ParseVocab(gzipped []byte) ([]string, error) {
	const wanted = "a vocabulary"
	z, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		if bytes.HasPrefix(gzipped, []byte("\x1f\x8b")) {
			return nil, errVocab
		}
		if err := foreign.RecogniseText(gzipped[:min(len(gzipped), foreign.HeadSize)], wanted); err != nil {
			return nil, fmt.Errorf("weights: the vocabulary is not a gzip file: %w", err)
		}
		return nil, errors.New("weights: the vocabulary is not a gzip file")
	}
	unpacked := &io.LimitedReader{R: z, N: weights.MaxVocabText + 1}
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, maxMerge)
	var merges []string
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			continue
		}
		line := lines.Text()
		left, right, ok := strings.Cut(line, " ")
		switch {
		case !ok || left == "" || right == "" || strings.Contains(right, " "):
			return nil, fmt.Errorf("weights: line %d of the vocabulary is %.60q, not two symbols", n, line)
		case len(merges) == maxMerges:
			return nil, fmt.Errorf("weights: the vocabulary has over %d merges", maxMerges)
		}
		merges = append(merges, line)
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("weights: line %d of the vocabulary has over %d bytes", len(merges)+2, maxMerge)
	case err != nil:
		return nil, errVocab
	case unpacked.N == 0:
		return nil, fmt.Errorf("weights: the vocabulary has over %d bytes", weights.MaxVocabText)
	}
	return merges, nil
}
