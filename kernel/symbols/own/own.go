// Package own holds the symbol tables of this module's own packages, one generated file a package.
package own

import "reflect"

// Symbols maps "import/path/name" to the exported symbols of the package, as yaegi's interp.Use wants them.
var Symbols = map[string]map[string]reflect.Value{}
