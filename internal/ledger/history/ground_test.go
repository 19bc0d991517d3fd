package history

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

// ground reads what a store really holds: records, limits, numbers and log, and how they go together.
type ground struct {
	shop     *shop
	versions map[string]uint64
	records  map[string]*storev1.Record
	final    map[string]surprisev1.ClaimState // claims that ended
	told     map[string]*surprisev1.Claim     // the last that the log told of each claim
	cursor   string
	capacity map[string]int64
	seen     map[string]int // how often each type of event was, and overLimit
}

// overLimit counts what was given with nothing left.
const overLimit = "over a limit"

func newGround(s *shop, seen map[string]int) *ground {
	return &ground{shop: s, versions: map[string]uint64{}, records: map[string]*storev1.Record{}, final: map[string]surprisev1.ClaimState{},
		told: map[string]*surprisev1.Claim{}, capacity: capacities(), seen: seen}
}

// check compares the store with the specification, and with itself.
func (g *ground) check(t *rapid.T, s *spec) {
	g.readLog(t)
	entries := 0
	for _, who := range customers() {
		if g.read(t, who) {
			g.checkRecord(t, s, who)
		}
		entries += len(g.records[who].GetEntries())
	}
	if entries != len(s.facts) {
		t.Fatalf("the records have %d claims, want %d", entries, len(s.facts))
	}
	g.checkLimits(t, s)
	g.checkTasks(t, s)
}

