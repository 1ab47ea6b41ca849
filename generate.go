package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"lyceum/lib/sampling"
	"lyceum/lib/stop"
	"lyceum/lib/tokenize"
	"lyceum/lib/transformer"
	"lyceum/lib/zoo"
)

var generateCommand = command{"generate", "let a model continue a text: generate MODEL --prompt TEXT", runGenerate}

const aboutGenerate = `Lets a model continue a text and writes what it says. The text is that of --prompt, --prompt-file, --prompt-ids or --messages, else the standard input.
` + aboutModels + `
Without --temperature the text is greedy, unless the model's generation_config.json says otherwise. The same seed gives the same text on every run.

With --json: one line for each prompt, an object with
  model        the name of the model
  prompt       {text, ids, tokens, logprobs, top_logprobs}
  completions  a list of {text, ids, tokens, logprobs, sampling_logprobs, top_logprobs, finish, stop_id, stop_text, score, curtailed}
ids are token ids, tokens what each spells. logprobs are in nats, under the model itself: temperature 1, the whole vocabulary; the first token of a prompt
has null. sampling_logprobs are under the distribution that the token was drawn from. top_logprobs, with --logprobs K, is for each token the K most likely ones as
{id, token, logprob}. finish is "stop" (a stop token or text, or the end of what --regex or --json-schema allow), "length", or "interrupted"; stop_id is the stop token,
which is not among ids, and stop_text the stop text. score is that of beam search. curtailed says that --max-new-tokens made the text of a constraint end early.`

func runGenerate(args []string) int {
	fl := flags("generate", "MODEL [--prompt TEXT | --prompt-file FILE | --prompt-ids IDS | --messages FILE] [FLAGS]", aboutGenerate)
	g := generateRun{out: stdout}
	g.model.add(fl)
	fl.Var(&g.prompts, "prompt", "continue `TEXT`; may be repeated")
	fl.Var(&g.files, "prompt-file", "continue the text of a `FILE`, exactly as it is; - is the standard input; may be repeated")
	fl.Var(&g.ids, "prompt-ids", "continue these tokens (`IDS` with commas); may be repeated")
	fl.Var(&g.conversations, "messages", "answer the conversation of a JSON `FILE`, a list of {role, content}; may be repeated")
	fl.BoolVar(&g.chat, "chat", false, "put each prompt as a turn of the user into the model's chat template")
	fl.StringVar(&g.system, "system", "", "with --chat: begin with the system prompt `TEXT`")
	g.template.add(fl)
	g.sampling.add(fl)
	fl.IntVar(&g.samples, "n", 1, "write `N` completions of each prompt")
	fl.IntVar(&g.beams, "beams", 1, "search with `N` beams instead of taking the most likely token each time")
	fl.Float64Var(&g.lengthPenalty, "length-penalty", 1, "divide the scores of beams by length^`X`")
	fl.StringVar(&g.early, "early-stopping", "", "when beam search ends: `false`, true or never, as in Transformers")
	fl.IntVar(&g.logprobs, "logprobs", 0, "with --json: say the `K` most likely tokens at each place")
	fl.BoolVar(&g.json, "json", false, "write JSON")
	rest, code, ok := interleaved(fl, args)
	if !ok {
		return code
	}
	switch {
	case len(rest) == 0:
		return misuse("generate", errors.New("name the model: generate MODEL --prompt TEXT"))
	case len(rest) > 1:
		return misuse("generate", fmt.Errorf("there is no place for the argument %q; a prompt follows --prompt", rest[1]))
	}
	if err := g.prepare(rest[0], given(fl)); err != nil {
		return misuse("generate", err)
	}
	return g.run()
}

// generateRun is one call of the command.
type generateRun struct {
	model                    modelFlags
	prompts, files, ids      many
	conversations            many
	chat, json               bool
	system, early            string
	template                 chatFlags
	sampling                 samplingFlags
	samples, beams, logprobs int
	lengthPenalty            float64
	out                      io.Writer

	m     *zoo.Model
	d     *transformer.Decoder
	o     sampling.Options
	texts []string
	all   [][]int32
}

// prepare reads the model and the prompts; its errors are of the arguments.
func (g *generateRun) prepare(name string, set map[string]bool) (err error) {
	if g.samples < 1 || g.beams < 1 || g.logprobs < 0 {
		return fmt.Errorf("-n, --beams and --logprobs must be positive")
	}
	if g.chat && (len(g.ids) > 0 || len(g.conversations) > 0) {
		return errors.New("--chat is for --prompt and --prompt-file")
	}
	if g.system != "" && !g.chat {
		return errors.New("--system needs --chat")
	}
	text := len(g.ids) == 0 || len(g.prompts)+len(g.files)+len(g.conversations) > 0 || g.sampling.schema != "" || g.sampling.regex != "" || g.sampling.anyJSON
	if g.m, err = g.model.load(name, text); err != nil {
		return err
	}
	if g.o, err = g.sampling.options(g.m, set, g.chat || len(g.conversations) > 0); err != nil {
		return err
	}
	if g.o.MaxNewTokens == 0 && g.o.MaxLength == 0 {
		g.o.MaxNewTokens = 256
	}
	if set["n"] {
		g.o.Samples = g.samples
	}
	if set["beams"] {
		if g.o.Beam = (sampling.Beam{}); g.beams > 1 {
			g.o.Beam = sampling.BeamSearch(g.beams)
		}
	}
	if set["length-penalty"] {
		g.o.Beam.LengthPenalty = g.lengthPenalty
	}
	switch g.early {
	case "", "false":
	case "true":
		g.o.Beam.Early = sampling.EarlyAlways
	case "never":
		g.o.Beam.Early = sampling.EarlyNever
	default:
		return fmt.Errorf("--early-stopping %q: it must be false, true or never", g.early)
	}
	if g.o.Beam.Width == 0 {
		g.o.TopLogProbs = g.logprobs
	} else if g.logprobs > 0 {
		return errors.New("--logprobs is not possible with beam search")
	}
	if err := g.o.Check(); err != nil {
		return err
	}
	if err := g.readPrompts(); err != nil {
		return err
	}
	g.d, err = g.m.Decoder(g.model.weights)
	return err
}

