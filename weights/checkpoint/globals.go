package checkpoint

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"reverie/weights/checkpoint/pickle"
	"reverie/weights/foreign"
)

// storageKinds are the classes by which PyTorch names the type of a storage.
var storageKinds = map[string]kind{
	"DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
	"LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL",
	// Those below are no weights, but a file without zip has to be read past them.
	"ComplexFloatStorage": "C64", "ComplexDoubleStorage": "C128", "QInt8Storage": "QI8", "QUInt8Storage": "QU8", "QInt32Storage": "QI32",
	"QUInt4x2Storage": "QU4", "QUInt2x4Storage": "QU2", "UntypedStorage": "RAW",
}

// dtypes are PyTorch's names of types, by which a tensor says how an untyped storage is to be read.
var dtypes = map[string]kind{
	"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16",
	"int64": "I64", "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}

// harmful are the modules and functions by which a pickle makes Python run a program or a text as code. Here they would do nothing, but no
// weights need them.
var harmful = map[string]bool{
	"os": true, "posix": true, "nt": true, "sys": true, "subprocess": true, "_posixsubprocess": true, "pty": true, "runpy": true,
	"importlib": true, "ctypes": true, "_ctypes": true, "socket": true, "shutil": true, "webbrowser": true, "code": true, "codeop": true,
	"marshal": true, "pickle": true, "_pickle": true, "pip": true, "timeit": true, "pdb": true, "bdb": true,
	"builtins.eval": true, "builtins.exec": true, "builtins.execfile": true, "builtins.compile": true, "builtins.open": true,
	"builtins.__import__": true, "builtins.input": true, "builtins.breakpoint": true,
}

func isHarmful(g pickle.Global) bool {
	module := g.Module
	if module == "__builtin__" { // Python 2's name, which pickles of Python 3 have, too
		module = "builtins"
	}
	top, _, _ := strings.Cut(module, ".")
	return harmful[top] || harmful[module+"."+g.Name]
}

// torchPolicy is the policy for the pickles of one file. What rebuilds tensors and dicts is known; every other class or function is inert:
// training programs leave all sorts of things beside the weights, and nothing is executed. Only what can serve no other end than to run a
// program is refused.
type torchPolicy struct{ budget *foreign.Budget }

func (p torchPolicy) global(g pickle.Global) (any, error) {
	if g.Module == "torch" || g.Module == "torch.storage" {
		if k, ok := storageKinds[g.Name]; ok {
			return k, nil
		}
		if k, ok := dtypes[g.Name]; ok && g.Module == "torch" {
			return k, nil
		}
	}
	switch g.String() {
	case "collections.OrderedDict":
		return pickle.NewDict(p.budget), nil
	case "collections.defaultdict":
		return pickle.Func(p.defaultDict), nil
	case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2":
		return pickle.Func(p.rebuildTensor), nil
	case "torch._utils._rebuild_tensor_v3":
		return pickle.Func(p.rebuildTyped), nil
	case "torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2":
		return pickle.Func(rebuildSubclass), nil
	case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter", "torch.Size",
		"torch.jit._pickle.build_intlist", "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist",
		"torch.jit._pickle.build_tensorlist", "torch.jit._pickle.restore_type_tag":
		return first(g), nil
	}
	if isHarmful(g) {
		return nil, fmt.Errorf("it names the Python function or class %.200q, which runs programs where PyTorch opens the file, and no weights need that; "+
			"get the file from another source", g.String())
	}
	return pickle.Inert(g), nil
}

// first is a function that returns its first argument.
func first(g pickle.Global) pickle.Func {
	inert := pickle.Inert(g)
	return func(args pickle.Tuple) (any, error) {
		if len(args) == 0 {
			return inert(args)
		}
		return args[0], nil
	}
}

// defaultDict leaves out the function that makes missing values.
func (p torchPolicy) defaultDict(args pickle.Tuple) (any, error) {
	return pickle.NewDict(p.budget)(args[min(1, len(args)):])
}

// rebuildSubclass takes (function, class, its arguments, state): a tensor with attributes, which do not matter.
func rebuildSubclass(args pickle.Tuple) (any, error) {
	if len(args) > 2 {
		rebuild, ok1 := args[0].(pickle.Func)
		inner, ok2 := args[2].(pickle.Tuple)
		if ok1 && ok2 {
			return rebuild(inner)
		}
	}
	return &lazyTensor{problem: errUnknownForm}, nil
}

// errUnknownForm says that a tensor was made in a way that is not known.
var errUnknownForm = errors.New("it is kept in a form that is not known here; open the file in PyTorch and save the state_dict() of the model in float32")

// perTensor pays for a tensor and its place in the list, in units of foreign.Budget.
const perTensor = 1024

// maxDimensions is how many a tensor may have to be read. Weights have up to four.
const maxDimensions = 8

// rebuildTensor takes (storage, offset, size, stride, …).
func (p torchPolicy) rebuildTensor(args pickle.Tuple) (any, error) {
	if err := p.budget.Spend(perTensor); err != nil {
		return nil, err
	}
	if len(args) < 4 {
		return &lazyTensor{problem: errUnknownForm}, nil
	}
	s, ok1 := args[0].(*storage)
	offset, ok2 := args[1].(int64)
	sizes, ok3 := args[2].(pickle.Tuple)
	strides, ok4 := args[3].(pickle.Tuple)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return &lazyTensor{problem: errUnknownForm}, nil
	}
	t := &lazyTensor{storage: s, offset: offset}
	if len(sizes) > maxDimensions || len(strides) != len(sizes) { // not copied: many tensors may share them
		t.problem = fmt.Errorf("it has %d sizes and %d strides", len(sizes), len(strides))
		return t, nil
	}
	for i := range sizes {
		size, ok1 := sizes[i].(int64)
		stride, ok2 := strides[i].(int64)
		if !ok1 || !ok2 {
			return &lazyTensor{problem: errUnknownForm}, nil
		}
		t.shape, t.stride = append(t.shape, int(size)), append(t.stride, stride)
	}
	return t, nil
}

