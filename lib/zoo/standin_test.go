package zoo

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// standIn is a server that answers as the hub does, with one repository, and misbehaves when told to.
type standIn struct {
	*httptest.Server
	t     *testing.T
	files map[string][]byte
	large map[string]bool // kept by SHA-256, elsewhere

	mu       sync.Mutex
	requests []string
	secret   string // the token it wants
	fail     func(n int, w http.ResponseWriter, r *http.Request) bool
	sparse   bool                  // the list has only names
	cut      map[string]int        // answers end after so many bytes
	store    *httptest.Server      // where large files are
	swap     func(b []byte) []byte // what is sent instead of a file
	counts   map[string]int
}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{t: t, files: map[string][]byte{"config.json": []byte(`{"model_type":"llama"}`), "tokenizer.json": []byte("{}"), "README.md": []byte("hello"),
		"model.safetensors": []byte(strings.Repeat("weights and more weights. ", 40000)), "onnx/model.onnx": []byte("no"), "a b.json": []byte("[]")},
		large: map[string]bool{"model.safetensors": true}, cut: map[string]int{}, counts: map[string]int{}}
	s.store = httptest.NewServer(http.HandlerFunc(s.content))
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.store.Close)
	t.Cleanup(s.Server.Close)
	home := t.TempDir()
	for k, v := range map[string]string{"HF_ENDPOINT": s.URL, "HF_HOME": home, "HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "", "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "", "HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": "",
		"HF_TOKEN_PATH": "", "LYCEUM_MODELS": filepath.Join(home, "own")} {
		t.Setenv(k, v)
	}
	first, longest := firstWait, longestWait
	firstWait, longestWait = time.Millisecond, 20*time.Millisecond
	t.Cleanup(func() { firstWait, longestWait = first, longest })
	return s
}

func gitSum(b []byte) string {
	x := sha1.Sum(append([]byte(fmt.Sprintf("blob %d\x00", len(b))), b...))
	return hex.EncodeToString(x[:])
}

func sum256(b []byte) string { x := sha256.Sum256(b); return hex.EncodeToString(x[:]) }

func (s *standIn) key(name string) string {
	if s.large[name] {
		return sum256(s.files[name])
	}
	return gitSum(s.files[name])
}

func (s *standIn) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path+" "+r.Header.Get("Range"))
	n := len(s.requests)
	s.mu.Unlock()
	switch {
	case s.fail != nil && s.fail(n, w, r):
	case s.secret != "" && r.Header.Get("Authorization") != "Bearer "+s.secret:
		w.Header().Set("X-Error-Code", "GatedRepo")
		http.Error(w, "no", http.StatusUnauthorized)
	case strings.HasPrefix(r.URL.Path, "/api/models/owner/name/revision/"):
		s.list(w, strings.TrimPrefix(r.URL.Path, "/api/models/owner/name/revision/"))
	case strings.HasPrefix(r.URL.Path, "/owner/name/resolve/"+commit+"/"):
		name := strings.TrimPrefix(r.URL.Path, "/owner/name/resolve/"+commit+"/")
		if s.files[name] == nil {
			w.Header().Set("X-Error-Code", "EntryNotFound")
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"`+s.key(name)+`"`)
		w.Header().Set("X-Repo-Commit", commit)
		if s.large[name] {
			w.Header().Set("X-Linked-Size", strconv.Itoa(len(s.files[name])))
			w.Header().Set("X-Linked-Etag", `"`+s.key(name)+`"`)
			w.Header().Set("ETag", `"of-the-redirect"`)
			http.Redirect(w, r, s.store.URL+"/"+name, http.StatusFound)
			return
		}
		s.send(w, r, name)
	default:
		w.Header().Set("X-Error-Code", "RepoNotFound")
		http.NotFound(w, r)
	}
}

func (s *standIn) list(w http.ResponseWriter, revision string) {
	if revision != "main" && revision != "v1" && revision != "refs/pr/1" && revision != commit {
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		http.Error(w, "no", http.StatusNotFound)
		return
	}
	var siblings []map[string]any
	for name, b := range s.files {
		x := map[string]any{"rfilename": name}
		if !s.sparse {
			x["size"], x["blobId"] = len(b), gitSum(b)
			if s.large[name] {
				x["lfs"] = map[string]any{"sha256": sum256(b), "size": len(b), "pointerSize": 100}
			}
		}
		siblings = append(siblings, x)
	}
	json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": siblings})
}

// content is the store: it must never see the token.
func (s *standIn) content(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.t.Error("the token went to another host")
	}
	s.mu.Lock()
	s.requests = append(s.requests, "STORE "+r.URL.Path+" "+r.Header.Get("Range"))
	s.mu.Unlock()
	s.send(w, r, strings.TrimPrefix(r.URL.Path, "/"))
}

func (s *standIn) send(w http.ResponseWriter, r *http.Request, name string) {
	b := s.files[name]
	if s.swap != nil {
		b = s.swap(b)
	}
	from := 0
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && from < len(b) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(b)-1, len(b)))
		w.Header().Set("Content-Length", strconv.Itoa(len(b)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		from = 0
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	}
	if n := s.cut[name]; n > 0 && from+n < len(b) && r.Method == "GET" {
		w.Write(b[from : from+n])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	if r.Method == "GET" {
		w.Write(b[from:])
	}
}

// count is how many requests begin with a prefix.
func (s *standIn) count(prefix string) (n int) {
	for _, r := range s.requests {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}
