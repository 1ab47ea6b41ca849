package main

import "fmt"

type Topic struct {
	subs map[int]func(string)
	next int
}

func (t *Topic) On(f func(string)) (off func()) {
	if t.subs == nil {
		t.subs = map[int]func(string){}
	}
	id := t.next
	t.next++
	t.subs[id] = f
	return func() { delete(t.subs, id) }
}
func (t *Topic) Emit(s string) int {
	for i := 0; i < t.next; i++ {
		if f := t.subs[i]; f != nil {
			f(s)
		}
	}
	return len(t.subs)
}

var news Topic
var seen []string

func main() {
	offA := news.On(func(s string) { seen = append(seen, "A:"+s) })
	news.On(func(s string) { seen = append(seen, "B:"+s) })
	news.Emit("one")
	offA()
	n := news.Emit("two")
	fmt.Println(seen, n)
}
