package ledger_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

const aDay = 24 * time.Hour

func (s *shop) outcome(req *surprisev1.RecordOutcomeRequest) (bool, *surprisev1.Claim, error) {
	return s.ledger.RecordOutcome(s.t.Context(), req)
}

func (s *shop) count(kind string) int {
	s.t.Helper()
	n := 0
	for _, k := range s.types() {
		if k == kind {
			n++
		}
	}
	return n
}

func TestTrialIsGivenOnce(t *testing.T) {
	s := newServices(t)
	held := s.take("mei", "film")
	_, _, err := s.claim("mei", s.sign("mei", "films_more"))
	wantReason(t, "the same product while one is held", err, surprise.TrialUsed)
	c := s.mustConfirm(held.GetClaimId())
	trial := c.GetTrial()
	if starts := trial.GetStarts().AsTime(); !starts.Equal(c.GetDelivered().AsTime()) || trial.GetEnds().AsTime().Sub(starts) != 14*aDay || trial.GetEnds().AsTime().Sub(trial.GetRemind().AsTime()) != 3*aDay {
		t.Errorf("got %v", trial)
	}
	for _, template := range []string{"film", "films_more"} {
		_, _, err := s.claim("mei", s.sign("mei", template))
		wantReason(t, template+" after it", err, surprise.TrialUsed)
	}
	s.take("mei", "music")
	s.take("an", "film")
	s.pass(time.Hour)
	s.reap()
	s.pass(10 * 365 * aDay)
	s.reap()
	s.mustConfirm(s.take("mei", "corner").GetClaimId()) // forgets what is old
	list, _, err := s.ledger.List(t.Context(), &surprisev1.ListClaimsRequest{CustomerId: "mei"})
	if err != nil || len(list) != 1 {
		t.Fatalf("got %d claims, %v; want the last one only", len(list), err)
	}
	_, _, err = s.claim("mei", s.sign("mei", "films_more"))
	wantReason(t, "years later", err, surprise.TrialUsed)
}

func TestTrialThatCameToNothingIsFree(t *testing.T) {
	for name, c := range map[string]func(s *shop, id string) error{
		"cancelled": func(s *shop, id string) error {
			_, _, err := s.cancel(id, surprisev1.CancelReason_NOT_DELIVERED)
			return err
		},
		"expired": func(s *shop, _ string) error { s.pass(time.Hour); s.reap(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			if err := c(s, s.take("mei", "film").GetClaimId()); err != nil {
				t.Fatal(err)
			}
			s.take("mei", "films_more")
		})
	}
}

// However many reapers there are, and whenever they come, a trial has one reminder and one end.
func TestTrialReminders(t *testing.T) {
	s := newServices(t)
	s.mustConfirm(s.take("mei", "film").GetClaimId())
	for range 15 {
		s.pass(aDay)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(s.reap)
		}
		wg.Wait()
	}
	s.wantEvents("two weeks", event.ClaimHeld, event.ClaimConfirmed, event.TrialReminder, event.TrialEnded)
	log := s.happened()
	if at := log[2].GetTime().AsTime().Sub(log[1].GetTime().AsTime()); at != 11*aDay {
		t.Errorf("reminded after %v", at)
	}
	if end := log[3].GetClaim().GetTrial(); end.GetEnded() == nil || end.GetEndedBy() != surprisev1.OutcomeKind_OUTCOME_KIND_UNSPECIFIED {
		t.Errorf("got %v", end)
	}
}

// A reaper that slept through both tells of the end only.
func TestTrialIsNotRemindedAfterItsEnd(t *testing.T) {
	s := newServices(t)
	s.mustConfirm(s.take("mei", "film").GetClaimId())
	s.pass(20 * aDay)
	s.reap()
	s.wantEvents("after its end", event.ClaimHeld, event.ClaimConfirmed, event.TrialEnded)
}

