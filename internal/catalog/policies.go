package catalog

import (
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/calendar"
	"github.com/surprise-service/surprised/internal/surprise"
)

const (
	day = 24 * time.Hour
	// maxOfferExpiry bounds how long a signed offer can be used.
	maxOfferExpiry = 15 * time.Minute
	maxHold        = 30 * day
	// maxLease is the longest shift.
	maxLease = day
	// minRetention leaves room for retries and tills that were offline.
	minRetention = 400 * day
	// halfLivesKept is after how many half-lives a delivery is forgotten: its weight is below 0.4 %.
	halfLivesKept = 8
)

func (c *compiler) compilePolicies() {
	src, at := c.src.GetPolicies(), c.places.policies
	p := &c.cat.Policies
	*p = Policies{
		MinGap: src.GetMinGap(), CarryOver: orDefault(src.CarryOver, 0.5), CostWeight: src.GetCostWeight(),
		PeakFactor: orDefault(src.PeakFactor, 1.5), EndFactor: orDefault(src.EndFactor, 1.3),
		LikeWeight: orDefault(src.LikeWeight, 0.1), PainWeight: orDefault(src.PainWeight, 0.25), MaxFit: orDefault(src.MaxFit, 2),
		WishWeight: orDefault(src.WishWeight, 0.5),
		Calendar:   calendar.Policy{LeapDay: src.GetLeapDay(), LeapMonth: src.GetLeapMonth()},
		HoldMargin: orDefault(src.HoldMargin, 1), ChoiceSize: int(src.GetChoiceSize()), Temperature: orDefault(src.Temperature, 2),
		Withholding: src.GetWithholdingShare(), Control: src.GetControlShare(), Quiet: c.quiet(src.GetQuiet(), at.in("quiet")),
	}
	if p.ChoiceSize == 0 {
		p.ChoiceSize = 3
	}
	p.HalfLife = c.exact(at.in("half_life"), src.GetHalfLife(), 90*day, 100*365*day)
	p.OfferExpiry = c.exact(at.in("offer_expiry"), src.GetOfferExpiry(), maxOfferExpiry, maxOfferExpiry)
	p.Hold = c.exact(at.in("hold"), src.GetHold(), 30*time.Minute, maxHold)
	p.Lease = c.exact(at.in("lease"), src.GetLease(), time.Hour, maxLease)
	p.Retention = max(minRetention, halfLivesKept*p.HalfLife)
	for i, cp := range src.GetCaps() {
		p.Caps = append(p.Caps, c.cap(cp, at.in("caps", i)))
	}
	p.Satisfaction = c.satisfaction(src.GetSatisfaction(), at.in("satisfaction"))
}

// exact reads a period that must be a positive, exact length of at most limit.
func (c *compiler) exact(at place, text string, def, limit time.Duration) time.Duration {
	if text == "" {
		return def
	}
	p, err := surprise.ParsePeriod(text)
	switch {
	case err != nil:
		c.errorf(at, "%s", err)
	case p.Exact <= 0 || p.Exact != p.AtMost():
		c.hintf(at, `write for example "90d" or "15m"`, "%q is not an exact length of time above zero", text)
	case p.Exact > limit:
		c.errorf(at, "%q is too long: at most %s", text, surprise.Period{Exact: limit})
	default:
		return p.Exact
	}
	return def
}

// keep makes sure that the ledger remembers at least as long as p.
func (c *compiler) keep(p surprise.Period) {
	c.retention = max(c.retention, p.AtMost()+7*day)
}

func (c *compiler) cap(src *surprisev1.Cap, at place) Cap {
	out := Cap{Max: int(src.GetMax()), Channel: src.GetChannel(), Category: src.GetCategory(), Household: src.GetHousehold()}
	if src.GetWindow() == "visit" {
		if out.Household {
			c.hintf(at.in("window"), `write for example "7d"`, "a household does not visit as one: its cap needs a length of time")
		}
		out.PerVisit = true
		return out
	}
	window, err := surprise.ParsePeriod(src.GetWindow())
	if err != nil || window.IsZero() {
		c.hintf(at.in("window"), `write "visit" or for example "7d"`, "%q is not the window of a cap", src.GetWindow())
	}
	out.Window = window
	if !out.Household { // counted by a limit, not in the customer's record
		c.keep(out.Window)
	}
	return out
}

func (c *compiler) satisfaction(src *surprisev1.SatisfactionGate, at place) Satisfaction {
	if src == nil {
		return Satisfaction{}
	}
	out := Satisfaction{On: true, Min: src.MinSatisfaction, MaxComplaints: src.GetMaxOpenComplaints(), Rule: c.rule(at.in("rule"), src.GetRule())}
	out.CoolOff = c.period(at.in("cool_off"), src.GetCoolOff())
	c.keep(out.CoolOff)
	return out
}
