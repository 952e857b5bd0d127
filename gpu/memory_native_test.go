//go:build !js

package gpu

import "testing"

// A plan that borrows takes memory of its own only for what is kept and for what the lender's kept contents deny it.
func TestBorrow(t *testing.T) {
	sizes := map[string]int{"a": 64, "b": 32, "c": 64, "d": 16}
	lender, buffers := recorded(t, sizes, "a", "ab", "bc")
	buffers["b"].Keep()
	lender.device = NewPlanner(Info{MaxBinding: 1 << 20})
	if err := lender.place(); err != nil {
		t.Fatal(err)
	}
	borrower, buffers := recorded(t, sizes, "c", "cb", "bd")
	buffers["d"].Keep()
	borrower.Borrow(lender)
	// The lender has one block of 64 for a and c, and one of 32 for b, which is kept.
	if m := borrower.Memory(); m.Total != 32+16 || m.Live != 64+32+16 {
		t.Errorf("takes %d bytes and %d are in use at once, want 48 and 112", m.Total, m.Live)
	}
}
