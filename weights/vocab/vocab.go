// Package vocab holds the byte-pair vocabulary that OpenAI published with CLIP (MIT licence, see LICENSE).
package vocab

import _ "embed"

// CLIP is bpe_simple_vocab_16e6.txt.gz: a comment line, then 262,144 merges, of which CLIP uses the first 48,894.
//
//go:embed bpe_simple_vocab_16e6.txt.gz
var CLIP []byte
