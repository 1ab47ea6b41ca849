//go:build !amd64 && !arm64

package forge

import "unsafe"

const numSlots = 0

var usedSlots int

func slotEntry(int) unsafe.Pointer { return nil }
func setSlot(int, unsafe.Pointer)  {}

// Supported says whether this platform can give forged types methods.
const Supported = false
