package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"
	"time"
)

type Inner struct {
	Vals [3]int
	M    map[string]int
}
type Outer struct {
	In  Inner
	Ptr *Inner
	Fn  func(int) int
	Err error
	Any any
}

func (o Outer) With(v int) Outer { o.In.Vals[0] = v; return o }
func (o *Outer) Set(v int)       { o.In.Vals[0] = v }

type Celsius float64
type Temp interface{ ~float64 }

type Visitor interface {
	Visit(n Node) string
}
type Node interface{ Accept(v Visitor) string }
type Num struct{ v int }
type Add struct{ l, r Node }

func (n Num) Accept(v Visitor) string { return v.Visit(n) }
func (a Add) Accept(v Visitor) string { return v.Visit(a) }

type printer struct{ depth int }

func (p *printer) Visit(n Node) string {
	p.depth++
	switch n := n.(type) {
	case Num:
		return strconv.Itoa(n.v)
	case Add:
		return "(" + n.l.Accept(p) + "+" + n.r.Accept(p) + ")"
	}
	return "?"
}

type Option func(*config)
type config struct {
	name string
	n    int
}

func WithName(s string) Option { return func(c *config) { c.name = s } }
func New(opts ...Option) *config {
	c := &config{n: 1}
	for _, o := range opts {
		o(c)
	}
	return c
}

type Suit int

const (
	Clubs Suit = iota
	Hearts
	_
	Spades
)

func (s Suit) String() string { return [...]string{"C", "H", "D", "S"}[s] }

type Card struct {
	suit Suit
	rank int
}
type Hand []Card

func (h Hand) String() string {
	var b strings.Builder
	for i, c := range h {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%v%d", c.suit, c.rank)
	}
	return b.String()
}

type Matrix [][]float64

func (m Matrix) T() Matrix {
	out := make(Matrix, len(m[0]))
	for i := range out {
		out[i] = make([]float64, len(m))
		for j := range m {
			out[i][j] = m[j][i]
		}
	}
	return out
}

type Cache struct {
	mu   sync.RWMutex
	data map[string]int
	hits atomic.Int64
}

func (c *Cache) Get(k string) (v int, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok = c.data[k]
	if ok {
		c.hits.Add(1)
	}
	return
}

var ErrNope = errors.New("nope")

type wrapErr struct {
	op  string
	err error
}

func (w wrapErr) Error() string { return w.op + ": " + w.err.Error() }
func (w wrapErr) Unwrap() error { return w.err }

func multi() (int, string, error) { return 1, "a", nil }
func take(i int, s string, e error) string {
	return fmt.Sprint(i, s, e)
}
func fact(n int) int {
	if n <= 1 {
		return 1
	}
	return n * fact(n-1)
}

type linked struct {
	val  int
	next *linked
}

func (l *linked) push(v int) *linked { return &linked{v, l} }
func (l *linked) all() func(func(int, int) bool) {
	return func(yield func(int, int) bool) {
		i := 0
		for n := l; n != nil; n = n.next {
			if !yield(i, n.val) {
				return
			}
			i++
		}
	}
}

func find(l *linked, want int) (pos int, found bool) {
	for i, v := range l.all() {
		if v == want {
			return i, true
		}
	}
	return -1, false
}

type upper struct{ r io.Reader }

func (u upper) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	copy(p, strings.ToUpper(string(p[:n])))
	return n, err
}

