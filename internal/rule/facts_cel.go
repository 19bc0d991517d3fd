package rule

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/proto"
)

// ResolveName returns the value of a variable to CEL.
func (f *Facts) ResolveName(name string) (any, bool) {
	switch name {
	case "customer":
		return f.customerValue(), true
	case "moment":
		return f.momentValue(), true
	case "now":
		return types.Timestamp{Time: f.now}, true
	case todayVariable:
		return DateOf(f.now), true
	}
	if segment, ok := strings.CutPrefix(name, segmentPrefix); ok {
		return f.segment(segment), true
	}
	if v, ok := f.attributeValues()[name]; ok {
		return v, true
	}
	return f.occasion(name)
}

// Parent returns nil: facts stand alone.
func (f *Facts) Parent() cel.Activation { return nil }

func (f *Facts) customerValue() ref.Val {
	if f.celCustomer == nil {
		f.celCustomer = f.set.env.CELTypeAdapter().NativeToValue(f.customer)
	}
	return f.celCustomer
}

func (f *Facts) momentValue() ref.Val {
	if f.celMoment == nil {
		moment := f.moment
		if moment.GetStage() != f.stage {
			moment = proto.CloneOf(moment)
			moment.Stage = f.stage
		}
		f.celMoment = f.set.env.CELTypeAdapter().NativeToValue(moment)
	}
	return f.celMoment
}

func (f *Facts) attributeValues() map[string]any {
	if f.celAttrs == nil {
		f.celAttrs = make(map[string]any, len(f.customer.GetAttributes())+len(f.moment.GetAttributes()))
		convert(customerAttributes, f.set.schema.Customer, f.customer.GetAttributes(), f.celAttrs)
		convert(momentAttributes, f.set.schema.Moment, f.moment.GetAttributes(), f.celAttrs)
	}
	return f.celAttrs
}

// segment evaluates a segment at most once for a request, or for a stage of it.
func (f *Facts) segment(name string) ref.Val {
	kept := &f.segments
	if r := f.set.segments[name]; r != nil && r.byStage {
		kept = &f.stageSegments
	}
	if v, ok := (*kept)[name]; ok {
		return v
	}
	v := f.evalSegment(name)
	if *kept == nil {
		*kept = make(map[string]ref.Val, len(f.set.segments))
	}
	(*kept)[name] = v
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
