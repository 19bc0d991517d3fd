package history

import (
	"slices"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// made is an offer as the specification remembers it.
type made struct {
	token, id, customer, template, visit, wish, ticket string
	cost                                               int64
	expires                                            time.Time
}

// claim says how an offer's claim has to be answered: nil for yes, else the reasons of which one must be given.
func (s *spec) claim(o made, order string) (replay bool, refusal []surprise.Reason) {
	if known, ok := s.facts[o.id]; ok {
		return true, known.again(order)
	}
	switch {
	case s.now.After(o.expires):
		return false, []surprise.Reason{surprise.OfferExpired}
	case s.rules[o.template].perOrder && order == "":
		return false, []surprise.Reason{surprise.InvalidRequest}
	}
	s.attempt(func() surprise.Reason {
		s.tick(o.customer)
		if refusal = s.refusals(o, order); len(refusal) > 0 {
			return refusal[0]
		}
		reason := s.hold(o, order)
		if reason != "" {
			refusal = []surprise.Reason{reason}
		}
		return reason
	})
	return false, refusal
}

// again is what the same token is answered later.
func (f fact) again(order string) []surprise.Reason {
	switch {
	case f.order != order && !f.tombstone:
		return []surprise.Reason{surprise.IdempotencyMismatch}
	case f.state == surprisev1.ClaimState_CANCELLED:
		return []surprise.Reason{surprise.ClaimCancelled}
	case f.state == surprisev1.ClaimState_EXPIRED:
		return []surprise.Reason{surprise.ClaimExpired}
	}
	return nil
}

// refusals are all reasons why a customer may not have a surprise now.
func (s *spec) refusals(o made, order string) (out []surprise.Reason) {
	r, inVisit, inWeek := s.rules[o.template], 0, 0
	for _, f := range s.facts {
		if f.customer != o.customer {
			continue
		}
		if f.template == o.template && f.said == surprisev1.CancelReason_CUSTOMER_REFUSED && s.now.Before(f.ended.Add(r.refusal)) {
			out = append(out, surprise.RefusalCooldown)
		}
		if !f.counts() && (!f.holds() || !f.until.After(s.now)) {
			continue
		}
		own := s.rules[f.template]
		if f.template == o.template && r.perOrder && f.order == order {
			out = append(out, surprise.OccasionUsed)
		}
		if f.template == o.template && (f.holds() || s.now.Before(f.given().Add(r.template))) || own.category == r.category && s.now.Before(f.given().Add(r.kind)) {
			out = append(out, surprise.Cooldown)
		}
		if !own.recovery && f.visit == o.visit {
			inVisit++
		}
		if !own.recovery && s.now.Before(f.given().Add(7*day)) {
			inWeek++
		}
	}
	if !r.recovery && (inVisit >= visitCap || inWeek >= weekCap) {
		out = append(out, surprise.CapReached)
	}
	return out
}

// hold enters a claim that the customer may have, if turn, wish and limits allow it.
func (s *spec) hold(o made, order string) surprise.Reason {
	if o.ticket != "" {
		if reason := s.useTurn(o); reason != "" {
			return reason
		}
	}
	if o.wish != "" {
		if reason := s.promise(o.wish, o.customer, o.id); reason != "" {
			return reason
		}
	}
	takes := s.takesOf(o.template, o.cost, s.now)
	if s.rules[o.template].line && o.ticket == "" && len(s.line) > 0 {
		return surprise.LimitExhausted
	}
	for _, c := range takes {
		if !s.take(o.id, c) {
			return surprise.LimitExhausted
		}
	}
	s.facts[o.id] = fact{customer: o.customer, template: o.template, visit: o.visit, order: order, wish: o.wish, ticket: o.ticket, cost: o.cost,
		state: surprisev1.ClaimState_HELD, created: s.now, until: s.now.Add(holdTime), takes: takes}
	return ""
}

// confirm returns which claim is confirmed then. Unnamed: it is a new one, to be named with name.
func (s *spec) confirm(id string, delivered time.Time) (confirmed string, replay, unnamed bool, refusal surprise.Reason) {
	f, ok := s.facts[id]
	switch {
	case delivered.After(s.now.Add(2 * time.Minute)):
		return "", false, false, surprise.InvalidRequest
	case !ok:
		return "", false, false, surprise.ClaimNotFound
	case f.state == surprisev1.ClaimState_CANCELLED:
		return "", false, false, surprise.ClaimCancelled
	case f.late != "":
		return f.late, true, false, ""
	case f.state == surprisev1.ClaimState_CONFIRMED:
		return id, true, false, ""
	case f.state == surprisev1.ClaimState_EXPIRED:
		return "", false, true, ""
	}
	f.delivered = between(f.created, delivered, s.now)
	s.facts[id] = f
	s.end(id, surprisev1.ClaimState_CONFIRMED)
	return id, false, false, ""
}

// between is when something was delivered: not before the claim, not after now; zero is now.
func between(created, delivered, now time.Time) time.Time {
	switch {
	case delivered.IsZero() || delivered.After(now):
		return now
	case delivered.Before(created):
		return created
	}
	return delivered
}

// confirmLate enters what was given after its hold ran out.
func (s *spec) confirmLate(expired, id string, delivered time.Time) {
	f := s.facts[expired]
	f.late = id
	s.facts[expired] = f
	late := f
	late.late, late.said, late.withoutHold, late.takes = "", 0, true, nil
	late.delivered = between(f.created, delivered, s.now)
	s.enter(id, late, f.takes)
}

// enter takes what there is room for, and marks what was given over a limit.
func (s *spec) enter(id string, f fact, takes []charge) {
	for _, c := range takes {
		if s.take(id, c) {
			f.takes = append(f.takes, c)
		} else {
			f.over = true
		}
	}
	s.facts[id] = f
	s.end(id, surprisev1.ClaimState_CONFIRMED)
}

// cancel returns the claim that is shown then.
func (s *spec) cancel(id string, o *made, reason surprisev1.CancelReason) (shown string, replay bool, refusal surprise.Reason) {
	f, ok := s.facts[id]
	if ok && f.late != "" {
		id = f.late
		f = s.facts[id]
	}
	switch {
	case !ok && o == nil:
		return "", false, surprise.ClaimNotFound
	case !ok:
		s.facts[id] = fact{customer: o.customer, template: o.template, visit: o.visit, wish: o.wish, ticket: o.ticket, cost: o.cost, created: s.now,
			said: reason, tombstone: true}
		s.end(id, surprisev1.ClaimState_CANCELLED)
		return id, false, ""
	case f.state == surprisev1.ClaimState_CONFIRMED && s.rules[f.template].perOrder && reason == surprisev1.CancelReason_ORDER_CANCELLED:
		return id, s.returnOrder(id, f), ""
	case f.state == surprisev1.ClaimState_CONFIRMED:
		return "", false, surprise.ClaimConfirmed
	case f.holds():
		f.said = reason
		s.facts[id] = f
		s.end(id, surprisev1.ClaimState_CANCELLED)
		s.giveBack(id, f.takes)
		return id, false, ""
	case f.state == surprisev1.ClaimState_EXPIRED && f.said == 0:
		f.said = reason
		s.facts[id] = f
		return id, false, ""
	}
	return id, true, ""
}

func (s *spec) returnOrder(id string, f fact) (replay bool) {
	if !f.returned.IsZero() {
		return true
	}
	f.returned, f.said = s.now, surprisev1.CancelReason_ORDER_CANCELLED
	s.facts[id] = f
	s.giveBack(id, f.takes)
	return false
}

// delivery is a surprise that was given without an offer.
type delivery struct {
	id, customer, template, visit, order, content string
	at                                            time.Time // zero: now
	wallet, given                                 bool
	staff                                         string
	cost                                          int64 // of a clerk's own idea
}

// deliver returns the claim that it was entered as before; unnamed: it is to be entered now.
func (s *spec) deliver(d delivery) (known string, unnamed bool, refusal surprise.Reason) {
	if known := s.deliveries[d.customer+"/"+d.id]; known != "" {
		if s.contents[d.customer+"/"+d.id] != d.content {
			return "", false, surprise.IdempotencyMismatch
		}
		return known, false, ""
	}
	if !d.wallet || d.given {
		return "", true, ""
	}
	full := slices.ContainsFunc(d.wallets(s.now), func(c charge) bool { return s.sum(c.limit)+c.amount > c.capacity })
	if d.cost > incident || full {
		return "", false, surprise.WalletExhausted
	}
	return "", true, ""
}

// enterDelivery is deliver for one that is new, once it has an id.
func (s *spec) enterDelivery(id string, d delivery) {
	s.deliveries[d.customer+"/"+d.id], s.contents[d.customer+"/"+d.id] = id, d.content
	at := between(time.Time{}, d.at, s.now)
	takes := append(s.takesOf(d.template, s.rules[d.template].cost, at), d.wallets(s.now)...)
	f := fact{customer: d.customer, template: d.template, visit: d.visit, order: d.order, created: at, delivered: at, withoutHold: true, cost: d.cost,
		over: d.wallet && d.cost > incident}
	if d.template != "" {
		f.cost = s.rules[d.template].cost
	}
	if d.template == "piece" {
		f.ticket = s.ownTurn(d.customer)
	}
	if f.ticket != "" { // what was kept for them is what they were given
		s.endTicket(f.ticket, surprisev1.TicketState_SERVED)
	}
	s.enter(id, f, takes)
}

// wallets are what pays for a clerk's own idea: the shift's allowance and the store's of the day. Those of the time at which it was given count only for
// what was given already.
func (d delivery) wallets(now time.Time) []charge {
	if !d.wallet {
		return nil
	}
	at := now
	if d.given {
		at = between(time.Time{}, d.at, now)
	}
	begins := at.Truncate(day).Add(14 * time.Hour)
	if at.Before(begins) {
		begins = at.Truncate(day).Add(9 * time.Hour)
	}
	if at.Before(begins) {
		begins = at.Truncate(day).Add(-10 * time.Hour)
	}
	return []charge{{"@wallet|shift|" + d.staff + "|" + begins.Format("2006-01-02T15:04"), d.cost, capacities()["@wallet|shift"]},
		{"@wallet|store||" + at.Format(time.DateOnly), d.cost, capacities()["@wallet|store"]}}
}
