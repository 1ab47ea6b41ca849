package lower

import (
	"go/ast"
	"go/token"
	"go/types"
)

func (l *lowerer) switchStmt(s *ast.SwitchStmt, label string) []ast.Stmt {
	pre, init := l.simple(s.Init)
	out := &ast.SwitchStmt{Switch: s.Switch}
	tag := ""               // variable that holds the tag, when its cases are compared by rt
	var compared *ast.Ident // variable that holds the tag, when its cases are compared one by one
	tagPre := l.withPre(func() []ast.Stmt {
		if s.Tag == nil {
			return nil
		}
		out.Tag = l.expr(s.Tag)
		if l.byInterface(s) {
			t := l.temp("tag")
			d := varDecl(s.Pos(), t, ident("any", s.Pos()))
			d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{l.convertImplicit(out.Tag, s.Tag, types.NewInterfaceType(nil, nil))}
			*l.pre = append(*l.pre, &ast.DeclStmt{Decl: d})
			tag, out.Tag = t, nil
		} else if !l.plainSwitch(s) {
			t := types.Default(l.typeOf(s.Tag))
			compared = ident(l.temp("tag"), s.Tag.Pos())
			l.info.Types[compared] = types.TypeAndValue{Type: t}
			d := varDecl(s.Pos(), compared.Name, l.typeExpr(t, s.Pos()))
			d.Specs[0].(*ast.ValueSpec).Values = []ast.Expr{out.Tag}
			*l.pre = append(*l.pre, &ast.DeclStmt{Decl: d})
			out.Tag = nil
		}
		return nil
	})
	cases := func(c *ast.CaseClause) []ast.Expr { return l.caseList(s, tag, compared, c.List) }
	if fallsThrough(s) {
		tagPre = append(tagPre, l.selection(s, out, cases)...)
	}
	sw := l.inLoop(&loop{label: label}, func() ast.Stmt {
		if fallsThrough(s) {
			l.selected(s, out)
			return out
		}
		out.Body = &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			out.Body.List = append(out.Body.List, &ast.CaseClause{Case: c.Case, List: cases(c), Colon: c.Colon, Body: l.stmts(c.Body)})
		}
		return out
	})
	list := pre
	if init != nil {
		list = append(list, init)
	}
	list = append(append(list, tagPre...), sw)
	if len(list) == 1 {
		return list
	}
	return []ast.Stmt{block(s.Pos(), list...)}
}

// byInterface says whether the tag or a case of a switch is an interface value.
func (l *lowerer) byInterface(s *ast.SwitchStmt) bool {
	if types.IsInterface(l.typeOf(s.Tag)) {
		return true
	}
	for _, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			if types.IsInterface(l.typeOf(e)) {
				return true
			}
		}
	}
	return false
}

// plainSwitch says whether the interpreter compares the tag and the cases of a switch as Go does: a variable of a basic
// type with constants.
func (l *lowerer) plainSwitch(s *ast.SwitchStmt) bool {
	if _, basic := l.typeOf(s.Tag).Underlying().(*types.Basic); !basic || l.info.Types[s.Tag].Value != nil {
		return false
	}
	for _, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			if l.info.Types[e].Value == nil {
				return false
			}
		}
	}
	return true
}

// caseList lowers the expressions of a case, evaluated only when no earlier
// case matched.
func (l *lowerer) caseList(s *ast.SwitchStmt, tag string, compared *ast.Ident, list []ast.Expr) []ast.Expr {
	l.conditional++
	defer func() { l.conditional-- }()
	var out []ast.Expr
	if compared != nil {
		for _, e := range list {
			out = append(out, l.equality(&ast.BinaryExpr{X: compared, OpPos: e.Pos(), Op: token.EQL, Y: e}))
		}
	} else {
		out = l.exprs(list)
	}
	if tag != "" {
		for i, e := range list {
			if l.info.Types[e].IsNil() {
				out[i] = binary(ident(tag, e.Pos()), token.EQL, ident("nil", e.Pos()))
			} else {
				out[i] = l.rtCall("Equal", e.Pos(), ident(tag, e.Pos()), l.operand(out[i], e, types.NewInterfaceType(nil, nil)))
			}
		}
	} else if s.Tag != nil && compared == nil {
		return out
	}
	if s.Tag == nil {
		for i, e := range list {
			if types.IsInterface(l.typeOf(e)) {
				out[i] = l.rtCall("Equal", e.Pos(), out[i], ident("true", e.Pos()))
			}
		}
	}
	if len(out) < 2 {
		return out
	}
	cond := paren(out[0])
	for _, e := range out[1:] {
		cond = binary(cond, token.LOR, paren(e))
	}
	return []ast.Expr{cond}
}

