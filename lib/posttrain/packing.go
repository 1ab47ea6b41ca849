package posttrain

import (
	"fmt"
	"sort"
)

// packedTogether is how many rows are packed at a time: TRL packs in map batches of this size.
const packedTogether = 1000

// pack puts rows together into samples of at most length tokens.
//
//	bfd        best fit, decreasing (Ding et al. 2024, arXiv:2404.10830): rows by falling length, each into the fullest sample
//	           that still has room, cut at length; documents do not attend to one another
//	bfd_split  the same, but what is too long is cut into pieces and none is lost
//	wrapped    one stream cut every length tokens, across documents, with plain causal attention
func pack(rows []sample, length int, strategy string) ([]sample, error) {
	var out []sample
	for i := 0; i < len(rows); i += packedTogether {
		part := rows[i:min(i+packedTogether, len(rows))]
		switch strategy {
		case "bfd":
			out = append(out, packBestFit(part, length, false)...)
		case "bfd_split":
			out = append(out, packBestFit(part, length, true)...)
		case "wrapped":
			out = append(out, packWrapped(part, length)...)
		default:
			return nil, fmt.Errorf("posttrain.SFTConfig: Packing is %q, it must be bfd, bfd_split or wrapped", strategy)
		}
	}
	return out, nil
}

func packWrapped(rows []sample, length int) []sample {
	var all sample
	for _, r := range rows {
		all.ids, all.labels = append(all.ids, r.ids...), append(all.labels, r.labels...)
	}
	return pieces(all, length)
}

// pieces cuts a sample every length tokens.
func pieces(s sample, length int) []sample {
	var out []sample
	for i := 0; i < len(s.ids); i += length {
		j := min(i+length, len(s.ids))
		out = append(out, sample{ids: s.ids[i:j], labels: s.labels[i:j]})
	}
	return out
}

func packBestFit(rows []sample, length int, split bool) []sample {
	var list []sample
	for _, r := range rows {
		p := pieces(r, length)
		if len(p) > 1 && !split {
			p = p[:1]
		}
		list = append(list, p...)
	}
	sort.SliceStable(list, func(i, j int) bool { return len(list[i].ids) > len(list[j].ids) })
	var bins []sample
	open := make([][]int, length+1) // by the space that is left: which bins, the oldest first
	for _, r := range list {
		n := len(r.ids)
		space := n
		for space < length && len(open[space]) == 0 {
			space++
		}
		bin := len(bins)
		if space < length {
			bin, open[space] = open[space][0], open[space][1:]
		} else {
			bins, space = append(bins, sample{}), length
		}
		b := &bins[bin]
		b.ids, b.labels = append(b.ids, r.ids...), append(b.labels, r.labels...)
		b.parts = append(b.parts, n)
		open[space-n] = append(open[space-n], bin)
	}
	return bins
}
