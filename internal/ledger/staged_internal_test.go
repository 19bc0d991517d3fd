package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A trail holds each reservation once however often it was tried, none that the record knows of, and no marks, which have their own way home.
func TestTrail(t *testing.T) {
	key := surprise.CustomerKey{1}
	id := surprise.NewClaimID(key, "offer", nil)
	op := func(limit string) LimitOp {
		return LimitOp{Limit: limit, ClaimID: id, Action: Reserve, Amount: 1, Capacity: 1}
	}
	m := &machine{rec: &storev1.Record{Entries: []*storev1.Entry{{ClaimId: string(id)}}}}
	change := Change{Key: key, Limits: []LimitOp{op("shelf"), op(returnMark + "aa"), {Limit: "budget", ClaimID: id, Action: Release}, op("budget")}}
	tr := (&Ledger{staged: struct{ Staged }{}}).newTrail()
	for range 3 {
		tr.note(m, change, ErrConflict)
		if got := refsOf(tr.ops); len(got) != 2 || got[0].Limit != "shelf" || got[1].Limit != "budget" {
			t.Fatalf("after a conflict it has %v", got)
		}
	}
	if tr.entries[id] == nil {
		t.Error("it does not know for what it was reserved")
	}
	tr.note(m, change, &LimitError{Limit: "shelf"})
	if len(tr.ops) != 2 {
		t.Errorf("a refusal of the first limit changes what was reserved before: %v", tr.ops)
	}
	tr.note(m, Change{Key: key, Limits: []LimitOp{op("budget")}}, nil)
	if got := refsOf(tr.ops); len(got) != 1 || got[0].Limit != "shelf" {
		t.Errorf("after the record has one of them it has %v", got)
	}
	if (&Ledger{}).newTrail() != nil {
		t.Error("a store that commits all at once needs no trail")
	}
}

// What was refused has nothing of what it would have been but its name, its content and what it takes.
func TestDenyLeavesNothingOfADelivery(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	id := surprise.NewClaimID(surprise.CustomerKey{1}, "delivery", nil)
	at := timestamppb.New(now.Add(-time.Hour))
	e := &storev1.Entry{ClaimId: string(id), State: surprisev1.ClaimState_CONFIRMED, Template: "gift", Fingerprint: []byte("f"), Created: at, Delivered: at,
		Lease: &surprisev1.Lease{}, Trial: &surprisev1.ClaimTrial{}, OverLimit: true, Takes: []*storev1.LimitTake{{Limit: "shelf", Amount: 1}}}
	m := &machine{rec: &storev1.Record{}, now: now}
	m.deny(id, e)
	got := m.find(id)
	if got.GetState() != surprisev1.ClaimState_DENIED || !got.GetCreated().AsTime().Equal(now) || !got.GetEnded().AsTime().Equal(now) || !m.changed {
		t.Errorf("it is %v", got)
	}
	if got.GetDelivered() != nil || got.GetLease() != nil || got.GetTrial() != nil || got.GetOverLimit() {
		t.Errorf("of the delivery is left %v", got)
	}
	if got.GetTemplate() != "gift" || string(got.GetFingerprint()) != "f" || len(got.GetTakes()) != 1 {
		t.Errorf("of the claim is left %v", got)
	}
	if e.GetState() != surprisev1.ClaimState_CONFIRMED {
		t.Error("the entry of the attempt was changed")
	}
}

// What ended is given back before something is taken, in a change of its own; but a turn is handed over to its claim in one.
func TestMixed(t *testing.T) {
	id, other := surprise.NewClaimID(surprise.CustomerKey{1}, "turn", nil), surprise.NewClaimID(surprise.CustomerKey{1}, "offer", nil)
	take := LimitOp{Limit: "shelf", Action: Reserve, ClaimID: other}
	for name, tc := range map[string]struct {
		ops        []LimitOp
		handedOver surprise.ClaimID
		want       bool
	}{
		"takes":                     {[]LimitOp{take}, "", false},
		"takes and makes final":     {[]LimitOp{take, {Action: Post, ClaimID: id}}, "", false},
		"gives back":                {[]LimitOp{{Action: Release, ClaimID: id}}, "", false},
		"takes and gives back":      {[]LimitOp{take, {Action: Release, ClaimID: id}}, "", true},
		"gives back what was given": {[]LimitOp{{Action: Refund, ClaimID: id}, take}, "", true},
		"takes over a turn":         {[]LimitOp{{Action: Release, ClaimID: id}, take}, id, false},
		"takes over another turn":   {[]LimitOp{{Action: Release, ClaimID: id}, take}, other, true},
	} {
		if got := (&machine{limits: tc.ops, handedOver: tc.handedOver}).mixed(); got != tc.want {
			t.Errorf("%s: got %t, want %t", name, got, tc.want)
		}
	}
}

// applies is a store that only counts changes.
type applies struct {
	Store
	changes []Change
}

func (a *applies) Apply(_ context.Context, c Change) error {
	a.changes = append(a.changes, c)
	return nil
}

// What time ended is given back alone, and then the command starts over; where time ended nothing, nothing is written and the command goes on.
func TestTickAlone(t *testing.T) {
	now, key := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), surprise.CustomerKey{1}
	store := &applies{}
	l := &Ledger{store: store, catalog: func() *catalog.Catalog { return &catalog.Catalog{} }, opts: Options{Clock: func() time.Time { return now }}}
	held := func(until time.Time) Versioned {
		data, err := proto.Marshal(&storev1.Record{Entries: []*storev1.Entry{{ClaimId: string(surprise.NewClaimID(key, "offer", nil)), State: surprisev1.ClaimState_HELD,
			Created: timestamppb.New(now.Add(-time.Hour)), HoldUntil: timestamppb.New(until), Takes: []*storev1.LimitTake{{Limit: "shelf", Amount: 1}}}}})
		if err != nil {
			t.Fatal(err)
		}
		return Versioned{Version: 7, Data: data}
	}
	if done, err := l.tickAlone(t.Context(), key, held(now.Add(time.Minute))); done || err != nil || len(store.changes) != 0 {
		t.Errorf("with a hold that goes on: done %t, error %v, changes %v", done, err, store.changes)
	}
	done, err := l.tickAlone(t.Context(), key, held(now))
	if !done || !errors.Is(err, ErrConflict) || len(store.changes) != 1 {
		t.Fatalf("with a hold that ran out: done %t, error %v, changes %v", done, err, store.changes)
	}
	c := store.changes[0]
	if c.Key != key || c.Expect != 7 || len(c.Limits) != 1 || c.Limits[0].Action != Release || c.Limits[0].Limit != "shelf" {
		t.Errorf("it wrote %+v", c)
	}
}
