package session

import (
	"errors"
	"fmt"
	"go/token"
	"regexp"
	"strconv"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lyceum/kernel/session/rt"
	"lyceum/kernel/symbols/std"
)

// mostProblems is how many compile errors one cell shows.
const mostProblems = 10

// compileError shows what the parser or the type checker found.
func compileError(err error, src, file string) *Error {
	var ps problems
	if !errors.As(err, &ps) {
		ps = problems{fromText(plainMessage(err.Error()), file)}
	}
	var tb []string
	for i, p := range ps {
		if i == mostProblems {
			tb = append(tb, "too many errors")
			break
		}
		tb = append(tb, p.String())
		if p.pos.Filename == file {
			tb = append(tb, excerpt(src, p.pos)...)
		}
	}
	if ps[0].pos.Filename == file && otherShell(src, ps[0].pos.Line) {
		tb = append(tb, "lines that begin with % or ! are IPython's: Go runs programs with exec.Command of os/exec")
	}
	if ps[0].pos.Filename == file && goCommand.MatchString(lineOf(src, ps[0].pos.Line)) {
		tb = append(tb, "the go command does not run in a cell, and no packages can be added: cells import the standard library, gonum and the packages of Lyceum")
	}
	name := "compile error"
	if strings.HasPrefix(ps[0].msg, "syntax error") {
		name = "syntax error"
	}
	return &Error{Name: name, Value: ps[0].String(), Traceback: tb}
}

// otherShell reports whether a line, in which there is an error, is a magic or a command for the system as people who come
// from IPython write them. A condition of Go may begin with "!" too.
func otherShell(src string, line int) bool {
	l := lineOf(src, line)
	return len(l) > 1 && (l[0] == '%' || l[0] == '!' && !strings.ContainsAny(l[1:], "=&|()"))
}

// goCommand is a line for a shell that adds packages.
var goCommand = regexp.MustCompile(`^[%!]*\s*go (get|install|mod|work) `)

