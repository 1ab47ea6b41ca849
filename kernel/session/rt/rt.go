// Package rt is the compiled half of lowering: helpers that lowered cells call
// and the tables under which the interpreter finds them.
package rt

import "reflect"

// Path is the import path under which lowered code finds this package.
const Path = "lyceum/kernel/session/rt"

// Symbols returns the table of this package in the form that interp.Use takes.
func Symbols() map[string]map[string]reflect.Value {
	return map[string]map[string]reflect.Value{Path + "/rt": {}}
}
