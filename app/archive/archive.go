// Package archive puts files into one zip and takes them out again. What it is given may come from anywhere: names cannot lead out of the
// archive, and no more is unpacked than a browser can hold. Its errors are sentences for the person.
package archive

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode"

	"reverie/app/film"
)

// Limits are the most that an archive may hold.
type Limits struct {
	Files int
	File  int64 // bytes of one, unpacked
	Total int64 // bytes of all, unpacked
	Name  int   // bytes of a name with its folders
}

// Most is what the page packs and unpacks: all pictures that it keeps, with what belongs to them.
var Most = Limits{Files: 10_000, File: 64 << 20, Total: 320 << 20, Name: 255}

// packed are endings of files that do not become smaller.
var packed = map[string]bool{".png": true, ".mp4": true, ".webm": true, ".gif": true, ".jpg": true, ".webp": true}

// Pack makes a zip of files, in their order. The same files give the same bytes.
func Pack(files []film.File, most Limits) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	g := newGuard(most)
	for _, f := range files {
		if err := g.admit(f.Name); err != nil {
			return nil, err
		}
		if err := g.weigh(f.Name, int64(len(f.Data))); err != nil {
			return nil, err
		}
		h := &zip.FileHeader{Name: f.Name, Method: zip.Deflate}
		if packed[strings.ToLower(path.Ext(f.Name))] {
			h.Method = zip.Store
		}
		to, err := w.CreateHeader(h)
		if err == nil {
			_, err = to.Write(f.Data)
		}
		if err != nil {
			return nil, fmt.Errorf("The file %s cannot be packed: %w.", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("The files cannot be packed: %w.", err)
	}
	return b.Bytes(), nil
}

// Unpack returns the files of a zip, in their order; folders of their own are left out.
func Unpack(data []byte, most Limits) ([]film.File, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, errors.New("This file is no zip, or it is damaged: choose another one.")
	}
	var files []film.File
	g := newGuard(most)
	for _, entry := range r.File {
		if strings.HasSuffix(entry.Name, "/") && entry.UncompressedSize64 == 0 {
			continue
		}
		if err := g.admit(entry.Name); err != nil {
			return nil, err
		}
		f, err := g.unpack(entry)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// guard counts what has been taken.
type guard struct {
	most  Limits
	seen  map[string]bool
	total int64
}

func newGuard(most Limits) *guard { return &guard{most: most, seen: map[string]bool{}} }

// admit takes one more file, if its name is one that every system can have inside a folder.
func (g *guard) admit(name string) error {
	if len(name) > g.most.Name {
		return fmt.Errorf("A name in the zip is longer than %d bytes: shorten it.", g.most.Name)
	}
	odd := func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`\:`, r) }
	if !fs.ValidPath(name) || name == "." || strings.ContainsFunc(name, odd) {
		return fmt.Errorf("The zip has a file named %q, which leads out of it or cannot be read everywhere: rename it.", name)
	}
	if g.seen[name] {
		return fmt.Errorf("The zip has two files named %s: rename one.", name)
	}
	g.seen[name] = true
	if len(g.seen) > g.most.Files {
		return fmt.Errorf("The zip has more than %d files: divide it.", g.most.Files)
	}
	return nil
}

// weigh takes bytes of a file.
func (g *guard) weigh(name string, size int64) error {
	if size > g.most.File {
		return fmt.Errorf("The file %s in the zip is larger than %d MB: leave it out.", name, g.most.File>>20)
	}
	if g.total += size; g.total > g.most.Total {
		return fmt.Errorf("The zip holds more than %d MB: divide it.", g.most.Total>>20)
	}
	return nil
}

// unpack reads a file. What its header says of its size is not believed: no more is read than is left.
func (g *guard) unpack(entry *zip.File) (film.File, error) {
	damaged := fmt.Errorf("The file %s in the zip is damaged or encrypted: pack it again.", entry.Name)
	if entry.Flags&1 != 0 || !entry.Mode().IsRegular() {
		return film.File{}, damaged
	}
	from, err := entry.Open()
	if err != nil {
		return film.File{}, damaged
	}
	defer from.Close()
	left := min(g.most.File, g.most.Total-g.total)
	data, err := io.ReadAll(io.LimitReader(from, left+1))
	if err := g.weigh(entry.Name, int64(len(data))); err != nil {
		return film.File{}, err
	}
	if err != nil {
		return film.File{}, damaged
	}
	return film.File{Name: entry.Name, Data: data}, nil
}
