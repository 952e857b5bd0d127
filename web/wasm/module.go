//go:build !js

package wasm

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// What runtime.moduledata says of where things lie in memory, as numbers of eight bytes from its beginning, which is the address of the table of functions and
// what that says itself of its first parts.
const (
	moduleNames   = 1
	moduleFinder  = 19 // by which a function is found from an address
	moduleFirst   = 20 // the first of all addresses of instructions,
	moduleLast    = 21 // and the last
	moduleFacts   = 40 // what is known of functions beside the table
	moduleNumbers = 41
)

// A bucket of the finder tells in which place of the table the functions of some addresses begin. In WebAssembly a function has 65,536 addresses, so 16 buckets say
// the same: 2 MB of the program. The runtime searches forwards from there.
const (
	bucketSize  = 20
	bucketReach = 4096
	coarse      = 64 // places of the table that share what their buckets say, so that they can be packed as one
)

// moduleData is what belongs to the table of functions.
type moduleData struct {
	finder []byte // its buckets
	facts  []byte
}

// openModule finds what belongs to the table that lies in the segment s from at on. The module's own data may lie in another one.
func openModule(segments []segment, s segment, at int, t functionTable) (moduleData, bool) {
	own := binary.LittleEndian.AppendUint64(nil, uint64(s.address)+uint64(at))
	own = binary.LittleEndian.AppendUint64(own, uint64(s.address)+uint64(at)+headerSize)
	var module []byte
	for _, other := range segments {
		if begin := bytes.Index(other.data, own); begin >= 0 {
			module = other.data[begin:]
			break
		}
	}
	if len(module) < 8*moduleNumbers {
		return moduleData{}, false
	}
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(module[8*i:]) }
	within := func(i int) uint64 { return number(i) - uint64(s.address) }
	finder, facts, first, last := within(moduleFinder), within(moduleFacts), number(moduleFirst), number(moduleLast)
	if facts > finder || finder > uint64(len(s.data)) || first > last {
		return moduleData{}, false
	}
	buckets := (last - first + bucketReach - 1) / bucketReach
	if buckets > (uint64(len(s.data))-finder)/bucketSize {
		return moduleData{}, false
	}
	m := moduleData{finder: s.data[finder:][:buckets*bucketSize], facts: s.data[facts:finder]}
	for bucket := range slices.Chunk(m.finder, bucketSize) {
		if binary.LittleEndian.Uint32(bucket) >= uint32(t.count) {
			return moduleData{}, false
		}
	}
	return m, true
}

// coarsen makes neighbours among the buckets say the same. Each still says a place that is not behind the functions of its addresses.
func (m moduleData) coarsen() {
	for bucket := range slices.Chunk(m.finder, bucketSize) {
		place := binary.LittleEndian.Uint32(bucket)
		binary.LittleEndian.PutUint32(bucket, place-place%coarse)
	}
}

// drop leaves zeros of the facts that functions are about to lose. A fact ends where the next one begins.
func (m moduleData) drop(t functionTable) {
	kept := map[uint32]bool{} // by where they begin: facts are shared
	for i := range t.count {
		for fact, at := range t.facts(t.entry(i)) {
			kept[at] = kept[at] || !slices.Contains(droppedFacts, fact)
		}
	}
	delete(kept, noFact)
	begins := make([]uint32, 0, len(kept))
	for at := range kept {
		begins = append(begins, at)
	}
	slices.Sort(begins)
	for i, at := range begins {
		end := uint64(len(m.facts))
		if i+1 < len(begins) {
			end = uint64(begins[i+1])
		}
		if !kept[at] && end <= uint64(len(m.facts)) {
			clear(m.facts[at:end])
		}
	}
}
