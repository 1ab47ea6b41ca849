package rl

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// A GoRunner compiles Go and runs its tests, in a place where what it does can do no harm. Source and test are two files of
// one package; compiled tells whether they build, passed whether all tests passed within the limit. An error means that the
// runner itself does not work.
type GoRunner interface {
	RunGo(source, test string, limit time.Duration) (compiled, passed bool, err error)
}

// Go is the runner that GoTests uses. A host with an interpreter of its own may put another one in its place; this one calls
// the go command.
var Go GoRunner = goCommand{}

// GoTests gives 1 where the Go code of the completion passes the tests in a column of the data set within the limit (0: 5 s),
// 0.25 where it compiles but fails, 0 where it does not compile. The code is what stands in the last ``` fence, or the whole
// completion; the tests are a Go test file of the same package, of which package and imports may be left out. The code is
// run: a model that writes what it should not is stopped by the limit only.
func GoTests(column string, limit time.Duration) Reward {
	if limit == 0 {
		limit = 5 * time.Second
	}
	return Named("go_tests", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			source := GoCode(r.Completion)
			if _, err := parser.ParseFile(token.NewFileSet(), "solution.go", source, parser.SkipObjectResolution); err != nil {
				return 0
			}
			compiled, passed, err := Go.RunGo(source, testFile(r.Text(column)), limit)
			switch {
			case err != nil:
				panic(fmt.Sprintf("the Go code of completion %d could not be run: %v", r.Index, err))
			case passed:
				return 1
			case compiled:
				return 0.25
			}
			return 0
		})
	})
}

var goFence = regexp.MustCompile("(?s)```(?:go|golang)?[ \t]*\n(.*?)```")

// GoCode finds the Go file in a completion: the last ``` fence, or all of it, with a package clause if there is none.
func GoCode(completion string) string {
	code := completion
	if m := goFence.FindAllStringSubmatch(completion, -1); m != nil {
		code = m[len(m)-1][1]
	}
	if !packageClause.MatchString(code) {
		code = "package solution\n\n" + code
	}
	return packageClause.ReplaceAllString(code, "package solution")
}

var packageClause = regexp.MustCompile(`(?m)^\s*package\s+\w+`)

func testFile(tests string) string {
	if !strings.Contains(tests, `"testing"`) {
		tests = "import \"testing\"\n\n" + packageClause.ReplaceAllString(tests, "")
	}
	if !packageClause.MatchString(tests) {
		tests = "package solution\n\n" + tests
	}
	return packageClause.ReplaceAllString(tests, "package solution")
}

// goCommand runs the tests with the go command in a folder of their own, without network.
type goCommand struct{}

func (goCommand) RunGo(source, test string, limit time.Duration) (compiled, passed bool, err error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return false, false, fmt.Errorf("there is no go command to compile it with: %w", err)
	}
	dir, err := os.MkdirTemp("", "solution")
	if err != nil {
		return false, false, err
	}
	defer os.RemoveAll(dir)
	for name, text := range map[string]string{"go.mod": "module solution\n\ngo 1.21\n", "solution.go": source, "solution_test.go": test} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return false, false, err
		}
	}
	build := exec.Command(tool, "test", "-c", "-vet=off", "-o", "solution.test", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOTOOLCHAIN=local")
	if err := build.Run(); err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return false, false, nil
		}
		return false, false, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	run := exec.CommandContext(ctx, filepath.Join(dir, "solution.test"))
	run.Dir, run.Env, run.WaitDelay = dir, []string{"HOME=" + dir, "TMPDIR=" + dir}, time.Second
	return true, run.Run() == nil, nil
}
