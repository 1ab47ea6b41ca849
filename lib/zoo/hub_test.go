package zoo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGetMakesTheCacheOfHuggingFace(t *testing.T) {
	for _, sparse := range []bool{false, true} {
		s := newStandIn(t)
		s.sparse = sparse
		where, err := Get(context.Background(), "owner/name", GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--name")
		if want := filepath.Join(folder, "snapshots", commit); where != want {
			t.Errorf("it is in %s, want %s", where, want)
		}
		if b, _ := os.ReadFile(filepath.Join(folder, "refs", "main")); string(b) != commit {
			t.Errorf("refs/main is %q", b)
		}
		for _, name := range []string{"config.json", "model.safetensors", "tokenizer.json", "a b.json"} {
			b, err := os.ReadFile(filepath.Join(where, name))
			if err != nil || string(b) != string(s.files[name]) {
				t.Errorf("%s: %v", name, err)
			}
			if b, err := os.ReadFile(filepath.Join(folder, "blobs", s.key(name))); err != nil || string(b) != string(s.files[name]) {
				t.Errorf("blob of %s: %v", name, err)
			}
			if to, err := os.Readlink(filepath.Join(where, name)); err != nil || to != filepath.Join("..", "..", "blobs", s.key(name)) {
				t.Errorf("%s points to %q, %v", name, to, err)
			}
		}
		for _, name := range []string{"README.md", "onnx"} {
			if _, err := os.Stat(filepath.Join(where, name)); err == nil {
				t.Errorf("%s was fetched", name)
			}
		}
		if found, err := Find("owner/name"); err != nil || found != where {
			t.Errorf("Find gives %s, %v", found, err)
		}
		s.requests = nil
		if _, err := Get(context.Background(), "owner/name", GetOptions{}); err != nil || s.count("GET /owner") > 0 {
			t.Errorf("the second time: %v, %v", err, s.requests)
		}
		t.Setenv("HF_HUB_OFFLINE", "1")
		if found, err := Get(context.Background(), "owner/name", GetOptions{}); err != nil || found != where {
			t.Errorf("offline: %s, %v", found, err)
		}
		if _, err := Get(context.Background(), "owner/other", GetOptions{}); !errors.Is(err, ErrOffline) {
			t.Errorf("offline, and not there: %v", err)
		}
	}
}

func TestRevisions(t *testing.T) {
	s := newStandIn(t)
	for _, rev := range []string{"v1", commit, "refs/pr/1"} {
		if _, err := Get(context.Background(), "owner/name@"+rev, GetOptions{}); err != nil {
			t.Errorf("%s: %v", rev, err)
		}
		if _, err := Find("owner/name@" + rev); err != nil {
			t.Errorf("%s: %v", rev, err)
		}
	}
	if _, err := Find("owner/name"); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "lyceum get owner/name") {
		t.Errorf("main was never fetched: %v", err)
	}
	if n := s.count("STORE"); n != 1 {
		t.Errorf("the weights were fetched %d times", n)
	}
}

func TestAnInterruptedFetchGoesOn(t *testing.T) {
	s := newStandIn(t)
	s.cut["model.safetensors"] = 300_001
	if _, err := Get(context.Background(), "owner/name", GetOptions{}); err != nil {
		t.Fatal(err)
	}
	var ranges []string
	for _, r := range s.requests {
		if strings.HasPrefix(r, "STORE") {
			ranges = append(ranges, strings.TrimPrefix(r, "STORE /model.safetensors "))
		}
	}
	if got := strings.Join(ranges, ","); got != ",bytes=300001-,bytes=600002-,bytes=900003-" {
		t.Errorf("requests %q", got)
	}
}

