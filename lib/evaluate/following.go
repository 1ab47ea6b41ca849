package evaluate

import (
	"fmt"
	"html"
	"sort"
	"strings"

	"lyceum/lib/sampling"
	"lyceum/lib/zoo"
	"lyceum/plotting"
)

// A Task is a prompt and what it asks for.
type Task struct {
	Prompt       string
	Instructions []Instruction
}

// Following is how well answers follow their instructions.
type Following struct {
	Tasks   []Task
	Answers []string
	Strict  [][]bool // by task and instruction
	Loose   [][]bool // with the leniency that CheckLoose has
}

// Follow checks an answer to each task (IFEval: Zhou et al. 2023, arXiv:2311.07911). The error is lists of different lengths.
func Follow(tasks []Task, answers []string) (*Following, error) {
	if len(tasks) != len(answers) {
		return nil, fmt.Errorf("evaluate.Follow: %d tasks and %d answers", len(tasks), len(answers))
	}
	f := &Following{Tasks: tasks, Answers: answers}
	for i, t := range tasks {
		strict, loose := make([]bool, len(t.Instructions)), make([]bool, len(t.Instructions))
		for j, in := range t.Instructions {
			strict[j] = strings.TrimSpace(answers[i]) != "" && in.Check(answers[i])
			loose[j] = CheckLoose(in, answers[i])
		}
		f.Strict, f.Loose = append(f.Strict, strict), append(f.Loose, loose)
	}
	return f, nil
}

// FollowWith lets a model answer the tasks in its chat template, and checks the answers.
func FollowWith(m *zoo.Model, tasks []Task, o sampling.Options) (*Following, error) {
	prompts := make([]string, len(tasks))
	for i, t := range tasks {
		prompts[i] = t.Prompt
	}
	ids, err := promptIDs(m, prompts, true)
	if err != nil {
		return nil, err
	}
	o.Stop = append(append([]int32(nil), o.Stop...), m.Options(true).Stop...)
	if o.Samples > 1 {
		return nil, fmt.Errorf("evaluate.FollowWith: %d Samples: each task has one answer", o.Samples)
	}
	out, err := sampling.Generate(m.LM, ids, o)
	if err != nil {
		return nil, err
	}
	answers := make([]string, len(out))
	for i, c := range out {
		answers[i] = m.Tok.DecodePlain(c.IDs)
	}
	return Follow(tasks, answers)
}

// CheckLoose reports whether the answer follows the instruction as it is, or without its first line, its last, both, or
// the stars of Markdown: what the paper calls the loose criterion.
func CheckLoose(in Instruction, answer string) bool {
	lines := strings.Split(answer, "\n")
	cut := func(from, to int) string {
		if from >= to {
			return ""
		}
		return strings.TrimSpace(strings.Join(lines[from:to], "\n"))
	}
	n := len(lines)
	for _, s := range []string{answer, cut(1, n), cut(0, n-1), cut(1, n-1)} {
		for _, t := range []string{s, strings.ReplaceAll(s, "*", "")} {
			if strings.TrimSpace(t) != "" && in.Check(t) {
				return true
			}
		}
	}
	return false
}

// Measures is the share of prompts of which all instructions were followed, and of instructions, strict and loose.
func (f *Following) Measures() []Measure {
	var out []Measure
	for _, x := range []struct {
		name string
		list [][]bool
	}{{"strict", f.Strict}, {"loose", f.Loose}} {
		whole, k, n := 0, 0, 0
		for _, row := range x.list {
			all := true
			for _, ok := range row {
				n++
				if ok {
					k++
				}
				all = all && ok
			}
			if all {
				whole++
			}
		}
		out = append(out, Share("prompts followed, "+x.name, whole, len(x.list)), Share("instructions followed, "+x.name, k, n))
	}
	return out
}

// ByName is how often each kind of instruction was followed, strictly.
func (f *Following) ByName() []Measure {
	hit, all := map[string]int{}, map[string]int{}
	for i, t := range f.Tasks {
		for j, in := range t.Instructions {
			all[in.Name]++
			if f.Strict[i][j] {
				hit[in.Name]++
			}
		}
	}
	var names []string
	for n := range all {
		names = append(names, n)
	}
	sort.Strings(names)
	var out []Measure
	for _, n := range names {
		out = append(out, Share(n, hit[n], all[n]))
	}
	return out
}

func (f *Following) report() *Report {
	return &Report{Title: "instructions", Rows: append(f.Measures(), f.ByName()...)}
}

// String is a line for each measure.
func (f *Following) String() string { return f.report().String() }

// HTML is the measures, and some answers with what they followed.
func (f *Following) HTML() string {
	var b strings.Builder
	b.WriteString(f.report().HTML())
	b.WriteString("<table><thead><tr><th>prompt</th><th>answer</th><th>instructions</th></tr></thead><tbody>")
	for i, t := range f.Tasks {
		if i == shownAnswers {
			break
		}
		fmt.Fprintf(&b, `<tr><td style="text-align:left">%s</td><td style="text-align:left;white-space:pre-wrap">%s</td><td style="text-align:left">`, html.EscapeString(t.Prompt), html.EscapeString(f.Answers[i]))
		for j, in := range t.Instructions {
			mark := "&#10007;"
			if f.Strict[i][j] {
				mark = "&#10003;"
			}
			fmt.Fprintf(&b, "%s %s<br>", mark, html.EscapeString(in.Text))
		}
		b.WriteString("</td></tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

// Plot draws how often each kind of instruction was followed.
func (f *Following) Plot() *plotting.Figure {
	return (&Report{Title: "instructions followed", Rows: f.ByName()}).Plot()
}
