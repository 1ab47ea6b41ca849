package checkpoint

import (
	"fmt"

	"lyceum/lib/transformer"
)

// ropeScaling reads what a config.json says about rotary positions: rope_parameters (Transformers 5) or rope_scaling
// (Transformers 4, whose older files say "type" for "rope_type"). A kind that is not known is an error, because a model
// whose angles are wrong answers fluently and wrongly.
func ropeScaling(versions ...map[string]any) (transformer.RopeScaling, error) {
	var out transformer.RopeScaling
	for _, rope := range versions {
		kind, _ := rope["rope_type"].(string)
		if kind == "" {
			kind, _ = rope["type"].(string)
		}
		switch kind {
		case "", "default":
			continue
		case "llama3":
		default:
			return out, fmt.Errorf("the rope_type %q is not known: default and llama3 are", kind)
		}
		var numbers [4]float64
		for i, key := range []string{"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"} {
			x, ok := rope[key].(float64)
			if !ok {
				return out, fmt.Errorf("the rope_type llama3 needs the number %s", key)
			}
			numbers[i] = x
		}
		out = transformer.RopeScaling{Factor: numbers[0], LowFreq: numbers[1], HighFreq: numbers[2], Original: int(numbers[3])}
	}
	return out, nil
}

// ropeJSON is the reverse: rope_parameters, and rope_scaling when there is any, so that both versions read the file.
func ropeJSON(c transformer.Config) (v5, v4 map[string]any) {
	s := c.RopeScaling
	if s.Factor == 0 {
		return map[string]any{"rope_type": "default", "rope_theta": c.RopeTheta}, nil
	}
	v4 = map[string]any{"rope_type": "llama3", "factor": s.Factor, "low_freq_factor": s.LowFreq, "high_freq_factor": s.HighFreq, "original_max_position_embeddings": s.Original}
	v5 = map[string]any{"rope_theta": c.RopeTheta}
	for k, v := range v4 {
		v5[k] = v
	}
	return v5, v4
}
