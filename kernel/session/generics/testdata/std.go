package main

import (
	"cmp"
	"crypto/hkdf"
	"crypto/pbkdf2"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unique"
	"weak"
)

type Name string

type Emp struct {
	Name Name
	Age  int
}

type Emps []Emp

type Config struct{ Port int }

type notFound struct{ what string }

func (n notFound) Error() string { return n.what + " not found" }

func try(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(what, "panics:", r)
		}
	}()
	f()
}

func sorting() {
	nan := math.NaN()
	fs := []float64{3, nan, 1, math.Inf(-1), nan, 2}
	slices.Sort(fs)
	fmt.Println(fs, slices.IsSorted(fs))
	names := []Name{"c", "a", "b"}
	slices.Sort(names)
	fmt.Println(names, slices.Contains(names, "a"), slices.Index(names, "zz"))
	emps := Emps{{"x", 30}, {"y", 25}, {"z", 30}, {"w", 25}, {"v", 1}, {"u", 30}, {"t", 25}, {"s", 2}}
	slices.SortStableFunc(emps, func(a, b Emp) int { return cmp.Compare(a.Age, b.Age) })
	fmt.Println(emps)
	slices.SortFunc(emps, func(a, b Emp) int {
		return cmp.Or(-cmp.Compare(a.Age, b.Age), strings.Compare(string(a.Name), string(b.Name)))
	})
	fmt.Println(emps)
	fmt.Println(slices.MaxFunc(emps, func(a, b Emp) int { return a.Age - b.Age }), slices.MinFunc(emps, func(a, b Emp) int { return a.Age - b.Age }))
	fmt.Println(slices.BinarySearch([]int{1, 3, 5}, 3))
	fmt.Println(slices.BinarySearch([]Name{"a", "c"}, "b"))
	fmt.Println(slices.BinarySearchFunc([]Emp{{"a", 1}, {"b", 5}}, 5, func(e Emp, t int) int { return e.Age - t }))
	fmt.Println(slices.Max([]int{3, 9, 2}), slices.Min([]Name{"q", "b"}), slices.Max([]float64{1, nan, 3}))
	big := make([]Emp, 500)
	for i := range big {
		big[i] = Emp{Age: (i * 7919) % 1009}
	}
	slices.SortFunc(big, func(a, b Emp) int { return a.Age - b.Age })
	fmt.Println(slices.IsSortedFunc(big, func(a, b Emp) int { return a.Age - b.Age }), sort.SliceIsSorted(big, func(i, j int) bool { return big[i].Age < big[j].Age }))
}

func editing() {
	type T struct{ A int }
	s := []T{{1}, {2}, {3}, {4}}
	fmt.Println(slices.Insert(slices.Clone(s), 1, T{9}, T{8}), slices.Delete(slices.Clone(s), 1, 3), slices.Replace(slices.Clone(s), 0, 2, T{7}))
	fmt.Println(slices.Compact([]T{{1}, {1}, {2}}), slices.CompactFunc([]string{"a", "A", "b"}, strings.EqualFold))
	fmt.Println(slices.DeleteFunc(slices.Clone(s), func(t T) bool { return t.A%2 == 0 }), slices.IndexFunc(s, func(t T) bool { return t.A == 3 }), slices.ContainsFunc(s, func(t T) bool { return t.A > 4 }))
	slices.Reverse(s)
	fmt.Println(s, slices.Concat(s, s[:1]), slices.Repeat([]T{{0}}, 2), slices.Equal(s, s), slices.EqualFunc(s, []int{4, 3, 2, 1}, func(t T, i int) bool { return t.A == i }))
	fmt.Println(cap(slices.Clip(make([]T, 1, 9))), cap(slices.Grow([]T(nil), 3)) >= 3, slices.Compare([]Name{"a"}, []Name{"a", "b"}), slices.CompareFunc(s, s, func(a, b T) int { return a.A - b.A }))
	x := []int{1, 2, 3, 4, 5, 6}
	y := slices.Delete(x, 1, 3)
	fmt.Println(x, y)
	z := make([]T, 2, 10)
	z = slices.Insert(z, 1, z[0:1]...)
	fmt.Println(z, slices.Clone([]T(nil)) == nil)
	try("Max", func() { slices.Max([]Name{}) })
	try("MinFunc", func() { slices.MinFunc([]T{}, func(a, b T) int { return 0 }) })
	try("Chunk", func() { slices.Chunk(s, 0) })
	try("Repeat", func() { slices.Repeat(s, -1) })
	try("Grow", func() { slices.Grow(s, -1) })
}

