package ledger_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/memstore"
	"github.com/surprise-service/surprised/internal/surprise"
)

// skewed is a store whose limits a test can make say something else.
type skewed struct {
	*memstore.Store
	sums    map[string]int64
	change  func(limit string, entries []ledger.LimitEntry) []ledger.LimitEntry
	repairs []string
}

func (s *skewed) WalkLimits(ctx context.Context, visit func(string, int64, []ledger.LimitEntry) error) error {
	return s.Store.WalkLimits(ctx, func(limit string, sum int64, entries []ledger.LimitEntry) error {
		if s.change != nil {
			entries = s.change(limit, slices.Clone(entries))
		}
		return visit(limit, sum+s.sums[limit], entries)
	})
}

func (s *skewed) Repair(ctx context.Context, limit string, entries []ledger.LimitEntry) error {
	s.repairs = append(s.repairs, limit)
	delete(s.sums, limit)
	return s.Store.Repair(ctx, limit, entries)
}

// busyShop has some of everything.
func busyShop(t *testing.T) (*shop, *skewed, map[string]string) {
	t.Helper()
	s := newServices(t)
	store := &skewed{Store: memstore.New(), sums: map[string]int64{}}
	s.store, s.ledger = store, s.over(store)
	s.withCards("SECRET-1", "SECRET-2", "SECRET-3")
	s.withHours(3, 1)
	ids := map[string]string{
		"held":      s.take("a", "piece").GetClaimId(),
		"confirmed": s.mustConfirm(s.take("b", "piece").GetClaimId()).GetClaimId(),
		"card":      s.mustConfirm(s.take("b", "card").GetClaimId()).GetClaimId(),
		"ride":      s.mustConfirm(s.take("a", "ride", forOrder("o1")).GetClaimId()).GetClaimId(),
		"returned":  s.mustConfirm(s.take("c", "ride", forOrder("o2")).GetClaimId()).GetClaimId(),
		"hour":      s.take("c", "hour").GetClaimId(),
		"film":      s.mustConfirm(s.take("c", "film").GetClaimId()).GetClaimId(),
		"ended":     s.take("d", "ride", forOrder("o3")).GetClaimId(),
	}
	for _, id := range []string{ids["returned"], ids["ended"]} {
		if _, _, err := s.cancel(id, surprisev1.CancelReason_ORDER_CANCELLED); err != nil {
			t.Fatal(err)
		}
	}
	ids["ticket"] = s.joinLine("w", "piece", "", "").GetTicketId()
	for _, who := range []string{"x", "y"} {
		s.take(who, "film")
	}
	ids["waits"] = s.joinWhenFull()
	s.wish("a", "w1", "a red kite")
	return s, store, ids
}

// joinWhenFull waits for a piece when all are taken.
func (s *shop) joinWhenFull() string {
	s.t.Helper()
	for _, who := range []string{"p", "q", "r"} {
		if s.usage("edition||") < 5 {
			if _, _, err := s.ask(who, s.sign(who, "piece")); err != nil {
				break
			}
		}
	}
	return s.joinLine("z", "piece", "", "").GetTicketId()
}