// read loads a record, if it was changed.
func (g *ground) read(t *rapid.T, who string) (changed bool) {
	loaded, err := g.shop.store.Load(t.Context(), hash(who))
	if err != nil {
		t.Fatal(err)
	}
	if loaded[0].Version == g.versions[who] {
		return false
	}
	rec, err := ledger.DecodeRecord(loaded[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	g.versions[who], g.records[who] = loaded[0].Version, rec
	return true
}

func (g *ground) readLog(t *rapid.T) {
	logged, err := g.shop.store.Events(t.Context(), g.cursor, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logged {
		g.cursor = l.Cursor
		_, e, err := event.Decode(l.Data)
		if err != nil {
			t.Fatal(err)
		}
		g.seen[e.GetType()]++
		if c := e.GetClaim(); c != nil {
			if c.GetOverLimit() {
				g.seen[overLimit]++
			}
			g.told[c.GetClaimId()] = c
		}
	}
}

// checkRecord compares a customer's claims, wishes and tickets.
func (g *ground) checkRecord(t *rapid.T, s *spec, who string) {
	claims, _, err := g.shop.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: who, PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		s.wantClaim(t, c.GetClaimId(), c)
		if was, ended := g.final[c.GetClaimId()]; ended && was != c.GetState() {
			t.Fatalf("claim %s went from %v to %v", c.GetClaimId(), was, c.GetState())
		}
		if c.GetState() != surprisev1.ClaimState_HELD {
			g.final[c.GetClaimId()] = c.GetState()
		}
		c.Serial, c.SerialOf = 0, 0 // not in the log
		if !proto.Equal(c, g.told[c.GetClaimId()]) {
			t.Fatalf("the log tells %v, the ledger has %v", g.told[c.GetClaimId()], c)
		}
	}
	for _, w := range g.records[who].GetWishes() {
		if want := s.wishes[w.GetWishId()]; w.GetState() != want.state || w.GetClaimId() != want.claim {
			t.Fatalf("wish %v, want %+v", w, want)
		}
	}
	for _, ticket := range g.records[who].GetTickets() {
		if want := s.tickets[ticket.GetTicketId()]; ticket.GetState() != want.state {
			t.Fatalf("ticket %v, want %+v", ticket, want)
		}
	}
}

// checkLimits wants in each limit what the records of live claims and turns took, which is what the specification has, and never more than its capacity.
func (g *ground) checkLimits(t *rapid.T, s *spec) {
	taken := map[string]int64{}
	var refs []ledger.LimitRef
	for _, rec := range g.records {
		for _, e := range rec.GetEntries() {
			if e.GetState() == surprisev1.ClaimState_HELD || ledger.Counts(e) {
				refs = addTakes(taken, refs, e.GetClaimId(), e.GetTakes())
			}
		}
		for _, ticket := range rec.GetTickets() {
			refs = addTakes(taken, refs, ticket.GetTicketId(), ticket.GetTakes())
		}
	}
	for limit := range s.limits {
		used, err := g.shop.store.Usage(t.Context(), limit)
		if err != nil || used[0] != taken[limit] || used[0] != s.sum(limit) || used[0] > g.capacityOf(limit) {
			t.Fatalf("limit %s of %d: the store has %v (%v), the records %d, the specification %d", limit, g.capacityOf(limit), used, err, taken[limit], s.sum(limit))
		}
		delete(taken, limit)
	}
	if len(taken) > 0 {
		t.Fatalf("taken, but not by the specification: %v", taken)
	}
	g.checkNumbers(t, refs)
}

// checkTasks wants the claims on hold, and no others, on the list of what is to be done.
func (g *ground) checkTasks(t *rapid.T, s *spec) {
	tasks, err := g.shop.store.Range(t.Context(), "tasks|", nil, 1000, false)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, task := range tasks {
		listed[task.Member] = true
	}
	for id, f := range s.facts {
		if f.holds() != listed[id] {
			t.Fatalf("claim %s is %v, on the list of tasks: %v", id, f.state, listed[id])
		}
		delete(listed, id)
	}
	if len(listed) > 0 {
		t.Fatalf("tasks of no claims: %v", listed)
	}
}

// checkPosted ends a history: what is confirmed cannot be released any more.
func (g *ground) checkPosted(t *rapid.T) {
	for _, rec := range g.records {
		var ops []ledger.LimitOp
		want := map[string]int64{}
		for _, e := range rec.GetEntries() {
			if !ledger.Counts(e) {
				continue
			}
			for _, take := range e.GetTakes() {
				ops = append(ops, ledger.LimitOp{Limit: take.GetLimit(), Action: ledger.Release, ClaimID: surprise.ClaimID(e.GetClaimId())})
				used, _ := g.shop.store.Usage(t.Context(), take.GetLimit())
				want[take.GetLimit()] = used[0]
			}
		}
		loaded, _ := g.shop.store.Load(t.Context(), hash("nobody"))
		if err := g.shop.store.Apply(t.Context(), ledger.Change{Key: hash("nobody"), Expect: loaded[0].Version, Limits: ops}); err != nil {
			t.Fatal(err)
		}
		for limit, n := range want {
			if used, _ := g.shop.store.Usage(t.Context(), limit); used[0] != n {
				t.Fatalf("releasing what is confirmed left %d of %d in %s", used[0], n, limit)
			}
		}
	}
}

func (g *ground) capacityOf(limit string) int64 {
	parts := strings.Split(limit, "|")
	if parts[0] == "@wallet" {
		return g.capacity[parts[0]+"|"+parts[1]]
	}
	return g.capacity[parts[0]]
}

func addTakes(taken map[string]int64, refs []ledger.LimitRef, owner string, takes []*storev1.LimitTake) []ledger.LimitRef {
	for _, take := range takes {
		taken[take.GetLimit()] += take.GetAmount()
		if take.GetUnit() == surprisev1.LimitUnit_SERIALS {
			refs = append(refs, ledger.LimitRef{Limit: take.GetLimit(), ClaimID: surprise.ClaimID(owner)})
		}
	}
	return refs
}

// checkNumbers wants each live piece to have a number of its own.
func (g *ground) checkNumbers(t *rapid.T, refs []ledger.LimitRef) {
	if len(refs) == 0 {
		return
	}
	numbers, err := g.shop.store.Numbers(t.Context(), refs...)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{0: true}
	for i, n := range numbers {
		if seen[n] || n > g.capacity["edition"] {
			t.Fatalf("number %d of %v is none or had twice: %v", n, refs[i], numbers)
		}
		seen[n] = true
	}
}

// wantClaim compares a claim as it is shown with what the specification knows of it.
func (s *spec) wantClaim(t *rapid.T, id string, got *surprisev1.Claim) {
	t.Helper()
	f, ok := s.facts[id]
	if !ok || got.GetClaimId() != id {
		t.Fatalf("got claim %v, want %q", got, id)
	}
	serial := int64(0)
	if f.holds() || f.counts() {
		serial = s.limits["edition||"][id].number
	}
	want := fact{customer: f.customer, template: got.GetTemplate(), visit: got.GetVisitId(), order: got.GetOrderId(), wish: got.GetWishId(), ticket: got.GetTicketId(), state: got.GetState(),
		created: at(got.GetCreated()), until: at(got.GetHoldUntil()), ended: at(got.GetEnded()), delivered: at(got.GetDelivered()), returned: at(got.GetReturned()),
		said: got.GetCancelReason(), over: got.GetOverLimit(), withoutHold: got.GetWithoutHold(), cost: got.GetCostMinor()}
	known := f
	known.takes, known.late, known.tombstone = nil, "", false
	if !equalFacts(known, want) || got.GetSerial() != serial {
		t.Fatalf("at %v got %+v, serial %d, want %+v, serial %d", s.now, want, got.GetSerial(), known, serial)
	}
}

func equalFacts(a, b fact) bool {
	a.takes, b.takes = nil, nil
	sameTimes := a.created.Equal(b.created) && a.until.Equal(b.until) && a.ended.Equal(b.ended) && a.delivered.Equal(b.delivered) && a.returned.Equal(b.returned)
	return sameTimes && a.customer == b.customer && a.template == b.template && a.visit == b.visit && a.order == b.order && a.wish == b.wish && a.ticket == b.ticket &&
		a.state == b.state && a.said == b.said && a.over == b.over && a.withoutHold == b.withoutHold && a.cost == b.cost
}

// at is the time of a field; zero where it is absent.
func at(stamp *timestamppb.Timestamp) time.Time {
	if stamp == nil {
		return time.Time{}
	}
	return stamp.AsTime()
}
