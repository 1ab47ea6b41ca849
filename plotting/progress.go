package plotting

import (
	"encoding/base64"
	"fmt"
	"html"
	"strings"
	"time"
)

// Progress is how far a run has come.
type Progress struct {
	Label   string        // what is running, such as "SFT"
	Done    int           // steps done
	Total   int           // steps in all; 0 if unknown
	Elapsed time.Duration // since the start
	Rate    float64       // work per second, in Unit; 0 leaves it out
	Unit    string        // such as "tokens/s"
	Note    string        // such as "loss 1.93"
}

// Left estimates the time still needed, if the rest goes as fast as what is done; 0 if that is not known.
func (p Progress) Left() time.Duration {
	if p.Done <= 0 || p.Total <= p.Done {
		return 0
	}
	return time.Duration(float64(p.Elapsed) / float64(p.Done) * float64(p.Total-p.Done))
}

// String is one line: "SFT 12/36, 3.1 s, 6.2 s left, 4100 tokens/s, loss 1.93".
func (p Progress) String() string {
	parts := []string{strings.TrimSpace(fmt.Sprintf("%s %d", p.Label, p.Done))}
	if p.Total > 0 {
		parts[0] += fmt.Sprintf("/%d", p.Total)
	}
	parts = append(parts, seconds(p.Elapsed))
	if l := p.Left(); l > 0 {
		parts = append(parts, seconds(l)+" left")
	}
	if p.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%.4g %s", p.Rate, p.Unit))
	}
	if p.Note != "" {
		parts = append(parts, p.Note)
	}
	return strings.Join(parts, ", ")
}

func seconds(d time.Duration) string {
	if d >= time.Minute {
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// HTML is a bar with the line of String under it.
func (p Progress) HTML() string {
	percent := 0.0
	if p.Total > 0 {
		percent = 100 * min(float64(p.Done)/float64(p.Total), 1)
	}
	return fmt.Sprintf(`<div style="width:640px;max-width:100%%"><div style="background:#e9e9e9;border-radius:4px;height:10px"><div style="background:#0072b2;border-radius:4px;height:10px;width:%.1f%%"></div></div><div style="font-size:90%%;margin-top:3px">%s</div></div>`,
		percent, html.EscapeString(p.String()))
}

// A Dashboard is a progress bar over a figure: what a run shows while it goes. Figure may be nil.
type Dashboard struct {
	Progress Progress
	Figure   *Figure
}

// HTML draws the bar and the figure in one piece, so that both change together.
func (d Dashboard) HTML() string {
	s := d.Progress.HTML()
	if d.Figure == nil {
		return s
	}
	img, err := d.Figure.PNG()
	if err != nil {
		return s + "<div>" + html.EscapeString(err.Error()) + "</div>"
	}
	return s + fmt.Sprintf(`<img alt="%s" width="%d" height="%d" src="data:image/png;base64,%s">`,
		html.EscapeString(d.Figure.plot.Title.Text), d.Figure.width, d.Figure.height, base64.StdEncoding.EncodeToString(img))
}

// String is the line of the progress.
func (d Dashboard) String() string { return d.Progress.String() }
