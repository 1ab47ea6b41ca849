package posttrain

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// events is a TensorBoard event file: records (length, masked CRC of it, data, masked CRC of it) of the protobuf message
// tensorflow.Event (wall_time = 1, step = 2, file_version = 3, summary = 5; a summary's value = 1 has tag = 1 and
// simple_value = 2).
type events struct{ file *os.File }

// newEvents starts a file in a folder of its own under dir, as the Trainer does.
func newEvents(dir string, now time.Time) (*events, error) {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	dir = filepath.Join(dir, now.Format("Jan02_15-04-05")+"_"+host)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, fmt.Sprintf("events.out.tfevents.%d.%s.%d.0", now.Unix(), host, os.Getpid())))
	if err != nil {
		return nil, err
	}
	e := &events{f}
	return e, e.record(append(event(now, 0), field(3, "brain.Event:2")...))
}

// add writes every metric of an entry under train/ or eval/.
func (e *events) add(step int, x *entry) error {
	var summary []byte
	for _, n := range x.names {
		tag := "train/" + n
		if rest, ok := strings.CutPrefix(n, "eval_"); ok {
			tag = "eval/" + rest
		}
		value := append(field(1, tag), 2<<3|5)
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(float32(x.values[n])))
		summary = append(summary, field(1, string(value))...)
	}
	return e.record(append(event(time.Now(), step), field(5, string(summary))...))
}

// event is the start of a message: the time and the step.
func event(now time.Time, step int) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(float64(now.UnixNano())/1e9))
	return binary.AppendUvarint(append(b, 2<<3), uint64(step))
}

// field is a protobuf field of bytes.
func field(number byte, data string) []byte {
	return append(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(data))), data...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum of a TFRecord.
func masked(data []byte) uint32 {
	c := crc32.Checksum(data, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

func (e *events) record(data []byte) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	b = binary.LittleEndian.AppendUint32(b, masked(data))
	_, err := e.file.Write(b)
	return err
}