func TestANewProcessGoesOn(t *testing.T) {
	s := newStandIn(t)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Get(ctx, "owner/name", GetOptions{Progress: func(p Progress) {
		if p.Name == "model.safetensors" && p.Done > 0 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("an interrupted fetch: %v", err)
	}
	part := filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--name", "blobs", s.key("model.safetensors")+".incomplete")
	if err := os.WriteFile(part, s.files["model.safetensors"][:500_000], 0o644); err != nil {
		t.Fatal(err)
	}
	s.requests = nil
	where, err := Get(context.Background(), "owner/name", GetOptions{})
	if err != nil || s.count("STORE /model.safetensors bytes=500000-") != 1 {
		t.Errorf("%v, %v", err, s.requests)
	}
	if b, _ := os.ReadFile(filepath.Join(where, "model.safetensors")); string(b) != string(s.files["model.safetensors"]) {
		t.Error("the file is not what the server has")
	}

	// A damaged beginning is found by the checksum and thrown away.
	os.RemoveAll(filepath.Join(os.Getenv("HF_HOME"), "hub"))
	os.MkdirAll(filepath.Dir(part), 0o755)
	os.WriteFile(part, make([]byte, 1000), 0o644)
	if _, err := Get(context.Background(), "owner/name", GetOptions{}); err != nil {
		t.Errorf("a damaged beginning: %v", err)
	}
}

func TestWhatArrivesIsChecked(t *testing.T) {
	s := newStandIn(t)
	for want, swap := range map[string]func([]byte) []byte{
		"has the checksum": func(b []byte) []byte { return append([]byte("X"), b[1:]...) },
		"longer than the":  func(b []byte) []byte { return append(b[:len(b):len(b)], "more"...) },
		"ended after":      func(b []byte) []byte { return b[:len(b)-2] },
	} {
		os.RemoveAll(filepath.Join(os.Getenv("HF_HOME"), "hub"))
		s.swap = swap
		_, err := Get(context.Background(), "owner/name", GetOptions{Files: []string{"model.safetensors"}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "model.safetensors") {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := os.Stat(filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--name", "blobs", s.key("model.safetensors"))); err == nil {
			t.Errorf("%s: a wrong file is in the cache", want)
		}
	}
}

func TestAnswersOfTheServer(t *testing.T) {
	status := func(code int, header ...string) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, w http.ResponseWriter, r *http.Request) bool {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			http.Error(w, "no", code)
			return true
		}
	}
	for _, c := range []struct {
		name, want string
		requests   int
		fail       func(int, http.ResponseWriter, *http.Request) bool
	}{
		{"owner/name", "wants a token: set HF_TOKEN", 1, status(401)},
		{"owner/name", "(403)", 1, status(403)},
		{"owner/name", "too many requests (429)", tries, status(429)},
		{"owner/name", "too many requests (429)", 1, status(429, "Retry-After", "3600")},
		{"owner/name", "has trouble (503", tries, status(503)},
		{"owner/name", "answers 418", 1, status(418)},
		{"owner/other", "no such thing", 1, nil},
		{"owner/name@v9", "no such revision", 1, nil},
		{"owner/name", "not a list of files", 1, func(_ int, w http.ResponseWriter, r *http.Request) bool { fmt.Fprint(w, "<html>"); return true }},
		{"owner/name", "leads out of the folder", 1, func(_ int, w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprintf(w, `{"sha":%q,"siblings":[{"rfilename":"../../evil.json"}]}`, commit)
			return true
		}},
		{"owner/name", "names the commit", 1, func(_ int, w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, `{"sha":"../x","siblings":[]}`)
			return true
		}},
		{"owner/name", "redirects in circles", tries, func(_ int, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}},
	} {
		s := newStandIn(t)
		s.fail = c.fail
		_, err := Get(context.Background(), c.name, GetOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if n := len(s.requests); c.requests != n && !strings.Contains(c.want, "circles") {
			t.Errorf("%s (%s): %d requests, want %d", c.name, c.want, n, c.requests)
		}
	}
}

func TestTroubleThatPasses(t *testing.T) {
	s := newStandIn(t)
	s.fail = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if n%3 == 0 {
			return false
		}
		http.Error(w, "later", []int{http.StatusTooManyRequests, http.StatusBadGateway}[n%2])
		return true
	}
	if _, err := Get(context.Background(), "owner/name", GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestTokens(t *testing.T) {
	s := newStandIn(t)
	s.secret = "hf_secret"
	get := func() error { _, err := Get(context.Background(), "owner/name", GetOptions{}); return err }
	if err := get(); err == nil || strings.Contains(err.Error(), "hf_") {
		t.Errorf("without a token: %v", err)
	}
	t.Setenv("HF_TOKEN", "hf_wrong")
	if err := get(); err == nil || !strings.Contains(err.Error(), "with your token") || strings.Contains(err.Error(), "hf_wrong") {
		t.Errorf("with a wrong token: %v", err)
	}
	t.Setenv("HF_TOKEN", "")
	os.WriteFile(filepath.Join(os.Getenv("HF_HOME"), "token"), []byte("hf_secret\n"), 0o600)
	if err := get(); err != nil {
		t.Errorf("with the token file: %v", err)
	}
}

func TestEndpoints(t *testing.T) {
	newStandIn(t)
	t.Setenv("HF_TOKEN", "x")
	for address, token := range map[string]string{"http://127.0.0.1:1": "x", "http://localhost": "x", "https://host": "x", "http://192.168.1.5:80": ""} {
		t.Setenv("HF_ENDPOINT", address)
		if h, err := newHub(); err != nil || h.token != token {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"http://host", "ftp://host", "host", "https://user:secret@host"} {
		t.Setenv("HF_ENDPOINT", address)
		if _, err := newHub(); err == nil {
			t.Errorf("%s is taken", address)
		}
	}
	t.Setenv("HF_ENDPOINT", "http://127.0.0.1:9")
	if _, err := Get(context.Background(), "owner/name", GetOptions{}); err == nil || !strings.Contains(err.Error(), "127.0.0.1:9 cannot be reached") {
		t.Errorf("no server: %v", err)
	}
}

func TestWhichFiles(t *testing.T) {
	list := func(names ...string) (out []remote) {
		for _, n := range names {
			out = append(out, remote{name: n})
		}
		return out
	}
	for _, c := range []struct {
		files    []remote
		patterns []string
		want     string
	}{
		{list("model.safetensors", "config.json", "pytorch_model.bin", "x.gguf"), nil, "model.safetensors config.json"},
		{list("a.gguf", "README.md"), nil, "a.gguf"},
		{list("a.gguf", "b.gguf"), nil, "choose one with --file"},
		{list("pytorch_model.bin"), nil, "no weights"},
		{list("a-Q4.gguf", "a-Q8.gguf"), []string{"*Q8*"}, "a-Q8.gguf"},
		{list("a"), []string{"b"}, "no file matches"},
		{list("a"), []string{"["}, "the pattern"},
	} {
		got, err := wanted(c.files, c.patterns)
		var text []string
		for _, f := range got {
			text = append(text, f.name)
		}
		if s := strings.Join(text, " "); err == nil && s != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %v: %q, %v", c.files, c.patterns, s, err)
		}
	}
}
