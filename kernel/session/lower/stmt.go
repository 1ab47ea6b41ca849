package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (l *lowerer) stmts(list []ast.Stmt) (out []ast.Stmt) {
	l.within(func() { out = l.inBlock(list) })
	return out
}

func (l *lowerer) inBlock(list []ast.Stmt) []ast.Stmt {
	var out []ast.Stmt
	if l.in.Probes == nil {
		for _, s := range list {
			out = append(out, l.stmt(s)...)
		}
		return out
	}
	saved := l.vars
	for i, s := range list {
		if i == 0 {
			l.see(l.clauses[s]...)
		}
		out = append(out, l.probe(s)...)
		out = append(out, l.stmt(s)...)
		l.see(l.defined(s)...)
	}
	l.vars = saved
	return out
}

// withPre runs a rewriter whose expressions may need statements before the
// one they are part of, and returns those followed by its result.
func (l *lowerer) withPre(f func() []ast.Stmt) []ast.Stmt {
	var pre []ast.Stmt
	saved, checked, called := l.pre, l.checked, l.called
	l.pre, l.checked, l.called = &pre, nil, false
	out := f()
	l.pre, l.checked, l.called = saved, checked, called
	return append(pre, out...)
}

func (l *lowerer) block(b *ast.BlockStmt) *ast.BlockStmt {
	if b == nil {
		return nil
	}
	return &ast.BlockStmt{Lbrace: b.Lbrace, List: l.stmts(b.List), Rbrace: b.Rbrace}
}

// stmt lowers one statement, possibly to several.
func (l *lowerer) stmt(s ast.Stmt) []ast.Stmt {
	return l.withPre(func() []ast.Stmt { return l.stmtNoPre(s, "") })
}

func (l *lowerer) stmtNoPre(s ast.Stmt, label string) []ast.Stmt {
	if l.in.Probes != nil {
		defer l.header(s)()
	}
	switch s := s.(type) {
	case nil:
		return nil
	case *ast.EmptyStmt:
		return nil
	case *ast.DeclStmt:
		return l.declStmt(s)
	case *ast.LabeledStmt:
		return l.labeled(s)
	case *ast.ExprStmt:
		x := &ast.ExprStmt{X: l.expr(s.X)}
		if l.waitGroupGo(s.X) {
			return apart(s.Pos(), x)
		}
		return []ast.Stmt{x}
	case *ast.SendStmt:
		return l.send(s)
	case *ast.IncDecStmt:
		return l.incDec(s)
	case *ast.AssignStmt:
		return l.assignStmt(s)
	case *ast.GoStmt:
		return l.goStmt(s)
	case *ast.DeferStmt:
		return l.deferStmt(s)
	case *ast.ReturnStmt:
		return l.returnStmt(s)
	case *ast.BranchStmt:
		return l.branch(s)
	case *ast.BlockStmt:
		return []ast.Stmt{l.block(s)}
	case *ast.IfStmt:
		return l.ifStmt(s)
	case *ast.SwitchStmt:
		return l.switchStmt(s, label)
	case *ast.TypeSwitchStmt:
		return l.typeSwitch(s, label)
	case *ast.SelectStmt:
		return l.selectStmt(s, label)
	case *ast.ForStmt:
		return l.forStmt(s, label)
	case *ast.RangeStmt:
		return l.rangeStmt(s, label)
	}
	l.fail(s.Pos(), "unexpected statement %T", s)
	return nil
}

func (l *lowerer) declStmt(s *ast.DeclStmt) []ast.Stmt {
	g, ok := s.Decl.(*ast.GenDecl)
	if !ok {
		return nil
	}
	switch g.Tok {
	case token.TYPE:
		l.typeDecl(g)
	case token.VAR:
		var out []ast.Stmt
		for _, spec := range g.Specs {
			out = append(out, l.valueSpec(spec.(*ast.ValueSpec))...)
		}
		return out
	}
	return nil // constants are written out where they are used
}

// single returns a statement list as one statement.
func single(pos token.Pos, list []ast.Stmt) ast.Stmt {
	if len(list) == 1 {
		return list[0]
	}
	return block(pos, list...)
}

// simple lowers the init or post statement of an if, for or switch. Statements
// that have to run before it are returned apart.
func (l *lowerer) simple(s ast.Stmt) (pre []ast.Stmt, out ast.Stmt) {
	if s == nil {
		return nil, nil
	}
	list := l.stmt(s)
	if len(list) == 0 {
		return nil, nil
	}
	return list[:len(list)-1], list[len(list)-1]
}

func (l *lowerer) ifStmt(s *ast.IfStmt) []ast.Stmt {
	pre, init := l.simple(s.Init)
	out := &ast.IfStmt{If: s.If}
	var condPre []ast.Stmt
	condPre = l.withPre(func() []ast.Stmt { out.Cond = l.expr(s.Cond); return nil })
	l.where(s.Cond, s.Body, func() { out.Body = l.block(s.Body) })
	if s.Else != nil {
		list := l.stmt(s.Else)
		if len(list) == 1 {
			out.Else = list[0]
		} else {
			out.Else = block(s.Else.Pos(), list...)
		}
	}
	if init == nil && len(pre)+len(condPre) == 0 {
		return []ast.Stmt{out}
	}
	// The interpreter loses variables of an init statement in some else
	// branches; a block round the whole means the same.
	list := append(pre, init)
	if init == nil {
		list = pre
	}
	return []ast.Stmt{block(s.Pos(), append(append(list, condPre...), out)...)}
}

func (l *lowerer) send(s *ast.SendStmt) []ast.Stmt {
	c := l.typeOf(s.Chan).Underlying().(*types.Chan)
	return []ast.Stmt{&ast.SendStmt{Chan: l.plainChan(s.Chan), Arrow: s.Arrow, Value: l.value(s.Value, c.Elem())}}
}

// plainChan lowers a channel operand with its underlying type written out: the
// interpreter does not see through a name, nor that a field is a channel.
func (l *lowerer) plainChan(e ast.Expr) ast.Expr {
	return call(parenType(l.typeExpr(l.typeOf(e).Underlying(), e.Pos())), l.expr(e))
}

func (l *lowerer) incDec(s *ast.IncDecStmt) []ast.Stmt {
	return []ast.Stmt{&ast.IncDecStmt{X: l.lvalue(s.X), TokPos: s.TokPos, Tok: s.Tok}}
}

// labeled lowers a labeled statement. A loop keeps its label beside it, in
// whatever it is lowered to.
func (l *lowerer) labeled(s *ast.LabeledStmt) []ast.Stmt {
	switch s.Stmt.(type) {
	case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		list := l.withPre(func() []ast.Stmt { return l.stmtNoPre(s.Stmt, s.Label.Name) })
		if l.fn.facts.gotos[s.Label.Name] {
			return append([]ast.Stmt{&ast.LabeledStmt{Label: ident("lyp_go_"+s.Label.Name, s.Label.Pos()), Colon: s.Colon, Stmt: &ast.EmptyStmt{Semicolon: s.Colon, Implicit: true}}}, list...)
		}
		return list
	}
	list := l.stmt(s.Stmt)
	var first ast.Stmt = &ast.EmptyStmt{Semicolon: s.Colon, Implicit: true}
	return append([]ast.Stmt{&ast.LabeledStmt{Label: ident("lyp_go_"+s.Label.Name, s.Label.Pos()), Colon: s.Colon, Stmt: first}}, list...)
}
