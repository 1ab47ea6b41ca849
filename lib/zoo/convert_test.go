package zoo

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/checkpoint"
)

// From the base through every kind of file: the tokens stay, and so do the weights as far as the type keeps them.
func TestWriteAndLoad(t *testing.T) {
	base := Base()
	text := "In 1850 the baker lives in Tarn.<|im_end|>\nIt's 12 o'clock."
	for _, c := range []struct {
		name, kind string
		far        float64
	}{{"a.gguf", "f32", 0}, {"b.gguf", "", 0}, {"c.gguf", "Q8_0", 0.02}, {"d.gguf", "q4_1", 0.2}, {"e", "float16", 1e-3}, {"f", "BF16", 0}} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := base.Write(path, c.kind); err != nil {
			t.Fatal(err)
		}
		m, err := Load(path)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if !slices.Equal(m.Tok.Encode(text), base.Tok.Encode(text)) {
			t.Errorf("%s: %v, want %v", c.name, m.Tok.Encode(text), base.Tok.Encode(text))
		}
		for i, p := range base.LM.Params() {
			if d := farthest(p.Value.Data(), m.LM.Params()[i].Value.Data()); d > c.far {
				t.Errorf("%s: %s is off by %v", c.name, p.Name, d)
			}
		}
		if got, want := m.LM.Config, base.LM.Config; got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

// From a GGUF file to a folder and back to a GGUF file: the folder spells the pre-tokenizer as the file's name for it does.
func TestFromGGUFToAFolderAndBack(t *testing.T) {
	dir, text := t.TempDir(), "In 1850 it's 12 o'clock.\n\n  Tarn"
	m, want := Base(), Base().Tok.Encode(text)
	for _, name := range []string{"a.gguf", "b", "c.gguf", "d"} {
		path := filepath.Join(dir, name)
		if err := m.Write(path, "F32"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		next, err := Load(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := next.Tok.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
		m = next
	}
}

func farthest(a, b []float32) (d float64) {
	for i := range a {
		d = max(d, float64(a[i]-b[i]), float64(b[i]-a[i]))
	}
	return d
}

// What a GGUF file says of itself is kept when its weights are written anew; what a folder has beside its weights is copied.
func TestWhatIsKept(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.gguf"), filepath.Join(dir, "2.gguf")
	if err := Base().Write(first, "F32"); err != nil {
		t.Fatal(err)
	}
	m, err := Load(first)
	if err != nil {
		t.Fatal(err)
	}
	m.said = append(m.said, checkpoint.Pair{Key: "general.license", Value: "apache-2.0"})
	if err := m.Write(second, "Q4_0"); err != nil {
		t.Fatal(err)
	}
	g, err := checkpoint.OpenGGUF(second)
	if err != nil {
		t.Fatal(err)
	}
	if g.Meta["general.license"] != "apache-2.0" || g.Meta["general.file_type"] != uint32(2) || g.Meta["tokenizer.ggml.pre"] != "smollm" || g.Tensors["token_embd.weight"].DType != "Q8_0" || g.Tensors["blk.0.ffn_up.weight"].DType != "Q4_0" {
		t.Errorf("%v", g.Meta["general.license"])
	}

	folder, copied := filepath.Join(dir, "f"), filepath.Join(dir, "g")
	if err := Base().Write(folder, "BF16"); err != nil {
		t.Fatal(err)
	}
	mark := []byte(`{"do_sample": true, "temperature": 0.5}`)
	os.WriteFile(filepath.Join(folder, "generation_config.json"), mark, 0o644)
	m, err = Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write(copied, "F32"); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(copied, "generation_config.json")); string(b) != string(mark) {
		t.Errorf("generation_config.json became %s", b)
	}
	var config map[string]any
	b, _ := os.ReadFile(filepath.Join(copied, "config.json"))
	if json.Unmarshal(b, &config) != nil || config["torch_dtype"] != "float32" {
		t.Errorf("config.json: %s", b)
	}
}

func TestWhatCannotBeLoadedOrWritten(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "a.txt")
	os.WriteFile(text, []byte("x"), 0o644)
	for name, want := range map[string]string{text: "is not a model", filepath.Join(dir, "no"): "there is no file or folder", "nonsense": "one of the names", dir: "config.json",
		filepath.Join(dir, "b.gguf"): "there is no file"} {
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if err := Base().Write(filepath.Join(dir, "x"), "Q8_0"); err == nil || !strings.Contains(err.Error(), "Q8_0") {
		t.Errorf("blocks in a folder: %v", err)
	}
	if err := Base().Write(filepath.Join(dir, "x.gguf"), "Q5_K"); err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("Q5_K: %v", err)
	}
}
