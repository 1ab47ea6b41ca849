package bench

import (
	"context"
	_ "embed"
)

//go:embed peers/trl_peer.py
var trlScript []byte

// trlWays are those of the trainers. The long ones are tried in the better way only.
func (p *Python) trlWays(c Case, o Options) map[string]func(context.Context) (side, error) {
	way := func(name string, env ...string) func(context.Context) (side, error) {
		return func(ctx context.Context) (side, error) {
			return p.open(ctx, name, "trl_peer.py", c.trl, c.once, false, o, env)
		}
	}
	out := map[string]func(context.Context) (side, error){"TRL, malloc tuned": way("TRL, malloc tuned", malloc...)}
	if c.rounds == 0 {
		out["TRL"] = way("TRL")
	}
	return out
}
