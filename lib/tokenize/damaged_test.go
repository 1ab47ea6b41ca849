package tokenize

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// whole is a tokenizer.json that has every part.
const whole = `{"version":"1.0","truncation":null,"padding":null,
"added_tokens":[{"id":8,"content":"<x>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"a+"},"behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},
 {"type":"Punctuation","behavior":"Isolated"},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},
"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<x>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
 "special_tokens":{"<x>":{"id":"<x>","ids":[8],"tokens":["<x>"]}}},
"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
"model":{"type":"BPE","dropout":null,"unk_token":"<u>","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":true,"ignore_merges":false,
 "vocab":{"a":0,"b":1,"ab":2,"<0x0A>":3,"Ġ":4,"▁":5,"<u>":6,"aa":7},"merges":["a b","a a"]}}`

// Every member of a tokenizer.json left out, made null, and made another kind: an error that names the file, or a tokenizer
// that works; never a panic.
func TestPartsThatAreMissing(t *testing.T) {
	var doc any
	if err := json.Unmarshal([]byte(whole), &doc); err != nil {
		t.Fatal(err)
	}
	tried, refused := 0, 0
	try := func(what string) {
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		tried++
		tok, err := FromJSON("t.json", data)
		if err != nil {
			refused++
			if !strings.HasPrefix(err.Error(), "t.json: ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", what, err)
			}
			return
		}
		tok.Decode(tok.EncodeWithOffsets("ab aa 12\n<x> b", EncodeOptions{AddSpecialTokens: true}).IDs)
	}
	try("whole")
	if refused != 0 {
		t.Fatal("the whole file is refused")
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch x := v.(type) {
		case map[string]any:
			for k, was := range x {
				delete(x, k)
				try(path + "/" + k + " left out")
				for _, other := range []any{nil, 1.5, "a", []any{}, map[string]any{}, -1.0, true, []any{[]any{}}, 1e300} {
					x[k] = other
					try(fmt.Sprintf("%s/%s: %v", path, k, other))
				}
				x[k] = was
				walk(path+"/"+k, was)
			}
		case []any:
			for i, was := range x {
				for _, other := range []any{nil, 1.5, "a", []any{}, map[string]any{}} {
					x[i] = other
					try(fmt.Sprintf("%s/%d: %v", path, i, other))
				}
				x[i] = was
				walk(fmt.Sprint(path, "/", i), was)
			}
		}
	}
	walk("", doc)
	if tried < 500 || refused < 200 {
		t.Errorf("%d of %d were refused", refused, tried)
	}
}

// Models that are not BPE are named, whatever they have beside.
func TestOtherModels(t *testing.T) {
	for kind, model := range map[string]string{
		"Unigram":   `{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["▁a",-1.5]],"byte_fallback":false}`,
		"WordPiece": `{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"a":1}}`,
		"WordLevel": `{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0,"a":1}}`,
	} {
		want := fmt.Sprintf("t.json: model.type is %q: only BPE is known", kind)
		if _, err := FromJSON("t.json", []byte(`{"model":`+model+`}`)); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Things in one another without end are an error or nothing, not a stack that overflows.
func TestThingsInOneAnother(t *testing.T) {
	const n = 9000 // what encoding/json lets in
	for part, level := range map[string][2]string{
		"normalizer":     {`{"type":"Sequence","normalizers":[`, `]}`},
		"pre_tokenizer":  {`{"type":"Sequence","pretokenizers":[`, `]}`},
		"decoder":        {`{"type":"Sequence","decoders":[`, `]}`},
		"post_processor": {`{"type":"Sequence","processors":[`, `]}`},
		"truncation":     {`[`, `]`},
	} {
		for _, depth := range []int{n / 2, 100 * n} {
			s := `{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"` + part + `":` + strings.Repeat(level[0], depth) + strings.Repeat(level[1], depth) + `}`
			if tok, err := FromJSON("t.json", []byte(s)); err == nil {
				tok.Decode(tok.Encode("a a"))
			} else if len(err.Error()) > 500 {
				t.Errorf("%s: an error of %d bytes", part, len(err.Error()))
			}
		}
	}
}

// Merges in a circle, of a token with itself, twice, or many: what they spell is finite, and so is the work.
func TestMergesInACircle(t *testing.T) {
	vocab := []string{`"a":0`, `"b":1`}
	var merges []string
	long := "a"
	for i := range 18 { // aa, aaaa, ... of a quarter of a million letters
		long += long
		vocab = append(vocab, fmt.Sprintf(`"%s":%d`, long, i+2))
		merges = append(merges, fmt.Sprintf(`["%s","%s"]`, long[:len(long)/2], long[:len(long)/2]))
	}
	tok, err := FromJSON("t.json", []byte(`{"model":{"type":"BPE","vocab":{`+strings.Join(vocab, ",")+`},"merges":[`+strings.Join(merges, ",")+`]}}`))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("a", 1<<20) + "b"
	if ids := tok.Encode(text); len(ids) != 5 || ids[4] != 1 {
		t.Errorf("%d tokens", len(ids))
	}
	if _, err := FromJSON("t.json", []byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b","a b"]}}`)); err != nil && !strings.Contains(err.Error(), "merge") {
		t.Error(err)
	}
	if _, err := FromJSON("t.json", []byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}`)); err == nil || !strings.Contains(err.Error(), "model.merges") {
		t.Errorf("a merge whose result is no token: %v", err)
	}
}

// A quarter of a megabyte of one character, under every pre-tokenizer that could see it as one word, and under expressions that other
// engines need years for: the work grows with the text.
func TestOneCharacterManyTimes(t *testing.T) {
	for name, pre := range map[string]string{
		"none":        `null`,
		"bytes":       `{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}`,
		"metaspace":   `{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}`,
		"nested plus": `{"type":"Split","pattern":{"Regex":"(a+)+$"},"behavior":"Isolated"}`,
		"alternation": `{"type":"Split","pattern":{"Regex":"(a|a|aa)*c"},"behavior":"Isolated"}`,
		"look-ahead":  `{"type":"Split","pattern":{"Regex":"a+(?!a)b"},"behavior":"Isolated"}`,
	} {
		tok, err := FromJSON("t.json", []byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"aa":2," ":3,"▁":4,"Ġ":5},"merges":["a a"]},"pre_tokenizer":`+pre+`}`))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range []string{"a", " ", "é", "\n", "▁"} {
			text := strings.Repeat(c, 1<<18/len(c))
			e := tok.EncodeWithOffsets(text, EncodeOptions{})
			if n := len(e.Offsets); n > 0 && c == "a" && name != "metaspace" && e.Offsets[n-1][1] != len(text) {
				t.Errorf("%s: %d tokens end at %d", name, n, e.Offsets[n-1][1])
			}
		}
	}
}
