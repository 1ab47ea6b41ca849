package main

import "fmt"

func kind(v any) string {
	switch x := v.(type) {
	case int, int64:
		return fmt.Sprintf("integer %v", x)
	case func(int) int:
		return fmt.Sprint("func ", x(2))
	default:
		return fmt.Sprintf("other %T", x)
	}
}
func f() (top float64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("at: %v", p)
		}
	}()
	panic(1)
}
func fs() (float64, error) {
	if len(fmt.Sprint()) == 0 {
		return 2.5, nil
	}
	return 1, nil
}
func main() {
	for _, v := range []any{1, int64(2), func(i int) int { return i * 2 }} {
		fmt.Println(kind(v))
	}
	for i := 0; i < 3; i++ {
		fmt.Println(fs())
		fmt.Println(f())
	}
}
