package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

type opErr struct {
	op  string
	err error
}

func (e opErr) Error() string { return e.op + ": " + e.err.Error() }
func (e opErr) Unwrap() error { return e.err }

type small struct{ n int }

func (e small) Error() string { return "small" }

type str string

func (e str) Error() string { return string(e) }

var ErrNF = errors.New("nf")

type GobT struct {
	A int
	B map[string]float64
	C []*GobT
}

func main() {
	e1 := error(opErr{"r", ErrNF})
	var oe opErr
	fmt.Println(errors.As(e1, &oe), oe.op)
	e2 := fmt.Errorf("x: %w", e1)
	var oe2 opErr
	fmt.Println(errors.As(e2, &oe2), oe2.op)
	var s small
	fmt.Println(errors.As(fmt.Errorf("y %w", small{4}), &s), s.n)
	var st str
	fmt.Println(errors.As(fmt.Errorf("y %w", str("q")), &st), st)
	_, err := func() (int, error) { return 0, fmt.Errorf("load %v: %w", 3, opErr{"read", ErrNF}) }()
	var oe3 opErr
	fmt.Println(err, errors.Is(err, ErrNF), errors.As(err, &oe3), oe3.op)
	g := GobT{1, nil, []*GobT{{A: 2}}}
	fmt.Println(reflect.TypeOf(g.C).Elem().Elem() == reflect.TypeOf(g), reflect.TypeOf(g).Field(2).Type)
	b, _ := json.Marshal(g)
	var h GobT
	fmt.Println(json.Unmarshal(b, &h), len(h.C), h.C[0].A)
	var buf bytes.Buffer
	fmt.Println(gob.NewEncoder(&buf).Encode(g), buf.Len())
	var k GobT
	fmt.Println(gob.NewDecoder(&buf).Decode(&k), k.A, len(k.C))
}