func main() {
	o := Outer{In: Inner{M: map[string]int{"a": 1}}}
	p := o.With(5)
	o.Set(9)
	q := o
	q.In.Vals[1] = 3
	q.In.M["b"] = 2
	fmt.Println(o.In.Vals, p.In.Vals, q.In.Vals, len(o.In.M), o.Ptr == nil, o.Err == nil, o.Fn == nil)
	var a any = o
	o.Set(1)
	fmt.Println(a.(Outer).In.Vals[0], o.In.Vals[0])
	v := &printer{}
	fmt.Println(Add{Num{1}, Add{Num{2}, Num{3}}}.Accept(v), v.depth)
	c := New(WithName("x"), func(c *config) { c.n++ })
	fmt.Printf("%+v %v\n", *c, c.name)
	h := Hand{{Hearts, 5}, {Spades, 1}}
	fmt.Println(h, Card{Hearts, 2}, []Card{{Spades, 3}}, Spades)
	fmt.Printf("%v %+v %s %d\n", h[0], h[0], h, h)
	sort.Slice(h, func(i, j int) bool { return h[i].rank < h[j].rank })
	fmt.Println(h, Matrix{{1, 2}, {3, 4}}.T())
	cache := &Cache{data: map[string]int{"k": 1}}
	cache.Get("k")
	_, ok := cache.Get("z")
	fmt.Println(cache.hits.Load(), ok)
	err := error(wrapErr{"op", fmt.Errorf("x: %w", ErrNope)})
	var we wrapErr
	fmt.Println(errors.Is(err, ErrNope), errors.As(err, &we), we.op, err)
	fmt.Println(take(multi()))
	fmt.Println(fact(10), 1)
	var l *linked
	for i := range 5 {
		l = l.push(i * i)
	}
	fmt.Println(find(l, 4))
	fmt.Println(find(l, 5))
	for i, v := range l.all() {
		if i == 1 {
			continue
		}
		if v == 1 {
			break
		}
		fmt.Print(i, ":", v, " ")
	}
	fmt.Println()
	io.Copy(os.Stdout, upper{strings.NewReader("shout\n")})
	sc := bufio.NewScanner(strings.NewReader("a b\nc"))
	sc.Split(bufio.ScanWords)
	for sc.Scan() {
		fmt.Print(sc.Text(), ";")
	}
	fmt.Println()
	tm := template.Must(template.New("x").Funcs(template.FuncMap{"twice": func(s string) string { return s + s }}).Parse("{{range $i, $c := .}}{{$i}}={{$c.Name | twice}},{{end}}\n"))
	tm.Execute(os.Stdout, []struct{ Name string }{{"a"}, {"b"}})
	type rec struct {
		ID   int               `json:"id"`
		Tags map[string]string `json:"tags,omitempty"`
		Sub  *rec              `json:"sub"`
		When time.Duration
		priv int
	}
	b, _ := json.MarshalIndent(rec{ID: 1, Sub: &rec{ID: 2}, When: time.Second, priv: 3}, "", " ")
	fmt.Println(string(b))
	var r rec
	fmt.Println(json.Unmarshal([]byte(`{"id":7,"sub":{"id":8},"priv":5}`), &r), r.ID, r.Sub.ID, r.priv)
	rt := reflect.TypeOf(r)
	for i := range rt.NumField() {
		fmt.Print(rt.Field(i).Name, " ", rt.Field(i).Type, "; ")
	}
	fmt.Println()
	rv := reflect.ValueOf(&r).Elem()
	rv.FieldByName("ID").SetInt(42)
	fmt.Println(r.ID, reflect.DeepEqual(r, r), reflect.ValueOf(o).MethodByName("With").IsValid())
	fmt.Printf("%v %v %v %v %t %q %x %08.3f|%-5d|%5s|%U\n", nil, []int(nil), map[string]int(nil), error(nil), true, "q", "hi", 3.14159, 7, "r", 'é')
	fs := map[string]func(float64, float64) float64{"+": func(a, b float64) float64 { return a + b }, "*": func(a, b float64) float64 { return a * b }}
	fmt.Println(fs["+"](1, 2), fs["*"](3, 4), fs["-"] == nil)
	var wg sync.WaitGroup
	res := make([]int, 4)
	for i := range res {
		wg.Add(1)
		go func() { defer wg.Done(); res[i] = i * i }()
	}
	wg.Wait()
	fmt.Println(res)
	jobs, out := make(chan int), make(chan string)
	for w := 1; w <= 2; w++ {
		go func(id int) {
			for j := range jobs {
				out <- fmt.Sprint("j", j)
			}
		}(w)
	}
	go func() {
		for i := range 4 {
			jobs <- i
		}
		close(jobs)
	}()
	var got []string
	for range 4 {
		got = append(got, <-out)
	}
	sort.Strings(got)
	fmt.Println(got)
	x := []int{1, 2, 3}
	y := x[:2]
	y = append(y, 99)
	x2 := append(x[:1:1], 5)
	fmt.Println(x, y, x2)
	for i, v := range x {
		x = append(x, v)
		x[i] *= 10
	}
	fmt.Println(x)
	grid := [3][3]rune{}
	for i := range grid {
		for j := range grid[i] {
			grid[i][j] = '.'
		}
	}
	grid[1][1] = 'X'
	for _, row := range grid {
		fmt.Print(string(row[:]), " ")
	}
	fmt.Println()
	type point struct{ x, y int }
	seen := map[point]bool{{1, 2}: true}
	pp := &point{3, 4}
	seen[*pp] = true
	pp.x, pp.y = pp.y, pp.x
	fmt.Println(len(seen), *pp, seen[point{3, 4}])
	counts := map[string]*point{}
	for _, w := range strings.Fields("a b a") {
		if counts[w] == nil {
			counts[w] = &point{}
		}
		counts[w].x++
	}
	fmt.Println(counts["a"].x, counts["b"].x)
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var n Node
		n.Accept(v)
	}()
}
