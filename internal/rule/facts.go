package rule

import (
	"slices"
	"time"

	"cel.dev/cel-go/common/types/ref"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Facts is what one request tells, at one stage: what rules are asked about. CEL's values of it are made when CEL first asks for them.
// Facts, with those of other stages that were made from it, is for one goroutine. The zero value is ready for Set.Fill.
type Facts struct {
	*request
	own   request
	stage string
	// value is room for one attribute at a time.
	value Value
	// What follows differs between stages.
	celMoment     ref.Val
	stageSegments map[string]ref.Val
	stageVerdicts verdicts
}

// request is what the facts at all stages of one request share.
type request struct {
	set      *Set
	customer *surprisev1.CustomerProfile
	moment   *surprisev1.Moment
	now      time.Time
	daysTo   DaysTo
	days     []daysMemo
	// today is the midnight (UTC) of the day, once somebody asked for it.
	today time.Time
	// custom are the custom attributes by their places. Beyond its length, up to its capacity, all is zero.
	custom []custom
	// lists are those that are lists, their texts stand in texts.
	lists []customList
	texts []string
	// oversize tells of a custom attribute for which rules could reach the limit of cost.
	oversize    bool
	celCustomer ref.Val
	celAttrs    map[string]any
	segments    map[string]ref.Val
	verdicts    verdicts
}

// NewFacts prepares one request. Now is in the customer's time zone, which decides what day it is. The error is an *AttributeError.
func (s *Set) NewFacts(customer *surprisev1.CustomerProfile, moment *surprisev1.Moment, now time.Time) (*Facts, error) {
	f := &Facts{}
	if err := s.Fill(f, customer, moment, now); err != nil {
		return nil, err
	}
	return f, nil
}

// Fill is NewFacts into facts that were used before, and are not any more: their room is used again.
func (s *Set) Fill(f *Facts, customer *surprisev1.CustomerProfile, moment *surprisev1.Moment, now time.Time) error {
	f.Reset()
	f.request = &f.own
	f.set, f.customer, f.moment, f.now, f.stage = s, customer, moment, now, moment.GetStage()
	n := s.moments.first + len(s.moments.all)
	f.custom = slices.Grow(f.custom, n)[:n]
	if err := f.take(s.customers, customer.GetAttributes()); err != nil {
		return err
	}
	return f.take(s.moments, moment.GetAttributes())
}

// Reset lets go of the request and keeps the room, for facts that are kept in a pool.
func (f *Facts) Reset() {
	clear(f.own.texts)
	clear(f.own.custom)
	clear(f.own.days)
	clear(f.own.verdicts)
	clear(f.stageVerdicts)
	own := request{custom: f.own.custom[:0], lists: f.own.lists[:0], texts: f.own.texts[:0], days: f.own.days[:0], verdicts: f.own.verdicts[:0]}
	*f = Facts{own: own, stageVerdicts: f.stageVerdicts[:0]}
}

// Oversize tells that a custom attribute is so long (above 1,000 texts, or 1,000 bytes) that a rule could reach CostLimit. Then single
// predicates do not tell what Rule.True does.
func (f *Facts) Oversize() bool { return f.oversize }

// AtStage returns the facts of the same request at another stage of its journey. What does not depend on the stage, and was evaluated
// already, is not evaluated again.
func (f *Facts) AtStage(stage string) *Facts { return &Facts{request: f.request, stage: stage} }

// Stage returns the stage that the facts are of.
func (f *Facts) Stage() string { return f.stage }

// DateOf returns the day of t in t's own time zone.
func DateOf(t time.Time) *surprisev1.Date {
	y, m, d := t.Date()
	return &surprisev1.Date{Year: int32(y), Month: int32(m), Day: int32(d)} //nolint:gosec // a calendar date fits
}

// midnight returns the midnight (UTC) of the day.
func (f *Facts) midnight() time.Time {
	if f.today.IsZero() {
		y, m, d := f.now.Date()
		f.today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return f.today
}