// lineOf is a line of a text, without the space around it.
func lineOf(src string, line int) string {
	lines := strings.Split(src, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}

var placeInText = regexp.MustCompile(`^([^:\s]*):(\d+):(\d+): (.*)$`)

// fromText finds the position in a message of the interpreter.
func fromText(msg, file string) problem {
	if m := placeInText.FindStringSubmatch(msg); m != nil {
		line, _ := strconv.Atoi(m[2])
		col, _ := strconv.Atoi(m[3])
		return problem{token.Position{Filename: m[1], Line: line, Column: col}, m[4]}
	}
	return problem{token.Position{Filename: file, Line: 1, Column: 1}, msg}
}

// excerpt is the line of a position with a mark under the column.
func excerpt(src string, p token.Position) []string {
	lines := strings.Split(src, "\n")
	if p.Line < 1 || p.Line > len(lines) || len(lines[p.Line-1]) > 300 {
		return nil
	}
	l := lines[p.Line-1]
	pad := ""
	for _, r := range l[:min(max(p.Column-1, 0), len(l))] {
		if r == '\t' {
			pad += "\t"
		} else {
			pad += " "
		}
	}
	return []string{"    " + l, "    " + pad + "^"}
}

// failure is an error at a place of the cell.
func failure(name string, at token.Position, text string, r Request) *Error {
	value := text
	if at.IsValid() {
		value = fmt.Sprintf("%s:%d:%d: %s", at.Filename, at.Line, at.Column, text)
	}
	tb := []string{value}
	if at.Filename == r.File {
		tb = append(tb, excerpt(r.Code, at)...)
	}
	return &Error{Name: name, Value: value, Traceback: tb}
}

// runtimeError shows how a running cell ended.
func (s *Session) runtimeError(err error, reason string, r Request, statement *[2]int, frames []string) *Error {
	if errors.Is(err, errInterrupted) {
		if reason != "" {
			var at token.Position
			if places := exact(nil, r, statement); len(places) > 0 {
				at = places[0]
			}
			return failure("panic", at, "panic: "+reason, r)
		}
		return &Error{Name: "Interrupted", Value: "interrupted", Traceback: []string{r.File + ": interrupted"}, Interrupted: true}
	}
	if errors.Is(err, errGoexit) {
		return nil
	}
	var p interp.Panic
	if !errors.As(err, &p) {
		return failure("error", token.Position{}, err.Error(), r)
	}
	places := exact(placesOf(frames), r, statement)
	known := false
	if m := placeInText.FindStringSubmatch(plainMessage(rt.RaisedAt(rt.PanicValue(p.Value))) + ": "); m != nil && strings.HasPrefix(m[1], "In[") { // not in generic functions of the standard library
		line, _ := strconv.Atoi(m[2])
		col, _ := strconv.Atoi(m[3])
		exactly := token.Position{Filename: m[1], Line: line, Column: col}
		if len(places) == 0 {
			places = []token.Position{exactly}
		}
		places[0], known = exactly, true
	}
	lines := framesOf(places, s.sourcesFor(places), r.File, known, statement, panicText(p.Value))
	for i, l := range lines {
		if len(l) == 1 {
			places[i] = l[0]
		}
	}
	var at token.Position
	if len(places) > 0 {
		at = places[0]
	}
	if u, ok := p.Value.(unread); ok {
		return failure("error", at, u.Error()+" (the cell assigns this to err and does not look at it)", r)
	}
	if x, ok := p.Value.(std.Exit); ok {
		if x.Code == 0 { // a program that has done its work
			return nil
		}
		return failure("exit", at, fmt.Sprintf("the cell asked the process to end (%v); the kernel lives on", x), r)
	}
	if i, ok := p.Value.(interface{ Interrupted() bool }); ok && i.Interrupted() {
		return &Error{Name: "Interrupted", Value: "interrupted", Traceback: []string{r.File + ": interrupted"}, Interrupted: true}
	}
	e := failure("panic", at, "panic: "+panicText(p.Value), r)
	for _, l := range lines {
		e.Traceback = append(e.Traceback, "  at "+l.String())
	}
	return e
}

// panicText is what Go prints of a panic value.
func panicText(v any) string {
	switch x := rt.PanicValue(v).(type) {
	case error:
		return translate(x.Error())
	case fmt.Stringer:
		return x.String()
	case string:
		return translate(x)
	}
	return fmt.Sprintf("%v", v)
}

// translate gives faults that the interpreter finds by reflection the words of Go's runtime.
func translate(s string) string {
	switch {
	case strings.HasPrefix(s, "reflect: slice index out of range"), strings.HasPrefix(s, "reflect: array index out of range"), strings.HasPrefix(s, "reflect: string index out of range"):
		return "runtime error: index out of range"
	case strings.HasPrefix(s, "reflect.Value.Call: call of nil function"), strings.HasPrefix(s, "reflect: function created by reflect.ValueOf(nil)"):
		return "runtime error: invalid memory address or nil pointer dereference"
	case strings.HasPrefix(s, "reflect:") && strings.Contains(s, "zero Value"), strings.HasPrefix(s, "reflect: call of reflect.Value") && strings.Contains(s, "nil"):
		return "runtime error: invalid memory address or nil pointer dereference"
	}
	return s
}

// exact puts the statement that ran into the place of the cell's own frame, whose position the interpreter
// only guesses: it is kept if it lies within that statement.
func exact(places []token.Position, r Request, at *[2]int) []token.Position {
	if at == nil {
		return places
	}
	here := token.Position{Filename: r.File, Line: at[0], Column: at[1]}
	if len(places) == 0 {
		return []token.Position{here}
	}
	last := &places[len(places)-1]
	if last.Filename == r.File && (last.Line < here.Line || last.Line == here.Line && last.Column < here.Column) {
		*last = here
	} else if last.Filename != r.File {
		places = append(places, here)
	}
	return places
}

var frameLine = regexp.MustCompile(`^(.*?):(\d+):(\d+): panic: `)

// placesOf are the positions of the frames of a panic, innermost first.
func placesOf(frames []string) []token.Position {
	var out []token.Position
	for _, f := range frames {
		if m := frameLine.FindStringSubmatch(plainMessage(f)); m != nil {
			line, _ := strconv.Atoi(m[2])
			col, _ := strconv.Atoi(m[3])
			p := token.Position{Filename: m[1], Line: line, Column: col}
			if strings.HasPrefix(p.Filename, "In[") && (len(out) == 0 || out[len(out)-1] != p) {
				out = append(out, p)
			}
		}
	}
	return out
}
