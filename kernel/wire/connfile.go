package wire

import (
	"encoding/json"
	"fmt"
	"net"
	"strconv"
)

// Connection is the content of a connection file (Jupyter client documentation, "Connection files").
type Connection struct {
	Transport string `json:"transport"`
	IP        string `json:"ip"`
	Key       string `json:"key"`
	Scheme    string `json:"signature_scheme"`
	Shell     int    `json:"shell_port"`
	IOPub     int    `json:"iopub_port"`
	Stdin     int    `json:"stdin_port"`
	Control   int    `json:"control_port"`
	HB        int    `json:"hb_port"`
}

// ParseConnection reads a connection file and checks every field; file is its name, for errors.
func ParseConnection(file string, data []byte) (*Connection, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("connection file %s is empty", file)
	}
	var c Connection
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("connection file %s: not the JSON of a connection: %v", file, err)
	}
	switch c.Transport {
	case "":
		c.Transport = "tcp"
	case "tcp", "ipc":
	default:
		return nil, fmt.Errorf("connection file %s: transport %q is not known: use tcp or ipc", file, c.Transport)
	}
	if _, err := NewSigner(c.Scheme, c.Key); err != nil {
		return nil, fmt.Errorf("connection file %s: %v", file, err)
	}
	if c.IP == "" {
		return nil, fmt.Errorf("connection file %s: ip is missing", file)
	}
	if c.Transport == "tcp" && c.IP != "*" && c.IP != "localhost" && net.ParseIP(c.IP) == nil {
		return nil, fmt.Errorf("connection file %s: ip %q is not an address", file, c.IP)
	}
	used := map[int]string{}
	for _, p := range c.ports() {
		if p.port <= 0 || p.port > 65535 {
			return nil, fmt.Errorf("connection file %s: %s_port is missing or not between 1 and 65535: %d", file, p.name, p.port)
		}
		if other := used[p.port]; other != "" {
			return nil, fmt.Errorf("connection file %s: %s_port and %s_port are both %d", file, other, p.name, p.port)
		}
		used[p.port] = p.name
	}
	return &c, nil
}

type namedPort struct {
	name string
	port int
}

func (c *Connection) ports() []namedPort {
	return []namedPort{{"shell", c.Shell}, {"iopub", c.IOPub}, {"stdin", c.Stdin}, {"control", c.Control}, {"hb", c.HB}}
}

// Address is where the socket of a port listens: host:port, or a path.
func (c *Connection) Address(port int) string {
	if c.Transport == "ipc" {
		return c.IP + "-" + strconv.Itoa(port)
	}
	return net.JoinHostPort(c.IP, strconv.Itoa(port))
}
