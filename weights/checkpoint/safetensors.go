package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"
)

// maxHeader is the largest header that the format allows.
const maxHeader = 100_000_000

// readSafetensors reads the header: its length (64 bits), JSON of names, types, shapes and byte ranges, then the numbers.
func readSafetensors(r io.ReaderAt, size int64) (*tensorList, error) {
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("it is damaged or was cut short while downloading (its header of %d bytes does not fit)", n)
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(r, 8, int64(n)), header); err != nil {
		return nil, err
	}
	var meta safetensors.Metadata
	if err := json.Unmarshal(header, &meta); err != nil {
		return nil, fmt.Errorf("its header is damaged: %w", err)
	}
	infos := meta.Tensors()
	names := make([]string, 0, len(infos))
	for name := range infos {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := infos[a].DataOffsets[0], infos[b].DataOffsets[0]
		if x != y {
			return int(min(max(int64(x-y), -1), 1))
		}
		return strings.Compare(a, b)
	})
	list, start := new(tensorList), 8+int64(n)
	for _, name := range names {
		t, err := safeTensor(r, start, size-start, infos[name])
		if err != nil {
			return nil, fmt.Errorf("tensor %.200q: %w", name, err)
		}
		list.add(name, t)
	}
	return list, nil
}

func safeTensor(r io.ReaderAt, start, size int64, info *safetensors.TensorInfo) (Tensor, error) {
	k := kind(info.DType.String())
	if strings.HasPrefix(string(k), "U") && k != "U8" {
		return Tensor{}, fmt.Errorf("numbers of type %s are not weights", k)
	}
	from, to := info.DataOffsets[0], info.DataOffsets[1]
	if from > to || to > uint64(size) {
		return Tensor{}, fmt.Errorf("it ends at byte %d of %d: the file is damaged or was cut short while downloading", to, size)
	}
	s := &storage{r: r, offset: start + int64(from), kind: k, n: int64(to-from) / int64(k.size())}
	elements := int64(1)
	shape := make([]int, len(info.Shape))
	for i, d := range info.Shape {
		if d == 0 || d > uint64(s.n/elements) {
			return Tensor{}, fmt.Errorf("shape %v does not fit its %d bytes", info.Shape, to-from)
		}
		shape[i] = int(d)
		elements *= int64(d)
	}
	if elements*int64(k.size()) != int64(to-from) {
		return Tensor{}, fmt.Errorf("shape %v does not fit its %d bytes", info.Shape, to-from)
	}
	return newTensor(s, 0, shape, contiguous(shape))
}
