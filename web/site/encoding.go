//go:build !js

package site

import (
	"strings"

	"reverie/web/compress"
)

// identity is the index of the form that is not encoded, behind those of compress.Formats.
var identity = len(compress.Formats)

// choose picks the form of an asset that a request's Accept-Encoding header asks for (RFC 9110, section 12.5.3): the one with the greatest
// weight, and of equals the smaller. It is -1 when the header refuses all that there are. An index that have says no to is of no form.
func choose(header []string, have func(form int) bool) int {
	if header == nil {
		return identity
	}
	best, weight := -1, 0
	for form := range identity {
		if w := weigh(header, compress.Formats[form].Encoding); w > weight && have(form) {
			best, weight = form, w
		}
	}
	switch w := weigh(header, "identity"); {
	case w > weight, w == unsaid && best < 0:
		return identity
	}
	return best
}

// unsaid is the weight of what a header says nothing of.
const unsaid = -1

// weigh returns the weight that a header gives an encoding, in thousandths: its own, or else that of "*". What has no valid weight is passed
// over.
func weigh(header []string, encoding string) int {
	any := unsaid
	for _, line := range header {
		for entry := range strings.SplitSeq(line, ",") {
			name, parameter, weighted := strings.Cut(entry, ";")
			name = strings.Trim(name, " \t")
			own := strings.EqualFold(name, encoding) || encoding == "gzip" && strings.EqualFold(name, "x-gzip")
			if !own && name != "*" {
				continue
			}
			weight := 1000
			if weighted {
				if weight = parseWeight(strings.Trim(parameter, " \t")); weight == unsaid {
					continue
				}
			}
			if own {
				return weight
			}
			any = weight
		}
	}
	return any
}

// parseWeight reads "q=0.125" in thousandths, which is as finely as the RFC lets a weight be written.
func parseWeight(s string) int {
	if len(s) < 3 || s[0]|0x20 != 'q' || s[1] != '=' || s[2] != '0' && s[2] != '1' {
		return unsaid
	}
	digits := s[3:]
	if digits != "" && (digits[0] != '.' || len(digits) > 4) {
		return unsaid
	}
	weight, unit := int(s[2]-'0')*1000, 100
	for i := 1; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return unsaid
		}
		weight += int(digits[i]-'0') * unit
		unit /= 10
	}
	if weight > 1000 {
		return unsaid
	}
	return weight
}
