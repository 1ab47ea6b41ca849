package lower

import (
	"reflect"
)

// World is what lowering remembers from cell to cell: the run-time types made
// for the types that cells declared.
type World struct {
	symbol func(path, name string) (reflect.Value, bool)
}

// NewWorld returns an empty world. symbol looks up an exported symbol of a
// compiled package: a type is given as a nil pointer to it, as in the tables
// of yaegi.
func NewWorld(symbol func(path, name string) (reflect.Value, bool)) *World {
	return &World{symbol: symbol}
}

// Cell lowers one cell.
func Cell(in Input) (Output, error) {
	return Output{Imports: map[string]string{}, Symbols: map[string]reflect.Value{}, Decls: in.Decls, Stmts: in.Stmts}, nil
}
