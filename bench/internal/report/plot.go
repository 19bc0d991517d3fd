package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/surprise-service/surprised/bench/internal/matchers"
)

// Plot writes matching.svg to a folder: how the cost of a match grows with the number of rules, both on logarithmic axes.
func (d Document) Plot(dir string) error {
	if len(d.Matching) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("--plots: %w", err)
	}
	c := chart{title: "CPU time to match one profile, by the number of rules", x: "rules", y: "µs", series: d.series()}
	if err := os.WriteFile(filepath.Join(dir, "matching.svg"), []byte(c.svg()), 0o600); err != nil {
		return fmt.Errorf("--plots: %w", err)
	}
	return nil
}

func (d *Document) series() []series {
	var out []series
	for _, name := range matchers.Names() {
		s := series{name: name}
		for _, n := range d.sizes() {
			if m := d.matching(name, n); m != nil {
				s.points = append(s.points, point{float64(n), m.CPU})
			}
		}
		out = append(out, s)
	}
	top := series{name: "surprised, top 3"}
	for _, n := range d.sizes() {
		if m := d.matching(matchers.Surprised, n); m != nil && m.Top != nil {
			top.points = append(top.points, point{float64(n), m.Top.CPU})
		}
	}
	return append(out, top)
}

// chart is lines over logarithmic axes.
type chart struct {
	title, x, y string
	series      []series
}

type series struct {
	name   string
	points []point
}

type point struct{ x, y float64 }

// The picture, in pixels.
const (
	width, height        = 720, 440
	left, right          = 70, 530 // of the plot
	above, below         = 40, 390
	legendX, legendEvery = 548, 22
)

// colours are told apart by people who see few of them: after Okabe and Ito (2008), "Color universal design".
func colours() []string {
	return []string{"#d55e00", "#000000", "#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#e69f00", "#999999", "#f0a070"}
}

func (c chart) svg() string {
	x, y := c.axes()
	var out strings.Builder
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n", width, height)
	fmt.Fprintf(&out, "<title>%s</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", c.title, width, height)
	fmt.Fprintf(&out, "<text x=\"%d\" y=\"22\" font-size=\"14\">%s</text>\n", left, c.title)
	for _, v := range x.ticks() {
		at := x.at(v)
		fmt.Fprintf(&out, "<path d=\"M%.1f %dV%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", at, above, below, at, below+18, tick(v))
	}
	for _, v := range y.ticks() {
		at := y.at(v)
		fmt.Fprintf(&out, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left, at, right, left-6, at+4, tick(v))
	}
	fmt.Fprintf(&out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text><text x=\"%d\" y=\"%d\">%s</text>\n", (left+right)/2, below+38, c.x, left-40, above-8, c.y)
	for i, s := range c.series {
		s.draw(&out, x, y, colours()[i%len(colours())], above+10+i*legendEvery)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

func (s series) draw(out *strings.Builder, x, y axis, colour string, legendY int) {
	if len(s.points) == 0 {
		return
	}
	var path strings.Builder
	for i, p := range s.points {
		fmt.Fprintf(&path, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x.at(p.x), y.at(p.y))
		fmt.Fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>", x.at(p.x), y.at(p.y), colour)
	}
	fmt.Fprintf(out, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path.String(), colour)
	fmt.Fprintf(out, "<path d=\"M%d %dh18\" stroke=\"%s\" stroke-width=\"2\"/><text x=\"%d\" y=\"%d\">%s</text>\n", legendX, legendY, colour, legendX+24, legendY+4, s.name)
}

// axis maps whole powers of ten onto pixels.
type axis struct {
	least, most float64 // exponents
	from, to    float64
}

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*(math.Log10(v)-a.least)/(a.most-a.least)
}

func (a axis) ticks() []float64 {
	var out []float64
	for e := a.least; e <= a.most; e++ {
		out = append(out, math.Pow(10, e))
	}
	return out
}

func (c chart) axes() (x, y axis) {
	x, y = axis{math.Inf(1), math.Inf(-1), left, right}, axis{math.Inf(1), math.Inf(-1), below, above}
	for _, s := range c.series {
		for _, p := range s.points {
			x.include(p.x)
			y.include(p.y)
		}
	}
	return x, y
}

// include widens the axis; it has at least one decade.
func (a *axis) include(v float64) {
	a.least, a.most = min(a.least, math.Floor(math.Log10(v))), max(a.most, math.Ceil(math.Log10(v)))
	a.most = max(a.most, a.least+1)
}

func tick(v float64) string {
	if v < 1 {
		return digits(v)
	}
	return fmt.Sprintf("%.0f", v)
}
