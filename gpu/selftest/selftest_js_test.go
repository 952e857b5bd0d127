package selftest

import (
	"context"
	"slices"
	"testing"

	"reverie/gpu"
	"reverie/gpu/load"
	"reverie/gpu/store"
)

// The embedded pair gives what PyTorch does (JSEXEC_SERVE=/weights=…/weights).
func TestEmbeddedPair(t *testing.T) {
	ctx := context.Background()
	d, err := gpu.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(ctx, d, load.From("/weights/mini/", store.Nothing{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Model != "the embedded pair" || len(report.Checks) != 4 {
		t.Fatalf("%+v", report)
	}
	for _, c := range report.Checks {
		t.Log(c, c.Off)
		if c.Off > near || c.Lacks != "" {
			t.Error(c)
		}
	}
	texts, err := Texts(ctx, d, load.From("/weights/mini/", store.Nothing{}))
	if err != nil {
		t.Fatal(err)
	}
	if within, differs := texts.Summary(); texts.Model != report.Model || !slices.Equal(texts.Checks, report.Checks[:2]) || within != "1e-3" || differs != "" {
		t.Errorf("of texts alone: %+v, %s, %s", texts, within, differs)
	}
}
