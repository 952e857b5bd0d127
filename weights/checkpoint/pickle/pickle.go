// Package pickle reads the part of Python's pickle format that model checkpoints use, without executing anything.
//
// A pickle is a program for a small stack machine, and two of its instructions, GLOBAL and REDUCE, let it name and call any
// Python function. Here a global is only a name that the caller's policy turns into a value or refuses, and REDUCE calls only what
// that policy returned. Everything else builds plain values:
//
//	None nil · bool bool · int int64 or *big.Int · float float64 · str string · bytes []byte
//	tuple Tuple · list, set and frozenset *List · dict *Dict · instance of an inert class *Object
package pickle

import (
	"fmt"
)

// Global is the name of a Python class or function.
type Global struct{ Module, Name string }

func (g Global) String() string { return g.Module + "." + g.Name }

// Tuple is a Python tuple.
type Tuple []any

// List is a Python list, or a set in the order of writing.
type List struct{ Items []any }

// Dict is a Python dict in the order of insertion. Keys may be any values; only strings can be looked up.
type Dict struct {
	Items []Item
	index map[string]int
}

// Item is one key and value of a Dict.
type Item struct{ Key, Value any }

// Get returns the value of a string key.
func (d *Dict) Get(key string) (any, bool) {
	i, ok := d.index[key]
	if !ok {
		return nil, false
	}
	return d.Items[i].Value, true
}

// Set adds a key or, when it is a string that is there already, replaces its value.
func (d *Dict) Set(key, value any) {
	if s, ok := key.(string); ok {
		if i, ok := d.index[s]; ok {
			d.Items[i].Value = value
			return
		}
		if d.index == nil {
			d.index = map[string]int{}
		}
		d.index[s] = len(d.Items)
	}
	d.Items = append(d.Items, Item{key, value})
}

// Func is a global that may be called.
type Func func(args Tuple) (any, error)

// Object is an instance of a class that is known by name only.
type Object struct {
	Class Global
	Args  Tuple
	State any
}

// Inert stands for a class whose instances are only carried along: calling it makes an Object.
func Inert(g Global) Func {
	return func(args Tuple) (any, error) { return &Object{Class: g, Args: args}, nil }
}

// Policy decides what a pickle may name.
type Policy struct {
	// Global returns the value that a name stands for, or an error that refuses it.
	Global func(Global) (any, error)
	// Persistent returns the value of a persistent id, by which a pickle refers to data outside itself. Nil refuses them.
	Persistent func(id any) (any, error)
}

// NewDict is a Func for collections.OrderedDict.
func NewDict(args Tuple) (any, error) {
	d := new(Dict)
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*List)
	if !ok {
		return nil, fmt.Errorf("pickle: a dict is made from %T", args[0])
	}
	for _, p := range pairs.Items {
		kv, err := sequence(p)
		if err != nil || len(kv) != 2 {
			return nil, fmt.Errorf("pickle: a dict is made from something that is not pairs")
		}
		d.Set(kv[0], kv[1])
	}
	return d, nil
}

func sequence(v any) ([]any, error) {
	switch v := v.(type) {
	case Tuple:
		return v, nil
	case *List:
		return v.Items, nil
	}
	return nil, fmt.Errorf("pickle: %T is not a sequence", v)
}