func TestOutcomesEndTrials(t *testing.T) {
	for name, c := range map[string]struct {
		req  func(id string) *surprisev1.RecordOutcomeRequest
		ends bool
		want surprise.Reason
	}{
		"bought, by claim": {func(id string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_CONVERSION, ClaimId: id}
		}, true, ""},
		"stopped, by product": {func(string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_TRIAL_STOPPED, Product: "films"}
		}, true, ""},
		"stopped, the only one": {func(string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_TRIAL_STOPPED}
		}, true, ""},
		"another product": {func(string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_CONVERSION, Product: "music"}
		}, false, ""},
		"something else": {func(id string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_ACTIVITY, ClaimId: id}
		}, false, ""},
		"no claim": {func(string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_CONVERSION, ClaimId: string(surprise.NewClaimID(hash("mei"), "offer", []byte("x")))}
		}, false, surprise.ClaimNotFound},
		"in the future": {func(string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_CONVERSION, Time: timestamppb.New(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))}
		}, false, surprise.InvalidRequest},
		"long ago": {func(string) *surprisev1.RecordOutcomeRequest {
			return &surprisev1.RecordOutcomeRequest{Kind: surprisev1.OutcomeKind_CONVERSION, Time: timestamppb.New(time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC))}
		}, false, surprise.InvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServices(t)
			claim := s.mustConfirm(s.take("mei", "film").GetClaimId())
			req := c.req(claim.GetClaimId())
			req.OutcomeId, req.CustomerId = "o1", "mei"
			for try := range 2 {
				replayed, got, err := s.outcome(req)
				wantReason(t, "outcome", err, c.want)
				if c.want != "" {
					return
				}
				if replayed != (try == 1) || (got.GetTrial().GetEndedBy() == req.GetKind()) != c.ends {
					t.Errorf("try %d: got replayed %v, %v", try, replayed, got)
				}
			}
			other := proto.CloneOf(req)
			other.ValueMinor++
			_, _, err := s.outcome(other)
			wantReason(t, "the same id with other content", err, surprise.IdempotencyMismatch)
			s.pass(20 * aDay)
			s.reap()
			if n := s.count(event.OutcomeRecorded); n != 1 {
				t.Errorf("%d outcomes are in the log", n)
			}
			if n := s.count(event.TrialEnded); n != 1 {
				t.Errorf("the trial ended %d times", n)
			}
			if s.count(event.TrialReminder) != 0 {
				t.Error("it was reminded of")
			}
		})
	}
}

func TestOutcomeOfSeveralTrials(t *testing.T) {
	s := newServices(t)
	s.mustConfirm(s.take("mei", "film").GetClaimId())
	s.mustConfirm(s.take("mei", "music").GetClaimId())
	_, _, err := s.outcome(&surprisev1.RecordOutcomeRequest{OutcomeId: "1", CustomerId: "mei", Kind: surprisev1.OutcomeKind_TRIAL_STOPPED})
	wantReason(t, "which one", err, surprise.InvalidRequest)
	_, got, err := s.outcome(&surprisev1.RecordOutcomeRequest{OutcomeId: "1", CustomerId: "mei", Kind: surprisev1.OutcomeKind_TRIAL_STOPPED, Product: "music"})
	if err != nil || got.GetTemplate() != "music" {
		t.Errorf("got %v, %v", got, err)
	}
	_, _, err = s.outcome(&surprisev1.RecordOutcomeRequest{OutcomeId: "2", CustomerId: "an", Kind: surprisev1.OutcomeKind_CONVERSION, ClaimId: got.GetClaimId()})
	wantReason(t, "another customer's claim", err, surprise.ClaimNotFound)
}

// A trial that comes back with its order ends, and may be had again.
func TestReturnedTrial(t *testing.T) {
	s := newServices(t)
	s.cat.Template("film").PerOrder = true
	c := s.mustConfirm(s.take("mei", "film", forOrder("o1")).GetClaimId())
	if _, _, err := s.cancel(c.GetClaimId(), surprisev1.CancelReason_ORDER_CANCELLED); err != nil {
		t.Fatal(err)
	}
	if got := s.types(); !slices.Equal(got[2:], []string{event.ClaimReturned, event.TrialEnded}) {
		t.Errorf("got %v", got)
	}
	s.pass(20 * aDay)
	s.reap()
	if s.count(event.TrialReminder) != 0 || s.count(event.TrialEnded) != 1 {
		t.Errorf("got %v", s.types())
	}
	_, _, err := s.claim("mei", s.sign("mei", "films_more"))
	wantReason(t, "it was tried all the same", err, surprise.TrialUsed)
}

// A delivery without an offer begins a trial too, from when it was given.
func TestRecordedTrial(t *testing.T) {
	s := newServices(t)
	given := s.clock().Add(-2 * aDay)
	c, _, err := s.ledger.RecordDelivery(t.Context(), &surprisev1.RecordDeliveryRequest{DeliveryId: "1", CustomerId: "mei", Template: "film", Channel: surprisev1.Channel_POS, Delivered: timestamppb.New(given)})
	if err != nil || !c.GetTrial().GetEnds().AsTime().Equal(given.Add(14*aDay)) {
		t.Errorf("got %v, %v", c.GetTrial(), err)
	}
	_, _, err = s.claim("mei", s.sign("mei", "films_more"))
	wantReason(t, "a second one", err, surprise.TrialUsed)
}

// A trial that is longer than claims are kept is kept until its end.
func TestLongTrial(t *testing.T) {
	s := newServices(t)
	s.cat.Template("film").Trial.Length = surprise.Period{Years: 5}
	s.mustConfirm(s.take("mei", "film").GetClaimId())
	s.pass(4 * 365 * aDay)
	s.mustConfirm(s.take("mei", "corner").GetClaimId()) // forgets what is old
	s.pass(2 * 365 * aDay)
	s.reap()
	if s.count(event.TrialReminder) != 0 || s.count(event.TrialEnded) != 1 {
		t.Errorf("got %v", s.types())
	}
}
