package labtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// press clicks the middle of an element that an expression finds.
func press(ctx context.Context, element string) error {
	js := fmt.Sprintf(`(() => { const r = (%s)?.getBoundingClientRect(); return r && r.width ? (r.x + r.width / 2) + "," + (r.y + r.height / 2) : "" })()`, element)
	if err := pageSays(ctx, js, ","); err != nil {
		return err
	}
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
	if err != nil {
		return err
	}
	var x, y float64
	fmt.Sscanf(at, "%f,%f", &x, &y)
	return chromedp.Do(ctx, chromedp.MouseEvent("mouseMoved", x, y), chromedp.MouseClickXY(x, y))
}

// answers is how long the page has to answer a press. Each of these elements is a switch: pressed again while a slow machine still
// turns the debugger on, the button leaves JupyterLab with margins that take no breakpoints.
const answers = 20 * time.Second

// pressUntil presses an element until the page says what is wanted: JupyterLab takes no notice of the bug button before
// it has heard what the kernel's debugger can do, and the cell moves when the margin appears.
func pressUntil(ctx context.Context, element, js, want string) error {
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); {
		if err := press(ctx, element); err != nil {
			return err
		}
		for limit := time.Now().Add(answers); time.Now().Before(limit); {
			if s, err := chromedp.Run(ctx, chromedp.Evaluate[string](js)); err == nil && strings.Contains(s, want) {
				return nil
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return fmt.Errorf("the page never says %q", want)
}

// TestBrowserDebuggerStopsInACell sets a breakpoint by a click beside the line, looks at the panels, steps, and lets the cell go on.
func TestBrowserDebuggerStopsInACell(t *testing.T) {
	chromium := browser(t, 40*time.Minute)
	if err := chromedp.Do(chromium); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(chromium, 20*time.Minute)
	defer cancel()
	x := labFor(t, []string{"testdata/debugger.ipynb"})
	step := func(what string, err error) {
		t.Helper()
		if err != nil {
			x.screenshot(t, chromium, "debugger.failed")
			t.Fatalf("%s: %v", what, err)
		}
	}
	text := func(selector string) string {
		return fmt.Sprintf(`document.querySelector(%q)?.textContent ?? ""`, selector)
	}
	command := func(name string) error {
		return chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`void window.jupyterapp.commands.execute(%q)`, name)))
	}
	const variables, marked = ".jp-DebuggerVariables-body", `String(document.querySelector(".jp-DebuggerEditor-highlight")?.textContent ?? "")`
	step("open", x.open(ctx, "debugger.ipynb"))
	step("the focus", chromedp.Do(ctx, chromedp.Click(`.jp-CodeCell .jp-InputPrompt`, chromedp.NodeVisible))) // the button belongs to the active notebook
	step("the bug button", pressUntil(ctx, `document.querySelector(".jp-DebuggerBugButton")`,
		`String(document.querySelectorAll(".jp-CodeCell .cm-breakpoint-gutter").length > 0)`, "true"))
	step("the breakpoint", pressUntil(ctx, `[...document.querySelectorAll(".jp-CodeCell .cm-breakpoint-gutter .cm-gutterElement")].filter(e => e.getBoundingClientRect().height > 5)[1]`,
		text(".jp-DebuggerBreakpoints-body"), "2"))
	step("run", runAll(ctx))
	step("the call stack", pageSays(ctx, text(".jp-DebuggerCallstack-body"), "half"))
	step("the marked line", pageSays(ctx, marked, "y := x / 2"))
	step("the variables", pageSays(ctx, text(variables), "xfloat64 = 21"))
	x.screenshot(t, chromium, "debugger")
	step("next", command("debugger:next"))
	step("the line after a step", pageSays(ctx, marked, "return y"))
	step("the variables after a step", pageSays(ctx, text(variables), "yfloat64 = 10.5"))
	step("continue", command("debugger:continue"))
	step("the end of the cell", pageSays(ctx, text(".jp-OutputArea-output"), "it is 10.5"))
}
