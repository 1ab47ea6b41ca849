package checkpoint

import "lyceum/lib/transformer"

// rope reads what a config.json says about rotary positions: rope_parameters (Transformers 5; of local and global blocks
// apart in Gemma 3) or rope_theta, rope_scaling and rope_local_base_freq (Transformers 4, whose older files say "type" for
// "rope_type"). A kind that is not known is an error, because a model whose angles are wrong answers fluently and wrongly.
func (f *fields) rope(c *transformer.Config, s spelling) {
	gemma := c.Family == "gemma3_text"
	c.RopeTheta = f.number("rope_theta", s.theta)
	if gemma {
		c.LocalTheta = f.number("rope_local_base_freq", 10000)
	}
	v5, v4 := f.table("rope_parameters"), f.table("rope_scaling")
	if sub, ok := v5["sliding_attention"].(map[string]any); ok {
		local := &fields{all: sub}
		c.LocalTheta = local.number("rope_theta", c.LocalTheta)
		if kind := local.text("rope_type", "default"); kind != "default" {
			f.fail("the rope_type %q of sliding_attention is not supported: only default is", kind)
		}
		f.take(local)
	}
	if sub, ok := v5["full_attention"].(map[string]any); ok {
		v5 = sub
	}
	for _, t := range []map[string]any{v5, v4} {
		sub := &fields{all: t}
		c.RopeTheta = sub.number("rope_theta", c.RopeTheta)
		sub.must("partial_rotary_factor", 1.0)
		if kind := sub.text("rope_type", sub.text("type", "default")); kind != "default" && c.RopeScaling.Kind == "" {
			c.RopeScaling = sub.scaling(kind, f.integer("original_max_position_embeddings", c.Context), c)
		}
		f.take(sub)
	}
}

func (f *fields) take(sub *fields) {
	if sub.err != nil {
		f.fail("%v", sub.err)
	}
}

// scaling reads one kind of rope_type.
func (f *fields) scaling(kind string, original int, c *transformer.Config) transformer.RopeScaling {
	need := func(key string) float64 {
		if f.all[key] == nil {
			f.fail("the rope_type %s needs the number %s", kind, key)
		}
		return f.number(key, 0)
	}
	s := transformer.RopeScaling{Kind: kind}
	if kind != "linear" {
		s.Original = f.integer("original_max_position_embeddings", original)
	}
	switch kind {
	case "linear":
		s.Factor = need("factor")
	case "dynamic":
		s.Factor, s.Original = need("factor"), c.Context
	case "llama3":
		s.Factor, s.LowFreq, s.HighFreq = need("factor"), need("low_freq_factor"), need("high_freq_factor")
	case "yarn":
		s.Factor = f.number("factor", float64(c.Context)/float64(max(s.Original, 1)))
		s.BetaFast, s.BetaSlow, s.Attention = f.number("beta_fast", 0), f.number("beta_slow", 0), f.number("attention_factor", 0)
		s.MScale, s.MScaleAll, s.NoTruncate = f.number("mscale", 0), f.number("mscale_all_dim", 0), !f.truth("truncate", true)
	case "longrope":
		s.Factor, s.Attention = f.number("factor", float64(c.Context)/float64(max(s.Original, 1))), f.number("attention_factor", 0)
		s.Long = &transformer.LongRope{Short: f.numbers("short_factor"), Long: f.numbers("long_factor")}
	default:
		f.fail("the rope_type %q is not known: default, linear, dynamic, llama3, yarn and longrope are", kind)
	}
	return s
}

// numbers reads a list of numbers that must be there.
func (f *fields) numbers(key string) []float64 {
	var out []float64
	for _, v := range f.list(key) {
		x, ok := v.(float64)
		if !ok {
			f.fail("%s has %v, a number is expected", key, v)
		}
		out = append(out, x)
	}
	if out == nil {
		f.fail("the list %s is missing", key)
	}
	return out
}

// writeRope is the reverse, in both spellings.
func writeRope(m map[string]any, c transformer.Config) {
	v4 := scalingJSON(c.RopeScaling)
	v5 := map[string]any{"rope_type": "default"}
	if v4 != nil {
		m["rope_scaling"] = v4
		for k, v := range v4 {
			v5[k] = v
		}
	}
	v5["rope_theta"] = c.RopeTheta
	if c.Family != "gemma3_text" {
		m["rope_parameters"] = v5
		return
	}
	local := c.LocalTheta
	if local == 0 {
		local = c.RopeTheta
	}
	m["rope_local_base_freq"] = local
	m["rope_parameters"] = map[string]any{"full_attention": v5, "sliding_attention": map[string]any{"rope_type": "default", "rope_theta": local}}
}

func scalingJSON(s transformer.RopeScaling) map[string]any {
	if s.Kind == "" {
		return nil
	}
	m := map[string]any{"rope_type": s.Kind, "factor": s.Factor}
	if s.Kind != "linear" && s.Kind != "dynamic" {
		m["original_max_position_embeddings"] = s.Original
	}
	if s.Kind == "llama3" {
		m["low_freq_factor"], m["high_freq_factor"] = s.LowFreq, s.HighFreq
	}
	for key, x := range map[string]float64{"beta_fast": s.BetaFast, "beta_slow": s.BetaSlow, "attention_factor": s.Attention, "mscale": s.MScale, "mscale_all_dim": s.MScaleAll} {
		if x != 0 {
			m[key] = x
		}
	}
	if s.NoTruncate {
		m["truncate"] = false
	}
	if s.Long != nil {
		m["short_factor"], m["long_factor"] = s.Long.Short, s.Long.Long
	}
	return m
}
