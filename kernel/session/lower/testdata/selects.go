package main

import (
	"errors"
	"fmt"
	"time"
)

type R struct {
	v   int
	Err error
}

func Try(f func() (int, error)) (r R) {
	defer func() {
		if p := recover(); p != nil {
			r.Err = errors.New("p")
		}
	}()
	v, err := f()
	return R{v, err}
}

type I interface{ M() }
type None struct{}

func (None) M()   {}
func fi(p I) bool { return p == nil }

type Src func() Src

func Seq() Src { return nil }

type Token *[16]byte
type Chan chan Chan

func (ch Chan) recv() Chan { return <-ch }
func main() {
	fmt.Println(Try(func() (int, error) { return 1, nil }))
	fmt.Println(fi(nil), fi(None{}), Seq() == nil)
	var s any = None{}
	n := s.(None)
	fmt.Println(n)
	var t Token
	fmt.Println(len(t))
	c := make(chan int, 1)
	c <- 4
	m := map[string]int{}
	var ok bool
	select {
	case m["k"], ok = <-c:
		fmt.Println(m, ok)
	}
	select {
	case v, ok := <-c:
		fmt.Println(v, ok)
	default:
		fmt.Println("def")
	}
	var nc chan int
	select {
	case <-nc:
	case nc <- 1:
	case <-time.After(time.Millisecond):
		fmt.Println("timeout")
	}
	close(c)
	for i := 0; i < 2; i++ {
		select {
		case v, ok := <-c:
			if i == 0 {
				continue
			}
			fmt.Println(v, ok)
			break
		}
	}
	cc := make(Chan, 1)
	cc <- nil
	fmt.Println(cc.recv() == nil)
	fmt.Println(len(map[any]int{int(0): 0, int8(0): 1, 0.0: 2}))
	var r <-chan int = make(<-chan int)
	_ = r
	done := make(chan struct{})
	go func() { defer close(done); time.Sleep(time.Millisecond) }()
	select {
	case <-done:
		fmt.Println("done")
	}
	q := make(chan string, 2)
	q <- "a"
	select {
	case q <- "b":
		fmt.Println("sent", len(q))
	}
}
