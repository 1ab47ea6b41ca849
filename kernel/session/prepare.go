package session

import (
	"fmt"
	"go/token"
	"go/types"
	"strings"
)

// prepare takes a cell from text to a checked cell. Declarations that are there already, to the letter, are
// left out, so that running a cell again does not make new types. Functions and methods that mention
// something the cell changes are compiled again with it.
func (s *Session) prepare(name, src string) (*checked, error) {
	chunks, err := split(src)
	if ps, ok := err.(problems); ok {
		ps[0].pos.Filename = name
		return nil, ps
	}
	for i := range chunks {
		chunks[i].file = name
	}
	kept, changed := s.unchanged(chunks)
	kept = s.withGenericTypes(kept, changed)
	var extra []chunk
	for round := 0; ; round++ {
		extra = nil
		for _, e := range s.world.dependents(changed) {
			extra = append(extra, e.src)
		}
		k, err := s.attempt(name, src, kept, extra)
		if err != nil && len(extra) > 0 && !s.ownFault(name, err) {
			return s.withoutBroken(name, src, kept, extra)
		}
		if err != nil || round > 4 || !s.typesChanged(k, changed) {
			return k, err
		}
	}
}

// attempt parses and checks the cell together with declarations of earlier cells.
func (s *Session) attempt(name, src string, chunks, extra []chunk) (*checked, error) {
	c := &cell{name: name, src: src, chunks: chunks, all: append(append([]chunk{}, chunks...), extra...)}
	if err := s.parse(c); err != nil {
		return nil, err
	}
	known := func(n string) bool { _, ok := s.world.entities[n]; return ok }
	if errs := c.hoist(s.position, known); len(errs) > 0 {
		return nil, errs
	}
	return s.check(c)
}

// ownFault reports whether an error lies in the cell itself.
func (s *Session) ownFault(name string, err error) bool {
	ps, ok := err.(problems)
	if !ok {
		return true
	}
	for _, p := range ps {
		if p.pos.Filename == name {
			return true
		}
	}
	return false
}

// withoutBroken leaves out the dependents that no longer compile; they keep working with what they knew, which the cell says.
func (s *Session) withoutBroken(name, src string, chunks, extra []chunk) (*checked, error) {
	var good []chunk
	var notes []string
	for _, e := range extra {
		_, err := s.attempt(name, src, chunks, append(append([]chunk{}, good...), e))
		if err == nil {
			good = append(good, e)
		} else if ps, ok := err.(problems); ok {
			first := problems{ps[0]}
			notes = append(notes, fmt.Sprintf("note: %s goes on with what it was compiled with, for now: %v\n", strings.Join(namesOf(e), ", "), first))
		}
	}
	k, err := s.attempt(name, src, chunks, good)
	if err == nil {
		k.notes = notes
	}
	return k, err
}

// unchanged drops the types, functions and methods that the session has in the same words, unless something
// they mention changes too, and returns the names that do change.
func (s *Session) unchanged(chunks []chunk) ([]chunk, map[string]bool) {
	changed := map[string]bool{}
	same := map[int][]string{}
	for i, ch := range chunks {
		if ch.kind == token.ILLEGAL || ch.kind == token.IMPORT {
			continue
		}
		names := namesOf(ch)
		if (ch.kind == token.FUNC || ch.kind == token.TYPE) && s.has(names, ch) {
			same[i] = names
			continue
		}
		for _, n := range names {
			if s.world.entities[n] != nil && ch.kind != token.VAR {
				changed[n] = true
			}
		}
	}
	for grew := true; grew; {
		grew = false
		for i, names := range same {
			for _, n := range names {
				if s.affected(n, changed) {
					for _, m := range names {
						changed[m] = true
					}
					delete(same, i)
					grew = true
					break
				}
			}
		}
	}
	var kept []chunk
	for i, ch := range chunks {
		if same[i] == nil {
			kept = append(kept, ch)
		}
	}
	return kept, changed
}

func (s *Session) has(names []string, ch chunk) bool {
	for _, n := range names {
		if e := s.world.entities[n]; e == nil || e.src.text != ch.text || s.debug.on && ch.kind == token.FUNC { // a breakpoint belongs to the newest cell
			return false
		}
	}
	return len(names) > 0
}

func (s *Session) affected(name string, changed map[string]bool) bool {
	for _, u := range s.world.entities[name].uses {
		if changed[u] && u != name {
			return true
		}
	}
	return false
}

// typesChanged adds the variables whose type the cell changes to changed, and reports whether there are new ones
// that something depends on.
func (s *Session) typesChanged(k *checked, changed map[string]bool) bool {
	grew := false
	for name := range declared(k.file) {
		old := s.world.entities[name]
		v, ok := k.pkg.Scope().Lookup(name).(*types.Var)
		if ok && old != nil && !changed[name] && !sameVar(old.obj, v) {
			changed[name] = true
			grew = true
		}
	}
	return grew && len(s.world.dependents(changed)) > 0
}
