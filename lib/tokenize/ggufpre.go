package tokenize

// preRules is what a name in tokenizer.ggml.pre stands for.
type preRules struct {
	patterns     []string // the text is cut by one after the other, matches and what is between them apart
	ignoreMerges bool
	addBOS       bool
	nfc          bool // the model's own tokenizer.json normalises
}

// json is the pre-tokenizer as tokenizer.json has it.
func (r preRules) json() any {
	var list []any
	for _, p := range r.patterns {
		list = append(list, object{"type": "Split", "pattern": object{"Regex": p}, "behavior": "Isolated", "invert": false})
	}
	return object{"type": "Sequence", "pretokenizers": append(list, object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false})}
}

// Parts that several patterns share.
const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	spacesAtEnd  = `\s*[\r\n]+|\s+(?!\S)|\s+`
	upperLower   = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
	uppersLower  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`

	patternGPT4o   = upperLower + contractions + `?|` + uppersLower + contractions + `?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spacesAtEnd
	patternTekken  = upperLower + `|` + uppersLower + `|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spacesAtEnd
	patternSigns   = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|" + spacesAtEnd
	patternChinese = `[一-龥぀-ゟ゠-ヿ]+`
	patternBloom   = ` ?[^(\s|.,!?…。，、।۔،)]+`
	// The letters of DeepSeek LLM's pattern.
	lettersDeepSeek = `\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\x{1F7D}ᾀ-ᾴᾶ-ᾼ\x{1FBE}ῂ-ῄῆ-ῌῐ-\x{1FD3}ῖ-\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\x{2126}ℨ\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+`
)

var (
	rulesGPT2     = preRules{patterns: []string{patternGPT2}}
	rulesDigits   = preRules{patterns: []string{`\p{N}`, patternGPT2}}
	rulesLlama3   = preRules{patterns: []string{patternLlama3}, ignoreMerges: true, addBOS: true}
	rulesDBRX     = preRules{patterns: []string{patternLlama3}}
	rulesQwen2    = preRules{patterns: []string{patternQwen}}
	rulesBloom    = preRules{patterns: []string{patternBloom}}
	rulesBailing  = preRules{patterns: []string{`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`}}
	rulesDeepSeek = preRules{patterns: []string{`\p{N}{1,3}`, patternChinese, patternSigns}}
	rulesGPT4o    = preRules{patterns: []string{patternGPT4o}}
	rulesAya      = preRules{patterns: []string{`\d{1,3}(?=(?:\d{3})*\b)`, patternGPT4o}}
	// rulesDefault is for vocabularies that name none: llama.cpp cuts them so.
	rulesDefault = preRules{patterns: []string{`[\p{P}$+<=>^~|]+`, patternGPT2, `\p{N}+`, `[0-9][0-9][0-9]`}}
)

func with(r preRules, change func(*preRules)) preRules {
	change(&r)
	return r
}

func ignoringMerges(r preRules) preRules { return with(r, func(r *preRules) { r.ignoreMerges = true }) }
func inNFC(r preRules) preRules          { return with(r, func(r *preRules) { r.nfc = true }) }

// preOrder are the names in the order in which GGUFPre looks for one.
var preOrder []string

// preTokenizers are the names of tokenizer.ggml.pre that llama.cpp knows for byte-pair vocabularies.
var preTokenizers = func() map[string]preRules {
	all := map[string]preRules{}
	add := func(r preRules, names ...string) {
		for _, n := range names {
			all[n] = r
		}
		preOrder = append(preOrder, names...)
	}
	add(rulesDigits, "smollm")
	add(rulesDefault, "", "default")
	add(rulesGPT2, "gpt-2", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jina-v1-en",
		"jina-v2-code", "roberta-bpe", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4")
	add(rulesDigits, "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2")
	add(rulesLlama3, "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano")
	add(rulesDBRX, "dbrx", "smaug-bpe", "chatglm-bpe")
	add(ignoringMerges(rulesDBRX), "glm4", "glm5")
	add(inNFC(rulesQwen2), "qwen2", "deepseek-r1-qwen", "megrez")
	add(rulesQwen2, "stablelm2", "hunyuan", "solar-open", "kormo", "f2llmv2", "grok-2")
	add(preRules{patterns: []string{patternQwen35}}, "qwen35")
	add(rulesBloom, "bloom", "poro-chat", "gpt3-finnish")
	add(preRules{patterns: []string{patternBloom, `\p{N}`}}, "viking")
	add(rulesBailing, "bailingmoe", "bailingmoe2", "llada-moe")
	add(rulesDeepSeek, "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4")
	add(rulesGPT4o, "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2")
	add(ignoringMerges(rulesGPT4o), "granite-embed-multi-97m")
	add(rulesAya, "tiny_aya", "cohere2moe")
	add(with(preRules{patterns: []string{patternTekken}}, func(r *preRules) { r.ignoreMerges, r.addBOS = true, true }), "tekken")
	add(preRules{patterns: []string{`[\r\n]`, `\s?\p{L}+`, `\s?\p{P}+`, `[一-龥ࠀ-一가-퟿]+`, `\p{N}`}}, "deepseek-coder")
	add(preRules{patterns: []string{`[\r\n]`, lettersDeepSeek, `\s?[!-/:-~！-／：-～‘-‟　-。]+`, `\s+$`, `[一-龥ࠀ-一가-퟿]+`, `\p{N}+`}}, "deepseek-llm")
	add(preRules{patterns: []string{"[\\p{P}$+<=>^~|`]+", patternGPT2, `[0-9][0-9][0-9]`}}, "falcon")
	add(preRules{patterns: []string{`\p{N}{1,3}`, contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spacesAtEnd}, ignoreMerges: true}, "minicpm5")
	add(preRules{patterns: []string{`\p{N}{1,3}`, patternChinese, "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+|[\\r\\n]|\\s+(?!\\S)|\\s+", `\p{N}`}}, "spark2_5")
	add(preRules{patterns: []string{`[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+`,
		upperLower + contractions + `?|` + uppersLower + contractions + `?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spacesAtEnd}, ignoreMerges: true}, "youtu")
	add(preRules{patterns: []string{contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}`}}, "jais-2")
	add(with(preRules{patterns: []string{`<sentinel:[0-9]+>`, `(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z`, `([\t\n]|    |  )`, `\p{N}`, "[\\p{P}!-/:-@\\[-`{-~]", patternGPT2}}, func(r *preRules) { r.addBOS = true }), "chameleon")
	add(preRules{patterns: []string{`\p{Han}+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+` + contractions +
		`?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*` + contractions + `?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spacesAtEnd}}, "kimi-k2")
	add(preRules{patterns: []string{`\p{N}+`, `(?=(\d{3})+(?!\d))`}}, "superbpe")
	add(preRules{patterns: []string{contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|` + spacesAtEnd}}, "seed-coder")
	add(preRules{patterns: []string{`[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spacesAtEnd}}, "ufakzeka")
	add(preRules{patterns: []string{`[^\n]+|[\n]+`, patternQwen}}, "laguna")
	add(preRules{patterns: []string{contractions + `|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`}}, "exaone-moe")
	// Digits in groups of three from the right, as tokens of numbers are read.
	add(preRules{patterns: []string{`\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))`, `[一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+`, patternSigns}}, "afmoe")
	return all
}()
