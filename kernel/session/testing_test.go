package session

import (
	"strings"
	"testing"
)

// What compiled structs embed under an unexported name, as testing.T does, they have themselves.
func TestMethodsOfUnexportedEmbeddedTypes(t *testing.T) {
	run(t,
		step{"import \"testing\"\nfunc add(t *testing.T, n int) { if n != 2 { t.Errorf(\"n is %d\", n) } }\ntype fake struct { *testing.T; n int }\nfunc bench(b *testing.B) { for i := 0; i < b.N; i++ { n++ } }\nn := 0", "-"},
		step{"func (f fake) Name() string { return \"own\" }\nfake{n: 3}.Name()", "= \"own\""},
		step{"var real testing.T\nadd(&real, 3)\nreal.Failed()", "= true"},
	)
}

// A cell whose types cannot be made leaves nothing behind that later cells trip over.
func TestTypesOfAFailedCellAreForgotten(t *testing.T) {
	run(t,
		step{"type wide func(" + strings.Repeat("int, ", 64) + "int)\ntype bad struct{ n int }\nfunc (b bad) M(f wide) {}\nx := bad{1}", "! more than 64 parameters"},
		step{"1 + 1", "= 2"},
		step{"type bad struct{ s string }\nfunc (b bad) M() string { return b.s }\nbad{\"good\"}.M()", "= \"good\""},
	)
}
