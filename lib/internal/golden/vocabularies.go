package golden

import (
	"os"
	"testing"
)

// Vocabularies is the folder models of llama.cpp, unpacked from the source package llama-cpp-python 0.3.36: .ci/run fetches it
// and names it in LYCEUM_VOCABULARIES. Without it the test is skipped, but fails in CI.
func Vocabularies(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("LYCEUM_VOCABULARIES")
	if folder == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("LYCEUM_VOCABULARIES names no folder")
		}
		t.Skip("LYCEUM_VOCABULARIES names no folder with the vocabularies and templates of llama.cpp")
	}
	return folder
}
