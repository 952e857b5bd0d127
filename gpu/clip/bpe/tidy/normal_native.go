//go:build !js

package tidy

import "golang.org/x/text/unicode/norm"

func nfc(s string) string  { return norm.NFC.String(s) }
func nfkc(s string) string { return norm.NFKC.String(s) }
