package labtest

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lyceum/install/environment"
	"lyceum/kernel/notebook"
)

var ran = regexp.MustCompile(`(?m)^Ran (\d+) tests? in`)

// TestConformance runs the official suite: 13 tests, each of which must run and pass.
func TestConformance(t *testing.T) {
	env := pythonEnv(t)
	script, err := filepath.Abs("testdata/conformance.py")
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := runs(t, clientEnv(t), t.TempDir(), environment.Program(env, "python"), script)
	m := ran.FindStringSubmatch(errs)
	if code != 0 || m == nil || m[1] != "13" || strings.Contains(errs, "skipped") {
		t.Errorf("exit code %d, want 13 tests without a skip\n%s%s", code, out, errs)
	}
	for _, l := range strings.Split(errs, "\n") {
		if strings.Contains(l, " ... ") {
			t.Log(l)
		}
	}
}

var real = flag.Bool("real", false, "also execute notebooks/real, and all notebooks with nbclient too; it wants the model of \"lyceum get smollm2-135m-instruct\"")

// courseNotebooks are the notebooks to execute: the small one of these tests and the course.
func courseNotebooks(t *testing.T) []string {
	t.Helper()
	list := []string{"testdata/small.ipynb"}
	folders := []string{"."}
	if *real {
		folders = append(folders, "real")
	}
	for _, folder := range folders {
		part, err := filepath.Glob(filepath.Join(root, "notebooks", folder, "*.ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, part...)
	}
	return list
}

// copied puts a copy of a notebook into a fresh folder.
func copied(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), filepath.Base(path))
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
	copyData(t, path, filepath.Dir(p))
	return p
}

// copyData copies the data sets that lie beside a notebook into a folder.
func copyData(t *testing.T, notebook, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(notebook), "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, filepath.Base(f)), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// checkExecuted fails if a code cell of the notebook has not run, or has an error that its tags do not announce.
func checkExecuted(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	nb, err := notebook.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	outputs := 0
	for i, c := range nb.Cells {
		if !c.IsCode() {
			continue
		}
		outputs += len(c.Outputs())
		for _, o := range c.Outputs() {
			m, _ := o.(map[string]any)
			if m["output_type"] == "error" && !c.HasTag("raises-exception") {
				t.Errorf("%s, cell %d: %v", filepath.Base(path), i+1, m["evalue"])
			}
		}
	}
	if outputs == 0 {
		t.Errorf("%s: no cell has any output", path)
	}
}

// TestNbclientExecutesTheNotebooks leaves the long ones to the browser, which runs the same cells on the same kernel, unless -real asks
// for all of them in both.
func TestNbclientExecutesTheNotebooks(t *testing.T) {
	env := pythonEnv(t)
	short := []string{"small.ipynb", "00_tour.ipynb", "04_reward_model.ipynb"}
	for _, path := range courseNotebooks(t) {
		if !*real && !slices.Contains(short, filepath.Base(path)) {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			nb := copied(t, path)
			code, out, errs := runs(t, clientEnv(t), filepath.Dir(nb), environment.Program(env, "jupyter-execute"), "--timeout=600", "--inplace", nb)
			if code != 0 {
				t.Fatalf("exit code %d\n%s%s", code, out, errs)
			}
			checkExecuted(t, nb)
			valid(t, env, nb)
		})
	}
}

// valid asks nbformat whether the file keeps to the schema.
func valid(t *testing.T, env, path string) {
	t.Helper()
	const script = "import sys, nbformat; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT))"
	if code, out, errs := runs(t, clientEnv(t), "", environment.Program(env, "python"), "-W", "error", "-c", script, path); code != 0 {
		t.Errorf("%s is not valid:\n%s%s", path, out, errs)
	}
}

