package ledger

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// A claim that comes back has one mark however much it took, and it comes first: a reservation of nothing.
func TestMarkReturns(t *testing.T) {
	first, second := surprise.NewClaimID(surprise.CustomerKey{1}, "offer", []byte("a")), surprise.NewClaimID(surprise.CustomerKey{1}, "offer", []byte("b"))
	ops := []LimitOp{{Limit: "shelf", ClaimID: first, Action: Refund}, {Limit: "budget", ClaimID: first, Action: Refund},
		{Limit: "shelf", ClaimID: second, Action: Refund}, {Limit: "last", ClaimID: second, Action: Release}}
	got := markReturns(ops)
	if len(got) != 6 {
		t.Fatalf("got %+v, want two marks and what there was", got)
	}
	for i, id := range []surprise.ClaimID{first, second} {
		if op := got[i]; !isReturnMark(op.Limit) || op.ClaimID != id || op.Action != Reserve || op.Amount != 0 || op.Capacity == 0 {
			t.Errorf("mark %d is %+v", i, op)
		}
	}
	for i, op := range ops {
		if got[2+i] != op {
			t.Errorf("operation %d is %+v, want %+v", i, got[2+i], op)
		}
	}
}

// A mark goes when all is given back, and where nobody knows of the claim; else it stays for another day.
func TestSettleMark(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	id := surprise.NewClaimID(surprise.CustomerKey{1}, "offer", nil)
	ref := LimitRef{Limit: returnMark + "aa", ClaimID: id}
	settle := func(entries ...*storev1.Entry) settlement {
		m := &machine{rec: &storev1.Record{Entries: entries}, now: now}
		s := m.settle([]LimitRef{ref}, func(surprise.ClaimID) { t.Error("a mark gives up the id of a claim") })
		if len(s.ops) != 0 || m.changed {
			t.Errorf("a mark makes %+v", s.ops)
		}
		return s
	}
	e := &storev1.Entry{ClaimId: string(id), State: surprisev1.ClaimState_CONFIRMED, Takes: []*storev1.LimitTake{{Limit: "shelf", Amount: 1}, {Limit: "budget", Amount: 5}}}
	if s := settle(); len(s.marks) != 1 || s.marks[0].Action != Release || len(s.returns) != 0 || len(s.keep) != 0 {
		t.Errorf("of nobody: %+v", s)
	}
	if s := settle(e); len(s.marks) != 0 || len(s.returns) != 0 || len(s.keep[now.Add(day)]) != 1 {
		t.Errorf("of one that did not come back: %+v", s)
	}
	e.Returned = timestamppb.New(now)
	s := settle(e)
	if len(s.marks) != 1 || s.marks[0].Action != Release || len(s.returns) != 2 || len(s.keep) != 0 {
		t.Fatalf("of one that came back: %+v", s)
	}
	for i, take := range e.GetTakes() {
		if op := s.returns[i]; op.Limit != take.GetLimit() || op.Action != Refund || op.ClaimID != id {
			t.Errorf("it gives back %+v", op)
		}
	}
}
