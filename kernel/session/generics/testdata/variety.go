package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"
)

type Op func(float64, float64) float64

func (o Op) Apply(a, b float64) float64 { return o(a, b) }

type Matrix [][]float64

func (m Matrix) T() Matrix {
	r := make(Matrix, len(m[0]))
	for i := range r {
		r[i] = make([]float64, len(m))
		for j := range m {
			r[i][j] = m[j][i]
		}
	}
	return r
}

type Set map[string]struct{}

func (s Set) Add(k string) Set  { s[k] = struct{}{}; return s }
func (s Set) Has(k string) bool { _, ok := s[k]; return ok }

type Visitor interface{ Visit(n Node) (w Visitor) }
type Node interface{ Children() []Node }
type Leaf struct{ v int }

func (Leaf) Children() []Node { return nil }

type Tree struct{ kids []Node }

func (t *Tree) Children() []Node { return t.kids }

type count struct{ n *int }

func (c count) Visit(n Node) Visitor { *c.n++; return c }
func Walk(v Visitor, n Node) {
	if v = v.Visit(n); v == nil {
		return
	}
	for _, k := range n.Children() {
		Walk(v, k)
	}
}

type State int

const (
	Idle State = iota
	Running
	Done
)

var names = map[State]string{Idle: "idle", Running: "running"}

func (s State) String() string {
	if n, ok := names[s]; ok {
		return n
	}
	return fmt.Sprintf("State(%d)", int(s))
}

type Point struct{ X, Y float64 }

func (p Point) Add(q Point) Point { return Point{p.X + q.X, p.Y + q.Y} }
func (p *Point) Scale(f float64)  { p.X *= f; p.Y *= f }

type Option func(*Server)
type Server struct {
	host string
	port int
	tls  bool
}

func WithPort(p int) Option { return func(s *Server) { s.port = p } }
func New(host string, opts ...Option) *Server {
	s := &Server{host: host, port: 80}
	for _, o := range opts {
		o(s)
	}
	return s
}

type Alias = map[string][]int
type T1 struct{ A int }
type T2 T1
type Fn func() Fn
type Chain struct {
	*Chain
	n int
}

func variadic(pre string, xs ...any) string { return fmt.Sprint(pre, len(xs), xs) }
func multi() (a int, b string, err error)   { a, b = 1, "x"; return }
func namedDefer() (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("wrapped: %v", r)
			n *= 2
		}
	}()
	n = 21
	panic("bad")
}
func fib() func() int                                         { a, b := 0, 1; return func() int { defer func() { a, b = b, a+b }(); return a } }
func compose[A, B, C any](f func(A) B, g func(B) C) func(A) C { return func(a A) C { return g(f(a)) } }
func main() {
	fmt.Println(Op(func(a, b float64) float64 { return a * b }).Apply(3, 4))
	fmt.Println(Matrix{{1, 2}, {3, 4}, {5, 6}}.T())
	s := Set{}
	fmt.Println(s.Add("a").Add("b").Has("a"), s.Has("z"), len(s), s)
	n := 0
	Walk(count{&n}, &Tree{[]Node{Leaf{1}, &Tree{[]Node{Leaf{2}}}}})
	fmt.Println(n)
	fmt.Println(Idle, Done, []State{Running}, map[State]int{Running: 1})
	fmt.Printf("%d %v %s %x %q\n", Done, Done, Done, Running, Running)
	p := Point{1, 2}
	p.Scale(2)
	q := &p
	q.Scale(2)
	fmt.Println(p, q.Add(Point{1, 1}), *q)
	pts := []Point{{1, 2}}
	pts[0].Scale(3)
	fmt.Println(pts)
	for i := range pts {
		pts[i].Scale(2)
	}
	for _, p := range pts {
		p.Scale(100)
	}
	fmt.Println(pts)
	fmt.Printf("%+v\n", *New("h", WithPort(8080), func(s *Server) { s.tls = true }))
	var a Alias = map[string][]int{"a": {1}}
	a["a"] = append(a["a"], 2)
	fmt.Printf("%v %T\n", a, a)
	t := T2(T1{3})
	fmt.Printf("%v %T %v\n", t, t, T1(t) == T1{3})
	var f Fn
	k := 0
	f = func() Fn {
		k++
		if k < 3 {
			return f
		}
		return nil
	}
	for g := f; g != nil; g = g() {
	}
	fmt.Println(k)
	fmt.Println(variadic("p"), variadic("p", 1, "a"), variadic("p", []any{1, 2}...), variadic("p", []any{1, 2}), variadic("p", nil), variadic("p", nil...))
	fmt.Println(multi())
	fmt.Println(namedDefer())
	ff := fib()
	for range 6 {
		fmt.Print(ff(), " ")
	}
	fmt.Println()
	fmt.Println(compose(strings.ToUpper, func(s string) int { return len(s) })("abc"))
	anon := struct {
		A int
		B struct{ C string }
	}{A: 1}
	anon.B.C = "z"
	fmt.Printf("%+v %T\n", anon, anon)
	arr := [...]string{2: "c", 0: "a"}
	fmt.Println(len(arr), arr)
	sl := arr[:]
	sl = append(sl[:1], sl[2:]...)
	fmt.Println(sl, arr, cap(sl))
	s3 := make([]int, 2, 10)
	s4 := append(s3, 1)
	s5 := append(s3, 2)
	fmt.Println(s4, s5, len(s3[:5]), s3[1:1:1])
	fmt.Println(copy(s3, []int{9, 9, 9}), s3)
	var ns []int
	ns = append(ns, ns...)
	fmt.Println(ns == nil, len(ns))
	var np *Point
	fmt.Println(np == nil)
	func() { defer func() { fmt.Println(recover()) }(); np.Scale(1) }()
	type local struct {
		x int
		y []string
	}
	l := local{1, []string{"q"}}
	fmt.Printf("%v %+v %T\n", l, l, l)
	var i any = l
	if v, ok := i.(local); ok {
		fmt.Println(v.y)
	}
	_, bad := i.(fmt.Stringer)
	fmt.Println(bad)
	switch v := i.(type) {
	case nil:
		fmt.Println("nil")
	case int, string:
		fmt.Printf("%T", v)
	case local:
		fmt.Println("local", v.x)
	default:
		fmt.Println("other")
	}
	fmt.Println(reflect.TypeOf(l).Field(0).Name, reflect.TypeOf(p).NumMethod(), reflect.TypeOf(&p).NumMethod(), reflect.TypeOf(s).Kind(), reflect.DeepEqual(l, local{1, []string{"q"}}))
	fmt.Fprintf(os.Stdout, "%v %v\n", Chain{n: 1}, struct{ *int }{})
	x := 5
	px := &x
	ppx := &px
	**ppx = 7
	fmt.Println(x, *px == **ppx)
	func(xs ...int) { fmt.Println(len(xs), xs == nil) }()
	var e1, e2 struct{}
	fmt.Println(e1 == e2)
	goto end
end:
	fmt.Println("end")
	b := []byte("abc")
	str := string(b)
	b[0] = 'z'
	fmt.Println(str, string(b))
	for i := range 2 {
		switch {
		case i == 1:
			break
		default:
			fmt.Print("d")
		}
	}
	type Celsius float64
	type Temp struct{ Celsius }
	fmt.Println(Temp{3.5}, Temp{3.5}.Celsius+1)
	var iface interface{ Add(Point) Point } = p
	fmt.Println(iface.Add(p))
	iface = &p
	fmt.Println(iface.Add(p))
	mp := map[Point]string{{1, 2}: "a"}
	fmt.Println(mp[Point{1, 2}], mp)
}
