package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

type Pair[K comparable, V any] struct {
	Key K
	Val V
}

func (p Pair[K, V]) String() string { return fmt.Sprintf("<%v=%v>", p.Key, p.Val) }

func (p Pair[K, V]) Swap() Pair[string, K] { return Pair[string, K]{fmt.Sprint(p.Val), p.Key} }

func MakePair[K comparable, V any](k K, v V) Pair[K, V] { return Pair[K, V]{k, v} }

type Plain[T any] struct{ X T }

type List[T any] struct {
	head, tail *node[T]
	n          int
}

type node[T any] struct {
	v    T
	next *node[T]
}

func (l *List[T]) Push(v T) *List[T] {
	n := &node[T]{v: v}
	if l.tail == nil {
		l.head, l.tail = n, n
	} else {
		l.tail.next = n
		l.tail = n
	}
	l.n++
	return l
}

func (l *List[T]) Len() int { return l.n }

func (l *List[T]) Each(f func(int, T)) {
	i := 0
	for n := l.head; n != nil; n = n.next {
		f(i, n.v)
		i++
	}
}

func (l *List[T]) All() func(yield func(int, T) bool) {
	return func(yield func(int, T) bool) {
		i := 0
		for n := l.head; n != nil; n = n.next {
			if !yield(i, n.v) {
				return
			}
			i++
		}
	}
}

type Tree[K cmp.Ordered, V any] struct {
	root *tnode[K, V]
}

type tnode[K cmp.Ordered, V any] struct {
	k           K
	v           V
	left, right *tnode[K, V]
}

func (t *Tree[K, V]) Put(k K, v V) {
	p := &t.root
	for *p != nil {
		switch c := cmp.Compare(k, (*p).k); {
		case c < 0:
			p = &(*p).left
		case c > 0:
			p = &(*p).right
		default:
			(*p).v = v
			return
		}
	}
	*p = &tnode[K, V]{k: k, v: v}
}

func (t *Tree[K, V]) Walk(f func(K, V)) { t.root.walk(f) }

func (n *tnode[K, V]) walk(f func(K, V)) {
	if n == nil {
		return
	}
	n.left.walk(f)
	f(n.k, n.v)
	n.right.walk(f)
}

type Stack[T any] []T

func (s *Stack[T]) Push(v T) { *s = append(*s, v) }

func (s *Stack[T]) Pop() (T, error) {
	var zero T
	if len(*s) == 0 {
		return zero, errors.New("empty")
	}
	v := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return v, nil
}

type Set[T comparable] map[T]struct{}

func (s Set[T]) Add(vs ...T) Set[T] {
	for _, v := range vs {
		s[v] = struct{}{}
	}
	return s
}

func (s Set[T]) Has(v T) bool { _, ok := s[v]; return ok }

type Option[T any] func(*T)

func New[T any](opts ...Option[T]) T {
	var t T
	for _, o := range opts {
		o(&t)
	}
	return t
}

type Container[T any] interface {
	Push(T)
	Pop() (T, error)
}

func Drain[T any](c Container[T]) []T {
	var out []T
	for {
		v, err := c.Pop()
		if err != nil {
			return out
		}
		out = append(out, v)
	}
}

type Base[T any] struct{ ID T }

func (b *Base[T]) SetID(id T) { b.ID = id }
func (b Base[T]) GetID() T    { return b.ID }

type User struct {
	Base[int]
	Name string
}

type Wrapped[T any] struct {
	Base[T]
	List[T]
}

type Vec[T any] = []T

type StringMap[V any] = map[string]V

type Result[T any] struct {
	Val T
	Err error
}

func (r Result[T]) OrElse(d T) T {
	if r.Err != nil {
		return d
	}
	return r.Val
}

func Try[T any](f func() (T, error)) (r Result[T]) {
	defer func() {
		if p := recover(); p != nil {
			r.Err = fmt.Errorf("panic: %v", p)
		}
	}()
	v, err := f()
	return Result[T]{v, err}
}

type Cache[K comparable, V any] struct {
	m    map[K]V
	load func(K) V
	hits int
}

func NewCache[K comparable, V any](load func(K) V) *Cache[K, V] {
	return &Cache[K, V]{m: make(map[K]V), load: load}
}

func (c *Cache[K, V]) Get(k K) V {
	if v, ok := c.m[k]; ok {
		c.hits++
		return v
	}
	v := c.load(k)
	c.m[k] = v
	return v
}

