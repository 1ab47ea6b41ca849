// Package constrain keeps what a model writes inside a language: a regular expression, or the JSON texts that a JSON Schema
// describes. A grammar is an automaton over bytes; a constraint joins it with a vocabulary and says, for each place in a
// text, which tokens may come next. It works with any tokenizer, since a token is only the bytes that it spells, however it
// cuts words, characters or quotation marks.
//
// The masks over the vocabulary are those of Willard and Louf 2023 (arXiv:2307.09702), computed when they are first
// needed, by walking the vocabulary as a tree with the automaton. JSON nests, so the automaton has a stack, and its state is
// the set of stacks that the text allows (as in Dong et al. 2024, arXiv:2411.15100).
package constrain

import (
	"fmt"
	"sync"
)

// A Grammar is a language of texts. It may be used from several goroutines.
type Grammar struct {
	name string // what it was made of, for errors
	net  network
	mu   sync.Mutex // guards m
	m    *machine   // of Match
}

// String says what the grammar was made of.
func (g *Grammar) String() string { return g.name }

// Match reports whether the whole text is in the language.
func (g *Grammar) Match(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.m.start()
	for i := 0; i < len(text) && s != nil; i++ {
		s = g.m.step(s, text[i])
	}
	return s != nil && s.accept
}

// A Constraint is a grammar over a vocabulary. It may be used from several goroutines, and for many texts at a time.
type Constraint struct {
	g     *Grammar
	v     *Vocabulary
	mu    sync.Mutex // guards the machine and what is cached in its states
	m     *machine
	first *state
}

// New joins a grammar with a vocabulary. The error is a vocabulary that cannot spell any text of the grammar.
func New(g *Grammar, v *Vocabulary) (*Constraint, error) {
	c := &Constraint{g: g, v: v, m: newMachine(&g.net, &v.singles)}
	c.first = c.m.start()
	if !c.m.finishable() {
		return nil, fmt.Errorf("constrain: the vocabulary of %d tokens cannot spell a text that matches %s: it lacks single bytes", v.size, g.name)
	}
	return c, nil
}

// Needs is how many tokens the shortest text of the grammar takes.
func (c *Constraint) Needs() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.needs(c.first)
}

// Size is the number of tokens of the vocabulary.
func (c *Constraint) Size() int { return c.v.size }

// String says what the constraint is.
func (c *Constraint) String() string { return c.g.name }

// A Cursor is a place in one text. The zero value is not useful; Constraint.Begin makes one.
type Cursor struct {
	c *Constraint
	s *state
}

// Begin returns the place before the first token.
func (c *Constraint) Begin() Cursor { return Cursor{c, c.first} }

// Accepting reports whether the text so far is in the language.
func (k Cursor) Accepting() bool { return k.s != nil && k.s.accept }

// Final reports whether the text so far is in the language and nothing can follow.
func (k Cursor) Final() bool { return k.Accepting() && k.s.last }

// After returns the place after a token, and whether the token was allowed.
func (k Cursor) After(id int32) (Cursor, bool) {
	if k.s == nil || id < 0 || int(id) >= k.c.v.size || k.c.v.text(id) == "" {
		return Cursor{k.c, nil}, false
	}
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	s := k.s
	for _, b := range []byte(k.c.v.text(id)) {
		if s = k.c.m.step(s, b); s == nil {
			break
		}
	}
	return Cursor{k.c, s}, s != nil
}

// Allowed returns which tokens may come next so that the text can still end within left tokens, that one included, as bits
// by id, and those that may come if there is no such limit: the same memory if the limit forbids none. They must not be
// changed. If no token leads to an end in time, the limit is given up.
func (k Cursor) Allowed(left int) (within, all []uint64) {
	if k.s == nil {
		none := make([]uint64, words(k.c.v.size))
		return none, none
	}
	k.c.mu.Lock()
	defer k.c.mu.Unlock()
	m := k.c.maskOf(k.s)
	if m.longest <= left-1 {
		return m.bits, m.bits
	}
	if within = k.c.maskWithin(k.s, left-1); within == nil {
		return m.bits, m.bits
	}
	return within, m.bits
}

// Has reports whether the bits hold the id.
func Has(bits []uint64, id int32) bool { return bits[id>>6]>>(uint(id)&63)&1 != 0 }

func words(n int) int { return (n + 63) / 64 }
