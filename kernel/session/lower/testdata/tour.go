package main

import (
	"bufio"
	"bytes"
	"container/heap"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sort"
	"strings"
	"sync"
)

type Logger interface{ Log(string) }
type Named interface{ Name() string }
type Both interface {
	Logger
	Named
}
type base struct {
	name string
	logs []string
}

func (b *base) Log(s string)    { b.logs = append(b.logs, b.name+":"+s) }
func (b base) Name() string     { return b.name }
func (b *base) Rename(n string) { b.name = n }

type Svc struct {
	*base
	sync.Mutex
	port int
}
type Outer struct {
	Svc
	Extra map[string]int
}
type IntHeap []int

func (h IntHeap) Len() int           { return len(h) }
func (h IntHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h IntHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *IntHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *IntHeap) Pop() any {
	old := *h
	n := len(old)
	x := old[n-1]
	*h = old[:n-1]
	return x
}

type rev struct{ sort.Interface }

func (r rev) Less(i, j int) bool { return r.Interface.Less(j, i) }

type HF func(string) string

func (h HF) Serve(s string) string { return "<" + h(s) + ">" }

type Server interface{ Serve(string) string }
type counter struct {
	io.Writer
	n int
}

func (c *counter) Write(p []byte) (int, error) { c.n += len(p); return c.Writer.Write(p) }

type Tree struct {
	L, R *Tree
	V    int
}

func (t *Tree) Insert(v int) *Tree {
	if t == nil {
		return &Tree{V: v}
	}
	if v < t.V {
		t.L = t.L.Insert(v)
	} else {
		t.R = t.R.Insert(v)
	}
	return t
}
func (t *Tree) Walk(f func(int)) {
	if t == nil {
		return
	}
	t.L.Walk(f)
	f(t.V)
	t.R.Walk(f)
}

type Matrix [2][2]float64

func (m Matrix) Mul(o Matrix) (r Matrix) {
	for i := range 2 {
		for j := range 2 {
			for k := range 2 {
				r[i][j] += m[i][k] * o[k][j]
			}
		}
	}
	return
}
func mod(a [3]int) [3]int { a[0] = 100; return a }

type state int

const (
	idle state = iota
	running
	stopped
)

var names = map[state]string{idle: "idle", running: "running", stopped: "stopped"}

func (s state) String() string { return names[s] }
func (s *state) next()         { *s = (*s + 1) % 3 }

type visitor func(n int) visitor

type Weekday uint8
type Set map[string]struct{}

func (s Set) Add(k string) Set { s[k] = struct{}{}; return s }
func (s Set) Keys() []string {
	var out []string
	for k := range s {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

type stack []rune

func (s *stack) push(r rune) { *s = append(*s, r) }
func (s *stack) pop() (rune, bool) {
	if len(*s) == 0 {
		return 0, false
	}
	r := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return r, true
}

func main() {
	o := Outer{Svc: Svc{base: &base{name: "svc"}, port: 80}}
	o.Log("one")
	o.Rename("new")
	o.Lock()
	o.Unlock()
	var b Both = o.Svc.base
	b.Log("two")
	var l Logger = &o
	l.Log("three")
	if n, ok := l.(Named); ok {
		fmt.Println(n.Name(), o.name, o.logs, o.Svc.base.logs)
	}
	h := &IntHeap{5, 2, 8}
	heap.Init(h)
	heap.Push(h, 3)
	for h.Len() > 0 {
		fmt.Print(heap.Pop(h), " ")
	}
	fmt.Println()
	xs := sort.IntSlice{3, 1, 2}
	sort.Sort(rev{xs})
	fmt.Println(xs)
	var sv Server = HF(strings.ToUpper)
	fmt.Println(sv.Serve("hi"), HF(func(s string) string { return s + s }).Serve("ab"))
	var buf bytes.Buffer
	c := &counter{Writer: &buf}
	fmt.Fprintf(c, "hello %d", 5)
	w := bufio.NewWriter(c)
	w.WriteString("!!")
	w.Flush()
	fmt.Println(c.n, buf.String())
	var t *Tree
	for _, v := range []int{5, 2, 9, 1} {
		t = t.Insert(v)
	}
	t.Walk(func(v int) { fmt.Print(v, " ") })
	fmt.Println()
	m := Matrix{{1, 1}, {1, 0}}
	fmt.Println(m.Mul(m).Mul(m), m)
	a := [3]int{1, 2, 3}
	bb := mod(a)
	p := &a
	p[1] = 50
	sl := a[:]
	sl[2] = 7
	arrs := [][3]int{a, bb}
	for _, x := range arrs {
		x[0] = -1
	}
	for i := range arrs {
		arrs[i][0]++
	}
	fmt.Println(a, bb, arrs, len(p), cap(sl[:1:2]))
	st := idle
	st.next()
	fmt.Println(st, names, st == running, fmt.Sprintf("%d|%v|%s", st, st, st))
	var visit visitor
	total := 0
	visit = func(n int) visitor { total += n; return visit }
	visit(1)(2)(3)
	fmt.Println(total)
	s := Set{}
	s.Add("b").Add("a")
	_, has := s["a"]
	fmt.Println(s.Keys(), has, len(s))
	var stk stack
	for _, r := range "añb" {
		stk.push(r)
	}
	for {
		r, ok := stk.pop()
		if !ok {
			break
		}
		fmt.Print(string(r))
	}
	fmt.Println()
	f := o.Log
	g := (*base).Rename
	k := base.Name
	g(o.base, "via")
	f("x")
	fmt.Println(k(*o.base), o.logs[len(o.logs)-1], state.String(2), fmt.Stringer.String(st))
	mux := http.NewServeMux()
	mux.HandleFunc("/x", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "path ", r.URL.Path) })
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, httptest.NewRequest("GET", "/x", nil))
	fmt.Println(rec.Code, rec.Body.String())
	anon := struct {
		A int
		b []string
	}{1, []string{"q"}}
	anon2 := anon
	anon2.A = 5
	fmt.Printf("%v %+v %v\n", anon, anon2, len(anon.b))
	tests := []struct {
		in   string
		want int
	}{{"a", 1}, {in: "bb", want: 2}}
	for _, tc := range tests {
		fmt.Print(tc.in, len(tc.in) == tc.want, " ")
	}
	fmt.Println()
	deep := map[string]map[string][]*base{"x": {"y": {{name: "z"}}}}
	deep["x"]["y"][0].name += "!"
	fmt.Println(deep["x"]["y"][0].name, deep["no"]["way"] == nil)
	var wd Weekday = 255
	wd++
	fmt.Println(wd, ^wd, wd-1)
	fmt.Fprintln(os.Stdout, "end")
outer:
	for i := 0; i < 3; i++ {
		for j := 0; j < 3; j++ {
			switch {
			case j == 1:
				continue outer
			case i == 2:
				break outer
			}
			fmt.Print(i, j, ";")
		}
	}
	fmt.Println()
	i := 0
loop:
	if i < 3 {
		i++
		goto loop
	}
	fmt.Println(i)
	var once sync.Once
	for range 3 {
		once.Do(func() { fmt.Println("once") })
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for i := range 10 {
		wg.Add(1)
		go func(k int) {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			sum += k * i
		}(i)
	}
	wg.Wait()
	fmt.Println(sum)
}
