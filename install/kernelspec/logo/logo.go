// Package logo holds the kernel's logo in the three forms that Jupyter looks for.
package logo

import "embed"

//go:generate go run ./gen

//go:embed logo-svg.svg logo-64x64.png logo-32x32.png
var files embed.FS

// Files returns the logos by the names that they have in a kernel's folder.
func Files() map[string][]byte {
	out := map[string][]byte{}
	for _, name := range []string{"logo-svg.svg", "logo-64x64.png", "logo-32x32.png"} {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err) // they are part of the program
		}
		out[name] = data
	}
	return out
}
