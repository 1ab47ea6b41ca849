package lower

import (
	"go/ast"
	"go/token"
)

// loop is a statement that break or continue can refer to.
type loop struct {
	label string     // the learner's label
	out   string     // label in lowered code; empty while none is needed
	loops bool       // takes continue, not only break
	back  []ast.Stmt // runs at the end of a round, before the post statement
	iter  *iterBody  // the body is a function that an iterator calls
}

// target finds the statement a break or continue means, as an index into the
// enclosing ones.
func (l *lowerer) target(tok token.Token, label string) int {
	for i := len(l.fn.loops) - 1; i >= 0; i-- {
		lp := l.fn.loops[i]
		if label != "" && lp.label == label || label == "" && (tok == token.BREAK || lp.loops) {
			return i
		}
	}
	return -1
}

func (l *lowerer) branch(s *ast.BranchStmt) []ast.Stmt {
	if s.Tok == token.GOTO {
		return []ast.Stmt{&ast.BranchStmt{TokPos: s.TokPos, Tok: token.GOTO, Label: ident("lyp_go_"+s.Label.Name, s.Label.Pos())}}
	}
	label := ""
	if s.Label != nil {
		label = s.Label.Name
	}
	t := l.target(s.Tok, label)
	if t < 0 {
		l.fail(s.Pos(), "%s is not in a loop, switch, or select", s.Tok)
	}
	return l.branchTo(s.Tok, l.fn.loops[t], s.TokPos)
}

// branchTo emits a break or continue of an enclosing statement. Bodies of
// iterator loops on the way return with a code that says where to go on.
func (l *lowerer) branchTo(tok token.Token, to *loop, pos token.Pos) []ast.Stmt {
	inner := true
	for i := len(l.fn.loops) - 1; i >= 0; i-- {
		lp := l.fn.loops[i]
		if lp == to {
			break
		}
		if lp.iter != nil {
			return lp.iter.leave(exit{tok: tok, to: to, pos: pos}, pos)
		}
		if tok == token.BREAK || lp.loops {
			inner = false
		}
	}
	if to.iter != nil {
		if tok == token.CONTINUE {
			return to.iter.again(pos)
		}
		return to.iter.leave(exit{tok: token.BREAK, to: to, pos: pos}, pos)
	}
	out := &ast.BranchStmt{TokPos: pos, Tok: tok}
	if !inner {
		if to.out == "" {
			to.out = l.temp("L")
		}
		out.Label = ident(to.out, pos)
	}
	if tok == token.CONTINUE {
		return append(append([]ast.Stmt(nil), to.back...), out)
	}
	return []ast.Stmt{out}
}

// inLoop rewrites a body as that of lp and labels the statement built from it
// when something refers to it from further inside.
func (l *lowerer) inLoop(lp *loop, build func() ast.Stmt) ast.Stmt {
	l.fn.loops = append(l.fn.loops, lp)
	s := build()
	l.fn.loops = l.fn.loops[:len(l.fn.loops)-1]
	if lp.out != "" {
		return &ast.LabeledStmt{Label: ident(lp.out, s.Pos()), Colon: s.Pos(), Stmt: s}
	}
	return s
}

func returnBool(v bool, pos token.Pos) ast.Stmt {
	name := "false"
	if v {
		name = "true"
	}
	return &ast.ReturnStmt{Return: pos, Results: []ast.Expr{ident(name, pos)}}
}
