//go:build !js

package site

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// field is one of an answer's header. The names are canonical and the values are shared by all answers, so that a request makes none.
type field struct {
	name   string
	values []string
}

func newField(name, value string) field { return field{http.CanonicalHeaderKey(name), []string{value}} }

// with returns fields with more behind them, without touching their array.
func with(fields []field, more ...field) []field {
	return append(fields[:len(fields):len(fields)], more...)
}

func put(h http.Header, fields []field) {
	for _, f := range fields {
		h[f.name] = f.values
	}
}

// content is what an answer may send: all of it by WriteTo, or parts.
type content interface {
	io.ReadSeeker
	io.WriterTo
}

// file is content on a disk.
type file struct {
	io.ReadSeeker
	size int64
}

// WriteTo lets the kernel copy the bytes, where it can.
func (f file) WriteTo(w io.Writer) (int64, error) { return io.CopyN(w, f.ReadSeeker, f.size) }

// send answers with content of that length, whose ETag is among the fields; or with a part of it, or with 304 or 412, as the request's conditions
// say (RFC 9110, sections 13 and 14).
func send(w http.ResponseWriter, r *http.Request, fields []field, etag string, length []string, c content) {
	put(w.Header(), fields)
	if !conditional(r) {
		w.Header()["Content-Length"] = length
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			c.WriteTo(w) // it is the client who ends too early
		}
		return
	}
	r.Header = settled(r, etag)
	seeker := io.ReadSeeker(c)
	if f, ok := c.(file); ok {
		seeker = f.ReadSeeker
	}
	_, secured := w.Header()[noSniff]
	http.ServeContent(measured{w, length, secured}, r, "", time.Time{}, seeker)
}

// conditional says whether anything but the whole content may be the answer.
func conditional(r *http.Request) bool {
	for _, name := range [...]string{"Range", "If-None-Match", "If-Match"} {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
}

// maxRanges is how many ranges a request may have before it gets the whole content: more are a way of asking for much with little.
const maxRanges = 16

// settled returns a request's header without what net/http would take otherwise than the RFC says: it answers a range that it cannot read, or
// whose unit it does not know, with 416 where such a header is to be ignored; serves ranges of HEAD; reads the first line only of a list; and of
// If-Range a part.
func settled(r *http.Request, etag string) http.Header {
	h := r.Header.Clone()
	for _, name := range [...]string{"If-None-Match", "If-Match"} {
		if lines := h[name]; len(lines) > 1 {
			h[name] = []string{strings.Join(lines, ", ")}
		}
	}
	lines, tags := h["Range"], h["If-Range"]
	delete(h, "Range")
	delete(h, "If-Range")
	if r.Method != http.MethodGet || len(lines) != 1 || len(tags) > 1 || len(tags) == 1 && tags[0] != etag { // dates and weak tags never match
		return h
	}
	if ranges, ok := plainRanges(lines[0]); ok {
		h["Range"] = []string{ranges}
	}
	return h
}

// beyond is a position that no content reaches.
var beyond = strconv.FormatInt(math.MaxInt64, 10)

// plainRanges returns a Range header of bytes, such as "bytes=0-99,200-,-5", as net/http reads it: with positions that fit 64 bits, and what asks for
// no byte at all as a range that cannot be satisfied.
func plainRanges(header string) (string, bool) {
	unit, set, _ := strings.Cut(header, "=")
	if !strings.EqualFold(unit, "bytes") {
		return "", false
	}
	var ranges []string
	for one := range strings.SplitSeq(set, ",") {
		one = strings.Trim(one, " \t")
		if one == "" {
			continue // lists may have empty places
		}
		a, b, ok := strings.Cut(one, "-")
		first, err1 := position(a)
		last, err2 := position(b)
		switch {
		case !ok || err1 != nil || err2 != nil || a == "" && b == "" || a != "" && b != "" && last < first:
			return "", false
		case a == "" && last == 0:
			ranges = append(ranges, beyond+"-")
		case a == "":
			ranges = append(ranges, "-"+strconv.FormatInt(last, 10))
		case b == "":
			ranges = append(ranges, strconv.FormatInt(first, 10)+"-")
		default:
			ranges = append(ranges, strconv.FormatInt(first, 10)+"-"+strconv.FormatInt(last, 10))
		}
	}
	return "bytes=" + strings.Join(ranges, ","), len(ranges) > 0 && len(ranges) <= maxRanges
}

// position reads digits; none are 0, and too many are as far as it goes.
func position(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	if strings.Trim(s, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return n, nil // which is the greatest
	}
	return n, err
}

const noSniff = "X-Content-Type-Options"

// measured gives the length of answers that net/http leaves open, because it does not know that what is encoded was so from the beginning. And it
// takes out the one security field that net/http adds to errors by itself, unless the others are there.
type measured struct {
	http.ResponseWriter
	length  []string
	secured bool
}

func (m measured) WriteHeader(status int) {
	if status == http.StatusOK {
		m.Header()["Content-Length"] = m.length
	}
	if !m.secured {
		delete(m.Header(), noSniff)
	}
	m.ResponseWriter.WriteHeader(status)
}

// ReadFrom lets the kernel copy files.
func (m measured) ReadFrom(r io.Reader) (int64, error) { return io.Copy(m.ResponseWriter, r) }
