package tune

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"reverie/gpu"
	"reverie/gpu/blob"
	"reverie/gpu/ops"
	"reverie/gpu/store"
	"reverie/shaders"
)

// record is a file of the store. Adapter and browser are there for a person who looks at it.
type record struct {
	Adapter string   `json:"adapter"`
	Browser string   `json:"browser"`
	Choices []Choice `json:"choices,omitempty"`
	Speed   float64  `json:"speed,omitempty"` // that the device showed last, in FLOP/s
}

// maxRecord is the longest file that is read.
const maxRecord = 64 << 10

// key names the file for an adapter in a browser with this program's kernels: whatever may change which variant is the fastest changes
// the name.
func key(info gpu.Info) string {
	text, err := json.Marshal([]any{info.Vendor, info.Architecture, info.Description, info.F16, info.SubgroupSize, info.Browser,
		shaders.Sum(), ops.Classes(), ops.Candidates(info), ops.Multipliers(info)})
	if err != nil {
		panic(err) // strings, numbers and booleans
	}
	h := fnv.New64a()
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)) + ".json"
}

// recall reads what is kept for the adapter. Nothing that is wrong with it is worth an error: it is found again.
func recall(ctx context.Context, from store.Store, info gpu.Info) record {
	sizes, err := from.Sizes(ctx)
	size, ok := sizes[key(info)]
	if err != nil || !ok || size > maxRecord {
		return record{}
	}
	b := blob.New(int(size))
	var r record
	if n, err := from.Read(ctx, key(info), b); err != nil || json.Unmarshal(b.Slice(0, n).Bytes(), &r) != nil {
		return record{}
	}
	return r
}

// mostKept is how many files are kept: every version of the browser and of the kernels leaves one, and every adapter.
const mostKept = 8

// remember keeps what is known. What cannot be kept is found again at the next visit.
func remember(ctx context.Context, to store.Store, info gpu.Info, choices []Choice, speed float64) error {
	text, err := json.Marshal(record{info.String(), info.Browser, choices, speed})
	if err != nil {
		return fmt.Errorf("tune: %w", err)
	}
	sizes, err := to.Sizes(ctx)
	if err != nil {
		return err
	}
	for name := range sizes {
		if len(sizes) < mostKept {
			break
		}
		if err := to.Remove(ctx, name); err != nil {
			return err
		}
	}
	w, err := to.Write(ctx, key(info), 0)
	if err != nil {
		return err
	}
	defer w.Close()
	b := blob.Of(text)
	if err := w.Append(b); err != nil {
		return err
	}
	return w.Finish(ctx, b)
}
