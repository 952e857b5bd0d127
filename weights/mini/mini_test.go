package mini

import (
	"testing"

	"reverie/weights/folder"
)

func TestEmbeddedModel(t *testing.T) {
	m, err := folder.Verify(FS)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "mini" || !m.HasCLIP() || !m.HasVQGAN() {
		t.Errorf("the embedded model is %s with %d parts", m.Name, len(m.Parts))
	}
	size := m.Vocab.Size
	for i := range m.Parts {
		size += m.Parts[i].Size()
	}
	if size > 16<<20 {
		t.Errorf("it has %d bytes; a clone should not carry more than 16 MiB", size)
	}
	values, err := folder.Tensor(FS, m.Part("text"), "logit_scale")
	if err != nil || len(values) != 1 || values[0] < 1 || values[0] > 5 {
		t.Errorf("logit_scale is %v, %v", values, err)
	}
}
