package guide

import (
	"slices"
	"testing"

	"reverie/weights"
)

func TestFirstTokensAreStartCodes(t *testing.T) {
	all := weights.VQGANConfig{NEmbed: 50}
	quiet := weights.VQGANConfig{NEmbed: 50, StartCodes: []int{3, 49}}
	seen := map[int32]int{}
	for _, token := range drawnTokens(7, 0, drawTokens, 100, quiet) {
		seen[token]++
	}
	if len(seen) != 2 || seen[3] == 0 || seen[49] == 0 {
		t.Errorf("drawn %v from the codes 3 and 49", seen)
	}
	if a, b := drawnTokens(7, 0, drawTokens, 100, all), drawnTokens(8, 0, drawTokens, 100, all); slices.Equal(a, b) || slices.Max(a) < 25 {
		t.Errorf("two seeds draw %v and %v", a, b)
	}
}
