package tokenize

import (
	"math/rand/v2"
	"strings"
	"testing"
)

const text = "The baker lives in Tarn. The baker likes bread. It's 12 o'clock, they'll say.\n\n  Where does the baker live? "

func trained(t *testing.T) *Tokenizer {
	t.Helper()
	tok, err := Train(strings.Repeat(text, 3), 320, []string{TextEnd, TurnStart, TurnEnd}, true)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestRoundTrip(t *testing.T) {
	tok := trained(t)
	rng := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", text, "😀 é 世界", "\x00\xff\xfe", TurnStart + "user\nhi" + TurnEnd, "   ", "a\t\tb", "1234", "don't we'll"}
	for range 200 {
		b := make([]byte, rng.IntN(30))
		for i := range b {
			b[i] = byte(rng.IntN(256))
		}
		texts = append(texts, string(b))
	}
	for _, s := range texts {
		if got := strings.Join(tok.Tokens(tok.Encode(s)), ""); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	tok := trained(t)
	j, err := tok.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := FromJSON("tokenizer.json", j)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{text, "12 3", TurnStart + "x"} {
		a, b := tok.Encode(s), again.Encode(s)
		if len(a) != len(b) {
			t.Fatalf("%q: %v and %v", s, a, b)
		}
		for i := range a {
			if a[i] != b[i] {
				t.Fatalf("%q: %v and %v", s, a, b)
			}
		}
	}
}

func TestWords(t *testing.T) {
	for s, want := range map[string]string{
		"Hello world": "Hello| world",
		"it's we'll":  "it|'s| we|'ll",
		"a  b":        "a| | b",
		"a \n b":      "a| \n| b",
		"end  ":       "end|  ",
		"x12y":        "x|12|y",
		" 12":         " 12",
		"hi!!! you":   "hi|!!!| you",
		"\n\nNext":    "\n|\n|Next",
	} {
		if got := strings.Join(words(s, false), "|"); got != want {
			t.Errorf("%q is cut as %q, want %q", s, got, want)
		}
	}
	if got := strings.Join(words("a 12 b", true), "|"); got != "a| |1|2| b" {
		t.Errorf("single digits: %q", got)
	}
}

func TestTrainingIsDeterministicAndUseful(t *testing.T) {
	a, b := trained(t), trained(t)
	for i := range a.tokens {
		if a.tokens[i] != b.tokens[i] {
			t.Fatal("two trainings differ")
		}
	}
	if n := len(a.Encode(" baker")); n != 1 {
		t.Errorf("the most frequent word takes %d tokens", n)
	}
	if _, err := Train("x", 100, nil, false); err == nil {
		t.Error("a vocabulary that is too small was no error")
	}
}

func TestChat(t *testing.T) {
	tok := trained(t)
	ids, own := tok.EncodeChat([]Message{{Role: "user", Content: "hi"}, {Role: "assistant", Content: "ho"}})
	if got, want := tok.Decode(ids), Render([]Message{{Role: "user", Content: "hi"}, {Role: "assistant", Content: "ho"}}, false); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var said []int32
	for i, id := range ids {
		if own[i] {
			said = append(said, id)
		}
	}
	if got := tok.Decode(said); got != "ho"+TurnEnd {
		t.Errorf("the assistant's tokens are %q", got)
	}
	if s := Render([]Message{{Role: "user", Content: "hi"}}, true); s != "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n" {
		t.Errorf("%q", s)
	}
}

func TestBadFiles(t *testing.T) {
	for want, s := range map[string]string{
		"not a tokenizer.json":         "{",
		"has no model":                 "{}",
		"only BPE":                     `{"model":{"type":"Unigram"}}`,
		"the pre-tokenizer \"Odd\"":    `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Odd"}}`,
		"the normalizer \"Odd\"":       `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Odd"}}`,
		"the decoder \"Odd\"":          `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"Odd"}}`,
		"the post-processor \"Odd\"":   `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"Odd"}}`,
		"added_tokens: the token with": `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":9,"content":""}]}`,
		`the id 2 is that of "" and`:   `{"model":{"type":"BPE","vocab":{"a":0,"b":2,"":2},"merges":[]}}`,
		`the id 3 is that of "" and`:   `{"model":{"type":"BPE","vocab":{"a":0,"b":1,"":3},"merges":[]},"added_tokens":[{"content":"x"}]}`,
		"the id 1 is that of":          `{"model":{"type":"BPE","vocab":{"a":1},"merges":[]},"added_tokens":[{"id":0,"content":"x"}]}`,
		"model.vocab: the token \"a\"": `{"model":{"type":"BPE","vocab":{"a":-7},"merges":[]}}`,
		"model.vocab: the id 3":        `{"model":{"type":"BPE","vocab":{"a":3,"b":3},"merges":[]}}`,
		"half a surrogate":             `{"model":{"type":"BPE","vocab":{"\ud800":3},"merges":[]}}`,
		"model.vocab: it has no":       `{"model":{"type":"BPE","vocab":{},"merges":[]}}`,
		"has an empty token":           `{"model":{"type":"BPE","vocab":{"a":0,"":1},"merges":[" "]}}`,
		"names a token":                `{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}`,
		"merge 0":                      `{"model":{"type":"BPE","vocab":{"a":0},"merges":["ab"]}}`,
		"merge 1 is not two":           `{"model":{"type":"BPE","vocab":{"a":0,"aa":1},"merges":[["a","a"],["a"]]}}`,
		"model.dropout":                `{"model":{"type":"BPE","dropout":0.1,"vocab":{"a":0},"merges":[]}}`,
		"model.unk_token":              `{"model":{"type":"BPE","unk_token":"u","vocab":{"a":0},"merges":[]}}`,
	} {
		if _, err := FromJSON("t.json", []byte(s)); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "t.json: ") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func FuzzFromJSON(f *testing.F) {
	const model = `"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"<0x0A>":3,"Ġ":4,"▁":5,"<u>":6},"merges":["a b"],"unk_token":"<u>","byte_fallback":true}`
	f.Add([]byte(`{` + model + `,"pre_tokenizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"},"post_processor":{"type":"ByteLevel"}}`))
	f.Add([]byte(`{` + model + `,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":"▁"}]},"added_tokens":[{"id":7,"content":"ab a","lstrip":true,"rstrip":true,"normalized":true,"special":true}]}`))
	f.Add([]byte(`{` + model + `,"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"a|\\s*(?!b)"},"behavior":"MergedWithNext","invert":true},{"type":"Metaspace","replacement":"▁"},{"type":"Digits"},{"type":"Punctuation","behavior":"Contiguous"}]},"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":"a","start":1,"stop":1}]}}`))
	f.Add([]byte(`{` + model + `,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"a":{"ids":[0]}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := FromJSON("f", data)
		if err != nil {
			return
		}
		const text = "ab a\n é e\u0301 12,  世\xff x"
		e := tok.EncodeWithOffsets(text, EncodeOptions{AddSpecialTokens: true})
		for _, o := range e.Offsets {
			if o[0] < 0 || o[1] < o[0] || o[1] > len(text) {
				t.Fatalf("the offset %v of %d bytes", o, len(text))
			}
		}
		tok.Decode(e.IDs)
		streamed(tok, e.IDs)
		j, err := tok.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := FromJSON("again", j); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
