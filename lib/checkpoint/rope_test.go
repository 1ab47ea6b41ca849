package checkpoint

import (
	"strings"
	"testing"

	"lyceum/lib/transformer"
)

const shape = `"model_type":"llama","vocab_size":8,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":8,"max_position_embeddings":16,"rms_norm_eps":1e-5`

func TestRopeScalingInBothSpellings(t *testing.T) {
	want := transformer.RopeScaling{Kind: "llama3", Factor: 8, LowFreq: 1, HighFreq: 4, Original: 64}
	const numbers = `"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":64`
	for name, rope := range map[string]string{
		"version 4":          `"rope_theta":500,"rope_scaling":{` + numbers + `}`,
		"version 4, earlier": `"rope_theta":500,"rope_scaling":{` + strings.Replace(numbers, "rope_type", "type", 1) + `}`,
		"version 5":          `"rope_parameters":{"rope_theta":500,` + numbers + `}`,
	} {
		c, err := ParseConfig("config.json", []byte("{"+shape+","+rope+"}"))
		if err != nil || c.RopeScaling != want || c.RopeTheta != 500 {
			t.Errorf("%s: %+v, theta %v, %v", name, c.RopeScaling, c.RopeTheta, err)
			continue
		}
		again, err := ConfigJSON(c)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := ParseConfig("config.json", again); err != nil || d != c {
			t.Errorf("%s: written and read again: %+v, %v; want %+v", name, d, err, c)
		}
	}
}

func TestConfigsThatWouldBeMisread(t *testing.T) {
	for want, more := range map[string]string{
		`rope_type "ntk"`:                 `"rope_scaling":{"rope_type":"ntk","factor":2}`,
		"number factor":                   `"rope_scaling":{"type":"linear"}`,
		"long_factor":                     `"rope_scaling":{"type":"longrope","short_factor":[1,1]}`,
		"low_freq_factor":                 `"rope_parameters":{"rope_type":"llama3","factor":8}`,
		"Factor is 0.5":                   `"rope_parameters":{"rope_type":"llama3","factor":0.5,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":64}`,
		`activation "relu2"`:              `"hidden_act":"relu2"`,
		"quantization_config":             `"quantization_config":{"quant_method":"gptq"}`,
		"partial_rotary_factor":           `"partial_rotary_factor":0.5`,
		"rms_norm_eps is small, a number": `"rms_norm_eps":"small"`,
	} {
		if _, err := ParseConfig("x/config.json", []byte("{"+shape+","+more+"}")); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x/config.json") {
			t.Errorf("want an error with %q and the file's name, got %v", want, err)
		}
	}
}
