package checkpoint

import (
	"fmt"
	"path/filepath"
	"strconv"

	"lyceum/lib/nn"
	"lyceum/lib/transformer"
)

// LoadScorer reads a reward model or classifier from a Hugging Face folder: a ...ForSequenceClassification with
// score.weight, or a language model, which gets a new head of random weights from seed (normal, standard deviation initializer_range),
// as Transformers initialises it. labels is how many outputs a new head has; 0: what the configuration says, which is 2
// in Transformers when it says nothing. Of a folder with an adapter it reads the model that the adapter belongs to, and writes the
// adapter into its weights; one that has no place there, as virtual tokens, stays on.
func LoadScorer(folder string, labels int, seed uint64) (*transformer.Scorer, error) {
	if base, ok := AdapterBase(folder); ok {
		return scorerWithAdapter(base, folder, labels, seed)
	}
	c, f, files, err := openFolder(folder)
	if err != nil {
		return nil, err
	}
	bad := func(err error) (*transformer.Scorer, error) {
		return nil, fmt.Errorf("checkpoint: %s: %w", filepath.Join(folder, "config.json"), err)
	}
	names := f.labels()
	if labels == 0 {
		labels = f.integer("num_labels", max(len(names), 2*boolean(len(names) == 0)))
	}
	special := f.special()
	if f.err != nil {
		return bad(f.err)
	}
	if labels < 1 {
		return bad(fmt.Errorf("num_labels is %d, it must be positive", labels))
	}
	head := c
	head.Tied = true // the output layer is not part of it
	b, err := newBag(files)
	if err != nil {
		return nil, err
	}
	if err := b.enough(c); err != nil {
		return nil, err
	}
	s := transformer.NewScorer(transformer.Empty(head), labels, seed)
	s.Config.Tied = c.Tied
	s.Special, s.Pad = special, special.Pad
	if len(names) == labels {
		s.Labels = names
	}
	for _, p := range s.Params() {
		if p.Name == "score.weight" && b.where[p.Name] == "" {
			continue
		}
		if err := b.fill(p); err != nil {
			return nil, err
		}
	}
	delete(b.all, "lm_head.weight")
	if err := b.empty(); err != nil {
		return nil, err
	}
	return s, b.read()
}

func scorerWithAdapter(base, folder string, labels int, seed uint64) (*transformer.Scorer, error) {
	s, err := LoadScorer(base, labels, seed)
	if err != nil {
		return nil, err
	}
	if err := LoadAdapter(folder, s.LM, "default"); err != nil {
		return nil, err
	}
	switch s.Adapter("default").Config.(type) {
	case nn.PromptTuning, nn.PrefixTuning, nn.Bottleneck:
		return s, nil
	}
	if err := s.Merge("default"); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", folder, err)
	}
	return s, s.DeleteAdapter("default")
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// labels reads id2label.
func (f *fields) labels() []string {
	t := f.table("id2label")
	out := make([]string, len(t))
	for k, v := range t {
		i, err := strconv.Atoi(k)
		name, ok := v.(string)
		if err != nil || i < 0 || i >= len(out) || !ok {
			f.fail("id2label is %v, names for 0 to %d are expected", t, len(out)-1)
			return nil
		}
		out[i] = name
	}
	return out
}

// SaveScorer writes a reward model or classifier as a Hugging Face folder, in F32, F16 or BF16.
func SaveScorer(folder string, s *transformer.Scorer, dtype string) error {
	n := s.Score.Weight.Dim(0)
	id2label, label2id := map[string]string{}, map[string]int{}
	for i := range n {
		name := fmt.Sprintf("LABEL_%d", i)
		if i < len(s.Labels) {
			name = s.Labels[i]
		}
		id2label[strconv.Itoa(i)], label2id[name] = name, i
	}
	name := s.Config.Family
	if name == "" {
		name = "llama"
	}
	fam, err := transformer.ByFamily(name)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	special := transformer.Special{Pad: -1}
	if s.Special != nil {
		special = *s.Special
	}
	special.Pad = s.Pad
	class := fam.Class + "ForSequenceClassification"
	if name == "gemma3_text" {
		class = "Gemma3TextForSequenceClassification"
	}
	more := map[string]any{"architectures": []string{class}, "id2label": id2label, "label2id": label2id, "num_labels": n}
	return save(folder, s.Config, tensorsOf(s.Merged()), dtype, &special, more)
}
