package weights

import "strings"

// StoredType is the policy of what a quantisation does to each tensor.
//
//   - f32 changes nothing.
//   - Vectors (biases, norms, CLIP's class embedding, logit_scale), positional embeddings and the codebook stay f32 always: they are
//     small, and their errors reach every token.
//   - Under q8, the matrices where pixels or codebook rows enter or leave a network stay f16: they are small too, and nothing
//     after them averages the rounding away.
//   - Everything else is stored as asked.
func StoredType(quant, name string, shape []int) string {
	switch {
	case quant == TypeF32, len(shape) < 2, strings.HasSuffix(name, "positional_embedding"), isCodebook(name):
		return TypeF32
	case quant == TypeQ8 && atTheEdge(name):
		return TypeF16
	}
	return quant
}

func isCodebook(name string) bool {
	return name == codebookName(false) || name == codebookName(true)
}

func atTheEdge(name string) bool {
	switch name {
	case "visual.conv1.weight", "visual.proj", "text_projection",
		"encoder.conv_in.weight", "encoder.conv_out.weight", "quant_conv.weight", "quantize.proj.weight",
		"post_quant_conv.weight", "decoder.conv_in.weight", "decoder.conv_out.weight":
		return true
	}
	return false
}
