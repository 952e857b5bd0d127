package recipe

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"reverie/recipe/prompt"
)

// Parts is a kind of lists that are written like prompts, with weights and stops, of type string: with Vectors, of embeddings in float32 as base64
// for links (RFC 4648, §5), and else of seeds.
type Parts struct{ Vectors bool }

func (k Parts) Parse(text string) (any, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	list, err := prompt.ParseImages(text)
	if err != nil {
		return nil, errors.New(strings.TrimSuffix(lowerFirst(err.Error()), "."))
	}
	if len(list) > MaxParts {
		return nil, fmt.Errorf("leave at most %d", MaxParts)
	}
	for _, part := range list {
		if k.Vectors && VectorOf(part.Name) == nil {
			return nil, fmt.Errorf("write numbers in float32 as base64, not %.20q", part.Name)
		}
		if _, err := strconv.ParseUint(part.Name, 10, 64); err != nil && !k.Vectors {
			return nil, fmt.Errorf("write whole numbers like 1:0.5 | 2, not %.20q", part.Name)
		}
	}
	return prompt.FormatImages(list), nil
}

// PartsOf are the parts of a value of Parts that was checked: their names are seeds or vectors.
func PartsOf(value string) []prompt.Image {
	list, _ := prompt.ParseImages(value)
	return list
}

// VectorOf are the numbers of a vector as Parts writes it, or nil if it is none.
func VectorOf(text string) []float32 {
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(b) == 0 || len(b)%4 != 0 {
		return nil
	}
	vector := make([]float32, len(b)/4)
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if v := float64(vector[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	}
	return vector
}

func (Parts) Format(v any) string { return v.(string) }

func (k Parts) decode(b json.RawMessage) (any, error) {
	text, err := decodeAs[string](b)
	if err != nil {
		return nil, err
	}
	return k.Parse(text.(string))
}

func (Parts) encode(v any) any { return v }

func (k Parts) check(o *Option, v any) (any, string, error) {
	valid, err := k.Parse(v.(string))
	if err != nil {
		return v, "", fmt.Errorf("The %s cannot be read: %w.", o.noun(), err)
	}
	return valid, "", nil
}

func (Parts) schema() map[string]any { return map[string]any{"type": "string"} }
