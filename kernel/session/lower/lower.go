// Package lower rewrites a type-checked cell into Go that the yaegi interpreter
// runs as the Go compiler would.
//
// The input is syntax with the types that go/types found for it; the output is
// syntax again. Nodes of the output carry the token positions of the source
// they came from, so that an error or a panic of the interpreter points at the
// line and column the learner wrote.
//
// One file holds one construct: loops in range.go, assignments in assign.go,
// method calls in methods.go, and so on. Types declared in cells become real
// run-time types with a name, identity and methods; see types.go.
package lower

import (
	"go/ast"
	"go/token"
	"go/types"
	"reflect"
)

// Input is one cell after type checking, generics already removed.
type Input struct {
	// World holds what earlier cells of the same session declared. It must be
	// the same World for every cell of a session.
	World *World
	// Fset gives the positions of the cell's nodes.
	Fset *token.FileSet
	// Decls are the cell's function, type, variable and constant declarations
	// without imports. Variables that a cell defines with := at the top belong
	// here as declarations without a value, their assignment in Stmts.
	Decls []ast.Decl
	// Stmts are the cell's statements in the order in which they run. The last
	// one may be an expression statement whose value is to be shown.
	Stmts []ast.Stmt
	// Info has Types, Defs, Uses, Implicits, Selections and Scopes filled for
	// every node of Decls and Stmts.
	Info *types.Info
	// Pkg is the package that the cell was checked as.
	Pkg *types.Package
	// Probes, when not nil, makes the lowered code report each statement to a debugger.
	Probes *Probes
	// Given are package-level variables of Info that get their values from the outside, before Stmts.
	Given []Given
	// Name gives the name under which the interpreter knows a package-level
	// object (variable or function) of this or an earlier cell. Nil means
	// every object keeps its own name.
	Name func(types.Object) string
}

// Output is the lowered cell. Declarations must be evaluated before Stmts run.
type Output struct {
	// Imports maps the package names that the lowered code uses to import
	// paths. They have the form lyp_... and never clash with a learner's name,
	// so importing one again in a later cell is harmless.
	Imports map[string]string
	// Symbols are compiled symbols the lowered code refers to through the
	// import "lyceum/cell" (package lyp_cell). They must be given to
	// interp.Use under the key "lyceum/cell/cell" before Decls are evaluated.
	Symbols map[string]reflect.Value
	// Decls are function and variable declarations without initial values
	// that need to run.
	Decls []ast.Decl
	// Setup must run before Stmts. It binds methods to their types and gives
	// package-level variables of Decls their values in initialization order.
	Setup []ast.Stmt
	// Stmts is the lowered counterpart of Input.Stmts.
	Stmts []ast.Stmt
	// Result, when the last statement of Input is an expression with a value,
	// is that expression lowered; it is not part of Stmts then.
	Result ast.Expr
}
