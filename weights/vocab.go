package weights

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
)

// maxVocabText is how long a vocabulary may be when unpacked.
const maxVocabText = 64 << 20

// ParseVocab unpacks a vocabulary: gzipped text of one comment line and then one merge per line, two symbols with a space between,
// in the order of CLIP's bpe_simple_vocab_16e6.txt.gz. A line feed at the end does not count as a merge.
func ParseVocab(gzipped []byte) ([]string, error) {
	z, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		return nil, fmt.Errorf("weights: the vocabulary is not a gzip file: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxVocabText+1))
	if err != nil {
		return nil, fmt.Errorf("weights: the vocabulary is damaged: %w", err)
	}
	if len(text) > maxVocabText {
		return nil, fmt.Errorf("weights: the vocabulary has over %d bytes", maxVocabText)
	}
	merges := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")[1:]
	for i, line := range merges {
		left, right, ok := strings.Cut(line, " ")
		if !ok || left == "" || right == "" || strings.Contains(right, " ") {
			return nil, fmt.Errorf("weights: line %d of the vocabulary is %.60q, not two symbols", i+2, line)
		}
	}
	return merges, nil
}
