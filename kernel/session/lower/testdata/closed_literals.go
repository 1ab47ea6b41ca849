package main

import (
	"errors"
	"fmt"
)

// Struct literals as types: fmt calls no methods on what their unexported fields hold.

type hid struct{ s string }

func (h hid) String() string { return "STR:" + h.s }

type bad struct{ n int }

func (b bad) Error() string { return fmt.Sprint("bad ", b.n) }

type Emb struct{ n int }

func (e Emb) String() string { return fmt.Sprint("emb", e.n) }

type tree struct {
	kids []struct{ t *tree }
	v    struct{ h hid }
	V    struct {
		h hid
		H hid
	}
}

func main() {
	x := struct {
		h hid
		H hid
	}{hid{"a"}, hid{"b"}}
	fmt.Printf("%v %+v %T\n", x, x, x)
	fmt.Printf("%#v\n", x)
	fmt.Println([]struct{ h hid }{{hid{"q"}}}, &x, [1]struct{ e error }{{bad{3}}})
	fmt.Println(map[string]struct {
		e error
		E error
	}{"a": {bad{1}, bad{2}}})
	fmt.Println(struct{ In struct{ h hid } }{struct{ h hid }{hid{"in"}}})
	fmt.Println(struct{ Emb }{Emb{1}}, struct{ e Emb }{Emb{2}}, struct{ E Emb }{Emb{3}})
	fmt.Printf("%v %+v\n", struct {
		Emb
		x hid
	}{Emb{4}, hid{"never"}}, struct {
		*hid
		n int
	}{&hid{"p"}, 1})
	t := tree{}
	t.v.h, t.V.h, t.V.H = hid{"1"}, hid{"2"}, hid{"3"}
	t.kids = append(t.kids, struct{ t *tree }{nil})
	fmt.Printf("%v %+v\n", t, t)
	var any any = struct{ err error }{errors.New("plain")}
	_, same := any.(struct{ err error })
	fmt.Println(same, fmt.Sprintf("%v", any) != "{plain}")
	fmt.Println(struct {
		A int
		b []hid
		C map[string]hid
	}{1, []hid{{"x"}}, map[string]hid{"k": {"y"}}})
}