func verify(t *testing.T, s *shop, repair bool) ledger.VerifyReport {
	t.Helper()
	report, err := ledger.Verify(t.Context(), s.store, ledger.VerifyOptions{Now: s.clock(), Hash: hash, Repair: repair})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestVerifyFindsNothingWrong(t *testing.T) {
	s, _, ids := busyShop(t)
	s.wantTicket(ids["ticket"], surprisev1.TicketState_TURN, 0)
	s.wantTicket(ids["waits"], surprisev1.TicketState_WAITING, 1)
	got := verify(t, s, false)
	if len(got.Findings) > 0 || !got.Clean() {
		t.Fatalf("%+v", got.Findings)
	}
	if got.Records < 8 || got.Entries < 10 || got.Limits < 4 || got.IndexEntries < 10 {
		t.Errorf("it saw only %+v", got)
	}
	s.pass(40 * time.Minute)
	s.reap()
	if got := verify(t, s, false); len(got.Findings) > 0 {
		t.Errorf("after the holds: %+v", got.Findings)
	}
}

// rewrite changes the record of a claim's customer behind the ledger's back.
func rewrite(t *testing.T, s *shop, id string, edit func(rec *storev1.Record, e *storev1.Entry), more ...func(*ledger.Change)) {
	t.Helper()
	key, _ := surprise.ClaimID(id).Customer()
	loaded, err := s.store.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := ledger.DecodeRecord(loaded[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	var e *storev1.Entry
	for _, known := range rec.GetEntries() {
		if known.GetClaimId() == id {
			e = known
		}
	}
	edit(rec, e)
	data, err := proto.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	change := ledger.Change{Key: key, Expect: loaded[0].Version, Data: data, Due: dueOf(t, s, key)}
	for _, f := range more {
		f(&change)
	}
	if err := s.store.Apply(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func dueOf(t *testing.T, s *shop, of surprise.CustomerKey) time.Time {
	t.Helper()
	var out time.Time
	err := s.store.(ledger.Walker).WalkRecords(t.Context(), func(key surprise.CustomerKey, _ ledger.Versioned, due time.Time) error {
		if key == of {
			out = due
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVerifyFindsAndRepairs(t *testing.T) {
	nothing := func(*storev1.Record, *storev1.Entry) {}
	limits := func(ops ...ledger.LimitOp) func(*ledger.Change) {
		return func(c *ledger.Change) { c.Limits = ops }
	}
	indexes := func(ops ...ledger.IndexOp) func(*ledger.Change) {
		return func(c *ledger.Change) { c.Index = ops }
	}
	op := func(limit, id string, action ledger.LimitAction) ledger.LimitOp {
		return ledger.LimitOp{Limit: limit, ClaimID: surprise.ClaimID(id), Action: action, Amount: 1, Capacity: 100}
	}
	for name, tc := range map[string]struct {
		of         string // whose record is changed
		edit       func(rec *storev1.Record, e *storev1.Entry)
		more       func(ids map[string]string) func(*ledger.Change)
		store      func(s *skewed, ids map[string]string)
		want       string
		repairable bool
	}{
		"an entry that is gone": {of: "ride", more: func(ids map[string]string) func(*ledger.Change) { return limits(op(rides, ids["ride"], ledger.Refund)) }, want: ledger.FoundMissing, repairable: true},
		"a number that is gone": {of: "held", more: func(ids map[string]string) func(*ledger.Change) {
			return limits(op("edition||", ids["held"], ledger.Refund))
		}, want: ledger.FoundMissing},
		"an entry of a claim that ended": {of: "ended", more: func(ids map[string]string) func(*ledger.Change) {
			return limits(op(rides, ids["ended"], ledger.Reserve))
		}, want: ledger.FoundOrphan, repairable: true},
		"an entry that came back": {of: "returned", more: func(ids map[string]string) func(*ledger.Change) {
			return limits(op(rides, ids["returned"], ledger.Reserve), op(rides, ids["returned"], ledger.Post))
		}, want: ledger.FoundOrphan, repairable: true},
		"an entry of nobody": {of: "ride", more: func(map[string]string) func(*ledger.Change) {
			return limits(op(rides, string(surprise.NewClaimID(hash("nobody"), "offer", nil)), ledger.Reserve))
		}, want: ledger.FoundOrphan, repairable: true},
		"a delivery not posted": {of: "ride", more: func(ids map[string]string) func(*ledger.Change) {
			return limits(op(rides, ids["ride"], ledger.Refund), op(rides, ids["ride"], ledger.Reserve))
		}, want: ledger.FoundUnposted, repairable: true},
		"a hold posted": {of: "held", more: func(ids map[string]string) func(*ledger.Change) {
			return limits(op("edition||", ids["held"], ledger.Post))
		}, want: ledger.FoundPosted},
		"a sum":                   {store: func(s *skewed, _ map[string]string) { s.sums[rides] = 7 }, want: ledger.FoundSum, repairable: true},
		"a due time":              {of: "held", more: func(map[string]string) func(*ledger.Change) { return func(c *ledger.Change) { c.Due = time.Time{} } }, want: ledger.FoundDue, repairable: true},
		"bytes that are none":     {of: "ended", more: func(map[string]string) func(*ledger.Change) { return func(c *ledger.Change) { c.Data = []byte{0xff} } }, want: ledger.FoundUnreadable},
		"a task that is over":     {of: "ended", more: func(ids map[string]string) func(*ledger.Change) { return indexes(inIndex("tasks|", 5, ids["ended"])) }, want: ledger.FoundIndexOrphan, repairable: true},
		"a task that is missing":  {of: "held", more: func(ids map[string]string) func(*ledger.Change) { return indexes(outOf("tasks|", ids["held"])) }, want: ledger.FoundIndexMissing, repairable: true},
		"a place in line missing": {of: "waits", more: func(ids map[string]string) func(*ledger.Change) { return indexes(outOf("wait|piece|", ids["waits"])) }, want: ledger.FoundIndexMissing, repairable: true},
		"a place in no line": {of: "ticket", more: func(ids map[string]string) func(*ledger.Change) {
			return indexes(inIndex("wait|piece|", 5, ids["ticket"]))
		}, want: ledger.FoundIndexOrphan, repairable: true},
		"a line not listed":      {of: "waits", more: func(map[string]string) func(*ledger.Change) { return indexes(outOf("waitlists", "piece|")) }, want: ledger.FoundIndexMissing, repairable: true},
		"a gap in the codes":     {of: "card", more: func(map[string]string) func(*ledger.Change) { return indexes(outOf("codes|cards||", "SECRET-2")) }, want: ledger.FoundPool},
		"a code too few":         {of: "card", more: func(map[string]string) func(*ledger.Change) { return indexes(outOf("codes|cards||", "SECRET-3")) }, want: ledger.FoundPool},
		"a code of another pool": {of: "card", more: func(map[string]string) func(*ledger.Change) { return indexes(inIndex("codes", 0, "SECRET-1")) }, want: ledger.FoundPool},
		"an amount": {store: func(s *skewed, ids map[string]string) {
			s.change = changed(rides, ids["ride"], func(e *ledger.LimitEntry) { e.Amount = 0 })
			s.sums[rides] = -1
		}, want: ledger.FoundAmount},
		"a number twice": {store: func(s *skewed, ids map[string]string) {
			s.change = changed("edition||", ids["held"], func(e *ledger.LimitEntry) { e.Number = 2 })
		}, want: ledger.FoundNumber},
		"a number beyond": {store: func(s *skewed, ids map[string]string) {
			s.change = changed("edition||", ids["held"], func(e *ledger.LimitEntry) { e.Number = 6 })
		}, want: ledger.FoundNumber},
		"no number": {store: func(s *skewed, ids map[string]string) {
			s.change = changed("edition||", ids["held"], func(e *ledger.LimitEntry) { e.Number = 0 })
		}, want: ledger.FoundNumber},
		"more than there is": {store: func(s *skewed, ids map[string]string) {
			s.change = changed(rides, ids["ride"], func(e *ledger.LimitEntry) { e.Amount = 9 })
			s.sums[rides] = 8
		}, want: ledger.FoundOver},
		"a hold without an end":     {of: "held", edit: func(_ *storev1.Record, e *storev1.Entry) { e.Ended = timestamppb.New(time.Unix(1, 0)) }, want: ledger.FoundRecord},
		"a delivery without a time": {of: "ride", edit: func(_ *storev1.Record, e *storev1.Entry) { e.Delivered = nil }, want: ledger.FoundRecord},
		"an end in the future": {of: "ended", edit: func(r *storev1.Record, e *storev1.Entry) {
			e.Ended = timestamppb.New(r.GetLastSeen().AsTime().Add(time.Hour))
		}, want: ledger.FoundRecord},
		"a claim of another": {of: "ended", edit: func(_ *storev1.Record, e *storev1.Entry) {
			e.ClaimId = string(surprise.NewClaimID(hash("b"), "x", nil))
		}, want: ledger.FoundRecord},
		"a claim twice":             {of: "ended", edit: func(r *storev1.Record, e *storev1.Entry) { r.Entries = append(r.Entries, e) }, want: ledger.FoundRecord},
		"an overlimit that is none": {of: "ended", edit: func(_ *storev1.Record, e *storev1.Entry) { e.OverLimit = true }, want: ledger.FoundRecord},
	} {
		t.Run(name, func(t *testing.T) {
			s, store, ids := busyShop(t)
			if tc.of != "" {
				edit := nothing
				if tc.edit != nil {
					edit = tc.edit
				}
				var more []func(*ledger.Change)
				if tc.more != nil {
					more = append(more, tc.more(ids))
				}
				rewrite(t, s, ids[tc.of], edit, more...)
			}
			if tc.store != nil {
				tc.store(store, ids)
			}
			wantFound(t, verify(t, s, false), tc.want, tc.repairable)
			if tc.repairable {
				got := verify(t, s, true)
				if !got.Clean() || len(got.Findings) == 0 || got.Findings[0].Done == "" {
					t.Errorf("repair: %+v", got.Findings)
				}
				if got := verify(t, s, false); len(got.Findings) > 0 {
					t.Errorf("after the repair: %+v", got.Findings)
				}
			}
		})
	}
}

func inIndex(index string, score int64, member string) ledger.IndexOp {
	return ledger.IndexOp{Index: index, IndexEntry: ledger.IndexEntry{IndexPlace: ledger.IndexPlace{Score: score, Member: member}}}
}

func outOf(index, member string) ledger.IndexOp {
	op := inIndex(index, 0, member)
	op.Remove = true
	return op
}

func changed(limit, id string, edit func(*ledger.LimitEntry)) func(string, []ledger.LimitEntry) []ledger.LimitEntry {
	return func(of string, entries []ledger.LimitEntry) []ledger.LimitEntry {
		for i := range entries {
			if of == limit && entries[i].ClaimID == surprise.ClaimID(id) {
				edit(&entries[i])
			}
		}
		return entries
	}
}

func wantFound(t *testing.T, got ledger.VerifyReport, kind string, repairable bool) {
	t.Helper()
	if kind == "" {
		if len(got.Findings) > 0 {
			t.Errorf("found %+v", got.Findings)
		}
		return
	}
	if len(got.Findings) == 0 {
		t.Fatal("nothing was found")
	}
	for _, f := range got.Findings {
		if f.Kind == kind && f.Repairable == repairable && f.What != "" && f.Where != "" {
			return
		}
	}
	t.Errorf("found %+v, want %s", got.Findings, kind)
}

// Only what is found twice counts: the service may run meanwhile.
func TestVerifyLooksTwice(t *testing.T) {
	s, store, _ := busyShop(t)
	store.sums[rides] = 1
	report, err := ledger.Verify(t.Context(), s.store, ledger.VerifyOptions{Now: s.clock(), Hash: hash, Pause: func(context.Context) { delete(store.sums, rides) }})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("%+v, %v", report.Findings, err)
	}
}
