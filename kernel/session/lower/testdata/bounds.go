package main

import "fmt"

type grid struct {
	rows  [][]int
	cells [3]int
	at    map[string][]int
}

func (g *grid) self() *grid { return g }

func numbers() []int   { return []int{1, 2, 3} }
func array() [3]int    { return [3]int{4, 5, 6} }
func behind() *[3]int  { return &[3]int{7, 8, 9} }
func text() string     { return "abc" }
func say(s string) int { fmt.Print(s, " "); return 1 }
func said(s string) []int {
	fmt.Print(s, " ")
	return []int{10, 20}
}

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	i, j, minus, g := 7, 1, -1, &grid{at: map[string][]int{"x": {1}}}
	for _, f := range []func(){
		func() { _ = numbers()[i] },
		func() { _ = numbers()[minus] },
		func() { _ = numbers()[i:] },
		func() { _ = numbers()[:i] },
		func() { _ = numbers()[i:1] },
		func() { _ = numbers()[1:i:2] },
		func() { _ = numbers()[0:2:i] },
		func() { _ = text()[i] },
		func() { _ = text()[i:] },
		func() { _ = text()[:i] },
		func() { _ = text()[2:j] },
		func() { _ = text()[minus:] },
		func() { _ = array()[i] },
		func() { _ = behind()[i] },
		func() { _ = behind()[:i] },
		func() { _ = g.cells[:i] },
		func() { _ = []int{1, 2, 3}[5] },
		func() { _ = [...]string{2: "x"}[i] },
		func() { _ = []byte("ab")[i] },
		func() { _ = g.at["x"][i] },
		func() { g.at["y"][0] = 1 },
		func() { g.at["x"][i]++ },
		func() { _ = g.at["y"][1:] },
	} {
		try(f)
	}
	g.self().cells[j] = 5
	g.self().cells[j] += 2
	g.at["x"][0] += 4
	g.self().at["x"][0]++
	fmt.Println(g.cells, g.at, numbers()[j], array()[j], behind()[j:], text()[j], []int{3, 4}[j], g.self().cells[j])
	fmt.Println(say("a")+said("b")[j]+say("c")*said("d")[0], said("e")[say("f")], said("g")[:j], j > 5 && said("h")[i] > 0)
	for k := 0; k < said("k")[0]/5; k++ {
		said("l")[0], said("m")[1] = k, said("n")[j]
	}
	fmt.Println()
}