func (g *generateRun) readPrompts() error {
	if len(g.prompts)+len(g.files)+len(g.ids)+len(g.conversations) == 0 {
		if !piped() {
			return errors.New("there is no prompt: give --prompt, --prompt-file, --prompt-ids or --messages")
		}
		g.files = many{"-"}
	}
	for _, p := range g.prompts {
		if err := g.addText(p); err != nil {
			return err
		}
	}
	for _, f := range g.files {
		data, err := readAll(f)
		if err != nil {
			return fmt.Errorf("--prompt-file: %v", err)
		}
		if err := g.addText(string(data)); err != nil {
			return err
		}
	}
	for _, s := range g.ids {
		ids, err := numbersIn("--prompt-ids", s)
		if err != nil {
			return err
		}
		text := ""
		if g.m.Tok != nil {
			text = g.m.Tok.Decode(ids)
		}
		g.texts, g.all = append(g.texts, text), append(g.all, ids)
	}
	for _, f := range g.conversations {
		c, err := readConversation(f)
		if err != nil {
			return fmt.Errorf("--messages: %v", err)
		}
		if err := g.addChat(c); err != nil {
			return err
		}
	}
	return nil
}

func (g *generateRun) addText(text string) error {
	if g.chat {
		var c conversation
		if g.system != "" {
			c.Messages = append(c.Messages, tokenize.Message{Role: "system", Content: g.system})
		}
		c.Messages = append(c.Messages, tokenize.Message{Role: "user", Content: text})
		return g.addChat(c)
	}
	ids := g.m.Prompt(text)
	if len(ids) == 0 {
		if id, ok := g.m.Tok.BOS(); ok && text == "" {
			ids = []int32{id}
		} else {
			return fmt.Errorf("the prompt %q has no tokens", text)
		}
	}
	g.texts, g.all = append(g.texts, text), append(g.all, ids)
	return nil
}

func (g *generateRun) addChat(c conversation) error {
	o, err := g.template.options(g.m.Tok)
	if err != nil {
		return err
	}
	c.fill(&o)
	o.AddGenerationPrompt = true
	p, err := g.m.ChatPrompt(c.Messages, o)
	if err != nil {
		return err
	}
	g.texts, g.all = append(g.texts, p.Text), append(g.all, p.IDs)
	return nil
}

// run generates and writes.
func (g *generateRun) run() int {
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	defer signal.Stop(interrupt)
	go func() {
		for range interrupt {
			stop.Request()
		}
	}()
	var err error
	if g.json {
		err = g.writeJSON()
	} else {
		err = g.writeText()
	}
	switch {
	case errors.Is(err, stop.ErrInterrupted):
		fmt.Fprintln(os.Stderr, "lyceum generate: interrupted")
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(os.Stderr, "lyceum generate:", err)
		return 1
	}
	return 0
}

// writeText writes the completions; a single one token by token.
func (g *generateRun) writeText() error {
	single := len(g.all) == 1 && max(1, g.o.Samples) == 1 && g.o.Beam.Width == 0 && g.m.Tok != nil
	if single {
		s := zoo.NewTextStream(g.m.Tok, g.o.StopStrings, func(piece string) { fmt.Fprint(g.out, piece) })
		g.o.OnToken = func(_ int, id int32) { s.Add(id) }
		out, err := sampling.GenerateWith(g.d, g.all, g.o)
		if s.End(); len(out) > 0 || s.Text() != "" {
			fmt.Fprintln(g.out)
		}
		return err
	}
	out, err := sampling.GenerateWith(g.d, g.all, g.o)
	for i, c := range out {
		if n := max(1, g.o.Samples); len(out) > 1 {
			fmt.Fprintf(g.out, "--- prompt %d, completion %d\n", i/n+1, i%n+1)
		}
		fmt.Fprintln(g.out, g.textOf(c))
	}
	return err
}

// textOf is a completion as text; without a tokenizer, its ids.
func (g *generateRun) textOf(c sampling.Completion) string {
	switch {
	case g.m.Tok == nil:
		b, _ := json.Marshal(c.IDs) // numbers: no error
		return string(b)
	case len(g.o.StopStrings) > 0:
		return c.Text
	}
	return g.m.Tok.DecodePlain(c.IDs)
}
