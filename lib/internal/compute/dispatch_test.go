package compute

import "testing"

func TestChooseLevel(t *testing.T) {
	all := levels()
	if last := all[len(all)-1].name; last != "scalar" {
		t.Errorf("the last resort is %q", last)
	}
	for _, l := range all {
		if got := chooseLevel(l.name).name; got != l.name {
			t.Errorf("asked for %q, got %q", l.name, got)
		}
	}
	for _, name := range []string{"", "avx9"} {
		if got := chooseLevel(name).name; got != all[0].name {
			t.Errorf("asked for %q, got %q, want the best, %q", name, got, all[0].name)
		}
	}
}