// TestRunMatchesNbclient executes the small notebook with "lyceum run" and with nbclient: the outputs are the same.
func TestRunMatchesNbclient(t *testing.T) {
	env := pythonEnv(t)
	ours, theirs := copied(t, "testdata/small.ipynb"), copied(t, "testdata/small.ipynb")
	if code, out, errs := runs(t, clientEnv(t), "", program(t), "run", ours); code != 0 {
		t.Fatalf("lyceum run: exit code %d\n%s%s", code, out, errs)
	}
	if code, out, errs := runs(t, clientEnv(t), "", environment.Program(env, "jupyter-execute"), "--inplace", theirs); code != 0 {
		t.Fatalf("jupyter execute: exit code %d\n%s%s", code, out, errs)
	}
	valid(t, env, ours)
	// nbformat normalises both: then only the times differ.
	const script = `import sys, nbformat
for p in sys.argv[1:]:
    nb = nbformat.read(p, as_version=4)
    for c in nb.cells:
        c.metadata.pop("execution", None)
    nbformat.write(nb, p)`
	if code, _, errs := runs(t, clientEnv(t), "", environment.Program(env, "python"), "-c", script, ours, theirs); code != 0 {
		t.Fatal(errs)
	}
	a, _ := os.ReadFile(ours)
	b, _ := os.ReadFile(theirs)
	if string(a) != string(b) {
		t.Errorf("lyceum run writes\n%s\nnbclient writes\n%s", a, b)
	}
}

func TestPapermill(t *testing.T) {
	env := pythonEnv(t)
	in := copied(t, "testdata/small.ipynb")
	out := filepath.Join(t.TempDir(), "out.ipynb")
	code, o, e := runs(t, clientEnv(t), "", environment.Program(env, "papermill"), "--no-progress-bar", in, out)
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, o, e)
	}
	checkExecuted(t, out)
}

// TestPapermillWithParameters installs the plug-in into the environment of the tests and injects one.
func TestPapermillWithParameters(t *testing.T) {
	env := pythonEnv(t)
	if code, o, e := runs(t, isolated(t.TempDir()), "", program(t), "install", "--prefix", env, "--name", "lyceum-papermill", "--papermill"); code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, o, e)
	}
	in := write(t, filepath.Join(t.TempDir(), "in.ipynb"), "alpha := 1\nname := \"a\"#parameters", "display.Show(name, alpha*2)")
	data, _ := os.ReadFile(in)
	ks := `"metadata":{"kernelspec":{"name":"lyceum","display_name":"Go (Lyceum)","language":"go"}},"nbformat":4`
	if err := os.WriteFile(in, []byte(strings.Replace(string(data), `"metadata":{},"nbformat":4`, ks, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.ipynb")
	code, o, e := runs(t, clientEnv(t), "", environment.Program(env, "papermill"), "--no-progress-bar", "-p", "alpha", "21", "-p", "name", "the answer", in, out)
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, o, e)
	}
	text, _ := os.ReadFile(out)
	if !strings.Contains(string(text), `"42"`) || !strings.Contains(string(text), "the answer") {
		t.Errorf("the parameters were not used:\n%s", text)
	}
}

func TestNbconvertAndConsoleClients(t *testing.T) {
	env := pythonEnv(t)
	nb := copied(t, "testdata/small.ipynb")
	if code, o, e := runs(t, clientEnv(t), filepath.Dir(nb), environment.Program(env, "jupyter-nbconvert"), "--execute", "--to", "html", nb); code != 0 {
		t.Fatalf("nbconvert: exit code %d\n%s%s", code, o, e)
	}
	html, err := os.ReadFile(strings.TrimSuffix(nb, ".ipynb") + ".html")
	if err != nil || !strings.Contains(string(html), "hello from Go") || !strings.Contains(string(html), "data:image/png;base64") {
		t.Errorf("the page lacks the outputs (%v, %d bytes)", err, len(html))
	}
	src := filepath.Join(t.TempDir(), "cell.go.txt")
	if err := os.WriteFile(src, []byte("import \"fmt\"\nfmt.Println(\"from a file\")\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, o, e := runs(t, clientEnv(t), "", environment.Program(env, "jupyter-run"), "--kernel", "lyceum", src); code != 0 || !strings.Contains(o, "from a file") {
		t.Errorf("jupyter run: exit code %d\n%s%s", code, o, e)
	}
}
