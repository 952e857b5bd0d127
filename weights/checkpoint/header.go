package checkpoint

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"reverie/weights/foreign"
)

// header reads the JSON at the beginning of a safetensors file as it comes: what is not kept, such as a long note of whoever made the
// file, takes no memory.
type header struct {
	r      *bufio.Reader
	budget *foreign.Budget
	read   int
	raw    []byte // of the text that is being read, with its quotation marks
}

// errHeader says that the JSON is none, or that it holds something else than names, types, shapes and places.
func (h *header) errHeader() error {
	return fmt.Errorf("its header is damaged (at byte %d)", h.read)
}

func (h *header) byte() (byte, error) {
	b, err := h.r.ReadByte()
	if err == io.EOF {
		return 0, h.errHeader()
	}
	h.read++
	return b, err
}

// next returns the next byte that is no white space.
func (h *header) next() (byte, error) {
	for {
		b, err := h.byte()
		if err != nil || b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			return b, err
		}
	}
}

// want reads the byte that must come next.
func (h *header) want(c byte) error {
	b, err := h.next()
	if err == nil && b != c {
		err = h.errHeader()
	}
	return err
}

// more reads what stands before the next element of a list or mapping, and reports whether there is one. The first is the one after the
// opening bracket.
func (h *header) more(first bool, end byte) (bool, error) {
	b, err := h.next()
	switch {
	case err != nil:
		return false, err
	case b == end:
		return false, nil
	case first:
		return true, h.back()
	case b == ',':
		return true, nil
	}
	return false, h.errHeader()
}

func (h *header) back() error {
	h.read--
	return h.r.UnreadByte()
}

// object calls member for each name of a mapping, behind the colon.
func (h *header) object(member func(name string) error) error {
	if err := h.want('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := h.more(first, '}')
		if !more {
			return err
		}
		name, err := h.text()
		if err != nil {
			return err
		}
		if err := h.want(':'); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
}

// text reads a text. Of one that is longer than any name it keeps the beginning.
func (h *header) text() (string, error) {
	if err := h.want('"'); err != nil {
		return "", err
	}
	if text, ok := h.buffered(); ok {
		return text, nil
	}
	h.raw = append(h.raw[:0], '"')
	plain := true // without escapes
	for escaped := false; ; {
		b, err := h.byte()
		if err != nil {
			return "", err
		}
		if len(h.raw) <= 2*maxName {
			h.raw = append(h.raw, b)
		}
		if b == '"' && !escaped {
			break
		}
		escaped = b == '\\' && !escaped
		plain = plain && ' ' <= b && b < utf8.RuneSelf && b != '\\'
	}
	if len(h.raw) > 2*maxName {
		return string(h.raw[1:]), nil
	}
	if plain {
		return string(h.raw[1 : len(h.raw)-1]), nil
	}
	var text string
	if err := json.Unmarshal(h.raw, &text); err != nil {
		return "", h.errHeader()
	}
	return text, nil
}

// buffered reads the rest of a text that lies in the reader's buffer whole, without escapes, and is no longer than a name, as almost all are.
func (h *header) buffered() (text string, ok bool) {
	ahead, _ := h.r.Peek(h.r.Buffered())
	for i, b := range ahead[:min(len(ahead), maxName)] {
		if b == '"' {
			text = string(ahead[:i])
			h.r.Discard(i + 1) // it is there
			h.read += i + 1
			return text, true
		}
		if b < ' ' || b >= utf8.RuneSelf || b == '\\' {
			break
		}
	}
	return "", false
}

// numbers reads a list of whole numbers. It keeps max of them and tells how many there are.
func (h *header) numbers(max int) (list []uint64, n int, err error) {
	if err := h.want('['); err != nil {
		return nil, 0, err
	}
	for ; ; n++ {
		more, err := h.more(n == 0, ']')
		if err != nil {
			return nil, 0, err
		}
		if !more {
			return list, n, nil
		}
		v, err := h.number()
		if err != nil {
			return nil, 0, err
		}
		if n < max {
			list = append(list, v)
		}
	}
}

func (h *header) number() (uint64, error) {
	b, err := h.next()
	digits := h.raw[:0]
	for ; err == nil && '0' <= b && b <= '9' && len(digits) < 20; b, err = h.byte() {
		digits = append(digits, b)
	}
	if h.raw = digits; err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0, h.errHeader()
	}
	return n, h.back()
}

// skip passes over any value. Brackets are counted and not matched, which is enough to find its end.
func (h *header) skip() error {
	for depth := 0; ; {
		b, err := h.next()
		if err != nil {
			return err
		}
		switch b {
		case '"':
			if err := h.back(); err != nil {
				return err
			}
			if _, err := h.text(); err != nil {
				return err
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return h.back()
			}
		case ',':
			if depth == 0 {
				return h.back()
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return nil
		}
	}
}
