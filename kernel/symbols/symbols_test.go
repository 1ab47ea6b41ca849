package symbols

import (
	"fmt"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func load(t *testing.T) map[string]*types.Package {
	t.Helper()
	fset, done, out := token.NewFileSet(), map[string]*types.Package{}, map[string]*types.Package{}
	for _, p := range Paths() {
		pkg, err := Import(fset, done, p)
		if err != nil {
			t.Fatalf("import %s: %v", p, err)
		}
		out[p] = pkg
	}
	return out
}

// TestEverySymbolIsInItsTable compares the tables with the export data: what the type checker lets a cell use, the
// interpreter must find. Generic functions, types and constraints are instantiated elsewhere.
func TestEverySymbolIsInItsTable(t *testing.T) {
	tables := map[string]map[string]reflect.Value{}
	for key, table := range Tables() {
		tables[path.Dir(key)] = table
	}
	symbols := 0
	for importPath, pkg := range load(t) {
		if importPath == "syscall" && runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
			continue // its export data are those of one system
		}
		for _, name := range pkg.Scope().Names() {
			obj := pkg.Scope().Lookup(name)
			if !obj.Exported() || isGeneric(obj) {
				continue
			}
			v, ok := tables[importPath][name]
			if !ok {
				t.Errorf("%s.%s is not in the table", importPath, name)
				continue
			}
			symbols++
			if want := kindOf(obj); want != reflect.Invalid && v.Kind() != want {
				t.Errorf("%s.%s is a %v, want a %v", importPath, name, v.Kind(), want)
			}
		}
	}
	if symbols < 8000 {
		t.Errorf("only %d symbols", symbols)
	}
}

func isGeneric(obj types.Object) bool {
	switch o := obj.(type) {
	case *types.Func:
		return o.Signature().TypeParams().Len() > 0
	case *types.TypeName:
		if it, ok := o.Type().Underlying().(*types.Interface); ok && !it.IsMethodSet() {
			return true
		}
		n, ok := o.Type().(*types.Named)
		return ok && n.TypeParams().Len() > 0
	}
	return false
}

func kindOf(obj types.Object) reflect.Kind {
	switch obj.(type) {
	case *types.Func:
		return reflect.Func
	case *types.TypeName:
		return reflect.Pointer
	}
	return reflect.Invalid
}

// newer are the packages that came to the standard library after Go 1.26, for which the tables are made: api/go1.N.txt of
// a distribution lists what came with 1.N.
func newer(t *testing.T) map[string]bool {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for n := 27; ; n++ {
		api, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "api", fmt.Sprintf("go1.%d.txt", n)))
		if err != nil {
			return out
		}
		for line := range strings.Lines(string(api)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "pkg" {
				out[strings.TrimSuffix(f[1], ",")] = true
			}
		}
	}
}

// TestPathsAreThoseOfGo compares the packages with what the installed Go can import, but for what is newer than the tables.
func TestPathsAreThoseOfGo(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	later := newer(t)
	have := map[string]bool{"unsafe": true, "log/syslog": true, "plugin": true, "runtime/cgo": true, "runtime/race": true,
		"runtime/coverage": true, "runtime/secret": true, "simd/archsimd": true, "testing/cryptotest": true}
	for _, p := range Paths() {
		have[p] = true
	}
	for _, p := range strings.Fields(string(out)) {
		if !have[p] && !later[p] && !strings.Contains(p, "internal") && !strings.HasPrefix(p, "vendor/") {
			t.Errorf("package %s of the standard library is missing", p)
		}
	}
}

func TestDocs(t *testing.T) {
	for _, c := range []struct{ path, name, want string }{
		{"fmt", "", "Package fmt implements formatted I/O"},
		{"fmt", "Println", "Println formats using the default formats"},
		{"strings", "Builder.WriteString", "appends the contents of s"},
		{"net/http", "Server.Addr", "specifies the TCP address"},
		{"io", "Reader.Read", ""},
		{"math", "Pi", "oeis.org"}, {"net/http", "StatusOK", "RFC 9110"},
		{"slices", "Sort", "ascending order"},
		{"lyceum/plotting", "", "Package plotting"},
	} {
		if got := Doc(c.path, c.name); !strings.Contains(got, c.want) {
			t.Errorf("Doc(%q, %q) = %q, want it to contain %q", c.path, c.name, got, c.want)
		}
	}
	if Doc("no/such", "X") != "" || Doc("fmt", "NoSuch") != "" {
		t.Error("documentation of what does not exist")
	}
	without := 0
	for _, p := range Paths() {
		if Doc(p, "") == "" {
			without++
			t.Logf("package %s has no documentation", p)
		}
	}
	if without > 0 {
		t.Errorf("%d packages have no documentation", without)
	}
}

func TestImportErrors(t *testing.T) {
	_, err := Import(token.NewFileSet(), map[string]*types.Package{}, "github.com/some/thing")
	if err == nil || !strings.Contains(err.Error(), "github.com/some/thing") {
		t.Errorf("import of an unknown package: %v", err)
	}
	if p, err := Import(nil, nil, "unsafe"); p != types.Unsafe || err != nil {
		t.Errorf("import unsafe: %v, %v", p, err)
	}
}

// TestExits checks that nothing a cell can call ends the process.
func TestExits(t *testing.T) {
	for _, f := range []struct {
		table, name string
		args        []reflect.Value
	}{{"os/os", "Exit", []reflect.Value{reflect.ValueOf(3)}}, {"log/log", "Fatalln", nil}} {
		func() {
			defer func() {
				if r := recover(); r == nil {
					t.Errorf("%s.%s returned", f.table, f.name)
				}
			}()
			Tables()[f.table][f.name].Call(f.args)
		}()
	}
}
