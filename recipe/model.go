package recipe

import (
	"fmt"
	"strings"
)

// maxName is the length of the longest name of a model.
const maxName = 100

// CheckName is the one rule for models' names, which stand in URLs and are folders. Its error is a sentence without the full stop.
func CheckName(name string) error {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if name == "" || len(name) > maxName || name[0] == '.' || strings.Trim(name, plain) != "" {
		return fmt.Errorf("%.110q is no model's name: use 1 to %d of a-z, A-Z, 0-9, '_', '-' and '.', with no '.' at the beginning", name, maxName)
	}
	return nil
}

// pairing joins the two names of a pair. No name has it.
const pairing = "+"

// Halves are the folders of a model's CLIP and of its VQGAN: the same one, or two that are joined as "CLIP+VQGAN".
func Halves(model string) (clip, vqgan string) {
	clip, vqgan, two := strings.Cut(model, pairing)
	if !two {
		return model, model
	}
	return clip, vqgan
}

// Pairing is the model of two folders, as Halves reads it. One folder twice is that folder's own pair.
func Pairing(clip, vqgan string) string {
	if clip == vqgan {
		return clip
	}
	return clip + pairing + vqgan
}

// SuggestedByPair is what the two halves of a pair suggest together: what CLIP sees is for its side to say, and all else, which is about how the
// picture moves, for the VQGAN's.
func SuggestedByPair(clip, vqgan Recipe) Recipe {
	var r Recipe
	for _, side := range []struct {
		by      Recipe
		cutting bool
	}{{clip, true}, {vqgan, false}} {
		for _, s := range side.by.Said() {
			if (s.Option.Group == Cutting) == side.cutting {
				r = r.With(s)
			}
		}
	}
	return r
}
