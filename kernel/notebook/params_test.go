package notebook

import (
	"strings"
	"testing"
)

func TestParseParam(t *testing.T) {
	for in, want := range map[string]string{
		"seed=7": "7", "rate = -1e-3": "-1e-3", "on=true": "true", `name="Lyra"`: `"Lyra"`, "name=Lyra": `"Lyra"`,
		"path=a=b c": `"a=b c"`, "empty=": `""`, "code=os.Exit(1)": `"os.Exit(1)"`, `x=-"a"`: `"-\"a\""`, "r='x'": "'x'",
	} {
		p, err := ParseParam(in)
		if err != nil || p.Value != want {
			t.Errorf("%s: value %s (%v), want %s", in, p.Value, err, want)
		}
	}
	for _, in := range []string{"seed", "=3", "a b=3", "1=2", ""} {
		if p, err := ParseParam(in); err == nil {
			t.Errorf("%q is taken as %v", in, p)
		}
	}
}

func TestInject(t *testing.T) {
	nb := cellsOf("1 + 1", "seed, rate := 42, 0.1\nvar name = \"x\"#parameters", "seed")
	if err := nb.Inject([]Param{{"seed", "7"}, {"name", `"y"`}}); err != nil {
		t.Fatal(err)
	}
	// A second time, and through the file: there is one injected cell, with what was said last.
	again, err := Parse(nb.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Inject([]Param{{"seed", "8"}}); err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, c := range again.Cells[1:] {
		sources = append(sources, c.Source())
	}
	if got, want := strings.Join(sources, "|"), "1 + 1|seed, rate := 42, 0.1\nvar name = \"x\"|seed = 8|seed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := nb.Cells[3].Source(); got != "seed = 7\nname = \"y\"" {
		t.Errorf("injected: %q", got)
	}
}

func TestInjectSaysWhatIsMissing(t *testing.T) {
	if err := cellsOf("seed := 1").Inject([]Param{{"seed", "7"}}); err == nil || !strings.Contains(err.Error(), "no parameters") {
		t.Errorf("without the tag: %v", err)
	}
	err := cellsOf("seed, rate := 1, 2#parameters").Inject([]Param{{"sed", "7"}})
	if err == nil || !strings.Contains(err.Error(), "no parameter sed") || !strings.Contains(err.Error(), "seed, rate") {
		t.Errorf("an unknown name: %v", err)
	}
}
