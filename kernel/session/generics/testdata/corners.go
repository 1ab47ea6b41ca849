package main

import (
	"fmt"
	"sync"
	"unsafe"
)

// Types in circles, through generic ones.
type Elem[T any] struct {
	next *Elem[T]
	list *List[T]
	V    T
}

type List[T any] struct {
	root Elem[T]
	n    int
}

func (l *List[T]) Init() *List[T] {
	l.root.next, l.root.list, l.n = &l.root, l, 0
	return l
}

func (l *List[T]) Front() *Elem[T] { return l.root.next }

type Graph[K comparable] struct {
	Nodes map[K]*Vertex[K]
}

type Vertex[K comparable] struct {
	Key   K
	Edges []*Vertex[K]
	In    Graph[K]
}

func (g *Graph[K]) Link(a, b K) {
	if g.Nodes == nil {
		g.Nodes = map[K]*Vertex[K]{}
	}
	for _, k := range []K{a, b} {
		if g.Nodes[k] == nil {
			g.Nodes[k] = &Vertex[K]{Key: k}
		}
	}
	g.Nodes[a].Edges = append(g.Nodes[a].Edges, g.Nodes[b])
}

// Methods of a type parameter, by value, by pointer, and promoted.
type Shape interface{ Area() float64 }

type Square struct{ s float64 }

func (s Square) Area() float64 { return s.s * s.s }

type Named struct {
	Square
	name string
}

func Total[S Shape](xs ...S) (sum float64) {
	for _, x := range xs {
		sum += x.Area()
	}
	area := S.Area
	for _, x := range xs {
		f := x.Area
		sum += f() + area(x)
	}
	return
}

// A constraint with a method and a core type.
type Stringish interface {
	~string
	Len() int
}

type Str string

func (s Str) Len() int { return len(s) }

func Sizes[T Stringish](xs ...T) (n int) {
	for _, x := range xs {
		n += x.Len() + len(x) + len(string(x))
	}
	return
}

func Bytes[T any](x T) (uintptr, uintptr) {
	type padded struct {
		b byte
		x T
	}
	var p padded
	return unsafe.Sizeof(x), unsafe.Offsetof(p.x)
}

func Shift[T ~int8 | ~uint16](x T) (T, T, T) { return x << 3, -x, x + 100 + 100 }

func Divide[T ~int | ~float64](x T) T { return x / 2 * 2 }

func Consts[T ~int32 | ~float32 | ~complex64]() []T { return []T{1, 'a', 2 << 3, T(3)} }

func Lookup[M ~map[K]V, K comparable, V any](m M, k K, d V) (v V, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("lookup: %v", r)
		}
	}()
	if m == nil {
		panic("nil map")
	}
	if x, ok := m[k]; ok {
		return x, nil
	}
	return d, nil
}

// A generic function inside closures, goroutines, defers and labels.
func Each[T any](xs []T, f func(int, T)) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i, x := range xs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			f(i, x)
		}()
	}
	wg.Wait()
}

func Search[T comparable](rows [][]T, v T) (r, c int) {
	r, c = -1, -1
outer:
	for i, row := range rows {
		for j := range row {
			switch {
			case row[j] == v:
				r, c = i, j
				break outer
			case j > 2:
				continue outer
			}
		}
	}
	return
}

func Classify[T any](v any) string {
	switch x := v.(type) {
	case T:
		return fmt.Sprintf("T %v", x)
	case []T:
		return fmt.Sprintf("[]T %d", len(x))
	case map[string]T:
		return fmt.Sprintf("map %d", len(x))
	case func(T) T:
		return "func"
	case nil:
		return "nil"
	}
	return "none"
}

type Tuple[A, B any] struct {
	A A
	B B
}

func (t Tuple[A, B]) With(b B) Tuple[A, B] { t.B = b; return t }

func Curry[A, B, C any](f func(A, B) C) func(A) func(B) C {
	return func(a A) func(B) C { return func(b B) C { return f(a, b) } }
}

