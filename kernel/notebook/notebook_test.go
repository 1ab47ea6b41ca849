package notebook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// doc has the form that nbformat 5.11.1 gives a notebook (apart from numbers, which it reads and writes again), with fields that this package does not know.
const doc = `{
 "cells": [
  {
   "attachments": {
    "a.png": {
     "image/png": "iVBORw0KGgo="
    }
   },
   "cell_type": "markdown",
   "id": "m-1",
   "metadata": {
    "future": [
     1.50,
     -0.0,
     1e400,
     123456789012345678901234567890,
     null,
     true,
     {},
     []
    ]
   },
   "source": [
    "# A <b>title</b> & \"quotes\" \\ \u0007 π 中 😀  \n",
    "second"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 7,
   "id": "c-1",
   "metadata": {
    "tags": [
     "keep",
     "skip-execution"
    ]
   },
   "outputs": [
    {
     "data": {
      "application/x-unknown+json": {
       "z": 1
      },
      "text/plain": [
       "7"
      ]
     },
     "execution_count": 7,
     "metadata": {},
     "output_type": "execute_result"
    }
   ],
   "source": "x := 1"
  },
  {
   "cell_type": "raw",
   "id": "r-1",
   "metadata": {},
   "source": []
  }
 ],
 "extra": "kept",
 "metadata": {
  "kernelspec": {
   "display_name": "Go (Lyceum)",
   "language": "go",
   "name": "lyceum"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
`

func TestRoundTripKeepsEveryByte(t *testing.T) {
	nb, err := Parse([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(nb.Bytes()); got != doc {
		t.Errorf("written:\n%s\nread:\n%s", got, doc)
	}
	if nb.Language() != "go" || nb.KernelName() != "lyceum" {
		t.Errorf("language %q, kernel %q", nb.Language(), nb.KernelName())
	}
	if s := nb.Cells[0].Source(); !strings.HasSuffix(s, "\nsecond") {
		t.Errorf("source %q", s)
	}
}

func TestByteOrderMarkAndWindowsLineEnds(t *testing.T) {
	in := "\xef\xbb\xbf" + strings.ReplaceAll(doc, "\n", "\r\n")
	nb, err := Parse([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	if string(nb.Bytes()) != doc {
		t.Error("the document changed")
	}
}

func TestBrokenDocuments(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "empty"},
		{"  \n", "empty"},
		{"{\n \"cells\": [\n  {,\n", "line 3"},
		{"{\n \"cells\": [\n", "line 3"},
		{doc + "x", "more text"},
		{"[]", "not a notebook"},
		{"3", "not a notebook"},
		{`{"a": 1}`, "nbformat is missing"},
		{`{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}`, "nbformat 3"},
		{`{"nbformat": 5, "nbformat_minor": 0, "cells": []}`, "nbformat 5"},
		{`{"nbformat": 4, "cells": []}`, "nbformat_minor"},
		{`{"nbformat": 4, "nbformat_minor": 5}`, "cells are missing"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": {}}`, "cells are missing"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": [], "metadata": 1}`, "metadata"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": [1]}`, "cell 1"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code"}]}`, "cell 1: source"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "source": [1]}]}`, "cell 1: source"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": [{"source": ""}]}`, "cell 1: cell_type"},
		{`{"nbformat": 4, "nbformat_minor": 5, "cells": [{"cell_type": "code", "source": "", "metadata": []}]}`, "cell 1: metadata"},
	} {
		_, err := Parse([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.60q: %v, want one line with %q", c.in, err, c.want)
		}
	}
}

func TestCellsOfMinorFiveGetIDs(t *testing.T) {
	in := `{"nbformat": 4, "nbformat_minor": %, "metadata": {}, "cells": [{"cell_type": "code", "source": "", "metadata": {}, "outputs": [], "execution_count": null}]}`
	five, err := Parse([]byte(strings.Replace(in, "%", "5", 1)))
	if err != nil || five.Cells[0].ID() == "" {
		t.Errorf("minor 5: id %q, %v", five.Cells[0].ID(), err)
	}
	four, err := Parse([]byte(strings.Replace(in, "%", "4", 1)))
	if err != nil || four.Cells[0].ID() != "" {
		t.Errorf("minor 4 allows no id, got %q, %v", four.Cells[0].ID(), err)
	}
}

// The cases are what Python 3.11's str.splitlines(True) gives.
func TestLines(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "a\n": "a\n", "a\nb": "a\n|b", "\n\n": "\n|\n", "a\r\nb": "a\r\n|b", "50%\r100%": "50%\r|100%",
		"x\u2028y": "x\u2028|y", "x\u0085y": "x\u0085|y", "a\vb\fc": "a\v|b\f|c",
	} {
		var got []string
		for _, l := range lines(in) {
			got = append(got, l.(string))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(real, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Skip("this system makes no links:", err)
	}
	if err := WriteFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(real)
	st, _ := os.Stat(real)
	if string(data) != "new" || st.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v", data, st.Mode())
	}
	if st, _ := os.Lstat(link); st.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced by a file")
	}
	if err := WriteFile(dir, nil); err == nil {
		t.Error("a folder was written")
	}
	if err := WriteFile(filepath.Join(dir, "none", "x"), nil); err == nil {
		t.Error("a file in a folder that is not there was written")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
