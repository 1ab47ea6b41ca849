//go:build amd64 || arm64

package forge

import "unsafe"

// numSlots is the number of method bodies that can exist; it matches the
// number of entries in slots_*.s.
const numSlots = 8192

// slotFuncs holds the closure behind each entry. The entry loads it into the
// closure register and jumps to its code, all arguments untouched, so a method
// call with receiver p and arguments a becomes the call closure(p, a).
var slotFuncs [numSlots]unsafe.Pointer

var usedSlots int

// slotBase is the address of the first entry.
var slotBase uintptr

// slotCode is the block of entries; it is never called by this name.
func slotCode()

func slotEntry(i int) unsafe.Pointer {
	return unsafe.Add(*(*unsafe.Pointer)(unsafe.Pointer(&slotBase)), uintptr(i)*slotStride)
}

// setSlot stores a closure. A method may be redefined while another goroutine
// runs the old body; that one finishes as it began.
func setSlot(i int, closure unsafe.Pointer) { slotFuncs[i] = closure }

// Supported says whether this platform can give forged types methods.
const Supported = true
