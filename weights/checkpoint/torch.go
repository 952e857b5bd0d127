package checkpoint

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"path"
	"strings"

	"reverie/weights/checkpoint/pickle"
	"reverie/weights/foreign"
)

var errCut = errors.New("it is damaged or was cut short while downloading: download it again")

// perEntry pays for a zip file's entry with its names, in units of foreign.Budget.
const perEntry = 1024

// readZip reads what torch.save and torch.jit.save write: NAME/data.pkl and one entry NAME/data/KEY per storage.
func readZip(r io.ReaderAt, size int64, budget *foreign.Budget) (*tensorList, string, error) {
	z, in, err := openZip(r, size, budget)
	if err != nil {
		return nil, "", err
	}
	entries := map[string]*zip.File{}
	root, script := "", false
	for _, e := range z.File {
		entries[e.Name] = e
		dir, base := path.Split(e.Name)
		if base == "data.pkl" && strings.Count(dir, "/") == 1 {
			root = dir
		}
		script = script || strings.Count(dir, "/") == 1 && base == "constants.pkl"
	}
	main, ok := entries[root+"data.pkl"]
	if root == "" || !ok {
		return nil, "", fmt.Errorf("it is a zip file but not one of PyTorch (it has no data.pkl)")
	}
	if order, ok := entries[root+"byteorder"]; ok {
		if err := littleEndian(order); err != nil {
			return nil, "", err
		}
	}
	storages := map[string]*storage{}
	policy := torchPolicy{budget}
	value, err := readEntry(main, pickle.Policy{Budget: budget, Global: policy.global, Persistent: policy.persistent(func(id storageID) *storage {
		if s, ok := storages[id.key]; ok {
			return s
		}
		s := zipStorage(in, size, entries[root+"data/"+id.key], id)
		storages[id.key] = s
		return s
	})})
	if err != nil {
		return nil, "", err
	}
	list, err := tensorsOf(value, script, budget)
	if script {
		return list, TorchScript, err
	}
	return list, "PyTorch zip file", err
}

// openZip reads a zip file's directory.
func openZip(r io.ReaderAt, size int64, budget *foreign.Budget) (*zip.Reader, *meter, error) {
	n, err := claimedEntries(r, size)
	if err != nil {
		return nil, nil, err
	}
	if n > foreign.Limit/perEntry { // there would be made room for as many
		return nil, nil, foreign.ErrBudget
	}
	m := &meter{ReaderAt: r, left: maxDirectory}
	z, err := zip.NewReader(m, size)
	if m.left < 0 {
		return nil, nil, foreign.ErrBudget
	}
	if err != nil {
		return nil, nil, errCut
	}
	m.left = math.MaxInt64
	for _, e := range z.File { // there may be more of them than were claimed
		if err := budget.Spend(perEntry + 4*len(e.Name)); err != nil {
			return nil, nil, err
		}
	}
	return z, m, nil
}

// maxDirectory is how many bytes of a zip file may be read to find its entries: twenty times those of the largest known checkpoint.
const maxDirectory = 8 << 20

// meter stops reading after so many bytes.
type meter struct {
	io.ReaderAt
	left  int64
	blank bool // headers without names are everywhere
}

// headerOffset is where in its file an entry's header begins, which the reader of zip files keeps to itself. It tells where the entry's bytes begin,
// for which it reads the header; where every header says that nothing follows it, that is where the header ends. So the place is known without
// reading, which over a network would take a request for each entry.
func (m *meter) headerOffset(e *zip.File) (int64, error) {
	m.blank = true
	end, err := e.DataOffset()
	m.blank = false
	return end - entryHeader, err
}

func (m *meter) ReadAt(b []byte, offset int64) (int, error) {
	if m.blank {
		clear(b)
		return copy(b, "PK\x03\x04") + len(b) - 4, nil
	}
	if m.left -= int64(len(b)); m.left < 0 {
		return 0, foreign.ErrBudget
	}
	return m.ReaderAt.ReadAt(b, offset)
}

// claimedEntries is how many entries a zip file says that it has, in the record at its end or, where they are many, in the larger record that
// the 20 bytes before that one point to.
func claimedEntries(r io.ReaderAt, size int64) (uint64, error) {
	const endSize, locatorSize, wideSize = 22, 20, 56
	tail := make([]byte, min(size, endSize+0xffff))
	if _, err := io.ReadFull(io.NewSectionReader(r, size-int64(len(tail)), int64(len(tail))), tail); err != nil {
		return 0, foreign.Problem(err)
	}
	le := binary.LittleEndian
	for at := len(tail) - endSize; at >= 0; at-- {
		if string(tail[at:at+4]) != "PK\x05\x06" || int(le.Uint16(tail[at+20:])) > len(tail)-at-endSize {
			continue
		}
		n := uint64(le.Uint16(tail[at+10:]))
		if at < locatorSize || string(tail[at-locatorSize:at-locatorSize+4]) != "PK\x06\x07" {
			return n, nil
		}
		wide := make([]byte, wideSize)
		if _, err := r.ReadAt(wide, int64(le.Uint64(tail[at-locatorSize+8:])&(1<<63-1))); err != nil || string(wide[:4]) != "PK\x06\x06" {
			return n, nil // as the reader of zip files takes it
		}
		return max(n, le.Uint64(wide[32:])), nil
	}
	return 0, errCut
}

