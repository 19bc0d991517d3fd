package simulate

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

const (
	plotHeight = 11 * vg.Centimeter
	minWidth   = 16 * vg.Centimeter
	groupWidth = 2.2 * vg.Centimeter
	barWidth   = 0.45 * vg.Centimeter
	legendRoom = 6 * vg.Centimeter // for the axis on the left, too
	minTop     = 1e-3              // an axis needs some length, also where nothing happened
)

// WritePlots writes the plots as SVG into a folder, which it makes, and returns the names of the files.
func (r *Result) WritePlots(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // plots of counts, for everybody
		return nil, fmt.Errorf("simulate: plots: %w", err)
	}
	var files []string
	for _, p := range []struct {
		name string
		draw func() (*plot.Plot, vg.Length, error)
	}{
		{"surprises_by_template.svg", func() (*plot.Plot, vg.Length, error) {
			return r.bars("Surprises by template", "surprises", func(p PolicyReport) []Group { return p.ByTemplate })
		}},
		{"surprises_by_stage.svg", func() (*plot.Plot, vg.Length, error) {
			return r.bars("Surprises by stage", "surprises", func(p PolicyReport) []Group { return p.ByStage })
		}},
		{"habit_by_month.svg", r.habitPlot},
		{"remembered_by_policy.svg", r.rememberedPlot},
	} {
		drawn, width, err := p.draw()
		if err != nil {
			return files, fmt.Errorf("simulate: plot %s: %w", p.name, err)
		}
		file := filepath.Join(dir, p.name)
		drawn.Legend.XOffs = width - legendRoom
		if err := drawn.Save(width, plotHeight, file); err != nil {
			return files, fmt.Errorf("simulate: plot %s: %w", p.name, err)
		}
		files = append(files, file)
	}
	return files, nil
}

// colours can be told apart by most of those who see few (Okabe and Ito, "Color Universal Design", 2008).
func colours() []color.Color {
	return []color.Color{
		color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}, color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff}, color.RGBA{R: 0x99, G: 0x99, B: 0x99, A: 0xff},
	}
}

func (r *Result) newPlot(title, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text = fmt.Sprintf("%s, %d days from %s, seed %d", title, r.Days, r.From, r.Seed)
	p.Title.Padding = vg.Millimeter * 2
	p.Y.Label.Text = y
	// Texts run to the right of their colours, with room for wider fonts than the one that was measured with.
	p.Legend.Top, p.Legend.Left, p.Legend.YOffs = true, true, -vg.Millimeter
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	return p
}

// frame names the groups along the bottom and leaves room around them, on top for the legend.
func frame(p *plot.Plot, names []string) {
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.5, float64(len(names))-0.5
	p.Y.Min, p.Y.Max = 0, max(p.Y.Max, minTop)*1.25
}

// bars draws a group of bars for each name, one for each policy.
func (r *Result) bars(title, y string, of func(PolicyReport) []Group) (*plot.Plot, vg.Length, error) {
	names := r.names(of)
	if len(names) == 0 {
		names = []string{"none"}
	}
	p := r.newPlot(title, y)
	for i, policy := range r.Policies {
		values := make(plotter.Values, len(names))
		for j, name := range names {
			values[j] = float64(find(of(policy), name).Surprises)
		}
		if err := r.addBars(p, values, i, len(r.Policies)); err != nil {
			return nil, 0, err
		}
	}
	labels := make([]string, len(names))
	for i, n := range names {
		labels[i] = strings.ReplaceAll(n, "_", "\n") // side by side long names would run into each other
	}
	frame(p, labels)
	return p, max(minWidth, vg.Length(len(names))*groupWidth), nil
}

// addBars adds the bars of policy i, beside those of the others.
func (r *Result) addBars(p *plot.Plot, values plotter.Values, i, of int) error {
	b, err := plotter.NewBarChart(values, barWidth)
	if err != nil {
		return err
	}
	b.Color, b.LineStyle.Width = colours()[i%len(colours())], 0
	b.Offset = (vg.Length(i) - vg.Length(of-1)/2) * barWidth
	p.Add(b)
	p.Legend.Add(label(r.Policies[i].Policy), b)
	return nil
}

func label(policy string) string { return strings.ReplaceAll(policy, "_", " ") }

// habitPlot draws a line for each policy over the months that had surprises.
func (r *Result) habitPlot() (*plot.Plot, vg.Length, error) {
	p := r.newPlot("Mean habit of what was given", "habit")
	for i, policy := range r.Policies {
		var points plotter.XYs
		for at, m := range policy.Months {
			if m.Surprises > 0 {
				points = append(points, plotter.XY{X: float64(at), Y: m.MeanHabit})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, 0, err
		}
		line.Color, dots.Color = colours()[i%len(colours())], colours()[i%len(colours())]
		p.Add(line, dots)
		p.Legend.Add(label(policy.Policy), line)
	}
	var names []string
	for _, m := range r.Policies[0].Months {
		names = append(names, strings.Replace(m.Month, "-", "\n", 1))
	}
	frame(p, names)
	return p, max(minWidth, vg.Length(len(names))*groupWidth/2), nil
}

// rememberedPlot draws what is remembered: by the gap alone, and by the gap at its moment.
func (r *Result) rememberedPlot() (*plot.Plot, vg.Length, error) {
	p := r.newPlot("Remembered value", "delight points, mean of all customers")
	for i, policy := range r.Policies {
		values := plotter.Values{policy.Remembered.Mean, policy.Remembered.AtItsMoment / float64(r.Customers)}
		if err := r.addBars(p, values, i, len(r.Policies)); err != nil {
			return nil, 0, err
		}
	}
	frame(p, []string{"gap", "gap at its moment"})
	return p, minWidth, nil
}