func Memo[K comparable, V any](f func(K) V) func(K) V {
	m := map[K]V{}
	return func(k K) V {
		if v, ok := m[k]; ok {
			return v
		}
		m[k] = f(k)
		return m[k]
	}
}

type Visitor[R any] interface {
	Num(int) R
	Add(a, b R) R
}

type Expr interface{ String() string }

type eval struct{}

func (eval) Num(n int) int    { return n }
func (eval) Add(a, b int) int { return a + b }

type show struct{}

func (show) Num(n int) string       { return fmt.Sprint(n) }
func (show) Add(a, b string) string { return "(" + a + "+" + b + ")" }

func Build[R any](v Visitor[R]) R { return v.Add(v.Num(1), v.Add(v.Num(2), v.Num(3))) }

var counter = Memo(func(n int) int { return n * n })

var table = map[string]Tuple[int, string]{"x": {1, "one"}}

func LocalGeneric[T any](v T) {
	type box[U any] struct {
		a T
		b U
	}
	x, y := box[int]{v, 1}, box[string]{v, "s"}
	_, same := any(x).(box[string])
	_, is := any(box[int]{}).(box[int])
	fmt.Println(x, y, same, is)
}

func main() {
	LocalGeneric(1)
	LocalGeneric("v")
	l := new(List[string]).Init()
	fmt.Println(l.Front() == &l.root, l.root.list == l)
	var g Graph[string]
	g.Link("a", "b")
	g.Link("a", "c")
	fmt.Println(len(g.Nodes), len(g.Nodes["a"].Edges), g.Nodes["a"].Edges[1].Key)
	fmt.Println(Total(Square{2}, Square{1}), Total(Named{Square{3}, "n"}), Total[Shape](Square{1}, &Named{}))
	fmt.Println(Sizes(Str("ab"), "c"))
	fmt.Println(Bytes(int32(1)))
	fmt.Println(Bytes(struct {
		a byte
		b int64
	}{}))
	fmt.Println(Shift(int8(100)))
	fmt.Println(Shift(uint16(65535)))
	fmt.Println(Divide(5), Divide(5.0))
	fmt.Println(Consts[int32](), Consts[float32](), Consts[complex64]())
	fmt.Println(Lookup(map[string]int{"a": 1}, "a", 9))
	fmt.Println(Lookup(map[string]int{"a": 1}, "b", 9))
	fmt.Println(Lookup[map[string]int](nil, "b", 9))
	out := make([]string, 3)
	Each([]int{1, 2, 3}, func(i, x int) { out[i] = fmt.Sprint(x * x) })
	fmt.Println(out)
	fmt.Println(Search([][]string{{"a"}, {"b", "c"}}, "c"))
	fmt.Println(Classify[int](1), Classify[int]([]int{1}), Classify[string](map[string]string{}), Classify[int](func(int) int { return 0 }), Classify[int](nil), Classify[int]("s"), Classify[error](fmt.Errorf("e")))
	t := Tuple[int, []string]{A: 1}
	fmt.Printf("%v %v %T\n", t, t.With([]string{"x"}), t)
	fmt.Println(Curry(func(a int, b string) string { return fmt.Sprint(a, b) })(1)("z"))
	fmt.Println(counter(4), counter(4), table["x"].B)
	fmt.Println(Build[int](eval{}), Build[string](show{}))
	anon := struct {
		Tuple[int, int]
		Z List[int]
	}{Tuple: Tuple[int, int]{1, 2}}
	fmt.Println(anon.A, anon.With(5).B, anon.Z.n)
	ch := make(chan Tuple[string, int], 1)
	ch <- Tuple[string, int]{"q", 1}
	fmt.Println((<-ch).A)
	arr := [...]Tuple[int, int]{{1, 2}, 3: {3, 4}}
	fmt.Println(len(arr), arr)
	fmt.Printf("%T %T %T\n", Tuple[Str, *Square]{}, Tuple[Tuple[int, error], map[string]any]{}, struct{ X Tuple[int, bool] }{})
	func() {
		type local struct{ N int }
		fmt.Println(Tuple[local, []local]{}, Memo(func(l local) local { l.N++; return l })(local{1}))
	}()
}
