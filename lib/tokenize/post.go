package tokenize

import (
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// postJSON is a post-processor as tokenizer.json has it.
type postJSON struct {
	Type           string      `json:"type"`
	Processors     []postJSON  `json:"processors"`
	TrimOffsets    *bool       `json:"trim_offsets"`
	AddPrefixSpace *bool       `json:"add_prefix_space"`
	Single, Pair   []postPiece `json:"-"`
	SingleRaw      []pieceJSON `json:"single"`
	PairRaw        []pieceJSON `json:"pair"`
	Tokens         map[string]struct {
		IDs []int32 `json:"ids"`
	} `json:"special_tokens"`
	Sep json.RawMessage `json:"sep"`
	CLS json.RawMessage `json:"cls"`
}

type pieceJSON struct {
	Sequence *struct {
		ID   string `json:"id"`
		Type int    `json:"type_id"`
	}
	SpecialToken *struct {
		ID   string `json:"id"`
		Type int    `json:"type_id"`
	}
}

// postPiece is a text (the first, 0, or the second, 1) or, with text -1, tokens that are added.
type postPiece struct {
	text int
	ids  []int32
	kind int
}

// A postProcessor puts special tokens around texts and trims offsets.
type postProcessor struct {
	single, pair []postPiece // nil: nothing is added
	trims        []trimming
}

// trimming takes white space out of offsets; prefix says that the model puts a space before the text.
type trimming struct{ prefix bool }

// apply puts the pieces together.
func (p *postProcessor) apply(texts []Encoding) Encoding {
	pieces := p.single
	if len(texts) == 2 {
		pieces = p.pair
	}
	if pieces == nil {
		return joined(texts)
	}
	var out Encoding
	for _, x := range pieces {
		if x.text < 0 {
			out.IDs = append(out.IDs, x.ids...)
			for range x.ids {
				out.Offsets = append(out.Offsets, [2]int{})
				out.Special = append(out.Special, true)
				out.Types = append(out.Types, x.kind)
			}
			continue
		}
		e := texts[x.text]
		out.IDs = append(out.IDs, e.IDs...)
		out.Offsets = append(out.Offsets, e.Offsets...)
		out.Special = append(out.Special, e.Special...)
		for range e.IDs {
			out.Types = append(out.Types, x.kind)
		}
	}
	return out
}

// trim takes the white space at the ends of tokens out of their offsets.
func (p *postProcessor) trim(t *Tokenizer, text string, e *Encoding) {
	for _, rule := range p.trims {
		for i, id := range e.IDs {
			o := &e.Offsets[i]
			tok := t.tokens[id]
			if _, ok := t.added[id]; ok {
				tok = text[o[0]:o[1]] // with the white space that it took
			}
			front, back := spacesAround(tok)
			if front > 0 {
				if rule.prefix && (i == 0 || o[0] == 0) && front == 1 { // more are the text's own
					front = 0
				}
				for ; front > 0 && o[0] < o[1]; front-- {
					_, n := utf8.DecodeRuneInString(text[o[0]:])
					o[0] += n
				}
			}
			for ; back > 0 && o[1] > o[0]; back-- {
				_, n := utf8.DecodeLastRuneInString(text[:o[1]])
				o[1] -= n
			}
		}
	}
}

// spacesAround counts the white space at both ends of a token in the alphabet of bytes.
func spacesAround(tok string) (front, back int) {
	space := func(r rune) bool { return r == alphabet[' '] || unicode.IsSpace(r) }
	text := []rune(tok)
	for front < len(text) && space(text[front]) {
		front++
	}
	for back < len(text) && space(text[len(text)-1-back]) {
		back++
	}
	return front, back
}

// pieces reads a template; nothing is left out.
func (f *postJSON) pieces(list []pieceJSON) ([]postPiece, error) {
	out := []postPiece{}
	for _, x := range list {
		switch {
		case x.Sequence != nil && (x.Sequence.ID == "A" || x.Sequence.ID == "B"):
			out = append(out, postPiece{text: int(x.Sequence.ID[0] - 'A'), kind: x.Sequence.Type})
		case x.SpecialToken != nil:
			tok, ok := f.Tokens[x.SpecialToken.ID]
			if !ok {
				return nil, fmt.Errorf("the post-processor names the token %q, which its special_tokens do not have", x.SpecialToken.ID)
			}
			out = append(out, postPiece{text: -1, ids: tok.IDs, kind: x.SpecialToken.Type})
		default:
			return nil, fmt.Errorf("the post-processor has a piece that is neither a Sequence (A or B) nor a SpecialToken")
		}
	}
	return out, nil
}

// postProcessors reads a post-processor into p; a second one that adds tokens works on what the first made.
func (p *postProcessor) read(f postJSON) error {
	switch f.Type {
	case "":
		return nil
	case "Sequence":
		for _, g := range f.Processors {
			if err := p.read(g); err != nil {
				return err
			}
		}
		return nil
	case "ByteLevel":
		if isTrue(f.TrimOffsets, true) {
			p.trims = append(p.trims, trimming{isTrue(f.AddPrefixSpace, true)})
		}
		return nil
	case "TemplateProcessing":
		single, err := f.pieces(f.SingleRaw)
		if err != nil {
			return err
		}
		pair, err := f.pieces(f.PairRaw)
		if err != nil {
			return err
		}
		return p.around(single, pair)
	case "BertProcessing", "RobertaProcessing":
		return p.bert(f)
	}
	return fmt.Errorf("the post-processor %q is not known", f.Type)
}

func (p *postProcessor) bert(f postJSON) error {
	id := func(name string, raw json.RawMessage) (postPiece, error) {
		var pair []json.RawMessage
		var n int32
		if json.Unmarshal(raw, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[1], &n) != nil {
			return postPiece{}, fmt.Errorf("the post-processor's %s is not a token and its id", name)
		}
		return postPiece{text: -1, ids: []int32{n}}, nil
	}
	cls, err := id("cls", f.CLS)
	if err != nil {
		return err
	}
	sep, err := id("sep", f.Sep)
	if err != nil {
		return err
	}
	a, b := postPiece{text: 0}, postPiece{text: 1}
	if f.Type == "RobertaProcessing" {
		if isTrue(f.TrimOffsets, true) {
			p.trims = append(p.trims, trimming{isTrue(f.AddPrefixSpace, true)})
		}
		return p.around([]postPiece{cls, a, sep}, []postPiece{cls, a, sep, sep, b, sep})
	}
	last := sep
	b.kind, last.kind = 1, 1
	return p.around([]postPiece{cls, a, sep}, []postPiece{cls, a, sep, b, last})
}

// around sets the pieces.
func (p *postProcessor) around(single, pair []postPiece) error {
	if p.single != nil {
		return fmt.Errorf("two post-processors add tokens: only one is known to")
	}
	for _, x := range single {
		if x.text == 1 {
			return fmt.Errorf("the post-processor's template for one text names a second")
		}
	}
	p.single, p.pair = single, pair
	return nil
}
