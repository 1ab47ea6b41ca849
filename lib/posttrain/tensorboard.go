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
// tensorflow.Event (wall_time = 1, step = 2, file_version = 3, summary = 5; a summary's value = 1 has tag = 1, and simple_value =
// 2 or, for a text, tensor = 8 and metadata = 9).
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
	return e, e.write(framed(append(event(now, 0), field(3, "brain.Event:2")...)))
}

// add writes every metric of an entry under train/ or eval/, an event each.
func (e *events) add(now time.Time, step int, x *entry) error {
	var all []byte
	for _, n := range x.names {
		tag := "train/" + n
		if rest, ok := strings.CutPrefix(n, "eval_"); ok {
			tag = "eval/" + rest
		}
		all = append(all, framed(summary(now, step, scalar(tag, x.values[n])))...)
	}
	return e.write(all)
}

// scalar is a value of a summary that is a number.
func scalar(tag string, v float64) []byte {
	return binary.LittleEndian.AppendUint32(append(field(1, tag), 2<<3|5), math.Float32bits(float32(v)))
}

// text writes a text beside the run: the Trainer writes its args and the model's config.
func (e *events) text(now time.Time, tag, text string) error {
	return e.write(framed(summary(now, 0, words(tag, text))))
}

// words is a value of a summary that is a text: a tensor of one string, and the plugin that shows it.
func words(tag, text string) []byte {
	const dtString = 7
	shape := field(2, string([]byte{1 << 3, 1})) // one dimension of size 1
	tensor := append([]byte{1 << 3, dtString}, field(2, string(shape))...)
	tensor = append(tensor, field(8, text)...)
	value := append(field(1, tag+"/text_summary"), field(8, string(tensor))...)
	return append(value, field(9, string(field(1, string(field(1, "text")))))...)
}

// event is the start of a message: the time and the step.
func event(now time.Time, step int) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{1<<3 | 1}, math.Float64bits(float64(now.Unix())+float64(now.Nanosecond())/1e9))
	if step == 0 {
		return b
	}
	return binary.AppendUvarint(append(b, 2<<3), uint64(step))
}

// summary is an event with a value.
func summary(now time.Time, step int, value []byte) []byte {
	return append(event(now, step), field(5, string(field(1, string(value))))...)
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

// framed is the record of an event.
func framed(data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	b = binary.LittleEndian.AppendUint32(b, masked(b))
	b = append(b, data...)
	return binary.LittleEndian.AppendUint32(b, masked(data))
}

func (e *events) write(records []byte) error {
	_, err := e.file.Write(records)
	return err
}
