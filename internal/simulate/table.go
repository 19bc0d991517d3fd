package simulate

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes a result for people: the policies beside each other, then how they compare over all seeds.
func (r *Result) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "%d days from %s, seed %d: %d customers, %d visits, %d moments of decision\n\n", r.Days, r.From, r.Seed, r.Customers, r.Visits, r.Moments)
	var text bytes.Buffer
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', tabwriter.AlignRight)
	r.writePolicies(t)
	r.writeGroups(t, "surprises by template", func(p PolicyReport) []Group { return p.ByTemplate })
	r.writeGroups(t, "surprises by stage", func(p PolicyReport) []Group { return p.ByStage })
	r.writeMonths(t)
	r.writeReasons(t)
	if err := t.Flush(); err != nil {
		return err
	}
	// Rows without cells would be rows of spaces.
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	return r.writeRatios(w)
}

// row writes a cell for each policy.
func (r *Result) row(w io.Writer, name string, cell func(PolicyReport) string) {
	cells := []string{name}
	for _, p := range r.Policies {
		cells = append(cells, cell(p))
	}
	fmt.Fprintln(w, strings.Join(cells, "\t")+"\t")
}

func (r *Result) writePolicies(w io.Writer) {
	r.row(w, "", func(p PolicyReport) string { return label(p.Policy) })
	r.row(w, "surprises", func(p PolicyReport) string { return fmt.Sprint(p.Surprises) })
	r.row(w, "per customer", func(p PolicyReport) string { return fmt.Sprintf("%.2f", p.PerCustomer.Mean) })
	r.row(w, "least, median, 90 %, most", func(p PolicyReport) string {
		d := p.PerCustomer
		return fmt.Sprintf("%d, %d, %d, %d", d.Min, d.Median, d.P90, d.Max)
	})
	r.row(w, "decisions that offer", func(p PolicyReport) string { return percent(p.Decisions.OfferedShare) })
	r.row(w, "hold back", func(p PolicyReport) string { return percent(p.Decisions.HeldShare) })
	r.row(w, "have nothing", func(p PolicyReport) string { return percent(p.Decisions.NoneShare) })
	r.row(w, "recover first", func(p PolicyReport) string { return percent(p.Decisions.RecoverShare) })
	r.row(w, "held back, then given", func(p PolicyReport) string {
		return fmt.Sprintf("%d of %d", p.Decisions.HoldsPaid, p.Decisions.HeldVisits)
	})
	r.row(w, "refused by customers", func(p PolicyReport) string { return fmt.Sprint(p.Refused) })
	r.row(w, "cost"+r.inCurrency(), func(p PolicyReport) string { return minor(p.CostMinor) })
	r.row(w, "recoveries", func(p PolicyReport) string { return fmt.Sprint(p.Recoveries) })
	r.row(w, "mean gap", func(p PolicyReport) string { return fmt.Sprintf("%.2f", p.MeanGap) })
	r.row(w, "mean habit", func(p PolicyReport) string { return fmt.Sprintf("%.3f", p.MeanHabit) })
	r.row(w, "remembered (peak and end)", func(p PolicyReport) string { return fmt.Sprintf("%.1f", p.Remembered.Total) })
	r.row(w, "of the peak, of the end", func(p PolicyReport) string { return fmt.Sprintf("%.1f, %.1f", p.Remembered.Peak, p.Remembered.End) })
	r.row(w, "remembered, per customer", func(p PolicyReport) string { return fmt.Sprintf("%.2f", p.Remembered.Mean) })
	r.row(w, "remembered at its moment", func(p PolicyReport) string { return fmt.Sprintf("%.1f", p.Remembered.AtItsMoment) })
	r.row(w, "customers without a surprise", func(p PolicyReport) string { return percent(p.Remembered.WithoutSurprise) })
}

func (r *Result) inCurrency() string {
	if r.Currency == "" {
		return ", minor units"
	}
	return ", minor units of " + r.Currency
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// minor groups digits by three.
func minor(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// heading is a row of its own. It has the cells of a row, so that the columns go on below it.
func (r *Result) heading(w io.Writer, text string) {
	r.row(w, "", func(PolicyReport) string { return "" })
	r.row(w, text, func(PolicyReport) string { return "" })
}

func (r *Result) writeGroups(w io.Writer, title string, of func(PolicyReport) []Group) {
	r.heading(w, title)
	for _, name := range r.names(of) {
		r.row(w, name, func(p PolicyReport) string {
			g := find(of(p), name)
			if g.Surprises == 0 {
				return "-"
			}
			return fmt.Sprintf("%d, gap %.1f", g.Surprises, g.MeanGap)
		})
	}
}

// names lists all groups of all policies, those of the first policy in its order.
func (r *Result) names(of func(PolicyReport) []Group) []string {
	var out []string
	seen := map[string]bool{}
	for _, p := range r.Policies {
		for _, g := range of(p) {
			if !seen[g.Name] {
				seen[g.Name] = true
				out = append(out, g.Name)
			}
		}
	}
	return out
}

func find(groups []Group, name string) Group {
	for _, g := range groups {
		if g.Name == name {
			return g
		}
	}
	return Group{Name: name}
}

func (r *Result) writeMonths(w io.Writer) {
	r.heading(w, "mean habit of what was given")
	for i, m := range r.Policies[0].Months {
		r.row(w, m.Month, func(p PolicyReport) string {
			if p.Months[i].Surprises == 0 {
				return "-"
			}
			return fmt.Sprintf("%.3f", p.Months[i].MeanHabit)
		})
	}
}

func (r *Result) writeReasons(w io.Writer) {
	r.heading(w, "why nothing was offered, share of such decisions")
	for _, reason := range r.Policies[0].Reasons {
		r.row(w, reason.Reason, func(p PolicyReport) string {
			for _, other := range p.Reasons {
				if other.Reason == reason.Reason {
					return percent(other.Share)
				}
			}
			return "-"
		})
	}
}

func (r *Result) writeRatios(w io.Writer) error {
	fmt.Fprintf(w, "\nown policy / baseline over %s\n", plural(len(r.Seeds), "seed"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tremembered\tat its moment\tcost\tsurprises\tmore for no higher cost\tat its moment\t")
	for _, x := range r.Ratios {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d of %d\t%d of %d\t\n", label(x.Baseline), x.Remembered, x.AtItsMoment, x.Cost, x.Surprises,
			x.Better, len(r.Seeds), x.BetterAtItsMoment, len(r.Seeds))
	}
	return t.Flush()
}

// String returns the mean with its standard deviation.
func (s Spread) String() string {
	switch s.N {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf("%.3f", s.Mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", s.Mean, s.SD)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// WritePredictability writes judgements for people, the easiest to guess first where they are given so.
func WritePredictability(w io.Writer, all []Predictability) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TEMPLATE\tGIFTS\tWITH A PAST\tGUESSED\tSHARE\tVERDICT\tGUESSED BY")
	for _, p := range all {
		shareText := "-"
		if p.N > 0 {
			shareText = percent(p.Share)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%s\t%s\n", p.Template, p.Gifts, p.N, p.Guessed, shareText, p.Verdict, p.by())
	}
	return t.Flush()
}

func (p Predictability) by() string {
	var out []string
	for _, name := range []string{KnownOccasion, SameDate, SameInterval, EveryVisit} {
		if n := p.By[name]; n > 0 {
			out = append(out, fmt.Sprintf("%s %d", strings.ReplaceAll(name, "_", " "), n))
		}
	}
	return strings.Join(out, ", ")
}
