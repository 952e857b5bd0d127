package tidy

import "reverie/gpu/jsx"

// Browsers have Unicode's tables, which would be 40 kB to download.

func nfc(s string) string  { return jsx.Normalise(s, "NFC") }
func nfkc(s string) string { return jsx.Normalise(s, "NFKC") }
