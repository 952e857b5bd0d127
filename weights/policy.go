package weights

import (
	"slices"
	"strings"
)

// Quants are what can be asked of a conversion, from the largest to the smallest.
var Quants = []string{TypeF32, TypeF16, TypeQ8, TypeQ4}

// ValidQuant reports whether a quantisation can be asked for.
func ValidQuant(quant string) bool { return slices.Contains(Quants, quant) }

// role is what a tensor does, as far as its precision goes.
type role int

const (
	// Vectors (biases, norms, CLIP's class embedding, logit_scale) and positional embeddings: small, and their errors reach every token.
	roleSmall role = iota
	// The codebook: z is compared with its rows, and every token of the picture is one of them.
	roleCodebook
	// Matrices where pixels, codes or embeddings enter or leave a network: small too, and nothing after them averages the rounding away.
	roleEdge
	// CLIP's token embedding: a sixth of CLIP, of which a prompt reads a few rows.
	roleTokens
	// The rest of each network. The decoder makes the picture that is seen; the encoder serves start pictures only.
	roleText
	roleImage
	roleDecoder
	roleEncoder
)

// policy is how each quantisation stores each role. q4 is a mix that spends its bits where they show.
var policy = map[string]map[role]string{
	TypeF32: {roleSmall: TypeF32, roleCodebook: TypeF32, roleEdge: TypeF32, roleTokens: TypeF32,
		roleText: TypeF32, roleImage: TypeF32, roleDecoder: TypeF32, roleEncoder: TypeF32},
	TypeF16: {roleSmall: TypeF32, roleCodebook: TypeF32, roleEdge: TypeF16, roleTokens: TypeF16,
		roleText: TypeF16, roleImage: TypeF16, roleDecoder: TypeF16, roleEncoder: TypeF16},
	TypeQ8: {roleSmall: TypeF32, roleCodebook: TypeF32, roleEdge: TypeF16, roleTokens: TypeQ8,
		roleText: TypeQ8, roleImage: TypeQ8, roleDecoder: TypeQ8, roleEncoder: TypeQ8},
	TypeQ4: {roleSmall: TypeF32, roleCodebook: TypeQ8, roleEdge: TypeQ8, roleTokens: TypeQ4,
		roleText: TypeQ5, roleImage: TypeQ5, roleDecoder: TypeQ4, roleEncoder: TypeQ4},
}

// StoredType is the element type of a tensor under a quantisation.
func StoredType(quant, name string, shape []int) string { return policy[quant][roleOf(name, shape)] }

func roleOf(name string, shape []int) role {
	switch {
	case len(shape) < 2, strings.HasSuffix(name, "positional_embedding"):
		return roleSmall
	case name == codebookName(false), name == codebookName(true):
		return roleCodebook
	case atTheEdge(name):
		return roleEdge
	case name == "token_embedding.weight":
		return roleTokens
	case strings.HasPrefix(name, "visual."):
		return roleImage
	case strings.HasPrefix(name, "decoder."):
		return roleDecoder
	case strings.HasPrefix(name, "encoder."):
		return roleEncoder
	}
	return roleText
}

func atTheEdge(name string) bool {
	switch name {
	case "visual.conv1.weight", "visual.proj", "visual.attnpool.c_proj.weight", "text_projection",
		"encoder.conv_in.weight", "encoder.conv_out.weight", "quant_conv.weight", "quantize.proj.weight",
		"post_quant_conv.weight", "decoder.conv_in.weight", "decoder.conv_out.weight":
		return true
	}
	return false
}
