package main

import (
	"bytes"
	"container/heap"
	"container/list"
	"container/ring"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/big"
	"math/bits"
	"math/cmplx"
	"math/rand"
	randv2 "math/rand/v2"
	"sort"
)

type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type checker struct{}

func (checker) ColorModel() color.Model { return color.GrayModel }
func (checker) Bounds() image.Rectangle { return image.Rect(0, 0, 4, 4) }
func (checker) At(x, y int) color.Color { return color.Gray{uint8((x + y) % 2 * 255)} }

type counter struct{ idents int }

func (c *counter) Visit(n ast.Node) ast.Visitor {
	if _, ok := n.(*ast.Ident); ok {
		c.idents++
	}
	return c
}

func main() {
	h := &intHeap{5, 2, 8}
	heap.Init(h)
	heap.Push(h, 1)
	for h.Len() > 0 {
		fmt.Print(heap.Pop(h), " ")
	}
	l := list.New()
	l.PushBack(1)
	l.PushFront("z")
	for e := l.Front(); e != nil; e = e.Next() {
		fmt.Print(e.Value, " ")
	}
	r := ring.New(3)
	for i := range r.Len() {
		r.Value = i
		r = r.Next()
	}
	r.Do(func(v any) { fmt.Print(v, " ") })
	fmt.Println()
	fmt.Println(math.Sqrt(2), math.Inf(1), math.NaN(), math.MaxInt64, math.Pi, math.MaxUint32, math.Hypot(3, 4))
	f := new(big.Int)
	f.MulRange(1, 30)
	x, _ := new(big.Float).SetString("1.5")
	fmt.Println(f, big.NewRat(3, 6), x.Add(x, x), f.Cmp(big.NewInt(1)), bits.OnesCount(255), bits.Len(8))
	fmt.Println(cmplx.Abs(3+4i), cmplx.Exp(1i*math.Pi), real(cmplx.Sqrt(-1)))
	rng := rand.New(rand.NewSource(42))
	fmt.Println(rng.Intn(100), rng.Float64(), rng.Perm(5))
	r2 := randv2.New(randv2.NewPCG(1, 2))
	fmt.Println(r2.IntN(100), r2.NormFloat64(), r2.Uint32())
	idx := sort.Search(100, func(i int) bool { return i*i >= 50 })
	fmt.Println(idx, sort.SearchInts([]int{1, 3, 5}, 4))
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	draw.Draw(m, m.Bounds(), checker{}, image.Point{}, draw.Src)
	m.Set(1, 1, color.RGBA{R: 255, A: 255})
	var b bytes.Buffer
	fmt.Println(png.Encode(&b, m))
	fmt.Println(jpeg.Encode(&b, checker{}, &jpeg.Options{Quality: 80}))
	dec, kind, err := image.Decode(&b)
	fmt.Println(dec.Bounds(), kind, err, dec.At(1, 1), color.GrayModel.Convert(color.White))
	fmt.Println(gif.Encode(&b, checker{}, nil))
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", "package p\nfunc f( a int)int{return a+1}", 0)
	c := &counter{}
	ast.Walk(c, file)
	var src bytes.Buffer
	format.Node(&src, fset, file)
	fmt.Println(err, c.idents, src.String())
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			fmt.Println(lit.Kind, lit.Value, fset.Position(lit.Pos()))
		}
		return true
	})
}
