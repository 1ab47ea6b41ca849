package session

import (
	"go/ast"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"lyceum/kernel/symbols"
)

// importName returns the name under which an import is used, and its path.
func (s *Session) importName(sp *ast.ImportSpec) (name, importPath string) {
	importPath, _ = strconv.Unquote(sp.Path.Value)
	if sp.Name != nil {
		return sp.Name.Name, importPath
	}
	if p, err := s.world.importer.Import(importPath); err == nil {
		return p.Name(), importPath
	}
	return path.Base(importPath), importPath
}

func quote(s string) string { return strconv.Quote(s) }

// preferred settles names that several packages of the standard library share, and says which packages of gonum need no import.
var preferred = map[string]string{"rand": "math/rand/v2", "template": "text/template", "pprof": "runtime/pprof",
	"scanner": "text/scanner", "json": "encoding/json", "trace": "runtime/trace", "parse": "text/template/parse",
	"mat": "gonum.org/v1/gonum/mat", "floats": "gonum.org/v1/gonum/floats", "stat": "gonum.org/v1/gonum/stat", "distuv": "gonum.org/v1/gonum/stat/distuv",
	"combin": "gonum.org/v1/gonum/stat/combin", "optimize": "gonum.org/v1/gonum/optimize", "plotter": "gonum.org/v1/plot/plotter"}

var version = regexp.MustCompile(`^v[0-9]+$`)

// standardByName maps package names to import paths.
var standardByName = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, p := range symbols.Paths() {
		name := path.Base(p)
		if version.MatchString(name) || strings.HasPrefix(p, "gonum.org/") { // text and font must stay undefined names
			continue
		}
		if old, ok := m[name]; !ok || len(p) < len(old) {
			m[name] = p
		}
	}
	for name, p := range preferred {
		m[name] = p
	}
	return m
})
