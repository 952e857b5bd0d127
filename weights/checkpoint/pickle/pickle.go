// Package pickle reads the part of Python's pickle format that model checkpoints use, without executing anything.
//
// A pickle is a program for a small stack machine, and two of its instructions, GLOBAL and REDUCE, let it name and call any
// Python function. Here a global is only a name that the caller's policy turns into a value or refuses, and calling one either calls what
// that policy returned or makes an Object that tells what would have been called. Everything else builds plain values:
//
//	None nil · bool bool · int int64 or *big.Int · float float64 · str string · bytes []byte
//	tuple Tuple · list, set and frozenset *List · dict *Dict · instance of an inert class *Object
//	a text, bytes or a number too long to be a name or a size Omitted
//
// What a pickle may cost is bounded by the caller's foreign.Budget: instructions, bytes, and items put into containers are paid for before
// they are done, so values that share parts are no way to make work or memory out of nothing.
package pickle

import (
	"fmt"
	"math/big"

	"reverie/weights/foreign"
)

// Global is the name of a Python class or function.
type Global struct{ Module, Name string }

func (g Global) String() string { return g.Module + "." + g.Name }

// Tuple is a Python tuple.
type Tuple []any

// List is a Python list, or a set in the order of writing.
type List struct{ Items []any }

// Omitted stands for a text, bytes or a number of so many bytes that were passed over, because no name is as long.
type Omitted int64

// Dict is a Python dict in the order of insertion. Keys may be any values; only strings can be looked up.
type Dict struct {
	Items []Item
	index map[string]int // of the string keys, once there are many
}

// Item is one key and value of a Dict.
type Item struct{ Key, Value any }

// fewItems are found faster without an index.
const fewItems = 8

// Get returns the value of a string key.
func (d *Dict) Get(key string) (any, bool) {
	if i := d.find(key); i >= 0 {
		return d.Items[i].Value, true
	}
	return nil, false
}

func (d *Dict) find(key string) int {
	if d.index != nil {
		if i, ok := d.index[key]; ok {
			return i
		}
		return -1
	}
	for i, item := range d.Items {
		if s, ok := item.Key.(string); ok && s == key {
			return i
		}
	}
	return -1
}

// Set adds a key or, when it is a string that is there already, replaces its value.
func (d *Dict) Set(key, value any) {
	if s, ok := key.(string); ok {
		if i := d.find(s); i >= 0 {
			d.Items[i].Value = value
			return
		}
		if d.index != nil {
			d.index[s] = len(d.Items)
		}
	}
	d.Items = append(d.Items, Item{key, value})
	if d.index == nil && len(d.Items) > fewItems {
		d.index = map[string]int{}
		for i, item := range d.Items {
			if s, ok := item.Key.(string); ok {
				d.index[s] = i
			}
		}
	}
}

// Func is a global that may be called.
type Func func(args Tuple) (any, error)

// Object is an instance of a class, or what a function would have returned, of which only the name is known.
type Object struct {
	Class Global
	Args  Tuple
	State any
	Items *Dict // of a class that is a dict with more to it; nil while nothing was set
}

// Inert stands for a class or function of which only the name matters: calling it makes an Object.
func Inert(g Global) Func {
	return func(args Tuple) (any, error) { return &Object{Class: g, Args: args}, nil }
}

// Policy decides what a pickle may name and what reading it may cost.
type Policy struct {
	// Global returns the value that a name stands for, or an error that refuses it.
	Global func(Global) (any, error)
	// Persistent returns the value of a persistent id, by which a pickle refers to data outside itself. Nil refuses them.
	Persistent func(id any) (any, error)
	// Budget pays for everything; nil is a full one for this pickle alone.
	Budget *foreign.Budget
}

// Prices in the units of foreign.Budget.
const (
	perInstruction = 128 // a value with its place on the stack and in the memo
	perItem        = 64  // a value's place in a list or tuple that many are put into at once
	perEntry       = 256 // a key's and a value's places in a dict that grows, and in its index
)

// entryPrice is that of setting a key, which is hashed or compared.
func entryPrice(key any) int {
	s, _ := key.(string)
	return perEntry + fewItems*len(s)
}

// NewDict is a Func for collections.OrderedDict and its like, which are made empty, of pairs, or of another dict.
func NewDict(b *foreign.Budget) Func {
	return func(args Tuple) (any, error) {
		d := new(Dict)
		if len(args) == 0 {
			return d, nil
		}
		if from, ok := args[0].(*Dict); ok {
			for _, item := range from.Items {
				if err := b.Spend(entryPrice(item.Key)); err != nil {
					return nil, err
				}
				d.Set(item.Key, item.Value)
			}
			return d, nil
		}
		pairs, ok := args[0].(*List)
		if !ok { // something inert, so the dict is, too
			return &Object{Class: Global{"collections", "OrderedDict"}, Args: args}, nil
		}
		for _, p := range pairs.Items {
			kv, err := sequence(p)
			if err != nil || len(kv) != 2 {
				return nil, fmt.Errorf("pickle: a dict is made from something that is not pairs")
			}
			if err := b.Spend(entryPrice(kv[0])); err != nil {
				return nil, err
			}
			d.Set(kv[0], kv[1])
		}
		return d, nil
	}
}

func sequence(v any) ([]any, error) {
	switch v := v.(type) {
	case Tuple:
		return v, nil
	case *List:
		return v.Items, nil
	}
	return nil, fmt.Errorf("pickle: %s is not a sequence", Describe(v))
}

// Describe names the kind of a value, for messages.
func Describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "True or False"
	case int64, *big.Int, float64:
		return "a number"
	case string:
		return "a text"
	case []byte:
		return "bytes"
	case Omitted:
		return fmt.Sprintf("%d bytes", v)
	case Tuple:
		return "a tuple"
	case *List:
		return "a list"
	case *Dict:
		return "a dict"
	case Func:
		return "a class or function"
	case *Object:
		return fmt.Sprintf("an object of class %.100s", v.Class)
	}
	return "something of PyTorch's"
}
