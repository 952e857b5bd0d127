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
		most   int64
	}{{256, guide.Thrift{Part: 8}, 1_200_000_000}, {512, guide.Thrift{}, 3_000_000_000}} {
		for _, software := range []bool{false, true} {
			info := defaults
			info.Software = software
			p, err := planned(info, workload{official, c.side, 32}, c.thrift)
			if err != nil {
				t.Fatal(err)
			}
			if p.all > c.most {
				t.Errorf("%d×%d with %s takes %d bytes (weights as float32: %t), want at most %d", c.side, c.side, describe(c.thrift), p.all, software, c.most)
			}
		}
	}
}
