package simulate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Report is one simulated year under each policy, on the same visits. Gaps, values and habits are those of the scores: a gap is perceived
// minus expected, in delight points. Recoveries are counted apart: what makes good is no surprise.
type Report struct {
	From      string         `json:"from"`
	Days      int            `json:"days"`
	Seed      uint64         `json:"seed"`
	Customers int            `json:"customers"`
	Visits    int            `json:"visits"`
	Moments   int            `json:"moments"`
	Currency  string         `json:"currency,omitempty"`
	Policies  []PolicyReport `json:"policies"`
}

// PolicyReport is the year under one policy.
type PolicyReport struct {
	Policy      string       `json:"policy"`
	Surprises   int          `json:"surprises"`
	PerCustomer Distribution `json:"per_customer"`
	Decisions   Decisions    `json:"decisions"`
	ByTemplate  []Group      `json:"by_template"`
	ByStage     []Group      `json:"by_stage"`
	// Reasons says why nothing was offered, the most frequent first.
	Reasons []ReasonShare `json:"reasons"`
	// Refused offers were not wanted by the customer.
	Refused           int   `json:"refused"`
	CostMinor         int64 `json:"cost_minor"`
	Recoveries        int   `json:"recoveries"`
	RecoveryCostMinor int64 `json:"recovery_cost_minor"`
	// MeanGap and MeanHabit are over all surprises given; 0 without any.
	MeanGap    float64    `json:"mean_gap"`
	MeanHabit  float64    `json:"mean_habit"`
	Months     []Month    `json:"months"`
	Remembered Remembered `json:"remembered"`
}

// Distribution is how many surprises customers had.
type Distribution struct {
	Mean   float64 `json:"mean"`
	Min    int     `json:"min"`
	Median int     `json:"median"`
	P90    int     `json:"p90"`
	Max    int     `json:"max"`
	// Counts has the number of customers with 0, 1, 2 ... surprises.
	Counts []int `json:"counts"`
}

// Decisions counts answers by their outcome.
type Decisions struct {
	Total        int     `json:"total"`
	Offered      int     `json:"offered"`
	Held         int     `json:"held"`
	None         int     `json:"none"`
	Recover      int     `json:"recover"`
	OfferedShare float64 `json:"offered_share"`
	HeldShare    float64 `json:"held_share"`
	NoneShare    float64 `json:"none_share"`
	RecoverShare float64 `json:"recover_share"`
	// HeldVisits are visits in which something was held back; HoldsPaid those of them that brought a surprise later.
	HeldVisits int `json:"held_visits"`
	HoldsPaid  int `json:"holds_paid"`
}

// Group is the surprises of one template or stage.
type Group struct {
	Name      string  `json:"name"`
	Surprises int     `json:"surprises"`
	Share     float64 `json:"share"`
	MeanGap   float64 `json:"mean_gap"`
	CostMinor int64   `json:"cost_minor"`
}

// ReasonShare is how often a reason stood in the way.
type ReasonShare struct {
	Reason string `json:"reason"`
	// Decisions without an offer that name it, and their share of all that had none.
	Decisions int     `json:"decisions"`
	Share     float64 `json:"share"`
	// Templates that it stopped in them.
	Templates int `json:"templates"`
}

// Month is one month of the calendar.
type Month struct {
	Month     string  `json:"month"`
	Surprises int     `json:"surprises"`
	MeanHabit float64 `json:"mean_habit"`
	MeanGap   float64 `json:"mean_gap"`
}

// Remembered is what customers remember of the year by the peak-end rule: the mean of the largest gap and the last one, 0 for who had
// no surprise (Kahneman et al., "When more pain is preferred to less", 1993).
type Remembered struct {
	Total float64 `json:"total"`
	Mean  float64 `json:"mean"`
	// Peak and End are the totals of the largest and of the last gaps; Total is their mean.
	Peak float64 `json:"peak"`
	End  float64 `json:"end"`
	// AtItsMoment is the total of the same where each gap counts with the factors of its stage, likes and pains.
	AtItsMoment float64 `json:"at_its_moment"`
	// WithoutSurprise is the share of customers who had none.
	WithoutSurprise float64 `json:"without_surprise"`
}

// report sums a year up.
func (y *year) report() PolicyReport {
	t := &y.tally
	out := PolicyReport{
		Policy: y.policy.name, Surprises: len(t.gifts), PerCustomer: distribution(y.customers), Decisions: t.decisionsReport(),
		ByTemplate: groups(t.gifts, func(g gift) string { return g.template }), ByStage: groups(t.gifts, func(g gift) string { return g.stage }),
		Reasons: t.reasonShares(), Refused: t.refused, Recoveries: t.recoveries, RecoveryCostMinor: t.recoveryCost,
		Months: months(t.gifts, y.opts.From, y.opts.Days), Remembered: remembered(y.customers),
	}
	for _, g := range t.gifts {
		out.CostMinor += g.cost
		out.MeanGap += g.gap / float64(len(t.gifts))
		out.MeanHabit += g.habit / float64(len(t.gifts))
	}
	return out
}

