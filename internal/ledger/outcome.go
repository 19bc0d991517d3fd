package ledger

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/event"
	"github.com/surprise-service/surprised/internal/surprise"
)

// RecordOutcome enters what a customer did, once for each outcome id. Claim is the trial that it ended, or nil.
func (l *Ledger) RecordOutcome(ctx context.Context, req *surprisev1.RecordOutcomeRequest) (replayed bool, claim *surprisev1.Claim, err error) {
	at, err := l.past("time", req.GetTime())
	if err != nil {
		return false, nil, err
	}
	key, err := l.customer(req.GetCustomerId())
	if err != nil {
		return false, nil, err
	}
	if id := req.GetClaimId(); id != "" {
		if _, _, err := l.owned(id, req.GetCustomerId()); err != nil {
			return false, nil, err
		}
	}
	entry, replayed, err := l.transact(ctx, key, func(m *machine) (*storev1.Entry, error) {
		own := outcomeOf(req)
		own.Time = timestamppb.New(orNow(at, m.now))
		if err := m.checkErased(own.GetTime().AsTime()); err != nil {
			return nil, err
		}
		return m.outcome(own)
	})
	claim, replayed, err = l.shown(ctx, entry, replayed, err)
	return replayed, claim, err
}

func outcomeOf(req *surprisev1.RecordOutcomeRequest) *storev1.Outcome {
	given := ""
	if t := req.GetTime(); t != nil {
		given = strconv.FormatInt(t.AsTime().UnixNano(), 10)
	}
	return &storev1.Outcome{
		OutcomeId: req.GetOutcomeId(), Kind: req.GetKind(), ValueMinor: req.GetValueMinor(), ClaimId: req.GetClaimId(), Product: req.GetProduct(),
		Fingerprint: fingerprint("outcome", req.GetKind().String(), given, strconv.FormatInt(req.GetValueMinor(), 10), req.GetClaimId(), req.GetProduct()),
	}
}

// outcome enters an outcome and returns the trial that it ended, or nil.
func (m *machine) outcome(o *storev1.Outcome) (*storev1.Entry, error) {
	for _, known := range m.rec.GetOutcomes() {
		if known.GetOutcomeId() != o.GetOutcomeId() {
			continue
		}
		if !slices.Equal(known.GetFingerprint(), o.GetFingerprint()) {
			return nil, surprise.FieldErrorf(surprise.IdempotencyMismatch, "outcome_id", "this id was used before for another outcome; use a new id")
		}
		return m.endedBy(known), nil
	}
	if m.now.Sub(o.GetTime().AsTime()) > m.retain {
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "time", "this is longer ago than claims are kept (%d days)", int(m.retain/day))
	}
	m.tick()
	trial, err := m.trialOf(o)
	if err != nil {
		return nil, err
	}
	if trial != nil {
		o.ClaimId = trial.GetClaimId() // a replay finds it by this
	}
	m.rec.Outcomes = append(m.rec.Outcomes, o)
	m.changed = true
	m.emit(&surprisev1.Event{Type: event.OutcomeRecorded, Outcome: asOutcome(o)})
	if trial != nil {
		m.endTrial(trial, o.GetTime().AsTime(), o.GetKind())
	}
	return trial, nil
}

func endsTrials(kind surprisev1.OutcomeKind) bool {
	return kind == surprisev1.OutcomeKind_CONVERSION || kind == surprisev1.OutcomeKind_TRIAL_STOPPED
}

// endedBy returns the trial that a known outcome ended, or nil.
func (m *machine) endedBy(o *storev1.Outcome) *storev1.Entry {
	e := m.find(surprise.ClaimID(o.GetClaimId()))
	if !endsTrials(o.GetKind()) || e.GetTrial().GetEnded() == nil || e.GetTrial().GetEndedBy() != o.GetKind() {
		return nil
	}
	return e
}

// trialOf returns the running trial that an outcome ends; nil where it ends none.
func (m *machine) trialOf(o *storev1.Outcome) (*storev1.Entry, error) {
	if o.GetClaimId() != "" {
		return m.namedTrial(o)
	}
	if !endsTrials(o.GetKind()) {
		return nil, nil //nolint:nilnil // there is none
	}
	var found []*storev1.Entry
	var products []string
	for _, e := range m.rec.GetEntries() {
		if product := e.GetTrial().GetProduct(); running(e) && (o.GetProduct() == "" || o.GetProduct() == product) {
			found, products = append(found, e), append(products, product)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil //nolint:nilnil // it was over before, which is no fault
	case 1:
		return found[0], nil
	default:
		return nil, surprise.FieldErrorf(surprise.InvalidRequest, "product", "several trials are running: name one of %s, or send its claim_id", strings.Join(products, ", "))
	}
}

func (m *machine) namedTrial(o *storev1.Outcome) (*storev1.Entry, error) {
	e := m.find(surprise.ClaimID(o.GetClaimId()))
	if e == nil {
		return nil, notFound()
	}
	if late := m.find(surprise.ClaimID(e.GetLateClaimId())); late != nil {
		e = late
	}
	if !endsTrials(o.GetKind()) || !running(e) {
		return nil, nil //nolint:nilnil // the outcome is of this claim, but ends no trial
	}
	return e, nil
}

// asOutcome shows an outcome to callers.
func asOutcome(o *storev1.Outcome) *surprisev1.OutcomeRecord {
	return &surprisev1.OutcomeRecord{OutcomeId: o.GetOutcomeId(), Kind: o.GetKind(), Time: o.GetTime(), ValueMinor: o.GetValueMinor(), ClaimId: o.GetClaimId(), Product: o.GetProduct()}
}
