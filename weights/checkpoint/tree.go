package checkpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"reverie/weights/checkpoint/pickle"
	"reverie/weights/foreign"
)

// A checkpoint's value is walked as a tree of dicts, lists and modules. Its tensors get dotted names, as those of a module's parameters:
// {"state_dict": {"decoder.conv_in.weight": …}} holds state_dict.decoder.conv_in.weight.
type tree struct {
	list   *tensorList
	budget *foreign.Budget
	script bool         // objects are TorchScript's, whose state holds their members
	path   map[any]bool // what is being walked; a container that holds itself is not walked again
	depth  int
}

// maxDepth is how deeply containers may be nested to be looked into. No model comes near.
const maxDepth = 64

// Prices in the units of foreign.Budget.
const (
	perMember = 16  // a look at something that is no tensor
	perNode   = 256 // a container or a tensor with its name
)

// tensorsOf lists the tensors of a pickled value.
func tensorsOf(value any, script bool, budget *foreign.Budget) (*tensorList, error) {
	w := &tree{list: new(tensorList), budget: budget, script: script, path: map[any]bool{}}
	if !w.holds(value) {
		return nil, fmt.Errorf("it holds %s, not a state_dict; open it in PyTorch and save the state_dict() of the model", describe(value))
	}
	if err := w.walk("", value); err != nil {
		return nil, err
	}
	if len(w.list.names) == 0 {
		return nil, w.noTensors()
	}
	return w.list, nil
}

// noTensors says what there is instead.
func (w *tree) noTensors() error {
	const most = 3
	var words []string
	for _, o := range w.list.others[:min(len(w.list.others), most)] {
		words = append(words, fmt.Sprintf("%q is %s", o.Name, o.What))
	}
	if len(words) == 0 {
		return errors.New("it holds no tensors")
	}
	return fmt.Errorf("it holds no tensors (%s); open it in PyTorch and save the state_dict() of the model", strings.Join(words, ", "))
}

func describe(value any) string {
	if _, ok := value.(*lazyTensor); ok {
		return "a single tensor"
	}
	return pickle.Describe(value)
}

// holds reports whether a value is a container of named members.
func (w *tree) holds(value any) bool {
	switch v := value.(type) {
	case *pickle.Dict:
		return true
	case *pickle.Object:
		_, hasState := v.State.(*pickle.Dict)
		return v.Items != nil || hasState && (w.script || isPickledModule(v))
	}
	return false
}

// walk lists what is in a container; the prefix is its name and a dot, or nothing.
func (w *tree) walk(prefix string, value any) error {
	if w.depth == maxDepth {
		return nil
	}
	w.depth++
	defer func() { w.depth-- }()
	if tuple, ok := value.(pickle.Tuple); ok {
		return w.items(prefix, tuple)
	}
	if w.path[value] {
		return nil
	}
	w.path[value] = true
	defer delete(w.path, value)
	if list, ok := value.(*pickle.List); ok {
		return w.items(prefix, list.Items)
	}
	for _, d := range w.members(value) {
		for _, item := range d.Items {
			var err error
			if key, ok := item.Key.(string); ok {
				err = w.member(prefix, key, item.Value)
			} else {
				err = w.budget.Spend(perMember) // an optimiser's state has numbers as keys
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// items walks a list's items under their numbers.
func (w *tree) items(prefix string, items []any) error {
	for i, item := range items {
		if err := w.member(prefix, strconv.Itoa(i), item); err != nil {
			return err
		}
	}
	return nil
}

// members are the dicts that hold the named members of a container.
func (w *tree) members(value any) []*pickle.Dict {
	switch v := value.(type) {
	case *pickle.Dict:
		return []*pickle.Dict{v}
	case *pickle.Object:
		if state, ok := v.State.(*pickle.Dict); ok && w.script {
			return []*pickle.Dict{state}
		} else if ok && isPickledModule(v) {
			return moduleDicts(state)
		}
		return []*pickle.Dict{v.Items}
	}
	return nil
}

// A module that was pickled whole holds its parameters, buffers and modules in dicts under these names.
var moduleParts = []string{"_parameters", "_buffers", "_modules"}

func isPickledModule(o *pickle.Object) bool {
	state, ok := o.State.(*pickle.Dict)
	return ok && len(moduleDicts(state)) == len(moduleParts)
}

func moduleDicts(state *pickle.Dict) []*pickle.Dict {
	var dicts []*pickle.Dict
	for _, name := range moduleParts {
		v, _ := state.Get(name)
		if d, ok := v.(*pickle.Dict); ok {
			dicts = append(dicts, d)
		}
	}
	return dicts
}

func (w *tree) member(prefix, key string, value any) error {
	switch value.(type) {
	case *lazyTensor, *pickle.Dict, *pickle.Object, *pickle.List, pickle.Tuple:
	default:
		return w.budget.Spend(perMember)
	}
	if err := w.budget.Spend(perNode + 4*(len(prefix)+len(key))); err != nil {
		return err
	}
	name := prefix + key
	switch v := value.(type) {
	case *lazyTensor:
		return w.add(name, v)
	case *pickle.Object:
		if !w.holds(v) {
			w.list.others = append(w.list.others, Other{printable(name), pickle.Describe(v)})
			return nil
		}
	}
	return w.walk(name+".", value)
}

func (w *tree) add(name string, t *lazyTensor) error {
	if err := w.budget.Spend(perTensor); err != nil {
		return err
	}
	w.list.add(name, t.tensor())
	return nil
}

// tensor checks the bounds, now that the storage is known.
func (t *lazyTensor) tensor() Tensor {
	if t.problem != nil {
		return Tensor{Shape: t.shape, problem: t.problem}
	}
	s := t.storage
	if t.kind != "" && s.kind == "RAW" {
		typed := *s
		typed.kind, typed.n = t.kind, s.n/int64(t.kind.size())
		s = &typed
	}
	return newTensor(s, t.offset, t.shape, t.stride)
}

// tensorList is tensors in order, and what else could be one.
type tensorList struct {
	names   []string
	tensors map[string]Tensor
	others  []Other
}

// Other is something under a name that is no tensor that can be read, such as "an object of class numpy.ndarray".
type Other struct{ Name, What string }

func (l *tensorList) add(name string, t Tensor) {
	name = printable(name)
	if l.tensors == nil {
		l.tensors = map[string]Tensor{}
	}
	if _, again := l.tensors[name]; !again {
		l.names = append(l.names, name)
	}
	l.tensors[name] = t
}

// maxName is over the length of any model's names.
const maxName = 512

// printable is a name as it may stand in a report. One that no model has, because it is too long or would control a terminal, becomes its
// beginning in quotation marks, which is the name of nothing that anybody needs.
func printable(name string) string {
	if len(name) <= maxName && !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return name
	}
	return fmt.Sprintf("%.100q", name)
}
