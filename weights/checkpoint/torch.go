package checkpoint

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/big"
	"path"
	"strings"

	"reverie/weights/checkpoint/pickle"
)

// readZip reads what torch.save and torch.jit.save write: NAME/data.pkl and one entry NAME/data/KEY per storage.
func readZip(r io.ReaderAt, size int64) (*tensorList, string, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, "", fmt.Errorf("it is damaged or was cut short while downloading (%w)", err)
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
	policy := pickle.Policy{Global: global(script), Persistent: func(v any) (any, error) {
		id, err := parseStorageID(v)
		if err != nil {
			return nil, err
		}
		if s, ok := storages[id.key]; ok {
			return s, nil
		}
		s, err := zipStorage(r, size, entries[root+"data/"+id.key], id)
		storages[id.key] = s
		return s, err
	}}
	body, err := main.Open()
	if err != nil {
		return nil, "", err
	}
	defer body.Close()
	value, _, err := pickle.Read(bufio.NewReader(body), policy)
	if err != nil {
		return nil, "", err
	}
	if script {
		list, err := moduleTensors(value)
		return list, TorchScript, err
	}
	list, err := stateDict(value)
	return list, "PyTorch zip file", err
}

func littleEndian(e *zip.File) error {
	r, err := e.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	order, err := io.ReadAll(io.LimitReader(r, 16))
	if err != nil {
		return err
	}
	if string(order) != "little" {
		return fmt.Errorf("its numbers are in %.16q byte order; save it again on a little-endian machine", order)
	}
	return nil
}

// zipStorage finds a storage's bytes in the file. PyTorch stores them uncompressed so that they can be mapped, and it may leave out
// their checksums, so none is checked.
func zipStorage(r io.ReaderAt, size int64, e *zip.File, id storageID) (*storage, error) {
	if e == nil {
		return nil, fmt.Errorf("it is damaged (storage %.40q is missing)", id.key)
	}
	if e.Method != zip.Store {
		return nil, fmt.Errorf("its tensors are compressed, so it was not written by PyTorch; unpack it and zip it again without compression")
	}
	if int64(e.UncompressedSize64) < id.n*int64(id.kind.size()) {
		return nil, fmt.Errorf("it is damaged (storage %.40q has %d bytes for %d numbers)", id.key, e.UncompressedSize64, id.n)
	}
	offset, err := e.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("it is damaged (%w)", err)
	}
	if id.n*int64(id.kind.size()) > size-offset {
		return nil, fmt.Errorf("it is damaged (storage %.40q ends outside the file)", id.key)
	}
	return &storage{r: r, offset: offset, kind: id.kind, n: id.n}, nil
}

// legacyMagic begins files that PyTorch before 1.6 wrote.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// readLegacy reads a file without zip: pickles of the magic number, the version, the writing system, the object and the keys of its
// storages, then for each key the number of elements (64 bits) and the elements.
func readLegacy(r io.ReaderAt, size int64) (*tensorList, error) {
	storages := map[string]*storage{}
	policy := pickle.Policy{Global: global(false), Persistent: func(v any) (any, error) {
		id, err := parseStorageID(v)
		if err != nil {
			return nil, err
		}
		if _, known := storages[id.key]; !known {
			storages[id.key] = &storage{r: r, offset: -1, kind: id.kind, n: id.n}
		}
		return storages[id.key], nil
	}}
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
		return nil, fmt.Errorf("it is a pickle but not a PyTorch file")
	}
	var parts [4]any // version, system, object, keys
	for i := range parts {
		if parts[i], err = next(); err != nil {
			return nil, err
		}
	}
	keys, ok := parts[3].(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("it is damaged (its list of storages is %T)", parts[3])
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
			return nil, fmt.Errorf("it was cut short while downloading: %d bytes are too few", size)
		}
	}
	for key, s := range storages {
		if s.offset < 0 {
			return nil, fmt.Errorf("it is damaged (storage %.40q is missing)", key)
		}
	}
	return stateDict(parts[2])
}

// stateDict lists the tensors of a dict, or of the dict under its key "state_dict".
func stateDict(value any) (*tensorList, error) {
	d, ok := value.(*pickle.Dict)
	if !ok {
		return nil, fmt.Errorf("it holds %s, not a state_dict", describe(value))
	}
	if inner, ok := d.Get("state_dict"); ok {
		if d, ok = inner.(*pickle.Dict); !ok {
			return nil, fmt.Errorf("its state_dict is %s", describe(inner))
		}
	}
	list := new(tensorList)
	for _, item := range d.Items {
		name, ok1 := item.Key.(string)
		t, ok2 := item.Value.(*lazyTensor)
		if !ok1 || !ok2 {
			continue
		}
		if err := list.addLazy(name, t); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func describe(value any) string {
	switch v := value.(type) {
	case *pickle.Object:
		return "an object of class " + v.Class.String()
	case *lazyTensor:
		return "a single tensor"
	case *pickle.List, pickle.Tuple:
		return "a list"
	}
	return fmt.Sprintf("%T", value)
}

func (l *tensorList) addLazy(name string, t *lazyTensor) error {
	checked, err := newTensor(t.storage, t.offset, t.shape, t.stride)
	if err != nil {
		return fmt.Errorf("tensor %.200q: %w", name, err)
	}
	l.add(name, checked)
	return nil
}

// Nesting and size of a TorchScript module; a pickle could refer to itself.
const (
	maxDepth = 64
	maxNodes = 1 << 20
)

// moduleTensors lists the parameters and buffers of a TorchScript module under their dotted names.
func moduleTensors(value any) (*tensorList, error) {
	list, nodes := new(tensorList), 0
	var walk func(prefix string, value any, depth int) error
	walk = func(prefix string, value any, depth int) error {
		nodes++
		if depth > maxDepth || nodes > maxNodes {
			return errors.New("its modules are nested without end")
		}
		switch v := value.(type) {
		case *lazyTensor:
			return list.addLazy(strings.TrimSuffix(prefix, "."), v)
		case *pickle.Object:
			state, ok := v.State.(*pickle.Dict)
			if !ok {
				return nil
			}
			for _, item := range state.Items {
				name, ok := item.Key.(string)
				if !ok {
					continue
				}
				if err := walk(prefix+name+".", item.Value, depth+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if _, ok := value.(*pickle.Object); !ok {
		return nil, fmt.Errorf("it is a TorchScript archive without a module")
	}
	return list, walk("", value, 0)
}
