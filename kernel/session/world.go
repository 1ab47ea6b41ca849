package session

import (
	"go/token"
	"go/types"
	"sort"
	"strconv"

	"lyceum/kernel/session/generics"
	"lyceum/kernel/session/lower"
	"lyceum/kernel/symbols"
)

// An entity is one name that the session knows at the top level: a variable, constant, function or type.
type entity struct {
	obj    types.Object
	emit   string   // the name under which the interpreter knows it
	src    chunk    // the declaration, for functions, types and methods
	file   string   // the cell that declared it
	uses   []string // the top-level names that the declaration mentions
	method string   // "T.m" for methods; obj is then the method
	probed bool     // a function that was compiled for the debugger
}

// world is what the cells so far have declared.
type world struct {
	entities map[string]*entity // by name; methods by "T.m"
	imports  map[string]string  // package name -> path, as cells imported it
	preload  map[string]string
	importer *importer
	versions map[string]int          // how often a name got new storage
	names    map[types.Object]string // the interpreter's names of variables and functions
	lower    *lower.World
	must     *types.Func // the check of unread errors
	generics *generics.State
}

func newWorld(preload map[string]string) *world {
	w := &world{entities: map[string]*entity{}, imports: map[string]string{}, preload: preload,
		importer: newImporter(), versions: map[string]int{}, names: map[types.Object]string{}, must: newMust(),
		lower: lower.NewWorld(symbolFor(symbols.Tables()))}
	w.names[w.must] = mustEmit
	return w
}

// dependents returns the functions, methods and types whose declarations mention one of the names, directly
// or through others, in the order of their names.
func (w *world) dependents(changed map[string]bool) []*entity {
	reached := map[string]bool{}
	for grew := true; grew; {
		grew = false
		for key, e := range w.entities {
			if reached[key] || changed[key] || e.src.text == "" || e.src.kind == token.TYPE {
				continue
			}
			for _, u := range e.uses {
				if changed[u] || reached[u] {
					reached[key], grew = true, true
					break
				}
			}
		}
	}
	var keys []string
	for k := range reached {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var out []*entity
	for _, k := range keys {
		out = append(out, w.entities[k])
	}
	return out
}

// newName returns a name of the interpreter for name, different from all it had before.
func (w *world) newName(name string) string {
	w.versions[name]++
	if n := w.versions[name]; n > 1 {
		return name + "_v" + strconv.Itoa(n)
	}
	return name
}
