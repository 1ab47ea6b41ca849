package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"io"
	"strings"
)

type Level int

func (l Level) MarshalText() ([]byte, error) { return []byte(fmt.Sprintf("L%d", int(l))), nil }

func (l *Level) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "L%d", (*int)(l))
	return err
}

type Point struct {
	X, Y int
	Tags []string       `json:"tags,omitempty" xml:"tag"`
	Meta map[string]any `json:"meta,omitempty" xml:"-"`
	L    Level          `json:"level" xml:"level,attr"`
	priv int
}

func main() {
	p := Point{X: 1, Y: 2, Tags: []string{"a"}, Meta: map[string]any{"k": 1.5}, L: 3, priv: 9}
	b, err := json.Marshal(p)
	fmt.Println(string(b), err)
	var q Point
	fmt.Println(json.Unmarshal(b, &q), q)
	var se *json.SyntaxError
	fmt.Println(errors.As(json.Unmarshal([]byte("{"), &q), &se), json.Valid([]byte("[1]")))
	var anything any
	json.Unmarshal([]byte(`{"a":[1,"x",null,true],"b":{"c":2}}`), &anything)
	fmt.Println(anything)
	b, _ = json.MarshalIndent(map[string]Level{"z": 1, "a": 2}, "", " ")
	fmt.Println(string(b))
	dec := json.NewDecoder(strings.NewReader(`{"X":1} {"X":2}`))
	for {
		var x Point
		if err := dec.Decode(&x); err == io.EOF {
			break
		}
		fmt.Print(x.X, " ")
	}
	fmt.Println()
	x, err := xml.Marshal(p)
	fmt.Println(string(x), err)
	var px Point
	fmt.Println(xml.Unmarshal(x, &px), px.X, px.Tags, px.L)
	var gb bytes.Buffer
	fmt.Println(gob.NewEncoder(&gb).Encode(map[string][]int{"a": {1, 2}}))
	var gm map[string][]int
	fmt.Println(gob.NewDecoder(&gb).Decode(&gm), gm)
	rows, err := csv.NewReader(strings.NewReader("a,b\n\"x,y\",2\n")).ReadAll()
	fmt.Println(rows, err)
	fmt.Println(base64.StdEncoding.EncodeToString([]byte("hi?")), hex.EncodeToString([]byte{255, 1}))
	var bb bytes.Buffer
	binary.Write(&bb, binary.LittleEndian, struct {
		A uint16
		B int32
	}{1, -2})
	fmt.Println(bb.Bytes(), binary.BigEndian.Uint16([]byte{1, 2}))
	fmt.Printf("%x\n%x %08x\n", sha256.Sum256([]byte("a")), md5.Sum(nil), crc32.ChecksumIEEE([]byte("a")))
	m := hmac.New(sha256.New, []byte("k"))
	m.Write([]byte("msg"))
	fmt.Printf("%x\n", m.Sum(nil)[:4])
	f := fnv.New32a()
	io.WriteString(f, "x")
	fmt.Println(f.Sum32())
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	zw.Write(bytes.Repeat([]byte("go"), 100))
	zw.Close()
	zr, _ := gzip.NewReader(&z)
	all, _ := io.ReadAll(zr)
	fmt.Println(len(all))
	fr := flate.NewReader(strings.NewReader("bad"))
	_, err = io.ReadAll(fr)
	fmt.Println(err)
	var zb bytes.Buffer
	zz := zip.NewWriter(&zb)
	w, _ := zz.Create("f.txt")
	w.Write([]byte("in zip"))
	zz.Close()
	zrd, err := zip.NewReader(bytes.NewReader(zb.Bytes()), int64(zb.Len()))
	fmt.Println(zrd.File[0].Name, err)
	_, err = tar.NewReader(strings.NewReader("")).Next()
	fmt.Println(err)
}
