package zoo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A hub is a server that speaks the protocol of the Hugging Face hub.
type hub struct {
	endpoint *url.URL
	token    string
	client   *http.Client
}

// ErrOffline is what fetching says when HF_HUB_OFFLINE forbids it.
var ErrOffline = errors.New("HF_HUB_OFFLINE is set, so nothing is fetched")

// offline reports whether the environment forbids the network.
func offline() bool {
	for _, v := range []string{"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"} {
		switch strings.ToUpper(os.Getenv(v)) {
		case "1", "ON", "YES", "TRUE":
			return true
		}
	}
	return false
}

// newHub returns the hub of HF_ENDPOINT, or Hugging Face's own. The token is that of HF_TOKEN, HUGGING_FACE_HUB_TOKEN, or the
// file that "hf auth login" writes. It is only sent over https, or to this machine.
func newHub() (*hub, error) {
	address := os.Getenv("HF_ENDPOINT")
	if address == "" {
		address = "https://huggingface.co"
	}
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("zoo: HF_ENDPOINT is %q, it must be the address of a server such as https://host", address)
	}
	h := &hub{endpoint: u}
	switch {
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		h.token = token()
	case u.Scheme == "http" && private(u.Hostname()): // a mirror in the class-room; what it sends is checked, it gets no token
	default:
		return nil, fmt.Errorf("zoo: HF_ENDPOINT is %q: only https is used outside the local network", address)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 60 * time.Second
	h.client = &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case len(via) >= 10:
			return errors.New("it redirects in circles")
		case via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https":
			return fmt.Errorf("it redirects from https to %s", r.URL.Scheme)
		case r.URL.Host != via[0].URL.Host:
			r.Header.Del("Authorization") // the token is for the hub alone, not for the store that it points to
		}
		return nil
	}}
	return h, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func private(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// token finds the access token, or "".
func token() string {
	for _, v := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"} {
		if t := strings.TrimSpace(os.Getenv(v)); t != "" {
			return t
		}
	}
	file := os.Getenv("HF_TOKEN_PATH")
	if file == "" {
		home, err := hubHome()
		if err != nil {
			return ""
		}
		file = filepath.Join(home, "token")
	}
	b, _ := os.ReadFile(file)
	return strings.TrimSpace(string(b))
}

// request asks for an escaped path below the endpoint.
func (h *hub) request(ctx context.Context, method, below string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, h.endpoint.String()+below, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "lyceum")
	if h.token != "" {
		r.Header.Set("Authorization", "Bearer "+h.token)
	}
	return r, nil
}

// remote is a file of a repository.
type remote struct {
	name   string
	size   int64  // -1: not known
	sha256 string // of its bytes, for large files
	git    string // SHA-1 as git computes it, for small ones
}

// key is what the file is called in the cache's blobs.
func (f remote) key() string {
	if f.sha256 != "" {
		return f.sha256
	}
	return f.git
}

// listing is what the hub says of a revision.
type listing struct {
	Commit   string `json:"sha"`
	Siblings []struct {
		Name string `json:"rfilename"`
		Size *int64 `json:"size"`
		Git  string `json:"blobId"`
		LFS  *struct {
			SHA256 string `json:"sha256"`
			OID    string `json:"oid"`
			Size   int64  `json:"size"`
		} `json:"lfs"`
	} `json:"siblings"`
}

// mostListed bounds the answer with the list of files, mostFiles how many are in it.
const (
	mostListed = 16 << 20
	mostFiles  = 20000
)

