package simulate

import (
	"sync"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// gift is one surprise that was given.
type gift struct {
	at              time.Time
	visit           int
	template, stage string
	cost            int64
	habit, gap      float64
	// felt is the gap at its moment: with the factors of the stage and of what the customer likes and needs.
	felt float64
}

func newGift(m moment, o *surprisev1.Offer) gift {
	s := o.GetScore()
	return gift{
		at: m.at, visit: m.visit, template: o.GetTemplate(), stage: m.stage, cost: o.GetCostMinor(),
		habit: s.GetHabit(), gap: s.GetGap(), felt: s.GetGap() * s.GetMoment() * s.GetFit() * s.GetEffect(),
	}
}

// tally counts what happens during a year.
type tally struct {
	outcomes                map[surprisev1.Outcome]int
	reasons                 map[surprisev1.Reason]*reasonTally
	heldVisits, holdsPaid   int
	refused, recoveries     int
	recoveryCost            int64
	gifts                   []gift
	decisions, withoutOffer int
}

type reasonTally struct{ decisions, templates int }

func newTally() tally {
	return tally{outcomes: map[surprisev1.Outcome]int{}, reasons: map[surprisev1.Reason]*reasonTally{}}
}

func (t *tally) decided(r *surprisev1.RecommendResponse) {
	t.decisions++
	t.outcomes[r.GetOutcome()]++
	if len(r.GetOffers()) > 0 {
		return
	}
	t.withoutOffer++
	for _, d := range r.GetReasons() {
		known := t.reasons[d.GetReason()]
		if known == nil {
			known = &reasonTally{}
			t.reasons[d.GetReason()] = known
		}
		known.decisions++
		known.templates += int(d.GetTemplates())
	}
}

// hold notes that something is held back, once for each visit.
func (t *tally) hold(c *customer, m moment) {
	if c.held != m.visit {
		c.held = m.visit
		t.heldVisits++
	}
}

func (t *tally) given(c *customer, g gift) {
	if c.held == g.visit {
		t.holdsPaid++
		c.held = -1
	}
	t.gifts = append(t.gifts, g)
	c.gifts = append(c.gifts, g)
}

func (t *tally) recovered(g gift) {
	t.recoveries++
	t.recoveryCost += g.cost
}

// progress adds up the hundredths of several years that are lived through at once.
type progress struct {
	tell  func(done, total int)
	mu    sync.Mutex
	done  int // guarded by mu
	total int
}

const hundredths = 100

func newProgress(tell func(done, total int), years int) *progress {
	return &progress{tell: tell, total: years * hundredths}
}

// step reports moment n of so many: at most once for each hundredth of a year.
func (p *progress) step(n, of int) {
	now, before := n*hundredths/of, (n-1)*hundredths/of
	if p.tell == nil || now == before {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += now - before
	p.tell(p.done, p.total)
}
