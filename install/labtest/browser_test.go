package labtest

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"lyceum/install/jupyter"
)

var keep = flag.String("screenshot", "", "also write the screenshot of the last notebook of the browser test to `FILE` (from this folder: -screenshot ../../docs/lab.png)")

// state is what the page says of the notebook.
type state struct {
	Cells    int      // code cells
	Counts   []int    // execution counts, 0 for none
	Busy     int      // cells that wait or run
	Errors   []string // error outputs of cells that are not tagged raises-exception
	Pictures []picture
}

type picture struct {
	Width, Height int
	Key           string // changes with what it shows
}

// look reads the state: cells and outputs from the notebook's model, pictures from the page as they are drawn.
const look = `(() => {
  const panel = [...window.jupyterapp.shell.widgets("main")].find(w => w.context);
  const s = {Cells: 0, Counts: [], Busy: 0, Errors: [], Pictures: []};
  if (!panel || !panel.content || !panel.content.widgets) return JSON.stringify(s);
  for (const w of panel.content.widgets) {
    if (w.model.type !== "code") continue;
    s.Cells++;
    s.Counts.push(w.model.executionCount || 0);
    if (w.model.executionState === "running" || w.promptNode?.textContent.includes("*")) s.Busy++;
    const allowed = (w.model.getMetadata("tags") || []).includes("raises-exception");
    for (let i = 0; i < w.model.outputs.length; i++) {
      const o = w.model.outputs.get(i);
      if (o.type === "error" && !allowed) s.Errors.push(o.toJSON().evalue);
    }
    for (const e of w.node.querySelectorAll(".jp-OutputArea-output img, .jp-OutputArea-output svg")) {
      const r = e.getBoundingClientRect();
      const text = e.tagName === "IMG" ? e.src : e.outerHTML;
      let h = 0;
      for (let i = 0; i < text.length; i++) h = (h * 31 + text.charCodeAt(i)) | 0;
      s.Pictures.push({Width: Math.round(e.naturalWidth ? Math.min(r.width, e.naturalWidth) : r.width), Height: Math.round(r.height), Key: w.model.id + ":" + h});
    }
  }
  return JSON.stringify(s);
})()`

func (x *lab) look(ctx context.Context) (s state, err error) {
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](look))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(text), &s)
}

