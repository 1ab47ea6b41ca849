package server

import "unicode/utf8"

// byteOffset turns a cursor in code points into an offset in bytes. A missing cursor, or one past the end, is the end.
func byteOffset(code string, cursor *int) int {
	if cursor == nil {
		return len(code)
	}
	n := 0
	for i := range code {
		if n >= *cursor {
			return i
		}
		n++
	}
	return len(code)
}

// points turns an offset in bytes into a count of code points.
func points(code string, offset int) int { return utf8.RuneCountInString(code[:offset]) }
