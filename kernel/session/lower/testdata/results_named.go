package main

import "fmt"

type Ring struct {
	cells      []rune
	head, used int
}

func (r *Ring) Take() (v rune, ok bool) {
	if r.used == 0 {
		return
	}
	v, ok = r.cells[r.head], true
	r.head = (r.head + 1) % len(r.cells)
	r.used--
	return
}
func main() {
	q := &Ring{[]rune{'a', 'b'}, 0, 2}
	for i := 0; i < 5; i++ {
		c, more := q.Take()
		if !more {
			break
		}
		fmt.Printf("%c", c)
	}
}
