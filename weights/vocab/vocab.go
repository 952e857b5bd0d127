// Package vocab holds the byte-pair vocabulary that OpenAI published with CLIP (MIT licence, see LICENSE).
package vocab

import _ "embed"

// CLIP is bpe_simple_vocab_16e6.txt.gz: a comment line, then 262,144 merges, of which CLIP uses the first 48,894.
//
//go:embed bpe_simple_vocab_16e6.txt.gz
var CLIP []byte

// Used is what a conversion keeps of it for a model that knows all tokens of CLIP's: a comment line and those 48,894 merges.
//
//go:embed clip_48894.txt.gz
var Used []byte
