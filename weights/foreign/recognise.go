package foreign

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// HeadSize is how many bytes of a file's beginning tell what it is.
const HeadSize = 512

// lfs begins the text that stands in for a large file in a Git repository.
const lfs = "version https://git-lfs.github.com/spec/"

// Recognise says in one sentence what a file is that should be something else ("a checkpoint"), by its first bytes. It returns nil where
// they do not tell; a text may be what is wanted.
func Recognise(head []byte, wanted string) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	switch {
	case len(head) == 0:
		return fmt.Errorf("it is empty")
	case bytes.HasPrefix(text, []byte("<")):
		return fmt.Errorf("it is a web page, not %s; the download link probably no longer works", wanted)
	case bytes.HasPrefix(text, []byte(lfs)):
		return fmt.Errorf("it is a Git LFS pointer%s, not %s; fetch the file itself with git lfs pull or from the repository's page", pointedSize(string(text)), wanted)
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return fmt.Errorf("it is a text in UTF-16, not %s; save it in UTF-8", wanted)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return fmt.Errorf("it is a gzip file, not %s; unpack it first", wanted)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return fmt.Errorf("it is a zip file, not %s", wanted)
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return fmt.Errorf("it is a tar archive, not %s; unpack it first", wanted)
	}
	return nil
}

// RecogniseText is Recognise for a file that is not what is wanted even if it is a text.
func RecogniseText(head []byte, wanted string) error {
	if err := Recognise(head, wanted); err != nil || !isText(head) {
		return err
	}
	line, _, _ := strings.Cut(string(bytes.TrimSpace(head)), "\n")
	return fmt.Errorf("it is a text that begins %.60q, not %s", strings.TrimSpace(line), wanted)
}

// pointedSize is the size that a Git LFS pointer tells, in words, or nothing.
func pointedSize(pointer string) string {
	for line := range strings.Lines(pointer) {
		if n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimPrefix(line, "size ")), 10, 64); err == nil {
			return fmt.Sprintf(" to %d bytes", n)
		}
	}
	return ""
}

// isText reports whether bytes, of which the last character may be cut, are UTF-8 without control characters other than white space.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return len(b) < utf8.UTFMax && !utf8.FullRune(b)
		}
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return false
		}
		b = b[n:]
	}
	return true
}
