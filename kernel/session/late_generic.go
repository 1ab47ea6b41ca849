package session

import (
	"go/token"
	"go/types"
	"strings"
)

// withGenericTypes adds to a cell's chunks the generic types of earlier cells for which the cell declares methods.
// go/types cannot give a generic type a method once instances of it exist, so the type is declared again, and with it
// everything that mentions it; variables that exist keep the type without the method.
func (s *Session) withGenericTypes(chunks []chunk, changed map[string]bool) []chunk {
	have := map[string]bool{}
	for _, ch := range chunks {
		if ch.kind == token.TYPE {
			for _, n := range namesOf(ch) {
				have[n] = true
			}
		}
	}
	out := chunks
	for _, ch := range chunks {
		if ch.kind != token.FUNC {
			continue
		}
		for _, n := range namesOf(ch) {
			base, _, isMethod := strings.Cut(n, ".")
			e := s.world.entities[base]
			if !isMethod || have[base] || e == nil || !isGenericType(e.obj) {
				continue
			}
			have[base], changed[base] = true, true
			out = append([]chunk{e.src}, out...) // the last chunk is the cell's own: its value is shown
		}
	}
	return out
}

func isGenericType(obj types.Object) bool {
	tn, ok := obj.(*types.TypeName)
	if !ok {
		return false
	}
	n, ok := tn.Type().(*types.Named)
	return ok && n.TypeParams().Len() > 0
}