func mapping() {
	m := map[Name]Emp{"a": {"a", 1}, "b": {"b", 2}}
	c := maps.Clone(m)
	delete(c, "a")
	fmt.Println(len(m), len(c), maps.Equal(m, m), maps.EqualFunc(m, c, func(a, b Emp) bool { return true }))
	maps.DeleteFunc(m, func(k Name, e Emp) bool { return e.Age > 1 })
	maps.Copy(c, m)
	fmt.Println(m, c, slices.Sorted(maps.Keys(c)))
	maps.Insert(c, maps.All(map[Name]Emp{"z": {"z", 26}}))
	fmt.Println(len(c), maps.Clone(map[int]int(nil)) == nil)
}

func others() {
	fmt.Println(cmp.Compare(math.NaN(), 1), cmp.Less(1, 2), cmp.Or("", "x"), cmp.Compare(Name("a"), "b"), min(Name("b"), "a"))
	n := 0
	once := sync.OnceValue(func() int { n++; return n * 10 })
	fmt.Println(once(), once(), n)
	load := sync.OnceValues(func() (*Config, error) { n++; return &Config{80}, nil })
	c, err := load()
	load()
	fmt.Println(c.Port, err, n)
	bad := sync.OnceValue(func() int { panic("bad") })
	try("OnceValue", func() { bad() })
	try("OnceValue again", func() { bad() })
	var p atomic.Pointer[Config]
	fmt.Println(p.Load() == nil)
	old := &Config{1}
	p.Store(old)
	fmt.Println(p.CompareAndSwap(old, &Config{2}), p.Load().Port, p.Swap(nil).Port, p.Load())
	type holder struct {
		cfg atomic.Pointer[Config]
		n   atomic.Int64
	}
	h := &holder{}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Add(1)
		go func() { defer wg.Done(); h.cfg.Store(&Config{i}); h.n.Add(1) }()
	}
	wg.Wait()
	fmt.Println(h.cfg.Load() != nil, h.n.Load())
	e := fmt.Errorf("ctx: %w", notFound{"key"})
	nf, ok := errors.AsType[notFound](e)
	fmt.Println(nf.what, ok)
	fmt.Println(reflect.TypeFor[Emp](), reflect.TypeFor[map[string]int](), reflect.TypeFor[error]())
	fmt.Println(unique.Make("a") == unique.Make("a"), unique.Make(Emp{"a", 1}) == unique.Make(Emp{"a", 2}), unique.Make(Emp{"a", 1}).Value())
	d := rand.N(10 * time.Minute)
	fmt.Println(d >= 0 && d < 10*time.Minute, rand.N(1), rand.N[int64](1))
	seed := maphash.MakeSeed()
	fmt.Println(maphash.Comparable(seed, Emp{"a", 1}) == maphash.Comparable(seed, Emp{"a", 1}))
	key, err := hkdf.Key(sha256.New, []byte("secret"), nil, "info", 8)
	fmt.Printf("%x %v\n", key, err)
	key, err = pbkdf2.Key(sha256.New, "password", []byte("salt"), 2, 8)
	fmt.Printf("%x %v\n", key, err)
	blob := &Emp{"weak", 1}
	w := weak.Make(blob)
	fmt.Println(w.Value() == blob, w == weak.Make(blob), w.Value().Name)
	runtime.AddCleanup(blob, func(string) {}, "gone")
	runtime.KeepAlive(blob)
	x, is := reflect.TypeAssert[fmt.Stringer](reflect.ValueOf(time.Second))
	fmt.Println(x, is)
	try("rand.N", func() { rand.N(0) })
	var null sql.Null[int64]
	fmt.Println(null.Scan(int64(5)), null.V, null.Valid, null.Scan(nil), null.Valid)
	fmt.Printf("%T %T\n", &p, unique.Make(1))
}

func main() {
	sorting()
	editing()
	mapping()
	others()
}
