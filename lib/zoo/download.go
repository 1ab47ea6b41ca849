package zoo

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// download fetches a file of a repository to a path, by way of path.incomplete, which a later call takes up where it stands.
// What arrives must have the size and the checksum that the hub names. moved gets the bytes that are there.
func (h *hub) download(ctx context.Context, repo, commit string, f remote, target string, moved func(int64)) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	part := target + ".incomplete"
	out, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	for restarted := false; ; restarted = true {
		err = h.resume(ctx, repo, commit, f, out, moved)
		if err != nil {
			return err
		}
		err = f.check(out)
		if err == nil {
			break
		}
		// What was there before may have been damaged: once more from the beginning, then it is the server's fault.
		if terr := out.Truncate(0); terr != nil || restarted {
			os.Remove(part)
			return err
		}
	}
	if err := out.Sync(); err != nil {
		return diskError(part, err)
	}
	if err := out.Close(); err != nil {
		return diskError(part, err)
	}
	return os.Rename(part, target)
}

// resume appends to out until the file is whole; as long as it gets further, a broken connection is taken up again.
func (h *hub) resume(ctx context.Context, repo, commit string, f remote, out *os.File, moved func(int64)) error {
	for {
		before, err := out.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		if f.size >= 0 && before > f.size {
			if err := out.Truncate(0); err != nil {
				return err
			}
			continue
		}
		moved(before)
		if f.size >= 0 && before == f.size {
			return nil
		}
		err = again(ctx, func() error { return h.part(ctx, repo, commit, f, out, moved) })
		if err == nil && f.size < 0 {
			return nil
		}
		after, serr := out.Seek(0, io.SeekEnd)
		var t transient
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case serr != nil:
			return serr
		case err != nil && (!errors.As(err, &t) || after <= before):
			return err
		case err == nil && after <= before:
			return fmt.Errorf("the file %s: %s ends it after %d of %d bytes", f.name, h.endpoint.Host, after, f.size)
		}
	}
}

// stalled is how long a connection may send nothing.
var stalled = time.Minute

// part makes one request for the rest of the file.
func (h *hub) part(ctx context.Context, repo, commit string, f remote, out *os.File, moved func(int64)) error {
	at, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := h.request(ctx, "GET", resolved(repo, commit, f.name))
	if err != nil {
		return err
	}
	r.Header.Set("Accept-Encoding", "identity")
	if at > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", at))
	}
	res, err := h.client.Do(r)
	if err != nil {
		return unreachable(err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusPartialContent && strings.HasPrefix(res.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", at)):
	case res.StatusCode == http.StatusOK || res.StatusCode == http.StatusRequestedRangeNotSatisfiable, res.StatusCode == http.StatusPartialContent:
		if err := out.Truncate(0); err != nil {
			return err
		}
		if _, err := out.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if at = 0; res.StatusCode != http.StatusOK {
			return transient{fmt.Errorf("the file %s: %s does not go on where it was asked to (%s)", f.name, h.endpoint.Host, res.Status)}
		}
	default:
		if err := h.refusal(res, repo, commit, f.name); err != nil {
			return err
		}
		return fmt.Errorf("the file %s: %s answers %s", f.name, h.endpoint.Host, res.Status)
	}
	return f.receive(res.Body, out, at, cancel, moved)
}

// receive copies what a connection sends.
func (f remote) receive(body io.Reader, out *os.File, at int64, cancel func(), moved func(int64)) error {
	watch := time.AfterFunc(stalled, cancel)
	defer watch.Stop()
	buf := make([]byte, 1<<18)
	for {
		n, err := body.Read(buf)
		watch.Reset(stalled)
		if f.size >= 0 && at+int64(n) > f.size {
			return fmt.Errorf("the file %s is longer than the %d bytes it should have", f.name, f.size)
		}
		if n > 0 {
			if _, werr := out.Write(buf[:n]); werr != nil {
				return diskError(out.Name(), werr)
			}
			at += int64(n)
			moved(at)
		}
		switch {
		case err == io.EOF && f.size >= 0 && at < f.size:
			return transient{fmt.Errorf("the file %s: the connection ended after %d of %d bytes", f.name, at, f.size)}
		case err == io.EOF:
			return nil
		case err != nil:
			return transient{fmt.Errorf("the file %s: the connection broke after %d bytes: %w", f.name, at, err)}
		}
	}
}

// check compares size and checksum.
func (f remote) check(in *os.File) error {
	size, err := in.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if f.size >= 0 && size != f.size {
		return fmt.Errorf("the file %s has %d bytes, it should have %d", f.name, size, f.size)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var h hash.Hash
	want := f.sha256
	if want != "" {
		h = sha256.New()
	} else {
		h, want = sha1.New(), f.git
		fmt.Fprintf(h, "blob %d\x00", size)
	}
	if _, err := io.Copy(h, in); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the file %s has the checksum %s, it should be %s: what arrived is damaged, and is thrown away", f.name, got, want)
	}
	return nil
}

// diskError adds what to do when there is no room.
func diskError(file string, err error) error {
	if full(err) {
		return fmt.Errorf("%s: the disk is full: make room and run the command again, it goes on where it stopped: %w", file, err)
	}
	return err
}
