package guide

import "testing"

func TestMost(t *testing.T) {
	for _, c := range []struct{ n, limit, want int }{{10, 7, 7}, {10, 0, 0}, {10, 9, 9}, {10, 100, 9}, {1, 1, 0}} {
		if got := most(c.n, func(k int) bool { return k <= c.limit }); got != c.want {
			t.Errorf("below %d the largest up to %d is %d, want %d", c.n, c.limit, got, c.want)
		}
	}
}

func TestThriftsStartPlainAndNameEachPartOnce(t *testing.T) {
	for _, cutouts := range []int{1, 3, 8, 32, 1000} {
		seen := map[Thrift]bool{}
		for i, thrift := range Thrifts(cutouts) {
			if (i == 0) != (thrift == Thrift{}) || seen[thrift] {
				t.Errorf("%d cutouts: %+v in place %d", cutouts, thrift, i)
			}
			if parts := ceilDiv(cutouts, max(thrift.Part, 1)); parts > 64 && thrift.Part > 0 {
				t.Errorf("%d cutouts in %d parts", cutouts, parts)
			}
			seen[thrift] = true
		}
	}
}

func TestTooLargeSaysWhatFits(t *testing.T) {
	for _, c := range []struct {
		err  TooLarge
		want string
	}{
		{TooLarge{FitWidth: 640, FitHeight: 320, Fewer: 12}, "choose a size up to 640×320 or up to 12 cutouts."},
		{TooLarge{FitWidth: 640, FitHeight: 320}, "choose a size up to 640×320."},
		{TooLarge{Fewer: 12}, "choose up to 12 cutouts."},
		{TooLarge{}, "choose a smaller model."},
		{TooLarge{Fewer: 12, Half: true}, "choose up to 12 cutouts or half precision."},
		{TooLarge{Unsought: true}, "choose a smaller size or fewer cutouts."},
		{TooLarge{Unsought: true, Half: true, Window: 512}, "choose a smaller size or fewer cutouts or half precision or a window of 512 pixels."},
	} {
		c.err.Width, c.err.Height, c.err.Cutouts, c.err.Needs, c.err.Has = 1024, 512, 64, 5.26e9, 2e9
		want := "A picture of 1024×512 with 64 cutouts takes about 5.3 GB of graphics memory and this device has about 2.0 GB for it: " + c.want
		if got := c.err.Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
