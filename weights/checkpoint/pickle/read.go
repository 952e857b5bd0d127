package pickle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"reverie/weights/foreign"
)

// MaxSize is how many bytes one pickle may have. The pickle of a checkpoint holds names and shapes, not the numbers of its tensors, and the
// largest known has a few MiB; but a member that no model needs, such as an array of NumPy's, may be long and is passed over.
const MaxSize = 128 << 20

// longest is how many bytes a text may have that is kept, and maxLong an integer: PyTorch's magic number has ten.
const (
	longest = 64 << 10
	maxLong = 64
	maxLine = 1 << 10 // of a module's or function's name
)

// Read reads one pickle and stops behind its last byte.
func Read(r *bufio.Reader, policy Policy) (value any, n int64, err error) {
	if policy.Budget == nil {
		policy.Budget = new(foreign.Budget)
	}
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
		if err := m.policy.Budget.Spend(perInstruction); err != nil {
			return nil, err
		}
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
		return m.pass(8)
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
		v, err := m.uint(1 + int(op-'K')/2)
		return m.push(int64(v), err)
	case 0x8a: // LONG1
		return m.long(1)
	case 0x8b: // LONG4
		return m.long(4)
	case 'G': // BINFLOAT
		number, err := m.uint(8) // the only one whose highest byte comes first
		return m.push(math.Float64frombits(bits.ReverseBytes64(number)), err)
	case 'X', 'T': // BINUNICODE, Python 2's BINSTRING
		return m.text(4)
	case 0x8c, 'U': // SHORT_BINUNICODE, SHORT_BINSTRING
		return m.text(1)
	case 0x8d: // BINUNICODE8
		return m.text(8)
	case 'B': // BINBYTES
		return m.octets(4)
	case 'C': // SHORT_BINBYTES
		return m.octets(1)
	case 0x8e, 0x96: // BINBYTES8, BYTEARRAY8
		return m.octets(8)
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
	case 'q': // BINPUT
		i, err := m.uint(1)
		return m.remember(i, err)
	case 'r': // LONG_BINPUT
		i, err := m.uint(4)
		return m.remember(i, err)
	case 0x94: // MEMOIZE
		return m.remember(uint64(len(m.memo)), nil)
	case 'h': // BINGET
		return m.recall(1)
	case 'j': // LONG_BINGET
		return m.recall(4)
	case 'c', 0x93: // GLOBAL, STACK_GLOBAL
		return m.global(op)
	case 'R', 0x81: // REDUCE, NEWOBJ
		return m.call(2)
	case 0x92: // NEWOBJ_EX
		return m.call(3)
	case 'b': // BUILD
		return m.build()
	case 'Q': // BINPERSID
		return m.persistent()
	}
	return fmt.Errorf("pickle: instruction 0x%02x is not one that checkpoints need", op)
}

func (m *machine) byte() (byte, error) {
	if m.read >= MaxSize {
		return 0, errSize
	}
	b, err := m.r.ReadByte()
	if err == nil {
		m.read++
	}
	return b, err
}

var errSize = fmt.Errorf("pickle: it has over %d bytes, which no checkpoint needs", MaxSize)

// bytes reads n bytes, at most longest.
func (m *machine) bytes(n uint64) ([]byte, error) {
	if n > uint64(MaxSize-m.read) {
		return nil, errSize
	}
	if err := m.policy.Budget.Spend(4 * int(n)); err != nil { // they are copied once
		return nil, err
	}
	b := make([]byte, n)
	got, err := io.ReadFull(m.r, b)
	m.read += int64(got)
	return b, err
}

// pass reads n bytes and forgets them.
func (m *machine) pass(n uint64) error {
	if n > uint64(MaxSize-m.read) {
		return errSize
	}
	if err := m.policy.Budget.Spend(int(n)); err != nil {
		return err
	}
	got, err := m.r.Discard(int(n))
	m.read += int64(got)
	return err
}

// uint reads a little-endian number of 1, 2, 4 or 8 bytes.
func (m *machine) uint(size int) (n uint64, err error) {
	for i := range size {
		b, err := m.byte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b) << (8 * i)
	}
	return n, nil
}

// text reads a length of size bytes and a text as long.
func (m *machine) text(size int) error {
	n, err := m.uint(size)
	if err == nil && n > longest {
		return m.push(Omitted(n), m.pass(n))
	}
	if err != nil {
		return err
	}
	b, err := m.bytes(n)
	return m.push(string(b), err)
}

// octets reads a length of size bytes and as many bytes.
func (m *machine) octets(size int) error {
	n, err := m.uint(size)
	if err == nil && n > longest {
		return m.push(Omitted(n), m.pass(n))
	}
	if err != nil {
		return err
	}
	b, err := m.bytes(n)
	return m.push(b, err)
}

// long reads a length of size bytes and a two's complement number as long.
func (m *machine) long(size int) error {
	n, err := m.uint(size)
	if err == nil && n > maxLong {
		return m.push(Omitted(n), m.pass(n))
	}
	if err != nil {
		return err
	}
	b, err := m.bytes(n)
	if err != nil {
		return err
	}
	slices.Reverse(b) // to the order of big.Int
	v := new(big.Int).SetBytes(b)
	if n > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*n)))
	}
	if v.IsInt64() {
		return m.push(v.Int64(), nil)
	}
	return m.push(v, nil)
}

func (m *machine) line() (string, error) {
	var s []byte
	for {
		b, err := m.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimSuffix(string(s), "\r"), nil
		}
		if len(s) == maxLine {
			return "", fmt.Errorf("pickle: it is damaged (a class has a name of over %d bytes)", maxLine)
		}
		s = append(s, b)
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
			if err := m.policy.Budget.Spend(perItem * (len(m.stack) - i)); err != nil {
				return nil, err
			}
			items := slices.Clone(m.stack[i+1:])
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
		return fmt.Errorf("pickle: it is damaged (items are appended to %s)", Describe(target))
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
	var d *Dict
	switch t := target.(type) {
	case *Dict:
		d = t
	case *Object: // a subclass of dict
		if t.Items == nil {
			t.Items = new(Dict)
		}
		d = t.Items
	default:
		return fmt.Errorf("pickle: it is damaged (keys are set in %s)", Describe(target))
	}
	for i := 0; i < len(items); i += 2 {
		if err := m.policy.Budget.Spend(entryPrice(items[i])); err != nil {
			return err
		}
		d.Set(items[i], items[i+1])
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
	if err := m.policy.Budget.Spend(perEntry + 4*(len(g.Module)+len(g.Name))); err != nil { // it is looked up
		return err
	}
	v, err := m.policy.Global(g)
	return m.push(v, err)
}

// call calls a function or makes an instance: under so many operands the first is the class, the second its arguments, the third those with
// names, which do not matter.
func (m *machine) call(operands int) error {
	values, err := m.popN(operands)
	if err != nil {
		return err
	}
	args, ok := values[1].(Tuple)
	if !ok {
		return fmt.Errorf("pickle: it is damaged (arguments are %s)", Describe(values[1]))
	}
	switch f := values[0].(type) {
	case Func:
		v, err := f(args)
		return m.push(v, err)
	case *Object: // what an inert call returned is as inert
		return m.push(&Object{Class: f.Class, Args: args}, nil)
	}
	return fmt.Errorf("pickle: it is damaged (it calls %s)", Describe(values[0]))
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