// browser starts a Chromium for the test, which ends after the limit.
func browser(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	path := jupyter.Chromium()
	if path == "" {
		lacking(t, "there is no Chromium: the browser tests need one (on Debian: apt install chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1400, 1000),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(5*time.Minute))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	limited, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	actx, cancel := chromedp.NewExecAllocator(limited, opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(actx)
	t.Cleanup(cancel)
	return ctx
}

// labFor starts JupyterLab on copies of the notebooks, with settings that keep every cell on the page.
func labFor(t *testing.T, files []string) *lab {
	t.Helper()
	folder := t.TempDir()
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(f)), data, 0o644); err != nil {
			t.Fatal(err)
		}
		copyData(t, f, folder)
	}
	home := t.TempDir()
	settings := filepath.Join(home, "settings")
	plugin := filepath.Join(settings, "@jupyterlab", "notebook-extension")
	if err := os.MkdirAll(plugin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(plugin, "tracker.jupyterlab-settings"), []byte(`{"windowingMode": "none"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	env := append(isolated(home), "VIRTUAL_ENV="+pythonEnv(t), "JUPYTERLAB_SETTINGS_DIR="+settings)
	return startLab(t, env, []string{folder}, "--LabApp.expose_app_in_browser=True")
}

// open shows a notebook and waits until its kernel is idle.
func (x *lab) open(ctx context.Context, name string) error {
	const ready = `(() => {
  const app = window.jupyterapp;
  if (!app) return "no application";
  const p = [...app.shell.widgets("main")].find(w => w.context);
  if (!p) return "no panel";
  if (!p.context?.path?.endsWith(%q)) return "path " + p.context?.path;
  if (!p.content?.widgets?.length) return "no cells";
  const status = p.sessionContext?.session?.kernel?.status;
  return status === "idle" ? "ready" : "kernel " + status;
})()`
	if err := chromedp.Do(ctx, chromedp.Navigate(x.url+"/lab/tree/"+name+"?reset&token="+token)); err != nil {
		return err
	}
	was, err := "", error(nil)
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		// An error here is a page that is just being replaced.
		if was, err = chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(ready, name))); err == nil && was == "ready" {
			return nil
		}
	}
	return fmt.Errorf("after 5 minutes the page says %q (%v)", was, err)
}

// runAll uses the menu, as a person does: the notebook gets the focus, the menu opens, the pointer comes over the entry, and a click takes it.
func runAll(ctx context.Context) error {
	const entry = `.lm-Menu-item[data-command="runmenu:run-all"]`
	err := chromedp.Do(ctx,
		chromedp.Click(`.jp-CodeCell .jp-InputPrompt`, chromedp.NodeVisible),
		chromedp.Click(`//li[contains(@class,"lm-MenuBar-item")]//div[text()="Run"]`, chromedp.NodeVisible),
		chromedp.WaitVisible(entry))
	if err != nil {
		return err
	}
	at, err := chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return [r.x + 30, r.y + r.height / 2] })()`, entry)))
	if err != nil {
		return err
	}
	return chromedp.Do(ctx, chromedp.MouseEvent("mouseMoved", at[0]+5, at[1]), chromedp.MouseEvent("mouseMoved", at[0], at[1]), chromedp.MouseClickXY(at[0], at[1]))
}

// watch waits until every code cell has run, and counts how many different pictures each cell has shown.
func (x *lab) watch(t *testing.T, ctx context.Context) (last state, shown map[string]map[string]bool) {
	t.Helper()
	shown = map[string]map[string]bool{}
	for end := time.Now().Add(runLimit); ; {
		s, err := x.look(ctx)
		if err != nil {
			t.Fatalf("%v; the last state was %+v", err, last)
		}
		last = s
		for _, p := range s.Pictures {
			cell, _, _ := strings.Cut(p.Key, ":")
			if shown[cell] == nil {
				shown[cell] = map[string]bool{}
			}
			shown[cell][p.Key] = true
		}
		if len(s.Errors) > 0 || finished(s) {
			return last, shown
		}
		if time.Now().After(end) {
			t.Errorf("not finished after %v: %+v", runLimit, last)
			return last, shown
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// runLimit is when a notebook counts as stuck.
const runLimit = 20 * time.Minute

// notebookLimit is for one notebook, from the opening of its page to its picture: one that is stuck costs the others nothing.
const notebookLimit = runLimit + 8*time.Minute

func finished(s state) bool {
	for _, n := range s.Counts {
		if n == 0 {
			return false
		}
	}
	return s.Busy == 0 && s.Cells > 0
}

// live reports whether the notebook is one with a live display.
func live(name string) bool { return name == "small.ipynb" || name == "02_sft.ipynb" }

// TestBrowserRunsTheNotebooks opens each notebook in a real JupyterLab and runs it by the menu's Run All.
func TestBrowserRunsTheNotebooks(t *testing.T) {
	files := courseNotebooks(t)
	chromium := browser(t, time.Duration(len(files))*notebookLimit)
	if err := chromedp.Do(chromium); err != nil {
		t.Fatal(err)
	}
	x := labFor(t, files)
	for _, f := range files {
		name := filepath.Base(f)
		t.Run(name, func(t *testing.T) {
			// A tab for each: leaving a page with an unsaved notebook would ask whether to stay.
			limited, end := context.WithTimeout(chromium, notebookLimit)
			defer end()
			ctx, leave := chromedp.NewContext(limited)
			defer leave()
			if err := x.open(ctx, name); err != nil {
				x.screenshot(t, ctx, name+".failed")
				t.Fatalf("%s does not open: %v", name, err)
			}
			// Outputs that were saved in the notebook would hide that nothing runs.
			clear := chromedp.Evaluate[chromedp.Void](`void [...window.jupyterapp.shell.widgets("main")].find(w => w.context).content.widgets.forEach(w => {
  if (w.model.type === "code") { w.model.clearExecution(); w.outputHidden = false; }
})`)
			if err := chromedp.Do(ctx, clear); err != nil {
				t.Fatal(err)
			}
			if err := runAll(ctx); err != nil {
				x.screenshot(t, ctx, name+".failed")
				t.Fatalf("Run All: %v", err)
			}
			last, shown := x.watch(t, ctx)
			chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`void [...document.querySelectorAll(".jp-OutputArea-output img")].slice(0, 3).at(-1)?.scrollIntoView({block: "center"})`))
			x.screenshot(t, ctx, name)
			for _, e := range last.Errors {
				t.Errorf("a cell failed: %s", e)
			}
			if len(last.Pictures) == 0 {
				t.Error("the page shows no picture")
			}
			for _, p := range last.Pictures {
				if p.Width < 10 || p.Height < 10 {
					t.Errorf("a picture of %d x %d pixels", p.Width, p.Height)
				}
			}
			most := 0
			for _, keys := range shown {
				most = max(most, len(keys))
			}
			if live(name) && most < 3 {
				t.Errorf("the live display showed %d different pictures, want at least 3", most)
			}
			t.Logf("%d cells, %d pictures, the liveliest cell showed %d different ones", last.Cells, len(last.Pictures), most)
		})
	}
}

// screenshot keeps what the browser shows under build/screenshots.
func (x *lab) screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Logf("no screenshot: %v", err)
		return
	}
	paths := []string{filepath.Join(root, "build", "screenshots", strings.TrimSuffix(name, ".ipynb")+".png")}
	if *keep != "" && !strings.HasSuffix(name, ".failed") {
		paths = append(paths, *keep)
	}
	for _, p := range paths {
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Error(err)
		}
		if err := os.WriteFile(p, png, 0o644); err != nil {
			t.Error(err)
		}
	}
}
