package pickle

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"
)

// MaxSize is how many bytes one pickle may have. The pickle of a checkpoint holds names and shapes, not the numbers of its tensors:
// the largest known has a few MiB.
const MaxSize = 16 << 20

// maxLong is how many bytes an integer may have. PyTorch's magic number has ten.
const maxLong = 64

// Read reads one pickle and stops behind its last byte.
func Read(r *bufio.Reader, policy Policy) (value any, n int64, err error) {
	m := &machine{r: r, policy: policy, memo: map[uint64]any{}}
	value, err = m.run()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("pickle: it ends too early, after %d bytes", m.read)
	}
	return value, m.read, err
}

// mark stands on the stack where MARK was.
type mark struct{}

type machine struct {
	r      *bufio.Reader
	read   int64
	policy Policy
	stack  []any
	memo   map[uint64]any
}

func (m *machine) run() (any, error) {
	for {
		op, err := m.byte()
		if err != nil {
			return nil, err
		}
		if op == '.' { // STOP
			return m.pop()
		}
		if err := m.step(op); err != nil {
			return nil, err
		}
	}
}

func (m *machine) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		version, err := m.byte()
		if err == nil && (version < 2 || version > 5) {
			return fmt.Errorf("pickle: protocol %d is not one of 2 to 5", version)
		}
		return err
	case 0x95: // FRAME
		_, err := m.bytes(8)
		return err
	case '(': // MARK
		return m.push(mark{}, nil)
	case '0': // POP
		_, err := m.pop()
		return err
	case '1': // POP_MARK
		_, err := m.popMark()
		return err
	case '2': // DUP
		v, err := m.top()
		return m.push(v, err)
	case 'N': // NONE
		return m.push(nil, nil)
	case 0x88: // NEWTRUE
		return m.push(true, nil)
	case 0x89: // NEWFALSE
		return m.push(false, nil)
	case 'J': // BININT
		v, err := m.uint(4)
		return m.push(int64(int32(v)), err)
	case 'K', 'M': // BININT1, BININT2
		v, err := m.uint(map[byte]int{'K': 1, 'M': 2}[op])
		return m.push(int64(v), err)
	case 0x8a, 0x8b: // LONG1, LONG4
		v, err := m.long(map[byte]int{0x8a: 1, 0x8b: 4}[op])
		return m.push(v, err)
	case 'G': // BINFLOAT
		b, err := m.bytes(8)
		if err != nil {
			return err
		}
		return m.push(math.Float64frombits(binary.BigEndian.Uint64(b)), nil)
	case 'X', 0x8c, 0x8d, 'T', 'U': // BINUNICODE, its short and long forms, Python 2's BINSTRING and SHORT_BINSTRING
		b, err := m.counted(map[byte]int{'X': 4, 0x8c: 1, 0x8d: 8, 'T': 4, 'U': 1}[op])
		return m.push(string(b), err)
	case 'B', 'C', 0x8e, 0x96: // BINBYTES, its short and long forms, BYTEARRAY8
		b, err := m.counted(map[byte]int{'B': 4, 'C': 1, 0x8e: 8, 0x96: 8}[op])
		return m.push(b, err)
	case ')': // EMPTY_TUPLE
		return m.push(Tuple{}, nil)
	case 0x85, 0x86, 0x87: // TUPLE1, TUPLE2, TUPLE3
		items, err := m.popN(int(op) - 0x84)
		return m.push(Tuple(items), err)
	case 't': // TUPLE
		items, err := m.popMark()
		return m.push(Tuple(items), err)
	case ']', 0x8f: // EMPTY_LIST, EMPTY_SET
		return m.push(new(List), nil)
	case 'l', 0x91: // LIST, FROZENSET
		items, err := m.popMark()
		return m.push(&List{Items: items}, err)
	case 'a': // APPEND
		items, err := m.popN(1)
		return m.extend(items, err)
	case 'e', 0x90: // APPENDS, ADDITEMS
		items, err := m.popMark()
		return m.extend(items, err)
	case '}': // EMPTY_DICT
		return m.push(new(Dict), nil)
	case 'd': // DICT
		items, err := m.popMark()
		if err := m.push(new(Dict), err); err != nil {
			return err
		}
		return m.setItems(items, nil)
	case 's': // SETITEM
		items, err := m.popN(2)
		return m.setItems(items, err)
	case 'u': // SETITEMS
		items, err := m.popMark()
		return m.setItems(items, err)
	case 'q', 'r': // BINPUT, LONG_BINPUT
		i, err := m.uint(map[byte]int{'q': 1, 'r': 4}[op])
		return m.remember(i, err)
	case 0x94: // MEMOIZE
		return m.remember(uint64(len(m.memo)), nil)
	case 'h', 'j': // BINGET, LONG_BINGET
		return m.recall(map[byte]int{'h': 1, 'j': 4}[op])
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		return m.global(op)
	case 'R', 0x81: // REDUCE, NEWOBJ
		return m.call()
	case 'b': // BUILD
		return m.build()
	case 'Q': // BINPERSID
		return m.persistent()
	}
	return fmt.Errorf("pickle: instruction 0x%02x is not one that checkpoints need", op)
}

func (m *machine) byte() (byte, error) {
	if m.read >= MaxSize {
		return 0, fmt.Errorf("pickle: it has over %d bytes, which no checkpoint needs", MaxSize)
	}
	b, err := m.r.ReadByte()
	if err == nil {
		m.read++
	}
	return b, err
}