// list asks for the commit of a revision and its files.
func (h *hub) list(ctx context.Context, repo, revision string) (commit string, files []remote, err error) {
	var l listing
	err = again(ctx, func() error {
		r, err := h.request(ctx, "GET", "/api/models/"+repo+"/revision/"+url.PathEscape(revision)+"?blobs=true")
		if err != nil {
			return err
		}
		res, err := h.client.Do(r)
		if err != nil {
			return unreachable(err)
		}
		defer res.Body.Close()
		if err := h.refusal(res, repo, revision, ""); err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(res.Body, mostListed+1))
		switch {
		case err != nil:
			return transient{err}
		case len(body) > mostListed:
			return fmt.Errorf("the list of files is longer than %d bytes", mostListed)
		}
		if err := json.Unmarshal(body, &l); err != nil {
			return fmt.Errorf("the answer of %s is not a list of files: %v", h.endpoint.Host, err)
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	if !commitForm.MatchString(l.Commit) || len(l.Siblings) > mostFiles {
		return "", nil, fmt.Errorf("%s names the commit %q and %d files, which cannot be", h.endpoint.Host, l.Commit, len(l.Siblings))
	}
	for _, s := range l.Siblings {
		if !localName(s.Name) {
			return "", nil, fmt.Errorf("%s lists a file %q, whose name leads out of the folder", h.endpoint.Host, s.Name)
		}
		f := remote{name: s.Name, size: -1, git: s.Git}
		if s.Size != nil {
			f.size = *s.Size
		}
		if s.LFS != nil {
			f.size, f.sha256 = s.LFS.Size, strings.TrimPrefix(s.LFS.SHA256+s.LFS.OID, "sha256:")
			if s.LFS.SHA256 != "" {
				f.sha256 = s.LFS.SHA256
			}
		}
		files = append(files, f)
	}
	return l.Commit, files, nil
}

var (
	commitForm = regexp.MustCompile(`^[0-9a-zA-Z_-]{4,64}$`)
	sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)
	sha1Form   = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// localName reports whether a name from outside stays in its folder on every system.
func localName(name string) bool {
	return name != "" && path.Clean(name) == name && filepath.IsLocal(filepath.FromSlash(name)) && !strings.ContainsAny(name, "\\:\x00") && name != "."
}

// describe asks for what the list did not tell: size and hash.
func (h *hub) describe(ctx context.Context, repo, commit string, f remote) (remote, error) {
	if f.size >= 0 && (sha256Form.MatchString(f.sha256) || sha1Form.MatchString(f.git)) {
		return f, nil
	}
	err := again(ctx, func() error {
		r, err := h.request(ctx, "HEAD", resolved(repo, commit, f.name))
		if err != nil {
			return err
		}
		c := *h.client
		c.CheckRedirect = func(r *http.Request, via []*http.Request) error {
			if r.URL.Host != via[0].URL.Host { // the store of large files: what is asked for is in this answer, not in its
				return http.ErrUseLastResponse
			}
			return h.client.CheckRedirect(r, via)
		}
		res, err := c.Do(r)
		if err != nil {
			return unreachable(err)
		}
		res.Body.Close()
		if res.StatusCode/100 != 3 {
			if err := h.refusal(res, repo, commit, f.name); err != nil {
				return err
			}
		}
		tag := strings.Trim(strings.TrimPrefix(first(res.Header.Get("X-Linked-Etag"), res.Header.Get("Etag")), "W/"), `"`)
		f.sha256, f.git = "", ""
		switch {
		case sha256Form.MatchString(tag):
			f.sha256 = tag
		case sha1Form.MatchString(tag):
			f.git = tag
		default:
			return fmt.Errorf("the file %s: %s names no checksum for it (ETag %q)", f.name, h.endpoint.Host, tag)
		}
		if n, err := strconv.ParseInt(first(res.Header.Get("X-Linked-Size"), res.Header.Get("Content-Length")), 10, 64); err == nil {
			f.size = n
		}
		return nil
	})
	return f, err
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// resolved is the escaped path of a file.
func resolved(repo, commit, name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return "/" + repo + "/resolve/" + url.PathEscape(commit) + "/" + strings.Join(parts, "/")
}

// refusal turns a status into an error that says what to do.
func (h *hub) refusal(res *http.Response, repo, revision, file string) error {
	what := repo + "@" + revision
	if file != "" {
		what = "the file " + file + " of " + repo
	}
	code, host := res.Header.Get("X-Error-Code"), h.endpoint.Host
	switch s := res.StatusCode; {
	case s/100 == 2:
		return nil
	case s == 401 && h.token == "", s == 403 && h.token == "":
		return fmt.Errorf("%s: %s refuses it (%d): there is no such model, or it wants a token: set HF_TOKEN, and accept the model's licence at %s/%s if it has one", what, host, s, h.endpoint, repo)
	case s == 401 || s == 403:
		return fmt.Errorf("%s: %s refuses it with your token (%d): there is no such model, or the token may not read it; its licence may have to be accepted at %s/%s", what, host, s, h.endpoint, repo)
	case s == 404 && code == "RevisionNotFound":
		return fmt.Errorf("%s: the model has no such revision on %s (404)", what, host)
	case s == 404:
		return fmt.Errorf("%s: there is no such thing on %s (404)", what, host)
	case s == 429:
		return transient{busy{fmt.Errorf("%s: %s says that there were too many requests (429): wait a little, or set HF_TOKEN", what, host), pause(res)}}
	case s >= 500:
		return transient{busy{fmt.Errorf("%s: %s has trouble (%s): try again later", what, host, res.Status), pause(res)}}
	}
	return fmt.Errorf("%s: %s answers %s", what, host, res.Status)
}

// unreachable says that there is no way to the server; it may be there again in a moment.
func unreachable(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return transient{fmt.Errorf("%s cannot be reached: %w", hostOf(u.URL), u.Err)}
	}
	return transient{err}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the server"
	}
	return u.Host
}