type Num interface{ ~int | ~float64 }

type Matrix[T Num] [2][2]T

func (m Matrix[T]) Mul(o Matrix[T]) (out Matrix[T]) {
	for i := range 2 {
		for j := range 2 {
			for k := range 2 {
				out[i][j] += m[i][k] * o[k][j]
			}
		}
	}
	return
}

type NotFound[K any] struct{ Key K }

func (e *NotFound[K]) Error() string { return fmt.Sprintf("%v not found", e.Key) }

type Ord[T any] interface{ Less(T) bool }

type Age int

func (a Age) Less(b Age) bool { return a < b }

func MinOf[T Ord[T]](xs ...T) T {
	m := xs[0]
	for _, x := range xs[1:] {
		if x.Less(m) {
			m = x
		}
	}
	return m
}

type Event[T any] struct{ handlers []func(T) }

func (e *Event[T]) On(f func(T)) { e.handlers = append(e.handlers, f) }
func (e *Event[T]) Emit(v T) {
	for _, h := range e.handlers {
		h(v)
	}
}

func main() {
	p := MakePair("a", 1)
	fmt.Println(p, p.Swap(), p.Key, p.Val)
	fmt.Printf("%T %T %v\n", p, p.Swap(), []Pair[string, int]{p})
	fmt.Printf("%v %+v %#v %T\n", Plain[int]{1}, Plain[string]{"s"}, Plain[float64]{2.5}, Plain[Plain[Age]]{})
	var l List[string]
	l.Push("x").Push("y")
	l.Each(func(i int, s string) { fmt.Print(i, s, " ") })
	for i, s := range l.All() {
		fmt.Print(i, s, ";")
	}
	fmt.Println(l.Len())
	t := &Tree[string, int]{}
	for i, w := range strings.Fields("to be or not to be") {
		t.Put(w, i)
	}
	t.Walk(func(k string, v int) { fmt.Print(k, "=", v, " ") })
	fmt.Println()
	var s Stack[float64]
	s.Push(1.5)
	s.Push(2)
	var c Container[float64] = &s
	fmt.Println(Drain(c), len(s), Drain[float64](&s))
	set := Set[int]{}.Add(1, 2, 2)
	fmt.Println(len(set), set.Has(2), set.Has(5))
	u := New(func(u *User) { u.Name = "bo" }, func(u *User) { u.SetID(7) })
	fmt.Println(u, u.GetID(), u.ID)
	w := Wrapped[string]{}
	w.SetID("id")
	w.Push("v")
	fmt.Println(w.GetID(), w.Len())
	var v Vec[int] = []int{1}
	m := StringMap[bool]{"k": true}
	fmt.Println(v, m)
	fmt.Println(Try(func() (int, error) { return 1, nil }).OrElse(2), Try(func() (int, error) { panic("no") }))
	cache := NewCache(func(k int) string { return strings.Repeat("x", k) })
	fmt.Println(cache.Get(3), cache.Get(3), cache.hits)
	fmt.Println(Matrix[int]{{1, 1}, {1, 0}}.Mul(Matrix[int]{{1, 1}, {1, 0}}))
	var err error = fmt.Errorf("wrapped: %w", &NotFound[string]{"k"})
	var nf *NotFound[string]
	var other *NotFound[int]
	fmt.Println(err, errors.As(err, &nf), nf.Key, errors.As(err, &other))
	fmt.Println(MinOf(Age(3), 1, 2))
	var e Event[Pair[string, int]]
	e.On(func(p Pair[string, int]) { fmt.Println("got", p) })
	e.Emit(p)
	b, _ := json.Marshal(map[string]any{"p": Plain[int]{1}, "l": []Plain[string]{{"a"}}})
	fmt.Println(string(b))
	var back Plain[[]int]
	fmt.Println(json.Unmarshal([]byte(`{"X":[1,2]}`), &back), back)
	var x any = Plain[int]{1}
	switch x := x.(type) {
	case Plain[string]:
		fmt.Println("string", x)
	case Plain[int]:
		fmt.Println("int", x.X)
	}
	_, isString := x.(Plain[string])
	fmt.Println(x == any(Plain[int]{1}), isString)
	get := (*Cache[int, string]).Get
	fmt.Println(get(cache, 2))
	push := l.Push
	push("z")
	fmt.Println(l.Len())
	fmt.Println(map[Pair[int, string]]int{{1, "a"}: 5}[Pair[int, string]{1, "a"}])
}
