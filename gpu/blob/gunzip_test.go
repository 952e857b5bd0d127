package blob

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
)

func TestGunzip(t *testing.T) {
	ctx := context.Background()
	data := bytes.Repeat([]byte("what repeats packs well. "), 10000)
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	packed := b.Bytes()
	if got, err := Of(packed).Gunzip(ctx, len(data)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes come back as %d, %v", len(data), len(got), err)
	}
	for _, c := range []struct {
		name  string
		file  []byte
		limit int
		want  string
	}{
		{"too long", packed, len(data) - 1, "over 249999 bytes"},
		{"no gzip", data, len(data), "unpacking"},
		{"cut off", packed[:len(packed)/2], len(data), "unpacking"},
		{"empty", nil, len(data), "unpacking"},
	} {
		if _, err := Of(c.file).Gunzip(ctx, c.limit); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}
