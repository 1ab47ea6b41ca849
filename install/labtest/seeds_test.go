package labtest

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
)

var seeds = flag.String("seeds", "", "run every chapter of the course with each of these seeds, such as 1,2,3 (about 25 minutes; give -timeout 60m)")

// TestSeeds runs chapters without Jupyter with other seeds than the one in the notebook: what they assert must hold. By
// itself it takes the quickest chapter and one seed.
func TestSeeds(t *testing.T) {
	numbers, chapters := []string{"1"}, []string{filepath.Join(root, "notebooks", "04_reward_model.ipynb")}
	if *seeds != "" {
		numbers = strings.Split(*seeds, ",")
		var err error
		if chapters, err = filepath.Glob(filepath.Join(root, "notebooks", "0[2-7]_*.ipynb")); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, chapter := range chapters {
		for _, seed := range numbers {
			chapter, err := filepath.Abs(chapter)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(chapter), ".ipynb") + "." + seed
			t.Run(name, func(t *testing.T) {
				out := filepath.Join(dir, name+".ipynb")
				if code, _, errs := runs(t, isolated(t.TempDir()), dir, program(t), "run", "--param", "seed="+seed, "-o", out, chapter); code != 0 {
					t.Fatalf("exit code %d\n%s", code, errs)
				}
				checkExecuted(t, out)
			})
		}
	}
}