func (t *tally) decisionsReport() Decisions {
	d := Decisions{
		Total: t.decisions, Offered: t.outcomes[surprisev1.Outcome_OFFER], Held: t.outcomes[surprisev1.Outcome_HOLD], None: t.outcomes[surprisev1.Outcome_NONE],
		Recover: t.outcomes[surprisev1.Outcome_RECOVER_FIRST], HeldVisits: t.heldVisits, HoldsPaid: t.holdsPaid,
	}
	d.OfferedShare, d.HeldShare = share(d.Offered, d.Total), share(d.Held, d.Total)
	d.NoneShare, d.RecoverShare = share(d.None, d.Total), share(d.Recover, d.Total)
	return d
}

func share(part, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

func distribution(customers []*customer) Distribution {
	n := make([]float64, len(customers))
	out := Distribution{}
	for i, c := range customers {
		n[i] = float64(len(c.gifts))
	}
	slices.Sort(n)
	out.Mean, out.Min, out.Max = stat.Mean(n, nil), int(n[0]), int(n[len(n)-1])
	out.Median, out.P90 = int(stat.Quantile(0.5, stat.Empirical, n, nil)), int(stat.Quantile(0.9, stat.Empirical, n, nil))
	out.Counts = make([]int, out.Max+1)
	for _, k := range n {
		out.Counts[int(k)]++
	}
	return out
}

// groups puts gifts together by a name, the largest group first.
func groups(gifts []gift, name func(gift) string) []Group {
	byName := map[string]*Group{}
	for _, g := range gifts {
		in := byName[name(g)]
		if in == nil {
			in = &Group{Name: name(g)}
			byName[in.Name] = in
		}
		in.Surprises++
		in.MeanGap += g.gap
		in.CostMinor += g.cost
	}
	out := []Group{}
	for _, g := range byName {
		g.MeanGap /= float64(g.Surprises)
		g.Share = share(g.Surprises, len(gifts))
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int { return cmp.Or(b.Surprises-a.Surprises, cmp.Compare(a.Name, b.Name)) })
	return out
}

func (t *tally) reasonShares() []ReasonShare {
	out := []ReasonShare{}
	for _, reason := range slices.Sorted(maps.Keys(t.reasons)) {
		r := t.reasons[reason]
		out = append(out, ReasonShare{Reason: reason.String(), Decisions: r.decisions, Share: share(r.decisions, t.withoutOffer), Templates: r.templates})
	}
	slices.SortStableFunc(out, func(a, b ReasonShare) int { return cmp.Or(b.Decisions-a.Decisions, b.Templates-a.Templates) })
	return out
}

// months lists every month of the simulation, those without a surprise as well.
func months(gifts []gift, from time.Time, days int) []Month {
	out := []Month{}
	at := map[string]int{}
	for day := range days {
		if name := from.AddDate(0, 0, day).Format("2006-01"); len(out) == 0 || out[len(out)-1].Month != name {
			at[name] = len(out)
			out = append(out, Month{Month: name})
		}
	}
	for _, g := range gifts {
		i, ok := at[g.at.Format("2006-01")]
		if !ok { // a visit that went on past the last midnight
			i = len(out) - 1
		}
		out[i].Surprises++
		out[i].MeanHabit += g.habit
		out[i].MeanGap += g.gap
	}
	for i := range out {
		if n := float64(out[i].Surprises); n > 0 {
			out[i].MeanHabit /= n
			out[i].MeanGap /= n
		}
	}
	return out
}

func remembered(customers []*customer) Remembered {
	var out Remembered
	none := 0
	for _, c := range customers {
		if len(c.gifts) == 0 {
			none++
			continue
		}
		peak, end := peakEnd(c.gifts, func(g gift) float64 { return g.gap })
		out.Peak += peak
		out.End += end
		peak, end = peakEnd(c.gifts, func(g gift) float64 { return g.felt })
		out.AtItsMoment += (peak + end) / 2
	}
	out.Total = (out.Peak + out.End) / 2
	out.Mean, out.WithoutSurprise = out.Total/float64(len(customers)), share(none, len(customers))
	return out
}

// peakEnd returns the best and the last.
func peakEnd(gifts []gift, worth func(gift) float64) (peak, end float64) {
	for _, g := range gifts {
		end = worth(g)
		peak = max(peak, end)
	}
	return peak, end
}
