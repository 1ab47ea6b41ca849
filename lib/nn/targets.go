package nn

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Targets says which linear layers an adapter acts on, by PEFT's rules.
type Targets struct {
	// Modules are names, or ends of names after a dot: "q_proj", "self_attn.q_proj". Empty, with no Pattern: the method's
	// default for the family of the model.
	Modules []string
	// Pattern is a regular expression for the whole name, or "all-linear" for every linear layer but the output layer.
	Pattern string
	// Exclude are names or ends of names that are left out, ExcludePattern a regular expression for whole names.
	Exclude        []string
	ExcludePattern string
	// Layers are the blocks that Modules act in; nil: all. They do not restrict a Pattern (nor do they in PEFT).
	Layers []int
	// LayersPattern are names of the list of blocks ("layers", "h"); empty: any name.
	LayersPattern []string
}

// AllLinear are the targets "all-linear".
var AllLinear = Targets{Pattern: "all-linear"}

// Modules are targets by name: Modules("q_proj", "v_proj").
func Modules(names ...string) Targets { return Targets{Modules: names} }

// resolve returns the sites that are meant; defaults stand in for empty targets, saved modules are never targets.
func (t Targets) resolve(h *Host, defaults, saved []string) ([]Site, error) {
	if t = t.withDefaults(defaults); len(t.Modules) == 0 && t.Pattern == "" {
		return nil, fmt.Errorf("nn: there are no default targets for the family %q: name them, as Targets{Modules: ...}; the model has %s", h.Arch, siteNames(h))
	}
	match, err := t.matcher()
	if err != nil {
		return nil, err
	}
	var out []Site
	for _, s := range h.Sites {
		if match(s.Name, s.Layer) && !within(s.Name, saved) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		want := strings.Join(t.Modules, ", ")
		if t.Pattern != "" {
			want = t.Pattern
		}
		return nil, fmt.Errorf("nn: the targets (%s) are no linear layer of the model; it has %s", want, siteNames(h))
	}
	return out, nil
}

// withDefaults puts the names into targets that are empty.
func (t Targets) withDefaults(names []string) Targets {
	if len(t.Modules) == 0 && t.Pattern == "" {
		t.Modules = slices.Clone(names)
	}
	return t
}

// Names reports whether the targets name a module outside the layers, as an embedding.
func (t Targets) Names(module string) (bool, error) {
	match, err := t.matcher()
	if err != nil {
		return false, err
	}
	return !t.everyLinear() && match(module, -1), nil
}

func (t Targets) everyLinear() bool { return strings.EqualFold(t.Pattern, "all-linear") }

func (t Targets) matcher() (func(name string, layer int) bool, error) {
	whole := func(field, pattern string) (*regexp.Regexp, error) {
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return nil, fmt.Errorf("nn: Targets.%s %q is not a regular expression of Go (RE2, without look-around): %v", field, pattern, err)
		}
		return re, nil
	}
	var pattern, exclude *regexp.Regexp
	var err error
	if t.Pattern != "" && !t.everyLinear() {
		if pattern, err = whole("Pattern", t.Pattern); err != nil {
			return nil, err
		}
	}
	if t.ExcludePattern != "" {
		if exclude, err = whole("ExcludePattern", t.ExcludePattern); err != nil {
			return nil, err
		}
	}
	inList, err := t.layerList()
	if err != nil {
		return nil, err
	}
	return func(name string, layer int) bool {
		switch {
		case endsWith(name, t.Exclude), exclude != nil && exclude.MatchString(name):
			return false
		case pattern != nil:
			return pattern.MatchString(name)
		case t.Pattern != "":
			return true
		case slices.Contains(t.Modules, name):
			return true
		}
		return endsWith(name, t.Modules) && (t.Layers == nil || slices.Contains(t.Layers, layer) && inList(name))
	}, nil
}

// layerList reports whether a name lies in one of the lists of blocks that LayersPattern names.
func (t Targets) layerList() (func(name string) bool, error) {
	if len(t.LayersPattern) == 0 {
		return func(string) bool { return true }, nil
	}
	re, err := regexp.Compile(`(?:^|\.)(?:` + strings.Join(t.LayersPattern, "|") + `)\.\d+\.`)
	if err != nil {
		return nil, fmt.Errorf("nn: Targets.LayersPattern: %v", err)
	}
	return re.MatchString, nil
}

// endsWith reports whether a name is one of the ends, or ends with a dot and one of them.
func endsWith(name string, ends []string) bool {
	for _, e := range ends {
		if name == e || strings.HasSuffix(name, "."+e) {
			return true
		}
	}
	return false
}

// within reports whether a name is one of the modules or lies inside one.
func within(name string, modules []string) bool {
	for _, m := range modules {
		if i := strings.Index("."+name+".", "."+m+"."); i >= 0 {
			return true
		}
	}
	return false
}

func siteNames(h *Host) string {
	seen := map[string]bool{}
	for _, s := range h.Sites {
		seen[s.Name[strings.LastIndexByte(s.Name, '.')+1:]] = true
	}
	var list []string
	for n := range seen {
		list = append(list, n)
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}

// keyed looks a site up in a table of patterns such as RankPattern: the keys are regular expressions for the end of a name
// after a dot. Keys are tried in order, so that a result does not depend on the order of a map.
func keyed[T any](table map[string]T, name string, otherwise T) (T, error) {
	keys := make([]string, 0, len(table))
	for k := range table {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		re, err := regexp.Compile(`^(?:.*\.)?(?:` + k + `)$`)
		if err != nil {
			return otherwise, fmt.Errorf("nn: the pattern %q is not a regular expression of Go (RE2): %v", k, err)
		}
		if re.MatchString(name) {
			return table[k], nil
		}
	}
	return otherwise, nil
}
