// Package gonum holds the symbol tables of gonum and gonum/plot, one generated file a package.
package gonum

import "reflect"

// Symbols maps "import/path/name" to the exported symbols of the package, as yaegi's interp.Use wants them.
var Symbols = map[string]map[string]reflect.Value{}
