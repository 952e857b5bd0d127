//go:build !js

package main

import (
	"testing"

	"reverie/gpu/guide"
)

// What modest graphics cards must hold: float16 or float32 matrices, at the limits of every device.
func TestOfficialPairFits(t *testing.T) {
	for _, c := range []struct {
		side   int
		thrift guide.Thrift
		half   bool
		most   int64
	}{
		{256, guide.Thrift{Part: 8}, false, 1_200_000_000}, {512, guide.Thrift{}, false, 3_000_000_000},
		{256, guide.Thrift{Part: 8}, true, 900_000_000}, {512, guide.Thrift{}, true, 1_800_000_000},
	} {
		for _, software := range []bool{false, true} {
			info := defaults
			info.Software = software
			p, err := planned(info, workload{official, c.side, 32, c.half}, c.thrift)
			if err != nil {
				t.Fatal(err)
			}
			if p.all > c.most {
				t.Errorf("%d×%d with %s (half precision: %t, weights as float32: %t) takes %d bytes, want at most %d",
					c.side, c.side, describe(c.thrift), c.half, software, p.all, c.most)
			}
		}
	}
}
