package compute

// Levels are the instruction sets of this processor that there are kernels for, the best first.
func Levels() (names []string) {
	for _, l := range levels() {
		names = append(names, l.name)
	}
	return names
}

// SetLevel switches to one of Levels and returns the one before: for tests of what a machine without the better ones computes.
// Weights that are packed for one are not read by another. Nothing may compute meanwhile.
func SetLevel(name string) (before string) {
	before = active.name
	active = chooseLevel(name)
	return before
}
