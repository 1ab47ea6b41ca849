package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

// facts are properties of variables and labels found before rewriting.
type facts struct {
	shared  map[types.Object]bool // captured by a function literal, or address taken
	changed map[types.Object]bool // assigned to after their definition
	used    map[types.Object]bool
	gotos   map[string]bool // labels that some goto names
}

// collect walks over the cell once.
func (l *lowerer) collect(decls []ast.Decl, stmts []ast.Stmt) *facts {
	f := &facts{map[types.Object]bool{}, map[types.Object]bool{}, map[types.Object]bool{}, map[string]bool{}}
	v := &factVisitor{f: f, info: l.info, owner: map[types.Object]ast.Node{}}
	for _, d := range decls {
		v.walk(d)
	}
	for _, s := range stmts {
		v.walk(s)
	}
	return f
}

type factVisitor struct {
	f     *facts
	info  *types.Info
	owner map[types.Object]ast.Node // the function literal in which a variable is defined
	funcs []ast.Node
}

func (v *factVisitor) current() ast.Node {
	if len(v.funcs) == 0 {
		return nil
	}
	return v.funcs[len(v.funcs)-1]
}

func (v *factVisitor) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			v.funcs = append(v.funcs, n)
			v.walk(n.Type)
			v.walk(n.Body)
			v.funcs = v.funcs[:len(v.funcs)-1]
			return false
		case *ast.Ident:
			v.ident(n)
		case *ast.CaseClause:
			if obj := v.info.Implicits[n]; obj != nil {
				v.owner[obj] = v.current()
			}
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				v.change(e)
			}
		case *ast.IncDecStmt:
			v.change(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				v.change(n.Key)
				v.change(n.Value)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				v.share(n.X)
			}
		case *ast.SliceExpr:
			if tv, ok := v.info.Types[n.X]; ok && tv.Type != nil {
				if _, isArray := tv.Type.Underlying().(*types.Array); isArray {
					v.share(n.X)
				}
			}
		case *ast.SelectorExpr:
			v.methodOperand(n)
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				v.f.gotos[n.Label.Name] = true
			}
		}
		return true
	})
}

func (v *factVisitor) ident(id *ast.Ident) {
	if obj := v.info.Defs[id]; obj != nil {
		v.owner[obj] = v.current()
		return
	}
	obj := v.info.Uses[id]
	if obj == nil {
		return
	}
	v.f.used[obj] = true
	if o, ok := v.owner[obj]; ok && o != v.current() {
		v.f.shared[obj] = true
	}
}

func (v *factVisitor) change(e ast.Expr) {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		if obj := v.info.Uses[id]; obj != nil {
			v.f.changed[obj] = true
		}
	} else if e != nil {
		if root := rootVar(v.info, e); root != nil {
			v.f.changed[root] = true
		}
	}
}

// share notes that the address of the variable under e is taken.
func (v *factVisitor) share(e ast.Expr) {
	if obj := rootVar(v.info, e); obj != nil {
		v.f.shared[obj] = true
	}
}

// methodOperand notes the address taken by a call of a pointer method.
func (v *factVisitor) methodOperand(e *ast.SelectorExpr) {
	s := v.info.Selections[e]
	if s == nil || s.Kind() != types.MethodVal {
		return
	}
	if f, ok := s.Obj().(*types.Func); ok && pointerReceiver(f) {
		v.share(e.X)
	}
}

// rootVar is the variable that holds the storage of an addressable expression,
// or nil when that lies behind a pointer, slice or map.
func rootVar(info *types.Info, e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return info.ObjectOf(e)
	case *ast.SelectorExpr:
		if tv, ok := info.Types[e.X]; ok && tv.Type != nil {
			if _, ptr := tv.Type.Underlying().(*types.Pointer); ptr {
				return nil
			}
		}
		if info.Selections[e] == nil {
			return nil
		}
		return rootVar(info, e.X)
	case *ast.IndexExpr:
		if tv, ok := info.Types[e.X]; ok && tv.Type != nil {
			if _, arr := tv.Type.Underlying().(*types.Array); arr {
				return rootVar(info, e.X)
			}
		}
	}
	return nil
}
