package main

import (
	"cmp"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~float32 | ~float64
}

func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func Filter[S ~[]E, E any](s S, keep func(E) bool) S {
	var out S
	for _, e := range s {
		if keep(e) {
			out = append(out, e)
		}
	}
	return out
}

func Reduce[T, A any](xs []T, start A, f func(A, T) A) A {
	acc := start
	for _, x := range xs {
		acc = f(acc, x)
	}
	return acc
}

func Sum[T Number](xs ...T) T {
	var s T
	for _, x := range xs {
		s += x
	}
	return s
}

func Scale[S ~[]E, E Number](s S, by E) S {
	out := make(S, len(s))
	for i, v := range s {
		out[i] = v * by
	}
	return out
}

func Keys[M ~map[K]V, K cmp.Ordered, V any](m M) []K {
	var ks []K
	for k := range m {
		ks = append(ks, k)
	}
	sort.Slice(ks, func(i, j int) bool { return ks[i] < ks[j] })
	return ks
}

func Max[T cmp.Ordered](a, b T) T {
	if a > b {
		return a
	}
	return b
}

func Zero[T any]() T { return *new(T) }

func Ptr[T any](v T) *T { return &v }

func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func Half[T Number](x T) T { return x / 2 }

func Mean[T Number](xs []T) float64 {
	if len(xs) == 0 {
		return 0
	}
	return float64(Sum(xs...)) / float64(len(xs))
}

func Kind[T any](v T) string {
	switch any(v).(type) {
	case int:
		return "int"
	case string:
		return "string"
	case []T:
		return "slice of itself"
	case fmt.Stringer:
		return "stringer"
	}
	return fmt.Sprintf("other %T", v)
}

func IsA[T any](v any) bool {
	_, ok := v.(T)
	return ok
}

func Convert[To, From Number](x From) To { return To(x) }

func Fib[T Number](n T) T {
	if n < 2 {
		return n
	}
	return Fib(n-1) + Fib(n-2)
}

func Join[T fmt.Stringer](xs []T, sep string) string {
	return strings.Join(Map(xs, T.String), sep)
}

func Apply[T any](x T, fs ...func(T) T) T {
	for _, f := range fs {
		x = f(x)
	}
	return x
}

func Compose[A, B, C any](f func(A) B, g func(B) C) func(A) C {
	return func(a A) C { return g(f(a)) }
}

func Counter[K comparable]() (func(K), func() map[K]int) {
	type box struct{ m map[K]int }
	b := box{map[K]int{}}
	return func(k K) { b.m[k]++ }, func() map[K]int { return b.m }
}

func Pair2[A, B any](a A, b B) any {
	type pair struct {
		First  A
		Second B
	}
	return pair{a, b}
}

type Celsius float64

func (c Celsius) String() string { return strconv.FormatFloat(float64(c), 'f', 1, 64) + "C" }

type Setter[T any] interface {
	*T
	Set(string)
}

type Word struct{ s string }

func (w *Word) Set(s string) { w.s = "<" + s + ">" }

func FromStrings[T any, PT Setter[T]](ss []string) []T {
	out := make([]T, len(ss))
	for i, s := range ss {
		p := PT(&out[i])
		p.Set(s)
	}
	return out
}

func Length[T string | []byte](x T) (n int) {
	for i := range len(x) {
		n += int(x[i]) % 2
	}
	return n + len(x)*100
}

func First[T ~string | ~[]byte](x T) byte { return x[0] }

func Send[T any](c chan<- T, v T) { c <- v }

func Default[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

func double[T Number](x T) T { return x * 2 }

func Count[T any](n int) int {
	if n == 0 {
		return 0
	}
	return 1 + Count[T](n-1)
}

func even[T Number](n T) bool {
	if n == 0 {
		return true
	}
	return odd(n - 1)
}

func odd[T Number](n T) bool {
	if n == 0 {
		return false
	}
	return even(n - 1)
}

func half[T ~float32 | ~float64](x T) T { return x*0.5 + 1 }

func main() {
	fmt.Println(Map([]int{1, 2, 3}, func(i int) string { return fmt.Sprint(i * i) }))
	fmt.Println(Map([]int{1, 2}, strconv.Itoa), Map[string, int]([]string{"a", "bb"}, func(s string) int { return len(s) }))
	fmt.Println(Filter([]int{1, 2, 3, 4}, func(i int) bool { return i%2 == 0 }))
	fmt.Println(Reduce([]int{1, 2, 3}, "", func(a string, i int) string { return a + fmt.Sprint(i) }))
	fmt.Println(Sum(1, 2, 3), Sum(1.5, 2), Sum[int8](100, 27), Sum[Celsius](1, 2.5))
	type Floats []float64
	fmt.Printf("%T %v\n", Scale(Floats{1, 2}, 3), Scale(Floats{1, 2}, 3))
	fmt.Println(Keys(map[string]int{"b": 1, "a": 2}), Keys(map[int]bool{3: true, 1: false}))
	fmt.Println(Max(1, 2), Max("a", "b"), Max(2.5, 1))
	fmt.Printf("%v %q %v %v\n", Zero[int](), Zero[string](), Zero[[]int]() == nil, Zero[*int]() == nil)
	fmt.Println(*Ptr(3), *Ptr("x"))
	fmt.Println(Must(strconv.Atoi("12")))
	fmt.Println(Half(7), Half(7.0), Half[float32](1))
	fmt.Println(Mean([]int{1, 2, 4}), Mean([]float64{}))
	fmt.Println(Kind(1), Kind("s"), Kind(2.5), Kind(Celsius(1)), Kind(time.Second), Kind([]int{}))
	fmt.Println(IsA[int](3), IsA[string](3), IsA[error](errors.New("x")), IsA[fmt.Stringer](Celsius(1)))
	fmt.Println(Convert[int](2.9), Convert[uint8](300), Convert[float32](1))
	fmt.Println(Fib(10), Fib(5.0))
	fmt.Println(Join([]Celsius{1, 2}, ", "), Join([]time.Duration{1, 2e9}, ", "))
	fmt.Println(Apply(3, double, double[int], func(i int) int { return i + 1 }))
	fmt.Println(Compose(strconv.Itoa, func(s string) []byte { return []byte(s + "!") })(42))
	inc, all := Counter[string]()
	inc("a")
	inc("b")
	inc("a")
	fmt.Println(all())
	fmt.Printf("%v %+v\n", Pair2(1, "x"), Pair2("y", 2.5))
	fmt.Println(FromStrings[Word]([]string{"a", "b"}))
	fmt.Println(Length("héllo"), Length([]byte("abc")), First("xyz"), First([]byte{7}))
	c := make(chan string, 1)
	Send(c, "sent")
	fmt.Println(<-c)
	fmt.Println(Default("", "d"), Default(3, 4), Default[any](nil, "any"))
	fmt.Println(Count[string](5), even(10), odd[int8](7), half(3.0), half[float32](1))
	f := Max[string]
	fmt.Println(f("p", "q"))
	fmt.Printf("%T %T\n", f, Map[int, Celsius])
	defer fmt.Println(Sum(1, 1))
	defer func() { fmt.Println("recovered:", recover()) }()
	Must(strconv.Atoi("zz"))
}
