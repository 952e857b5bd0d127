package blob

import (
	"context"
	"testing"
)

// The same natively as in a browser: what is tested with Go's bytes holds for the browser's.
func TestBlob(t *testing.T) {
	of := []byte("abcdef")
	b := Of(of)
	of[0] = 'x'
	part := b.Slice(1, 4)
	part.Copy(1, Of([]byte("YZ")))
	if got := string(b.Bytes()); got != "abYZef" || part.Len() != 3 {
		t.Errorf("got %q and a slice of %d bytes, want abYZef: a copy of Go's bytes, in which a slice writes", got, part.Len())
	}
	b.Bytes()[0] = 'x'
	sum, err := b.Slice(0, 1).SHA256(context.Background())
	if want := "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"; err != nil || sum != want { // of "a"
		t.Errorf("the digest of a is %s, %v; want %s", sum, err, want)
	}
	if got := New(2).Bytes(); len(got) != 2 || got[0] != 0 || got[1] != 0 {
		t.Errorf("new bytes are %v, want two zeros", got)
	}
}
