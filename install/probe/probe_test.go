package probe

import (
	"fmt"
	"net"
	"testing"
)

func TestFreePortsAreFreeAndNoConnectionTakesThem(t *testing.T) {
	const n = 50
	ports, err := FreePorts(n)
	if err != nil || len(ports) != n {
		t.Fatalf("%d ports, %v", len(ports), err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		if seen[port] || port < firstPort || port >= afterPort {
			t.Errorf("port %d of %v", port, ports)
		}
		seen[port] = true
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
}
