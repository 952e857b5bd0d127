package importer

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// batchNormEps is PyTorch's default, which CLIP's ResNets have.
const batchNormEps = 1e-5

// configureResNet derives the dimensions of a modified ResNet's image tower from the shapes.
func (c *CLIP) configureResNet() error {
	shapes, err := c.shapes(map[string]int{
		"visual.layer1.0.conv1.weight": 4, "visual.attnpool.positional_embedding": 2, "visual.attnpool.c_proj.weight": 2,
	})
	if err != nil {
		return err
	}
	width := shapes["visual.layer1.0.conv1.weight"][0]
	grid := int(math.Sqrt(float64(shapes["visual.attnpool.positional_embedding"][0] - 1)))
	v := &c.Config
	for stage := range v.ResNetBlocks {
		v.ResNetBlocks[stage] = c.count(fmt.Sprintf("visual.layer%d.%%d.conv1.weight", stage+1))
		v.VisionLayers += v.ResNetBlocks[stage]
	}
	v.PatchSize, v.VisionWidth, v.EmbedDim = 32, width, shapes["visual.attnpool.c_proj.weight"][0]
	v.ImageSize = grid * v.PatchSize
	v.VisionHeads = v.FeatureWidth() / headWidth
	return nil
}

// foldBatchNorms puts every frozen batch norm into the convolution before it: y = γ·(W·x − μ)/√(σ² + ε) + β is a convolution with the
// weight W·s and the bias β − μ·s, s = γ/√(σ² + ε). All is computed in float64 and rounded once.
func (c *CLIP) foldBatchNorms() error {
	folded := 0
	for _, spec := range c.Config.ImageTensors() {
		conv, isBias := strings.CutSuffix(spec.Name, ".bias")
		if !isBias || strings.HasPrefix(conv, "visual.attnpool.") {
			continue
		}
		if err := c.foldBatchNorm(conv, batchNormOf(conv), spec.Shape[0]); err != nil {
			return err
		}
		folded++
	}
	c.Notes = append(c.Notes, fmt.Sprintf("CLIP: %d frozen batch norms are folded into their convolutions", folded))
	return nil
}

// batchNormOf names the norm after a convolution: bn1 after conv1, downsample.1 after downsample.0.
func batchNormOf(conv string) string {
	if stem, ok := strings.CutSuffix(conv, "downsample.0"); ok {
		return stem + "downsample.1"
	}
	dot := strings.LastIndexByte(conv, '.')
	return conv[:dot+1] + strings.Replace(conv[dot+1:], "conv", "bn", 1)
}

func (c *CLIP) foldBatchNorm(conv, norm string, channels int) error {
	var values [4][]float32
	for i, kind := range []string{".weight", ".bias", ".running_mean", ".running_var"} {
		t, err := c.Tensors.find(norm + kind)
		if err != nil {
			return err
		}
		if !slices.Equal(t.Shape, []int{channels}) {
			return fmt.Errorf("weights: tensor %s is %v, the configuration wants [%d]", norm+kind, t.Shape, channels)
		}
		if values[i], err = t.Append(nil); err != nil {
			return err
		}
		delete(c.Tensors, norm+kind)
	}
	gamma, beta, mean, variance := values[0], values[1], values[2], values[3]
	scale, bias := make([]float64, channels), make([]float32, channels)
	for i := range channels {
		deviation := math.Sqrt(float64(variance[i]) + batchNormEps)
		if !(deviation > 0) {
			return fmt.Errorf("weights: tensor %s.running_var holds %v, which is no variance", norm, variance[i])
		}
		scale[i] = float64(gamma[i]) / deviation
		bias[i] = float32(float64(beta[i]) - float64(mean[i])*scale[i])
	}
	weight := c.Tensors[conv+".weight"] // its shape is checked with all others
	weight.rowScale = scale
	c.Tensors[conv+".weight"] = weight
	c.Tensors[conv+".bias"] = Tensor{Shape: []int{channels}, values: bias}
	return nil
}
