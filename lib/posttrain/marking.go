package posttrain

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Models come with chat templates that do not mark what the assistant says, and some leave out, in earlier turns, what it has
// thought. TRL knows the templates of some families by their text, and where only the assistant's tokens count it writes
// conversations with templates of its own instead. What those do differently is here, as edits; the text of a template decides
// whether they apply. The trained model keeps its own template.

// An edit puts text in place of what begins with from and ends with to; to may be "".
type edit struct{ from, to, text string }

// markings are edits by the SHA-256 sums of templates.
var markings = map[string][]edit{
	// Qwen2.5
	"cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f": {
		{from: ` or (message.role == "assistant" and not message.tool_calls)`},
		{from: `{{- '<|im_start|>' + message.role }}`, to: `{%- if message.content %}`,
			text: `{{- '<|im_start|>assistant' }}{% generation %}{%- if message.content or not message.tool_calls %}`},
		{from: `{%- elif message.role == "tool" %}`, text: `{%- endgeneration %}{%- elif message.role == "tool" %}`},
	},
	// Qwen3: every turn shows a block of thoughts, if only an empty one
	"a55ee1b1660128b7098723e0abcd92caa0788061051c62d51cbe87d9cf1974d8": {
		{from: `{%- if loop.index0 > ns.last_query_index %}`, to: `+ content }}` + "\n        {%- endif %}",
			text: `{{- '<|im_start|>' + message.role + '\n' }}{% generation %}{{- '<think>\n' + reasoning_content.strip('\n') + '\n</think>\n\n' + content.lstrip('\n') }}`},
		{from: `{%- elif message.role == "tool" %}`, text: `{%- endgeneration %}{%- elif message.role == "tool" %}`},
	},
	// Qwen3-Instruct-2507
	"64f85b198065d0fba2a81f37e10ed68161ce2c19a754c7100e67e0ca2ee9c326": {
		{from: `{{- '<|im_start|>' + message.role + '\n' + content }}`, text: `{{- '<|im_start|>' + message.role + '\n' }}{% generation %}{{- content }}`},
		{from: `{%- elif message.role == "tool" %}`, text: `{%- endgeneration %}{%- elif message.role == "tool" %}`},
	},
	// Llama 3, the first: 3.1 and 3.2 have other templates, which TRL does not know
	"ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122": {
		{from: `+ message['content'] | trim + '<|eot_id|>' %}`, text: `%}`},
		{from: `{{ content }}`, text: `{{ content }}{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] | trim + '<|eot_id|>' }}{% endgeneration %}{% else %}{{ message['content'] | trim + '<|eot_id|>' }}{% endif %}`},
	},
	// DeepSeek-R1-Distill: thoughts are kept
	"56a1447ad31926fdc21fb07e56e5642bd9c850c4f52d8c8af7bbe5f079a84f5f": {
		{from: `{%- for tool in message['tool_calls']%}`, text: `{%- generation %}{%- for tool in message['tool_calls']%}`},
		{from: `{%- if message['role'] == 'assistant' and message['content'] is not none %}`, text: `{%- if message['role'] == 'assistant' and message['content'] is not none %}{%- generation %}`},
		{from: `{% set content = message['content'] %}`, to: `{% endif %}`, text: `{% set content = message['content'] %}`},
		{from: `{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}`, text: `{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endgeneration %}`},
		{from: `{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and`, text: `{%- endfor %}{%- endgeneration %}{%- endif %}{%- if message['role'] == 'assistant' and`},
	},
	// Gemma 3
	"7de1c58e208eda46e9c7f86397df37ec49883aeece39fb961e0a6b24088dd3c4": {
		{from: `{%- if message['content'] is string -%}`, to: "{{ '<end_of_turn>\n' }}", text: `{%- if role == 'model' -%}{%- generation -%}` + matched + `{%- endgeneration -%}{%- else -%}` + matched + `{%- endif -%}`},
	},
}

// matched stands for what an edit replaces.
const matched = "\x00"

// marked is the template that marks what the assistant says, for one that TRL knows; "" for any other.
func marked(template string) string {
	sum := sha256.Sum256([]byte(template))
	edits, ok := markings[hex.EncodeToString(sum[:])]
	if !ok {
		return ""
	}
	for _, e := range edits {
		at := strings.Index(template, e.from)
		end := at + len(e.from)
		if e.to != "" {
			end += strings.Index(template[end:], e.to) + len(e.to)
		}
		template = template[:at] + strings.ReplaceAll(e.text, matched, template[at:end]) + template[end:]
	}
	return template
}
