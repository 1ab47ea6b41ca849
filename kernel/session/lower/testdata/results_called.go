package main

import "encoding/binary"
import "fmt"

type item interface{}
type dch struct {
	req chan int
	dat chan item
	nam int
}
type dch2 [2]*dch

func dosplit(in *dch, out *dch2, wait chan int) {
	both := false
	select {
	case <-out[0].req:
	case <-wait:
		both = true
	}
	in.req <- 1
	dat := <-in.dat
	out[0].dat <- dat
	_ = both
}
func main() {
	o := binary.LittleEndian
	fmt.Println(o.Uint16([]byte{1, 2}))
	var ok [2]bool
	fmt.Println(ok)
	f()()
}
func f() func() { return g }
func g()        { fmt.Println("g") }
