package session

import (
	"go/token"
	"go/types"
	"sync"

	"lyceum/kernel/symbols"
)

// importer reads type information for go/types from what the kernel embeds, a package at a time.
type importer struct {
	mu   sync.Mutex
	fset *token.FileSet
	done map[string]*types.Package
}

func newImporter() *importer {
	return &importer{fset: token.NewFileSet(), done: map[string]*types.Package{}}
}

// Import implements types.Importer.
func (im *importer) Import(path string) (*types.Package, error) {
	im.mu.Lock()
	defer im.mu.Unlock()
	return symbols.Import(im.fset, im.done, path)
}
