package rl

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// An Environment is the world that one completion talks to, turn by turn: a game, a calculator, a customer. What it says
// becomes part of the sequence but is not learned from.
type Environment interface {
	// Reset begins an episode for a row of the data set. What it returns is added to the end of the prompt.
	Reset(columns map[string]any) (string, error)
	// Step hears what the model said and answers it; done ends the episode, and the answer is not read any more.
	Step(said string) (answer string, done bool, err error)
}

// EnvReward is a reward function for environments that judge their own episode: those with a method Reward() float64. It
// does not apply to others.
func EnvReward() Reward {
	return Named("environment", func(b Batch) []float64 {
		return b.Each(func(r Row) float64 {
			if r.Index < len(b.Envs) {
				if e, ok := b.Envs[r.Index].(interface{ Reward() float64 }); ok {
					return e.Reward()
				}
			}
			return nan
		})
	})
}

// A Tool is a function that the model may call. It gets the arguments that the model wrote.
type Tool func(arguments map[string]any) (string, error)

// Tools makes an environment of tools: a completion calls one by writing
//
//	<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2}}</tool_call>
//
// as Qwen's and Hermes' chat templates ask for, and reads what it returned between <tool_response> tags. The episode ends
// with a turn that calls none, or after most turns with calls (0: 8). Calls and failures are counted.
func Tools(tools map[string]Tool, most int) *ToolEnv {
	if most == 0 {
		most = 8
	}
	return &ToolEnv{tools: tools, most: most}
}

// A ToolEnv runs the tools that a completion calls.
type ToolEnv struct {
	Calls, Failures int

	tools map[string]Tool
	most  int
	turns int
}

var toolCall = regexp.MustCompile(`(?s)<tool_call>\s*(.*?)\s*</tool_call>`)

// Reset forgets the episode before.
func (e *ToolEnv) Reset(map[string]any) (string, error) {
	e.Calls, e.Failures, e.turns = 0, 0, 0
	return "", nil
}

// Step runs all calls of a turn.
func (e *ToolEnv) Step(said string) (answer string, done bool, err error) {
	calls := toolCall.FindAllStringSubmatch(said, -1)
	e.turns++
	if len(calls) == 0 || e.turns > e.most {
		return "", true, nil
	}
	var out []string
	for _, c := range calls {
		e.Calls++
		result, err := e.run(c[1])
		if err != nil { // the model reads what went wrong, and may try again
			e.Failures++
			result = "error: " + err.Error()
		}
		out = append(out, "<tool_response>\n"+result+"\n</tool_response>")
	}
	return strings.Join(out, "\n"), false, nil
}

func (e *ToolEnv) run(call string) (result string, err error) {
	var c struct {
		Name      string         `json:"name"`
		Arguments map[string]any `json:"arguments"`
	}
	if err := json.Unmarshal([]byte(call), &c); err != nil {
		return "", fmt.Errorf("the call is no JSON object with name and arguments: %v", err)
	}
	t := e.tools[c.Name]
	if t == nil {
		var names []string
		for n := range e.tools {
			names = append(names, n)
		}
		sort.Strings(names)
		return "", fmt.Errorf("there is no tool %q; there are %s", c.Name, strings.Join(names, ", "))
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", c.Name, p)
		}
	}()
	return t(c.Arguments)
}
