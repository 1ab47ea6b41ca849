package main

import (
	"encoding/json"
	"fmt"
	"reflect"
)

type row struct {
	A int    `json:"a"`
	b string `json:"b" check:"len"`
}

type base struct{ N int }

type whole struct {
	base `json:"base"`
	m    map[string]int
}

func main() {
	cases := []struct {
		in   string
		want int
	}{{"a", 1}}
	fmt.Printf("%T %v %+v %#v\n", cases, cases, cases, cases)
	fmt.Printf("%T %T\n", struct{ a int }{}, struct {
		a int
		B string `k:"v"`
		c bool   `k:"w"`
	}{})
	fmt.Printf("%T %T %T\n", map[string]struct{ x int }{}, func(struct{ x, y int }) {}, new(struct{ base }))
	t := reflect.TypeOf(row{})
	fmt.Println(t.Field(0).Tag, t.Field(1).Tag.Get("check"), reflect.TypeOf(whole{}).Field(0).Tag)
	b, err := json.Marshal([]any{row{1, "x"}, cases, whole{base{2}, nil}, struct{ p, Q int }{1, 2}})
	fmt.Println(string(b), err)
}
