package rt

import (
	"cmp"
	"fmt"
	"reflect"
	"unicode/utf8"
)

// Count is the right operand of a shift: negative counts panic as in Go.
func Count(n int) uint {
	if n < 0 {
		BadShift()
	}
	return uint(n)
}

// BadShift panics as a shift by a negative count does.
func BadShift() { panic(runtimeError("negative shift amount")) }

// Clear empties a map, or zeroes the elements of a slice.
func Clear(v any) { reflect.ValueOf(v).Clear() }

// Runes decodes a string as range does: at[i] is the byte offset of runes[i],
// and an invalid byte is U+FFFD of width 1.
func Runes(s string) (at []int, runes []rune) {
	n := utf8.RuneCountInString(s)
	at, runes = make([]int, 0, n), make([]rune, 0, n)
	for i, r := range s {
		at, runes = append(at, i), append(runes, r)
	}
	return at, runes
}

func least[T cmp.Ordered](first T, rest ...T) T {
	for _, v := range rest {
		first = min(first, v)
	}
	return first
}

func greatest[T cmp.Ordered](first T, rest ...T) T {
	for _, v := range rest {
		first = max(first, v)
	}
	return first
}

// underlying strips the name of a basic type, for formatting without methods.
func underlying(v any) any {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Bool:
		return r.Bool()
	case reflect.String:
		return r.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return r.Uint()
	case reflect.Float32:
		return float32(r.Float())
	case reflect.Float64:
		return r.Float()
	case reflect.Complex64, reflect.Complex128:
		return r.Complex()
	case reflect.UnsafePointer:
		return word(fmt.Sprintf("%#x", r.Pointer()))
	}
	return v
}
