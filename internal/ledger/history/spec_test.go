package history

import (
	"fmt"
	"maps"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// specCatalog is what the specification says by itself in rules, capacities and the constants below.
const specCatalog = `
default_locale: en
currency: TWD
shifts: ["09:00", "14:00"]
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: cakes, unit: UNITS, capacity: 2, period: DAY}
  - {id: budget, unit: MONEY, capacity: 1000, period: WEEK}
  - {id: edition, unit: SERIALS, capacity: 2}
  - {id: rides, unit: UNITS, capacity: 2}
policies:
  hold: 30m
  caps:
    - {max: 2, window: visit}
    - {max: 4, window: 7d}
wallet: {reasons: [kindness], per_incident_minor: 100, per_shift_minor: 250, per_store_minor: 400}
wishes: {min_delay: 1h, retention: 5d, max_open: 2}
templates:
  - {id: cake, kind: CAKE, category: treat, levels: [{id: small, value: 9, cost_minor: 301}], limits: [cakes, budget], cooldowns: {template: 3d, after_refusal: 5d}, texts: {en: {title: t, message: m}}}
  - {id: tart, kind: CAKE, category: treat, levels: [{id: small, value: 9, cost_minor: 97}], limits: [budget], cooldowns: {category: 1d}, texts: {en: {title: t, message: m}}}
  - {id: piece, kind: LIMITED_EDITION, category: art, levels: [{id: small, value: 9}], limits: [edition], waitlist: {keep: 1h}, texts: {en: {title: t, message: m}}}
  - {id: ride, kind: DELIVERY, category: ride, per_order: true, levels: [{id: small, value: 9}], limits: [rides], texts: {en: {title: t, message: m}}}
  - {id: grant, kind: WISH, category: wish, levels: [{id: small, value: 9}], texts: {en: {title: t, message: m}}}
  - {id: sorry, kind: NOTE, category: sorry, purpose: RECOVERY, levels: [{id: small, value: 9}], texts: {en: {title: t, message: m}}}
`

const (
	day       = 24 * time.Hour
	holdTime  = 30 * time.Minute
	turnTime  = time.Hour
	visitCap  = 2
	weekCap   = 4
	wishDelay = time.Hour
	wishLife  = 5 * day
	maxWishes = 2
	incident  = 100
)

// rule is what one template asks for.
type rule struct {
	category                string
	units                   string // the limit of which it takes one
	daily                   bool   // that limit begins anew each day
	cost                    int64  // to be paid from the budget
	template, kind, refusal time.Duration
	perOrder, recovery      bool
	line                    bool
}

func rules() map[string]rule {
	return map[string]rule{
		"cake":  {category: "treat", units: "cakes", daily: true, cost: 301, template: 3 * day, refusal: 5 * day},
		"tart":  {category: "treat", cost: 97, kind: day},
		"piece": {category: "art", units: "edition", line: true},
		"ride":  {category: "ride", units: "rides", perOrder: true},
		"grant": {category: "wish"},
		"sorry": {category: "sorry", recovery: true},
	}
}

// capacities by the first part of a limit's name.
func capacities() map[string]int64 {
	return map[string]int64{"cakes": 2, "budget": 1000, "edition": 2, "rides": 2, "@wallet|shift": 250, "@wallet|store": 400}
}

// fact is what the specification knows of one claim.
type fact struct {
	customer, template, visit, order, wish, ticket string
	state                                          surprisev1.ClaimState
	created, until, ended, delivered, returned     time.Time
	takes                                          []charge // what it took when it was entered
	said                                           surprisev1.CancelReason
	over, withoutHold                              bool
	late                                           string // the claim by which it was confirmed after all
	tombstone                                      bool
	cost                                           int64
}

func (f fact) counts() bool { return f.state == surprisev1.ClaimState_CONFIRMED && f.returned.IsZero() }
func (f fact) holds() bool  { return f.state == surprisev1.ClaimState_HELD }

func (f fact) given() time.Time {
	if !f.delivered.IsZero() {
		return f.delivered
	}
	return f.created
}

// charge is an amount that is taken of a limit.
type charge struct {
	limit    string
	amount   int64
	capacity int64
}

// unit is what one claim or ticket has of a limit; number is 0 where there are none.
type unit struct{ amount, number int64 }

// spec is the whole of what a ledger has to know, in the plainest form. It is changed by one call at a time and copied to take a change back.
type spec struct {
	now        time.Time
	rules      map[string]rule
	facts      map[string]fact
	limits     map[string]map[string]unit
	wishes     map[string]wish
	tickets    map[string]ticket
	line       []string          // tickets that wait, the first in line first
	deliveries map[string]string // customer and delivery id -> claim
	contents   map[string]string // the same -> what was sent
}

func newSpec(now time.Time) *spec {
	return &spec{now: now, rules: rules(), facts: map[string]fact{}, limits: map[string]map[string]unit{}, wishes: map[string]wish{}, tickets: map[string]ticket{},
		deliveries: map[string]string{}, contents: map[string]string{}}
}

// clone is for commands that may be refused after they changed something.
func (s *spec) clone() *spec {
	out := *s
	out.facts, out.wishes, out.tickets = maps.Clone(s.facts), maps.Clone(s.wishes), maps.Clone(s.tickets)
	out.line = append([]string(nil), s.line...)
	out.limits = make(map[string]map[string]unit, len(s.limits))
	for limit, units := range s.limits {
		out.limits[limit] = maps.Clone(units)
	}
	return &out
}

// attempt keeps what a command changes, unless it is refused.
func (s *spec) attempt(command func() surprise.Reason) surprise.Reason {
	before := s.clone()
	reason := command()
	if reason != "" {
		*s = *before
	}
	return reason
}

func (s *spec) sum(limit string) int64 {
	var sum int64
	for _, u := range s.limits[limit] {
		sum += u.amount
	}
	return sum
}

// take gives a unit to an owner and reports whether there was room. Numbered ones get the lowest number that nobody has.
func (s *spec) take(owner string, c charge) bool {
	if s.sum(c.limit)+c.amount > c.capacity {
		return false
	}
	if s.limits[c.limit] == nil {
		s.limits[c.limit] = map[string]unit{}
	}
	u := unit{amount: c.amount}
	if c.limit == "edition||" {
		u.number = s.lowest(c.limit)
	}
	s.limits[c.limit][owner] = u
	return true
}

func (s *spec) lowest(limit string) int64 {
	taken := map[int64]bool{}
	for _, u := range s.limits[limit] {
		taken[u.number] = true
	}
	n := int64(1)
	for taken[n] {
		n++
	}
	return n
}

func (s *spec) giveBack(owner string, takes []charge) {
	for _, c := range takes {
		delete(s.limits[c.limit], owner)
	}
}

// takesOf is what one surprise of a template takes at a time, at a cost.
func (s *spec) takesOf(template string, cost int64, at time.Time) []charge {
	var out []charge
	if r := s.rules[template]; r.units != "" {
		name := r.units + "||"
		if r.daily {
			name = r.units + "|" + at.Format(time.DateOnly) + "|"
		}
		out = append(out, charge{name, 1, capacities()[r.units]})
	}
	if s.rules[template].cost > 0 && cost > 0 {
		y, w := at.ISOWeek()
		out = append(out, charge{fmt.Sprintf("budget|%04d-W%02d|", y, w), cost, capacities()["budget"]})
	}
	return out
}

// tick ends what time ended for one customer.
func (s *spec) tick(customer string) {
	for id, f := range s.facts {
		if f.customer == customer && f.holds() && !f.until.After(s.now) {
			s.end(id, surprisev1.ClaimState_EXPIRED)
			s.giveBack(id, f.takes)
		}
	}
	for id, w := range s.wishes {
		if w.customer == customer && w.state == surprisev1.WishState_OPEN && !w.until.After(s.now) {
			w.state = surprisev1.WishState_LAPSED
			s.wishes[id] = w
		}
	}
	s.tickTickets(customer)
}

// end makes a claim final, and its wish follows.
func (s *spec) end(id string, state surprisev1.ClaimState) {
	f := s.facts[id]
	f.state, f.ended = state, s.now
	s.facts[id] = f
	s.settle(id, f)
}
