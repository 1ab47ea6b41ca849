package session

import (
	"regexp"
	"strings"
)

var question = regexp.MustCompile(`^\s*(?:\?+\s*([\pL_][\pL\pN_.]*)|([\pL_][\pL\pN_.]*)\s*\?+)\s*$`)

// asked recognises a cell that asks for help: name? or ?name.
func asked(code string) (string, bool) {
	m := question.FindStringSubmatch(code)
	if m == nil {
		return "", false
	}
	return strings.TrimSpace(m[1] + m[2]), true
}

// page is the answer to name?.
func (s *Session) page(name string) Result {
	b, ok := s.Inspect(name, len(name), 1)
	if !ok {
		return Result{Err: &Error{Name: "error", Value: "there is nothing named " + name + " here", Traceback: []string{"there is nothing named " + name + " here"}}}
	}
	return Result{Page: &b}
}
