package main

import "fmt"

func helper() any { return recover() }
func nested() (r string) {
	defer func() {
		if x := recover(); x != nil {
			r = fmt.Sprint("outer ", x)
		}
	}()
	defer func() {
		func() {
			if x := recover(); x != nil {
				r = "inner recovered"
			}
		}()
	}()
	panic("p1")
}
func viaHelper() (r string) {
	defer func() {
		if x := recover(); x != nil {
			r = fmt.Sprint("outer ", x)
		}
	}()
	defer func() {
		if x := helper(); x != nil {
			r = "helper recovered"
		}
	}()
	panic("p2")
}
func direct() (r string) {
	defer func() { r = fmt.Sprint("d ", r, recover()) }()
	defer helper()
	panic("p3")
}

type T struct{}

func (T) rec() { recover() }
func method() (r string) {
	defer func() { r = fmt.Sprint("m ", recover()) }()
	defer T{}.rec()
	panic("p4")
}
func wrapped() (r string) {
	defer func() { r = fmt.Sprint("w ", recover()) }()
	f := func() { helper() }
	defer f()
	panic("p5")
}
func notPanicking() any { defer func() {}(); return recover() }
func repanic() (r string) {
	defer func() { r = fmt.Sprint("re ", recover()) }()
	defer func() { x := recover(); panic(fmt.Sprint("again ", x)) }()
	panic("p6")
}
func double() (r string) {
	defer func() { r = fmt.Sprint(recover(), recover()) }()
	panic("p7")
}
func deferInDefer() (r string) {
	defer func() { r += fmt.Sprint("|o ", recover()) }()
	defer func() {
		defer func() { r += fmt.Sprint("i ", recover()) }()
	}()
	panic("p8")
}
func deferInDefer2() (r string) {
	defer func() { r += fmt.Sprint("|o ", recover()) }()
	defer func() {
		defer func() { r += fmt.Sprint("i ", recover()) }()
		panic("inner")
	}()
	panic("p9")
}
func args() (r string) {
	defer func() { r = fmt.Sprint("args ", recover()) }()
	defer fmt.Sprint(recover())
	panic("p10")
}
func main() {
	fmt.Println(nested())
	fmt.Println(viaHelper())
	fmt.Println(direct())
	fmt.Println(method())
	fmt.Println(wrapped())
	fmt.Println(notPanicking())
	fmt.Println(repanic())
	fmt.Println(double())
	fmt.Println(deferInDefer())
	fmt.Println(deferInDefer2())
	fmt.Println(args())
}
