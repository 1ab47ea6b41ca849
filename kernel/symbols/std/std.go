// Package std holds the symbol tables of Go's standard library for the interpreter, one generated file a package.
package std

import "reflect"

// Symbols maps "import/path/name" to the exported symbols of the package, as yaegi's interp.Use wants them.
var Symbols = map[string]map[string]reflect.Value{}