// bytes reads n bytes; it never allocates much more than there are.
func (m *machine) bytes(n uint64) ([]byte, error) {
	if n > uint64(MaxSize-m.read) {
		return nil, fmt.Errorf("pickle: it has over %d bytes, which no checkpoint needs", MaxSize)
	}
	var b bytes.Buffer
	got, err := io.CopyN(&b, m.r, int64(n))
	m.read += got
	return b.Bytes(), err
}

// uint reads a little-endian number of 1, 2, 4 or 8 bytes.
func (m *machine) uint(size int) (uint64, error) {
	b, err := m.bytes(uint64(size))
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

// counted reads a length of size bytes and as many bytes as it says.
func (m *machine) counted(size int) ([]byte, error) {
	n, err := m.uint(size)
	if err != nil {
		return nil, err
	}
	return m.bytes(n)
}

// long reads a two's complement number of any length.
func (m *machine) long(size int) (any, error) {
	n, err := m.uint(size)
	if err != nil {
		return nil, err
	}
	if n > maxLong {
		return nil, fmt.Errorf("pickle: an integer has %d bytes, which no checkpoint needs", n)
	}
	b, err := m.bytes(n)
	if err != nil {
		return nil, err
	}
	v := new(big.Int)
	for i := len(b) - 1; i >= 0; i-- {
		v.Or(v.Lsh(v, 8), big.NewInt(int64(b[i])))
	}
	if n > 0 && b[n-1] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	if v.IsInt64() {
		return v.Int64(), nil
	}
	return v, nil
}

func (m *machine) line() (string, error) {
	var s strings.Builder
	for {
		b, err := m.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimSuffix(s.String(), "\r"), nil
		}
		s.WriteByte(b)
	}
}

func (m *machine) push(v any, err error) error {
	if err == nil {
		m.stack = append(m.stack, v)
	}
	return err
}

var errStack = errors.New("pickle: it is damaged (an instruction finds nothing to work on)")

func (m *machine) top() (any, error) {
	if len(m.stack) == 0 {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	if _, isMark := v.(mark); isMark {
		return nil, errStack
	}
	return v, nil
}

func (m *machine) pop() (any, error) {
	v, err := m.top()
	if err == nil {
		m.stack = m.stack[:len(m.stack)-1]
	}
	return v, err
}

// popN takes the n topmost values, the deepest first.
func (m *machine) popN(n int) ([]any, error) {
	items := make([]any, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

// popMark takes everything down to the last mark, the deepest first, and the mark.
func (m *machine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, isMark := m.stack[i].(mark); isMark {
			items := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items, nil
		}
	}
	return nil, errStack
}

func (m *machine) extend(items []any, err error) error {
	if err != nil {
		return err
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	switch t := target.(type) {
	case *List:
		t.Items = append(t.Items, items...)
	case *Object: // a subclass of list: what is in it does not matter
	default:
		return fmt.Errorf("pickle: it is damaged (items are appended to %T)", target)
	}
	return nil
}

func (m *machine) setItems(items []any, err error) error {
	if err != nil {
		return err
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	if len(items)%2 != 0 {
		return fmt.Errorf("pickle: it is damaged (a key has no value)")
	}
	switch t := target.(type) {
	case *Dict:
		for i := 0; i < len(items); i += 2 {
			t.Set(items[i], items[i+1])
		}
	case *Object: // a subclass of dict
	default:
		return fmt.Errorf("pickle: it is damaged (keys are set in %T)", target)
	}
	return nil
}

func (m *machine) remember(i uint64, err error) error {
	if err != nil {
		return err
	}
	v, err := m.top()
	if err == nil {
		m.memo[i] = v
	}
	return err
}

func (m *machine) recall(size int) error {
	i, err := m.uint(size)
	if err != nil {
		return err
	}
	v, ok := m.memo[i]
	if !ok {
		return fmt.Errorf("pickle: it is damaged (value %d was never stored)", i)
	}
	return m.push(v, nil)
}

func (m *machine) global(op byte) error {
	var g Global
	if op == 'c' {
		var err error
		if g.Module, err = m.line(); err != nil {
			return err
		}
		if g.Name, err = m.line(); err != nil {
			return err
		}
	} else {
		names, err := m.popN(2)
		if err != nil {
			return err
		}
		module, ok1 := names[0].(string)
		name, ok2 := names[1].(string)
		if !ok1 || !ok2 {
			return fmt.Errorf("pickle: it is damaged (a global has no name)")
		}
		g = Global{module, name}
	}
	v, err := m.policy.Global(g)
	return m.push(v, err)
}

func (m *machine) call() error {
	operands, err := m.popN(2)
	if err != nil {
		return err
	}
	f, ok := operands[0].(Func)
	if !ok {
		return fmt.Errorf("pickle: it calls %T, which is not a permitted function", operands[0])
	}
	args, ok := operands[1].(Tuple)
	if !ok {
		return fmt.Errorf("pickle: it is damaged (arguments are %T)", operands[1])
	}
	v, err := f(args)
	return m.push(v, err)
}

// build gives an object its state. Attributes of a dict or tensor (a state_dict's _metadata) do not matter.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	target, err := m.top()
	if err != nil {
		return err
	}
	if o, ok := target.(*Object); ok {
		o.State = state
	}
	return nil
}

func (m *machine) persistent() error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	if m.policy.Persistent == nil {
		return fmt.Errorf("pickle: it refers to data outside itself")
	}
	v, err := m.policy.Persistent(id)
	return m.push(v, err)
}
