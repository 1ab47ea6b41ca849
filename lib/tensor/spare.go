package tensor

import "unsafe"

// A Spare is a buffer of the store that no tensor uses. Between two steps it serves work that needs room for a moment, as an
// optimiser that wants to be able to undo what it does.
type Spare struct {
	Data  []float32 // of any content
	scope int
}

// TakeSpare takes the largest buffer out of the store of scopes; ok is false if it is empty. Return puts it back.
func TakeSpare() (s Spare, ok bool) {
	arena.Lock()
	defer arena.Unlock()
	size := 0
	for n, list := range arena.free {
		if len(list) > 0 {
			size = max(size, n)
		}
	}
	if size == 0 {
		return Spare{}, false
	}
	list := arena.free[size]
	last := list[len(list)-1]
	list[len(list)-1] = spare{}
	arena.free[size] = list[:len(list)-1]
	return Spare{unsafe.Slice(unsafe.SliceData(last.buffer), cap(last.buffer)), last.scope}, true
}

// Return puts the buffer back, with the age that it had: to be taken as a Spare does not keep it in store.
func (s Spare) Return() {
	arena.Lock()
	defer arena.Unlock()
	if arena.free != nil {
		arena.free[cap(s.Data)] = append(arena.free[cap(s.Data)], spare{s.Data, s.scope})
	}
}
