package compute

import "testing"

func TestReadBandwidthReadsEverything(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 512 MB")
	}
	if b := ReadBandwidth(); b <= 0 || bandwidthSum != 5*128<<20 {
		t.Errorf("bandwidth %v, sum %v", b, bandwidthSum)
	}
	t.Logf("%.1f GB/s", ReadBandwidth()/1e9)
}
