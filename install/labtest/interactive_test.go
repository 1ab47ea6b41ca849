package labtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// pageSays evaluates an expression in the page until it gives what is wanted.
func pageSays(ctx context.Context, js, want string) error {
	was, err := "", error(nil)
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if was, err = chromedp.Run(ctx, chromedp.Evaluate[string](js)); err == nil && strings.Contains(was, want) {
			return nil
		}
	}
	return fmt.Errorf("after a minute the page says %q, want %q (%v)", was, want, err)
}

// TestBrowserWidgetsAnswerWhileACellRuns moves a slider that a running cell waits for.
func TestBrowserWidgetsAnswerWhileACellRuns(t *testing.T) {
	ctx := browser(t, 40*time.Minute)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	x := labFor(t, []string{"testdata/widgets.ipynb"})
	if err := x.open(ctx, "widgets.ipynb"); err != nil {
		x.screenshot(t, ctx, "widgets.failed")
		t.Fatal(err)
	}
	if err := runAll(ctx); err != nil {
		t.Fatal(err)
	}
	const label = `document.querySelector(".jp-OutputArea-output .widget-label:not(.widget-inline-hbox > .widget-label)")?.textContent ?? "no label"`
	if err := pageSays(ctx, label, "10 steps"); err != nil {
		x.screenshot(t, ctx, "widgets.failed")
		t.Fatal(err)
	}
	if err := pageSays(ctx, `[...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map(e => e.textContent).join(" ")`, "[*]"); err != nil {
		t.Fatal(err)
	}
	press := chromedp.Evaluate[chromedp.Void](`void document.querySelector(".jp-OutputArea-output .noUi-handle").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}))`)
	for _, want := range []string{"11 steps", "12 steps"} {
		if err := chromedp.Do(ctx, press); err != nil {
			t.Fatal(err)
		}
		if err := pageSays(ctx, label, want); err != nil {
			x.screenshot(t, ctx, "widgets.failed")
			t.Fatal(err)
		}
	}
	if err := pageSays(ctx, `document.body.textContent`, "released at 12"); err != nil {
		t.Error(err)
	}
	x.screenshot(t, ctx, "widgets")
}
