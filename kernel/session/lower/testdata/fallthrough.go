package main

import "fmt"

func c(s string, b bool) bool { fmt.Print(s, " "); return b }

func main() {
	i5 := 5
	fired := false
	switch {
	default:
		fired = true
	}
	fmt.Println(fired)
	count := 0
	switch {
	default:
		count++
		fallthrough
	case false:
		count++
	}
	fmt.Println(count)
	count = 0
	switch i5 {
	case 5:
		count++
		fallthrough
	default:
		count += 10
	case 6:
		count += 100
	}
	fmt.Println(count)
	for i := range 4 {
		switch {
		default:
			fmt.Print("def ")
			if i == 3 {
				break
			}
			fallthrough
		case c("one", i == 1):
			fmt.Print("1 ")
		case c("two", i == 2):
			fmt.Print("2 ")
			fallthrough
		case c("three", false):
			fmt.Print("3 ")
		}
		fmt.Println(i)
	}
	for i := range 3 {
		switch i {
		case 0:
			fmt.Print("0 ")
			fallthrough
		default:
			fmt.Print("d ")
			fallthrough
		case 1:
			fmt.Print("1 ")
		}
		fmt.Println(i)
	}
	for _, x := range []any{1, "a", 2.5, nil} {
		switch x {
		case 1:
			fmt.Print("one ")
		default:
			fmt.Print("d ")
			fallthrough
		case "a":
			fmt.Print("a ")
		}
		switch x.(type) {
		default:
			fmt.Print("other ")
		case int:
			fmt.Print("int ")
		case nil:
			fmt.Print("nil ")
		}
	}
	fmt.Println()
outer:
	for i := range 4 {
	inner:
		switch x := i * 2; x {
		case 0:
			if i == 0 {
				break inner
			}
			fallthrough
		case 2:
			defer fmt.Println("deferred", x)
			fallthrough
		case 4:
			if i == 2 {
				continue outer
			}
			fmt.Println("case 4 of", x)
		default:
			fmt.Println("the rest")
			break outer
		}
		fmt.Println("after", i)
	}
	fmt.Println(grade(95), grade(85), grade(10))
}

func grade(n int) (s string) {
	switch {
	case n > 90:
		s += "A"
		fallthrough
	case n > 80:
		return s + "B"
	default:
		return "F"
	}
}