func (l *lowerer) typeSwitch(s *ast.TypeSwitchStmt, label string) []ast.Stmt {
	pre, init := l.simple(s.Init)
	var x ast.Expr
	bound := ""
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		bound = a.Lhs[0].(*ast.Ident).Name
		x = a.Rhs[0].(*ast.TypeAssertExpr).X
	case *ast.ExprStmt:
		x = ast.Unparen(a.X).(*ast.TypeAssertExpr).X
	}
	v := l.temp("x")
	list := pre
	if init != nil {
		list = append(list, init)
	}
	list = append(list, l.withPre(func() []ast.Stmt {
		return []ast.Stmt{
			define(s.Pos(), v, l.expr(x)),
			&ast.AssignStmt{Lhs: []ast.Expr{ident("_", s.Pos())}, TokPos: s.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{ident(v, s.Pos())}},
		}
	})...)
	sw := l.inLoop(&loop{label: label}, func() ast.Stmt {
		out := &ast.SwitchStmt{Switch: s.Switch, Body: &ast.BlockStmt{Lbrace: s.Body.Lbrace, Rbrace: s.Body.Rbrace}}
		for _, c := range s.Body.List {
			out.Body.List = append(out.Body.List, l.typeClause(c.(*ast.CaseClause), v, x, bound))
		}
		return out
	})
	return []ast.Stmt{block(s.Pos(), append(list, sw)...)}
}

// typeClause turns a clause of a type switch into one of an expression switch
// that asks rt for the dynamic type.
func (l *lowerer) typeClause(c *ast.CaseClause, v string, x ast.Expr, bound string) ast.Stmt {
	out := &ast.CaseClause{Case: c.Case, Colon: c.Colon}
	// One condition a clause: the interpreter looks at the first of several.
	for _, e := range c.List {
		if len(out.List) == 0 {
			out.List = []ast.Expr{l.isType(e, v)}
		} else {
			out.List[0] = binary(out.List[0], token.LOR, l.isType(e, v))
		}
	}
	if obj, ok := l.info.Implicits[c].(*types.Var); ok && bound != "" && bound != "_" && l.fn.facts.used[obj] {
		var val ast.Expr = ident(v, c.Pos())
		if !types.Identical(obj.Type(), l.typeOf(x)) {
			val = &ast.TypeAssertExpr{X: val, Lparen: c.Pos(), Type: l.typeExpr(obj.Type(), c.Pos()), Rparen: c.Pos()}
		}
		out.Body = append(out.Body, define(c.Pos(), l.name(obj), val))
	}
	out.Body = append(out.Body, l.stmts(c.Body)...)
	return out
}

// isType is the test of one type of a case.
func (l *lowerer) isType(e ast.Expr, v string) ast.Expr {
	pos := e.Pos()
	t := l.info.Types[e].Type
	if l.info.Types[e].IsNil() {
		return binary(ident(v, pos), token.EQL, ident("nil", pos))
	}
	return l.rtCall("Is", pos, ident(v, pos), l.typeSym(t, pos))
}

// typeSym refers to a type descriptor as a value.
func (l *lowerer) typeSym(t types.Type, pos token.Pos) ast.Expr {
	r := l.runtimeType(t)
	sym, ok := l.w.descriptors[r]
	if !ok {
		sym = l.publish("R", typeValue(r))
		l.w.descriptors[r] = sym
	}
	return l.cellSel(sym, pos)
}
