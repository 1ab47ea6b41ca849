package tokenize

import "strings"

// The special tokens of the course's own chat template (ChatML, as SmolLM2 has it).
const (
	TurnStart = "<|im_start|>"
	TurnEnd   = "<|im_end|>"
	TextEnd   = "<|endoftext|>"
)

// ChatTemplate is the course's template as Jinja text, for other programs; Render writes the same.
const ChatTemplate = `{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

// TrainingTemplate writes the same text, and marks what the assistant says.
const TrainingTemplate = `{% for message in messages %}{% if message['role'] == 'assistant' %}{{ '<|im_start|>assistant\n' }}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}{% else %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`

// Render writes a conversation in the course's template; answer asks for an answer: the assistant's turn is begun.
func Render(messages []Message, answer bool) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteString(TurnStart + m.Role + "\n" + m.Content + TurnEnd + "\n")
	}
	if answer {
		b.WriteString(TurnStart + "assistant\n")
	}
	return b.String()
}

// EncodeChat returns the tokens of a conversation in the course's template, and which of them the assistant says: its text
// and the end of its turn.
func (t *Tokenizer) EncodeChat(messages []Message) (ids []int32, assistant []bool) {
	add := func(text string, own bool) {
		for _, id := range t.Encode(text) {
			ids = append(ids, id)
			assistant = append(assistant, own)
		}
	}
	for _, m := range messages {
		add(TurnStart+m.Role+"\n", false)
		add(m.Content+TurnEnd, m.Role == "assistant")
		add("\n", false)
	}
	return ids, assistant
}