// rebuildTyped takes (storage, offset, size, stride, gradient, hooks, type, …): the storage is bytes.
func (p torchPolicy) rebuildTyped(args pickle.Tuple) (any, error) {
	v, err := p.rebuildTensor(args)
	t, ok := v.(*lazyTensor)
	if err != nil || !ok || t.problem != nil {
		return v, err
	}
	if len(args) > 6 {
		t.kind, _ = args[6].(kind)
	}
	if t.kind == "" {
		t.problem = errUnknownForm
	}
	return t, nil
}

// lazyTensor is a tensor whose bounds are not checked yet: in files without zip the storages' places follow the pickle.
type lazyTensor struct {
	storage *storage
	kind    kind // of the numbers, where the storage is untyped
	offset  int64
	shape   []int
	stride  []int64
	problem error // why it cannot be read; nobody may want to
}

// storageID is a persistent id: ('storage', type, key, location, elements).
type storageID struct {
	kind kind
	key  string
	n    int64
}

func parseStorageID(t pickle.Tuple) (storageID, error) {
	if len(t) < 5 || t[0] != any("storage") {
		return storageID{}, fmt.Errorf("it refers to data in a way that PyTorch does not")
	}
	k, ok1 := t[1].(kind)
	key, ok2 := t[2].(string)
	n, ok3 := t[4].(int64)
	if !ok1 || !ok2 || !ok3 || n < 0 || n > math.MaxInt64/16 {
		return storageID{}, fmt.Errorf("it refers to a storage in a way that PyTorch does not")
	}
	if len(t) > 5 && t[5] != nil {
		return storageID{}, fmt.Errorf("it shares storages in the way of PyTorch 0.3; save it again with a newer PyTorch")
	}
	return storageID{k, key, n}, nil
}

// persistent returns what stands for a persistent id; storageOf finds or makes a storage.
func (p torchPolicy) persistent(storageOf func(storageID) *storage) func(any) (any, error) {
	return func(v any) (any, error) {
		t, ok := v.(pickle.Tuple)
		if !ok {
			return nil, fmt.Errorf("it refers to data in a way that PyTorch does not")
		}
		if len(t) > 1 && t[0] == any("module") { // a class, with its source
			return t[1], nil
		}
		id, err := parseStorageID(t)
		if err != nil {
			return nil, err
		}
		if err := p.budget.Spend(perTensor + 8*len(id.key)); err != nil { // the key is looked up, twice in a zip
			return nil, err
		}
		return storageOf(id), nil
	}
}
