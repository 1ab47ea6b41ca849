package kernelspec

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lyceum/install/kernelspec/logo"
)

func TestUserDirOfEachSystem(t *testing.T) {
	for _, c := range []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", nil, filepath.Join("H", ".local", "share", "jupyter")},
		{"linux", map[string]string{"XDG_DATA_HOME": "X"}, filepath.Join("X", "jupyter")},
		{"linux", map[string]string{"XDG_DATA_HOME": "X", "JUPYTER_DATA_DIR": "J"}, "J"},
		{"darwin", map[string]string{"XDG_DATA_HOME": "X"}, filepath.Join("H", "Library", "Jupyter")},
		{"windows", map[string]string{"APPDATA": "A"}, filepath.Join("A", "jupyter")},
	} {
		if got := userDir(c.goos, func(k string) string { return c.env[k] }, "H"); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.goos, c.env, got, c.want)
		}
	}
	if got := systemDir("windows", func(string) string { return "P" }); got != filepath.Join("P", "jupyter") {
		t.Error(got)
	}
}

func TestWriteListRemove(t *testing.T) {
	data := t.TempDir()
	dir := Dir(data, "Lyceum")
	if filepath.Base(dir) != "lyceum" {
		t.Errorf("Jupyter looks for lower case, the folder is %s", dir)
	}
	if err := Write(dir, New("/opt/lyceum", "A")); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, New("/opt/lyceum", "B")); err != nil { // again: brings it up to date
		t.Fatal(err)
	}
	other := Dir(data, "python3")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "kernel.json"), []byte(`{"argv": ["python"], "language": "python"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	found := List([]string{data, filepath.Join(data, "none")})
	if len(found) != 1 || found[0].Spec.DisplayName != "B" || found[0].Spec.InterruptMode != "message" || found[0].Binary() != "/opt/lyceum" {
		t.Errorf("%+v", found)
	}
	if err := Remove(other); err == nil {
		t.Error("another kernel was removed")
	}
	if err := Remove(dir); err != nil {
		t.Error(err)
	}
	if err := Remove(dir); err == nil || !strings.Contains(err.Error(), "no kernel") {
		t.Error(err)
	}
}

func TestLogosHaveTheirSizes(t *testing.T) {
	for name, size := range map[string]int{"logo-64x64.png": 64, "logo-32x32.png": 32} {
		img, err := png.Decode(bytes.NewReader(logo.Files()[name]))
		if err != nil || img.Bounds().Dx() != size || img.Bounds().Dy() != size {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !bytes.Contains(logo.Files()["logo-svg.svg"], []byte("<svg")) {
		t.Error("the SVG is none")
	}
}
