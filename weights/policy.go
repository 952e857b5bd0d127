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
	// Vectors: biases, norms, CLIP's class embedding, logit_scale. Small, and their errors reach every token.
	roleSmall role = iota
	// Positional embeddings, whose errors do so, too, but of which float16 keeps enough.
	rolePosition
	// The codebook: z is compared with its rows, and every token of the picture is one of them.
	roleCodebook
	// Matrices where pixels, codes or embeddings enter or leave a network: small too, and nothing after them averages the rounding away.
	roleEdge
	// The patch embedding is the largest of those, and its patches average the rounding of its many columns.
	rolePatch
	// CLIP's token embedding: a sixth of CLIP, of which a prompt reads a few rows.
	roleTokens
	// What makes queries and keys of an image tower. Softmax turns their errors into other places to look at: in a small
	// trained vision transformer they cost ten times what those of other matrices do, per byte.
	roleImageAttention
	// The second layer of a text tower's feed-forward pairs, whose errors cost least.
	roleTextLeaving
	// The rest of each network. The decoder makes the picture that is seen; the encoder serves start pictures only.
	roleText
	roleImage
	roleDecoder
	roleEncoder
)

// policy is how each quantisation stores each role. q4 is a mix that spends its bits where they show: ViT-B/32 with VQGAN f16 and 16384
// codes must stay within 150 MB.
var policy = map[string]map[role]string{
	TypeF32: {roleSmall: TypeF32, rolePosition: TypeF32, roleCodebook: TypeF32, roleEdge: TypeF32, rolePatch: TypeF32, roleTokens: TypeF32,
		roleImageAttention: TypeF32, roleTextLeaving: TypeF32, roleText: TypeF32, roleImage: TypeF32, roleDecoder: TypeF32, roleEncoder: TypeF32},
	TypeF16: {roleSmall: TypeF32, rolePosition: TypeF16, roleCodebook: TypeF32, roleEdge: TypeF16, rolePatch: TypeF16, roleTokens: TypeF16,
		roleImageAttention: TypeF16, roleTextLeaving: TypeF16, roleText: TypeF16, roleImage: TypeF16, roleDecoder: TypeF16, roleEncoder: TypeF16},
	TypeQ8: {roleSmall: TypeF32, rolePosition: TypeF16, roleCodebook: TypeF32, roleEdge: TypeF16, rolePatch: TypeF16, roleTokens: TypeQ8,
		roleImageAttention: TypeQ8, roleTextLeaving: TypeQ8, roleText: TypeQ8, roleImage: TypeQ8, roleDecoder: TypeQ8, roleEncoder: TypeQ8},
	TypeQ4: {roleSmall: TypeF32, rolePosition: TypeF16, roleCodebook: TypeQ8, roleEdge: TypeQ8, rolePatch: TypeQ6, roleTokens: TypeQ4,
		roleImageAttention: TypeQ6, roleTextLeaving: TypeQ4, roleText: TypeQ5, roleImage: TypeQ5, roleDecoder: TypeQ4, roleEncoder: TypeQ4},
}

// StoredType is the element type of a tensor under a quantisation.
func StoredType(quant, name string, shape []int) string { return policy[quant][roleOf(name, shape)] }

func roleOf(name string, shape []int) role {
	switch {
	case len(shape) < 2:
		return roleSmall
	case strings.HasSuffix(name, "positional_embedding"):
		return rolePosition
	case name == codebookName(false), name == codebookName(true):
		return roleCodebook
	case name == "visual.conv1.weight" && len(shape) == 4 && shape[2] > 3: // else it is a ResNet's first convolution
		return rolePatch
	case atTheEdge(name):
		return roleEdge
	case name == "token_embedding.weight":
		return roleTokens
	case strings.HasPrefix(name, "visual."):
		if strings.HasSuffix(name, "attn.in_proj_weight") || strings.HasPrefix(name, "visual.attnpool.") {
			return roleImageAttention
		}
		return roleImage
	case strings.HasPrefix(name, "decoder."):
		return roleDecoder
	case strings.HasPrefix(name, "encoder."):
		return roleEncoder
	case strings.HasSuffix(name, "mlp.c_proj.weight"):
		return roleTextLeaving
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
