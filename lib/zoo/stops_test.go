package zoo

import (
	_ "embed"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"lyceum/lib/sampling"
)

//go:embed testdata/stops.json
var stopsData []byte

// The tokens are forced on the model; generation must end with the token at which Transformers' StopStringCriteria ends.
func TestStopStringsEqualTransformers(t *testing.T) {
	var golden struct {
		Cases []struct {
			IDs   []int32
			Stops []string
			At    int
		}
	}
	if err := json.Unmarshal(stopsData, &golden); err != nil {
		t.Fatal(err)
	}
	m := Base()
	stopped := 0
	for _, c := range golden.Cases {
		o := m.Options(false)
		o.MaxNewTokens, o.StopStrings, o.Stop = len(c.IDs), c.Stops, nil
		stream := NewTextStream(m.Tok, c.Stops, nil)
		o.OnToken = func(_ int, id int32) { stream.Add(id) }
		o.Processors = []sampling.LogitsProcessor{func(_ int, ids []int32, scores []float32) {
			for i := range scores {
				if int32(i) != c.IDs[len(ids)-1] {
					scores[i] = float32(math.Inf(-1))
				}
			}
		}}
		out, err := sampling.Generate(m.LM, [][]int32{{1}}, o)
		if err != nil {
			t.Fatal(err)
		}
		want := c.At
		if want == 0 {
			want = len(c.IDs)
		} else {
			stopped++
		}
		if got := out[0].IDs; !slices.Equal(got, c.IDs[:want]) || out[0].Stopped != (c.At > 0) {
			t.Errorf("%q after %v: ended after %d tokens (stopped: %v), Transformers after %d of %q", c.Stops, c.IDs, len(got), out[0].Stopped, c.At, m.Tok.Decode(c.IDs))
		}
		if streamed := stream.End(); streamed != out[0].Text {
			t.Errorf("%q after %v: streamed %q, the text is %q", c.Stops, c.IDs, streamed, out[0].Text)
		}
		if text := m.Tok.DecodePlain(out[0].IDs); !strings.HasPrefix(text, out[0].Text) {
			t.Errorf("%q after %v: the text is %q, of %q", c.Stops, c.IDs, out[0].Text, text)
		}
	}
	if stopped < 100 || stopped == len(golden.Cases) {
		t.Errorf("%d of %d texts are stopped: the test says little", stopped, len(golden.Cases))
	}
}
