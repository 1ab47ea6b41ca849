package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lyceum/lib/checkpoint"
	"lyceum/lib/sampling"
	"lyceum/lib/tokenize"
	"lyceum/lib/zoo"
)

// aboutModels is what MODEL may be, for the help of the commands that take one.
const aboutModels = `MODEL is a Hugging Face folder, a .gguf file, a name that 'lyceum get' has fetched (smollm2-135m-instruct, owner/name), or base or instruct, the small models inside this program.`

// modelFlags say which weights a command runs.
type modelFlags struct {
	adapter, weights string
	noConfig         bool
}

func (f *modelFlags) add(fl *flag.FlagSet) {
	fl.StringVar(&f.adapter, "adapter", "", "add the PEFT adapter of a `FOLDER` to the model")
	fl.StringVar(&f.weights, "weights", "float32", "hold the weights as `KIND`: float32, bf16, int8 or int4")
	fl.BoolVar(&f.noConfig, "no-config", false, "leave the model's generation_config.json out of account")
}

// load reads the model. Without text only its weights are needed.
func (f *modelFlags) load(name string, text bool) (*zoo.Model, error) {
	switch f.weights {
	case "float32", "bf16", "int8", "int4":
	default:
		return nil, fmt.Errorf("--weights %q: it must be float32, bf16, int8 or int4", f.weights)
	}
	m, err := loadModel(name, text)
	if err != nil {
		return nil, err
	}
	if f.noConfig {
		m.Generation = sampling.Options{}
	}
	if f.adapter != "" {
		if err := checkpoint.LoadAdapter(f.adapter, m.LM, "default"); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func loadModel(name string, text bool) (*zoo.Model, error) {
	if _, err := os.Stat(name); err != nil {
		switch name {
		case "base":
			return zoo.Base(), nil
		case "instruct":
			return zoo.Instruct(), nil
		}
	}
	if !text {
		return zoo.LoadWeights(name)
	}
	return zoo.Load(name)
}

// many is a flag that may be given more than once.
type many []string

func (l *many) String() string     { return strings.Join(*l, ", ") }
func (l *many) Set(s string) error { *l = append(*l, s); return nil }

// given reports which flags were set.
func given(fl *flag.FlagSet) map[string]bool {
	set := map[string]bool{}
	fl.Visit(func(f *flag.Flag) { set[f.Name] = true })
	return set
}

// numbersIn reads token ids with commas or spaces between them.
func numbersIn(what, s string) ([]int32, error) {
	var out []int32
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", \t\r\n[]", r) }) {
		n, err := strconv.ParseInt(w, 10, 32)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%s: %q is no token id", what, w)
		}
		out = append(out, int32(n))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: there are no token ids", what)
	}
	return out, nil
}

// readAll reads a file, or the standard input for "-".
func readAll(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(os.Stdin)
	}
	data, err := os.ReadFile(file)
	var pe *os.PathError
	if errors.As(err, &pe) {
		return nil, fmt.Errorf("%s: %v", file, pe.Err)
	}
	return data, err
}

// piped reports whether the standard input is a file or a pipe.
func piped() bool {
	st, err := os.Stdin.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice == 0
}

// chatFlags are what a chat template gets besides the messages.
type chatFlags struct{ tools, kwargs, template string }

func (f *chatFlags) add(fl *flag.FlagSet) {
	fl.StringVar(&f.tools, "tools", "", "give the chat template the tools of a JSON `FILE`, a list of schemas")
	fl.StringVar(&f.kwargs, "template-kwargs", "", "give the chat template the variables of a `JSON` object, such as {\"enable_thinking\": false}")
	fl.StringVar(&f.template, "template", "", "use the chat template of a `FILE`, or the one of this name of the tokenizer")
}

func (f *chatFlags) options(t *tokenize.Tokenizer) (o tokenize.ChatOptions, err error) {
	if f.tools != "" {
		if o.Tools, err = readList("--tools", f.tools); err != nil {
			return o, err
		}
	}
	if f.kwargs != "" {
		var raw map[string]json.RawMessage
		if err := json.Unmarshal([]byte(f.kwargs), &raw); err != nil {
			return o, fmt.Errorf("--template-kwargs: not a JSON object: %v", err)
		}
		o.Kwargs = map[string]any{}
		for k, v := range raw {
			o.Kwargs[k] = v
		}
	}
	if f.template != "" {
		if _, ok := t.Config.ChatTemplates[f.template]; ok {
			o.Template = f.template
			return o, nil
		}
		text, err := readAll(f.template)
		if err != nil {
			return o, fmt.Errorf("--template: %v", err)
		}
		o.Template = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return zoo.WithChatML(t, o), nil
}

// readList reads a JSON list.
func readList(flag, file string) (list []any, err error) {
	data, err := readAll(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %v", flag, err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("%s %s: not a JSON list: %v", flag, filepath.Base(file), err)
	}
	list = []any{}
	for _, r := range raw {
		list = append(list, r)
	}
	return list, nil
}
