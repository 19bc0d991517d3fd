package rule

import (
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Facts is what one request tells: the values that rules compute with. Segments are evaluated when first asked for and at most
// once. Facts is for one goroutine.
type Facts struct {
	set      *Set
	customer ref.Val
	moment   ref.Val
	now      types.Timestamp
	today    *surprisev1.Date
	attrs    map[string]any
	segments map[string]ref.Val
	daysTo   DaysTo
}

// NewFacts prepares one request. Now is in the customer's time zone, which decides what day it is. The error is an *AttributeError.
func (s *Set) NewFacts(customer *surprisev1.CustomerProfile, moment *surprisev1.Moment, now time.Time) (*Facts, error) {
	adapt := s.env.CELTypeAdapter()
	f := &Facts{
		set:      s,
		customer: adapt.NativeToValue(customer),
		moment:   adapt.NativeToValue(moment),
		now:      types.Timestamp{Time: now},
		today:    DateOf(now),
	}
	if len(s.schema.Customer)+len(s.schema.Moment) > 0 {
		f.attrs = make(map[string]any, len(customer.GetAttributes())+len(moment.GetAttributes()))
		if err := convert("customer", s.schema.Customer, customer.GetAttributes(), f.attrs); err != nil {
			return nil, err
		}
		if err := convert("moment", s.schema.Moment, moment.GetAttributes(), f.attrs); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// AtStage returns the facts of the same request at another stage of its journey. Segments that do not ask for the stage, and were
// evaluated already, are not evaluated again.
func (f *Facts) AtStage(stage string) *Facts {
	moment := proto.CloneOf(f.moment.Value().(*surprisev1.Moment))
	moment.Stage = stage
	out := *f
	out.moment = f.set.env.CELTypeAdapter().NativeToValue(moment)
	out.segments = make(map[string]ref.Val, len(f.segments))
	for name, v := range f.segments {
		if r := f.set.segments[name]; r != nil && !r.Mentions("moment.stage") {
			out.segments[name] = v
		}
	}
	return &out
}

// DateOf returns the day of t in t's own time zone.
func DateOf(t time.Time) *surprisev1.Date {
	y, m, d := t.Date()
	return &surprisev1.Date{Year: int32(y), Month: int32(m), Day: int32(d)} //nolint:gosec // a calendar date fits
}

// ResolveName returns the value of a variable to CEL.
func (f *Facts) ResolveName(name string) (any, bool) {
	switch name {
	case "customer":
		return f.customer, true
	case "moment":
		return f.moment, true
	case "now":
		return f.now, true
	case todayVariable:
		return f.today, true
	}
	if segment, ok := strings.CutPrefix(name, segmentPrefix); ok {
		return f.segment(segment), true
	}
	if v, ok := f.attrs[name]; ok {
		return v, true
	}
	return f.occasion(name)
}

// Parent returns nil: facts stand alone.
func (f *Facts) Parent() cel.Activation { return nil }

func (f *Facts) segment(name string) ref.Val {
	if v, ok := f.segments[name]; ok {
		return v
	}
	if f.segments == nil {
		f.segments = make(map[string]ref.Val, len(f.set.segments))
	}
	v := f.evalSegment(name)
	f.segments[name] = v
	return v
}

func (f *Facts) evalSegment(name string) ref.Val {
	r, ok := f.set.segments[name]
	if !ok {
		return types.NewErr("segment %q does not exist", name)
	}
	holds, err := r.Holds(f)
	if err != nil {
		return types.NewErr("segment %q: %v", name, err)
	}
	return types.Bool(holds)
}
