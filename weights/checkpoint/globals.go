package checkpoint

import (
	"fmt"
	"math"
	"strings"

	"reverie/weights/checkpoint/pickle"
)

// storageKinds are the classes by which PyTorch names the type of a storage.
var storageKinds = map[string]kind{
	"DoubleStorage": "F64", "FloatStorage": "F32", "HalfStorage": "F16", "BFloat16Storage": "BF16",
	"LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8", "ByteStorage": "U8", "BoolStorage": "BOOL",
}

// permitted are the functions and classes that checkpoints name. Only the rebuilding of tensors and dicts does anything; the
// others are carried along because training frameworks leave them beside the weights.
var permitted = map[pickle.Global]any{
	{Module: "collections", Name: "OrderedDict"}:                                      pickle.Func(pickle.NewDict),
	{Module: "torch._utils", Name: "_rebuild_tensor"}:                                 pickle.Func(rebuildTensor),
	{Module: "torch._utils", Name: "_rebuild_tensor_v2"}:                              pickle.Func(rebuildTensor),
	{Module: "torch._utils", Name: "_rebuild_parameter"}:                              pickle.Func(first),
	{Module: "torch", Name: "Size"}:                                                   pickle.Func(first),
	{Module: "torch.jit._pickle", Name: "build_intlist"}:                              pickle.Func(first),
	{Module: "torch.jit._pickle", Name: "build_doublelist"}:                           pickle.Func(first),
	{Module: "torch.jit._pickle", Name: "build_boollist"}:                             pickle.Func(first),
	{Module: "torch.jit._pickle", Name: "build_tensorlist"}:                           pickle.Func(first),
	{Module: "torch.jit._pickle", Name: "restore_type_tag"}:                           pickle.Func(first),
	{Module: "torch", Name: "device"}:                                                 nil,
	{Module: "_codecs", Name: "encode"}:                                               nil,
	{Module: "numpy", Name: "dtype"}:                                                  nil,
	{Module: "numpy", Name: "ndarray"}:                                                nil,
	{Module: "numpy.core.multiarray", Name: "scalar"}:                                 nil,
	{Module: "numpy.core.multiarray", Name: "_reconstruct"}:                           nil,
	{Module: "numpy._core.multiarray", Name: "scalar"}:                                nil,
	{Module: "numpy._core.multiarray", Name: "_reconstruct"}:                          nil,
	{Module: "pytorch_lightning.callbacks.model_checkpoint", Name: "ModelCheckpoint"}: nil,
	{Module: "pytorch_lightning.callbacks.early_stopping", Name: "EarlyStopping"}:     nil,
	{Module: "pytorch_lightning.utilities.parsing", Name: "AttributeDict"}:            nil,
}

// global is the pickle policy of every PyTorch file. TorchScript archives may also name their own modules' classes.
func global(torchScript bool) func(pickle.Global) (any, error) {
	return func(g pickle.Global) (any, error) {
		if k, ok := storageKinds[g.Name]; ok && g.Module == "torch" {
			return k, nil
		}
		v, ok := permitted[g]
		if !ok && !(torchScript && strings.HasPrefix(g.Module, "__torch__")) {
			return nil, fmt.Errorf("it names the Python function or class %.200q, which no checkpoint of weights needs; "+
				"the file is refused because such a name can hide a program", g.String())
		}
		if v == nil {
			v = pickle.Inert(g)
		}
		return v, nil
	}
}

func first(args pickle.Tuple) (any, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("a function is called without its argument")
	}
	return args[0], nil
}

// rebuildTensor takes (storage, offset, size, stride, …).
func rebuildTensor(args pickle.Tuple) (any, error) {
	if len(args) < 4 {
		return nil, fmt.Errorf("a tensor is described by %d values", len(args))
	}
	s, ok := args[0].(*storage)
	if !ok {
		return nil, fmt.Errorf("a tensor lies in %T, which is not a storage", args[0])
	}
	offset, ok := args[1].(int64)
	if !ok {
		return nil, fmt.Errorf("a tensor begins at %T", args[1])
	}
	sizes, err := integers(args[2])
	if err != nil {
		return nil, err
	}
	stride, err := integers(args[3])
	if err != nil {
		return nil, err
	}
	shape := make([]int, len(sizes))
	for i, n := range sizes {
		shape[i] = int(n)
	}
	t := &lazyTensor{storage: s, offset: offset, shape: shape, stride: stride}
	return t, nil
}

// lazyTensor is a tensor whose bounds are not checked yet: in files without zip the storages' sizes follow the pickle. Optimiser
// state, which is dropped, may hold empty tensors.
type lazyTensor struct {
	storage *storage
	offset  int64
	shape   []int
	stride  []int64
}

func integers(v any) ([]int64, error) {
	items, ok := v.(pickle.Tuple)
	if !ok {
		return nil, fmt.Errorf("a tensor's shape is %T", v)
	}
	list := make([]int64, len(items))
	for i, item := range items {
		n, ok := item.(int64)
		if !ok {
			return nil, fmt.Errorf("a tensor's shape holds %T", item)
		}
		list[i] = n
	}
	return list, nil
}

// storageID is a persistent id: ('storage', type, key, location, elements).
type storageID struct {
	kind kind
	key  string
	n    int64
}

func parseStorageID(v any) (storageID, error) {
	t, ok := v.(pickle.Tuple)
	if !ok || len(t) < 5 || t[0] != any("storage") {
		return storageID{}, fmt.Errorf("it refers to data in a way that PyTorch does not")
	}
	k, ok1 := t[1].(kind)
	key, ok2 := t[2].(string)
	n, ok3 := t[4].(int64)
	if !ok1 || !ok2 || !ok3 || n < 0 || n > math.MaxInt64/8 {
		return storageID{}, fmt.Errorf("it refers to a storage in a way that PyTorch does not")
	}
	if len(t) > 5 && t[5] != nil {
		return storageID{}, fmt.Errorf("it shares storages in the way of PyTorch 0.3; save it again with a newer PyTorch")
	}
	return storageID{k, key, n}, nil
}
