package main

import "fmt"

type row struct{ a, _, c int }

type labelled struct {
	_ string
	x int
	_ []int
}

func main() {
	x, y := row{1, 2, 3}, row{1, 5, 3}
	fmt.Println(x == y, x, y, map[row]int{x: 1}[y], any(x) == any(y), labelled{x: 1}, labelled{"l", 2, nil})
	rows := []row{{1, 2, 3}, {1, 3, 3}}
	fmt.Println(rows[0] == rows[1], &rows[1] == &rows[0])
}
