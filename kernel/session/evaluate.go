package session

import (
	"fmt"

	"lyceum/kernel/display"
)

// Evaluate computes one expression against the session, as user_expressions of an execute_request want it.
func (s *Session) Evaluate(expr string, out display.Output) (display.Bundle, *Error) {
	r := s.Execute(Request{Code: expr, File: "expression", Out: out})
	if r.Err != nil {
		return display.Bundle{}, r.Err
	}
	if r.Value == nil {
		msg := fmt.Sprintf("%q has no value", expr)
		return display.Bundle{}, &Error{Name: "error", Value: msg, Traceback: []string{msg}}
	}
	return *r.Value, nil
}