// readEntry reads the pickle of a zip file's entry.
func readEntry(e *zip.File, policy pickle.Policy) (any, error) {
	body, err := e.Open()
	if err != nil {
		return nil, errCut
	}
	defer body.Close()
	in := &watched{r: body}
	value, _, err := pickle.Read(bufio.NewReader(in), policy)
	if in.broken {
		return nil, errCut
	}
	return value, err
}

// watched notices that unpacking failed.
type watched struct {
	r      io.Reader
	broken bool
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	w.broken = w.broken || err != nil && err != io.EOF
	return n, err
}

func littleEndian(e *zip.File) error {
	r, err := e.Open()
	if err != nil {
		return errCut
	}
	defer r.Close()
	order, err := io.ReadAll(io.LimitReader(r, 16))
	if err != nil {
		return errCut
	}
	if string(order) != "little" {
		return fmt.Errorf("its numbers are in %.16q byte order; save it again on a little-endian machine", order)
	}
	return nil
}

// zipStorage finds a storage's bytes in the file. PyTorch stores them uncompressed so that they can be mapped, and it may leave out
// their checksums, so none is checked.
func zipStorage(r *meter, size int64, e *zip.File, id storageID) *storage {
	s := &storage{r: r, kind: id.kind, n: id.n}
	bytes := id.n * int64(id.kind.size())
	switch {
	case e == nil:
		s.problem = fmt.Errorf("the file is damaged (storage %.40q is missing)", id.key)
	case e.Method != zip.Store:
		s.problem = fmt.Errorf("its numbers are compressed, so the file was not written by PyTorch; unpack it and zip it again without compression")
	case e.UncompressedSize64 < uint64(bytes):
		s.problem = fmt.Errorf("the file is damaged (storage %.40q has %d bytes for %d numbers)", id.key, e.UncompressedSize64, id.n)
	}
	if s.problem != nil {
		return s
	}
	outside := fmt.Errorf("the file is damaged (storage %.40q ends outside it)", id.key)
	var err error
	if s.offset, err = r.headerOffset(e); err != nil || bytes > size-s.offset-entryHeader {
		s.problem = outside
		return s
	}
	s.margin = entryHeader + int64(len(e.Name)) + 4*zipAlignment
	s.locate = func() (int64, error) {
		var head [entryHeader]byte
		if _, err := r.ReadAt(head[:], s.offset); err != nil {
			return 0, foreign.Problem(err)
		}
		le := binary.LittleEndian
		at := s.offset + entryHeader + int64(le.Uint16(head[26:])) + int64(le.Uint16(head[28:]))
		if string(head[:4]) != "PK\x03\x04" || bytes > size-at {
			return 0, outside
		}
		return at, nil
	}
	return s
}

// What precedes an entry's bytes in a zip file: so many bytes, its name, and what PyTorch fills up with to a multiple of its alignment.
const (
	entryHeader  = 30
	zipAlignment = 64
)

// legacyMagic begins files that PyTorch before 1.6 wrote.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// readLegacy reads a file without zip: pickles of the magic number, the version, the writing system, the object and the keys of its
// storages, then for each key the number of elements (64 bits) and the elements.
func readLegacy(r io.ReaderAt, size int64, budget *foreign.Budget) (*tensorList, error) {
	storages := map[string]*storage{}
	torch := torchPolicy{budget}
	policy := pickle.Policy{Budget: budget, Global: torch.global, Persistent: torch.persistent(func(id storageID) *storage {
		if _, known := storages[id.key]; !known {
			storages[id.key] = &storage{r: r, offset: -1, kind: id.kind, n: id.n}
		}
		return storages[id.key]
	})}
	in := bufio.NewReader(io.NewSectionReader(r, 0, size))
	var at int64
	next := func() (any, error) {
		v, n, err := pickle.Read(in, policy)
		at += n
		return v, err
	}
	magic, err := next()
	if err != nil {
		return nil, err
	}
	if m, ok := magic.(*big.Int); !ok || m.Cmp(legacyMagic) != 0 {
		return nil, fmt.Errorf("it is a pickle but not a PyTorch file; write it with torch.save")
	}
	var parts [4]any // version, system, object, keys
	for i := range parts {
		if parts[i], err = next(); err != nil {
			return nil, err
		}
	}
	keys, ok := parts[3].(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("it is damaged (its list of storages is %s)", pickle.Describe(parts[3]))
	}
	for _, k := range keys.Items {
		key, _ := k.(string)
		s, ok := storages[key]
		if !ok || s.offset >= 0 {
			return nil, fmt.Errorf("it is damaged (storage %.40q is not used or there twice)", key)
		}
		s.offset = at + 8
		at = s.offset + s.n*int64(s.kind.size())
		if at < 0 || at > size {
			return nil, fmt.Errorf("it was cut short while downloading, for %d bytes are too few: download it again", size)
		}
	}
	for key, s := range storages {
		if s.offset < 0 {
			s.problem = fmt.Errorf("the file is damaged (storage %.40q is missing)", key)
		}
	}
	return tensorsOf(parts[2], false, budget)
}
