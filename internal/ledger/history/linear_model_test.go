package history

import (
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A history falls into groups that share nothing: each has its own store, whose stock is a limit of its own, and its own customers. So groups can be
// checked one by one, which is what makes checking quick.

const linearCatalog = `
default_locale: en
currency: TWD
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: cakes, unit: SERIALS, capacity: 2, per_store: true}
policies:
  hold: 30m
  caps:
    - {max: 2, window: 7d}
templates:
  - {id: cake, kind: CAKE, levels: [{id: small, value: 9}], limits: [cakes], cooldowns: {template: 30d}, texts: {en: {title: t, message: m}}}
  - {id: tart, kind: GIFT, levels: [{id: small, value: 9}], texts: {en: {title: t, message: m}}}
`

const (
	groupCustomers = 3
	perCustomer    = 4 // offers: two cakes, two tarts
	expiredSlot    = groupCustomers * perCustomer
	groupSlots     = expiredSlot + 1 // the last is a cake of the first customer, whose hold ran out before the history began
	groupCakes     = 2
	customerCap    = 2
)

// phase is where the claim of one offer is.
type phase byte

const (
	unclaimed phase = iota
	held
	confirmed
	cancelled
	expired
	explained // expired, and somebody said why
	late      // expired and confirmed all the same
	lateOver  // the same, with nothing left of the limit
	denied    // refused after something was reserved, in staged stores
)

// part is one offer of a group. A cake that is taken has a number.
type part struct {
	phase
	number int8
}

// parts is the state of one group.
type parts [groupSlots]part

func isCake(slot int) bool    { return slot == expiredSlot || slot%perCustomer < 2 }
func customerOf(slot int) int { return slot % expiredSlot / perCustomer }
func (p phase) live() bool    { return p == held || p == confirmed || p == late || p == lateOver }

// taken is how many cakes are.
func (g parts) taken() (n int64) {
	for _, p := range g {
		if p.number > 0 {
			n++
		}
	}
	return n
}

// lowest is the number that the next cake gets.
func (g parts) lowest() int8 {
	n := int8(1)
	for slices.ContainsFunc(g[:], func(p part) bool { return p.number == n }) {
		n++
	}
	return n
}

// kind is what a call does.
type kind byte

const (
	claiming kind = iota
	confirming
	cancelling
	revoking // cancel by the offer's token
	getting
	counting // how many cakes are taken
	// A late Confirm that found nothing left looked and wrote in two steps, and promises no more than that: it saw the limit full at some moment of the
	// call, and was entered as over the limit at some other.
	sawFull
	confirmingOver
	denying // what a refused claim of a staged store may do to its id
)

func (k kind) String() string {
	return [...]string{"claim", "confirm", "cancel", "revoke", "get", "count", "saw full", "confirm over", "deny"}[k]
}

// call is the input of an operation.
type call struct {
	group, slot int
	kind        kind
}

// answer is its output.
type answer struct {
	unknown  bool // whether and how it was carried out
	reason   surprise.Reason
	state    surprisev1.ClaimState
	replayed bool
	over     bool
	taken    int64
	// number is asked for after the call was carried out: where the claim was cancelled meanwhile, there is none.
	number int8
}

// next carries out a call.
func (g parts) next(c call) (parts, answer) {
	p := g[c.slot]
	switch c.kind {
	case claiming:
		return g.claim(c.slot, p)
	case confirming:
		return g.confirm(c.slot, p)
	case cancelling, revoking:
		return g.cancel(c, p)
	case counting:
		return g, answer{taken: g.taken()}
	case denying:
		if p.phase == unclaimed {
			g = g.to(c.slot, denied)
		}
		return g, answer{}
	case confirmingOver:
		return g.to(c.slot, lateOver), answer{state: surprisev1.ClaimState_CONFIRMED, over: true}
	default:
		if p.phase == unclaimed {
			return g, refused(surprise.ClaimNotFound)
		}
		return g, answer{state: p.shown(), number: p.ownNumber()}
	}
}

func refused(reason surprise.Reason) answer { return answer{reason: reason} }

func (g parts) to(slot int, p phase) parts {
	g[slot] = part{phase: p}
	return g
}

// take is to for what takes a cake, if the offer is one.
func (g parts) take(slot int, p phase) parts {
	n := g.lowest()
	g = g.to(slot, p)
	if isCake(slot) {
		g[slot].number = n
	}
	return g
}

// ownNumber is that of the claim itself: one that was confirmed late has none, the late claim has.
func (p part) ownNumber() int8 {
	if p.phase == late {
		return 0
	}
	return p.number
}

// shown is the state of the claim itself: one that was confirmed late stays expired.
func (p phase) shown() surprisev1.ClaimState {
	switch p {
	case held:
		return surprisev1.ClaimState_HELD
	case confirmed:
		return surprisev1.ClaimState_CONFIRMED
	case cancelled:
		return surprisev1.ClaimState_CANCELLED
	case denied:
		return surprisev1.ClaimState_DENIED
	default:
		return surprisev1.ClaimState_EXPIRED
	}
}

func (g parts) claim(slot int, p part) (parts, answer) {
	switch p.phase {
	case unclaimed:
		if reason := g.admits(slot); reason != "" {
			return g, refused(reason)
		}
		g = g.take(slot, held)
		return g, answer{state: surprisev1.ClaimState_HELD, number: g[slot].number}
	case held, confirmed:
		return g, answer{state: p.shown(), replayed: true, number: p.number}
	case cancelled:
		return g, refused(surprise.ClaimCancelled)
	case denied:
		return g, refused(surprise.ClaimDenied)
	default:
		return g, refused(surprise.ClaimExpired)
	}
}

// admits says why a customer may not have a surprise; empty: they may.
func (g parts) admits(slot int) surprise.Reason {
	live := 0
	for other, p := range g {
		if customerOf(other) != customerOf(slot) || !p.live() {
			continue
		}
		live++
		if isCake(other) == isCake(slot) && (isCake(slot) || p.phase == held) {
			return surprise.Cooldown
		}
	}
	switch {
	case live >= customerCap:
		return surprise.CapReached
	case isCake(slot) && g.taken() >= groupCakes:
		return surprise.LimitExhausted
	}
	return ""
}

func (g parts) confirm(slot int, p part) (parts, answer) {
	done := answer{state: surprisev1.ClaimState_CONFIRMED, number: p.number}
	switch p.phase {
	case unclaimed:
		return g, refused(surprise.ClaimNotFound)
	case cancelled:
		return g, refused(surprise.ClaimCancelled)
	case denied:
		return g, refused(surprise.ClaimDenied)
	case held:
		g[slot].phase = confirmed
		return g, done
	case confirmed, late, lateOver:
		done.replayed, done.over = true, p.phase == lateOver
		return g, done
	default:
		if g.taken() >= groupCakes {
			done.over = true
			return g.to(slot, lateOver), done
		}
		g = g.take(slot, late)
		done.number = g[slot].number
		return g, done
	}
}

func (g parts) cancel(c call, p part) (parts, answer) {
	switch p.phase {
	case unclaimed:
		if c.kind == revoking {
			return g.to(c.slot, cancelled), answer{state: surprisev1.ClaimState_CANCELLED}
		}
		return g, refused(surprise.ClaimNotFound)
	case held:
		return g.to(c.slot, cancelled), answer{state: surprisev1.ClaimState_CANCELLED}
	case expired:
		return g.to(c.slot, explained), answer{state: surprisev1.ClaimState_EXPIRED}
	case cancelled, explained, denied:
		return g, answer{state: p.shown(), replayed: true}
	default:
		return g, refused(surprise.ClaimConfirmed)
	}
}
