package rule

import (
	"math"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Bounds of what a rule's cost is computed for: CEL's limit of cost would end rules over longer ones, so facts with any are evaluated by CEL.
const (
	maxCustomList = 1000 // texts
	maxCustomText = 1000 // bytes
)

// customField reads a custom attribute of a declared type. Its type was checked when the facts were filled.
func customField(path string, t surprisev1.AttributeType) field {
	value := customValue(path)
	out := field{optional: true}
	switch t {
	case surprisev1.AttributeType_STRING:
		out.kind, out.read = Text, customReader(value, func(given *structpb.Value, v *Value) { v.Text = given.GetStringValue() })
	case surprisev1.AttributeType_INT:
		out.kind, out.read = Int, customReader(value, func(given *structpb.Value, v *Value) { v.Int = int64(given.GetNumberValue()) })
	case surprisev1.AttributeType_DOUBLE:
		out.kind, out.read = Double, customReader(value, func(given *structpb.Value, v *Value) { v.Double = given.GetNumberValue() })
	case surprisev1.AttributeType_BOOL:
		out.kind, out.read = Bool, customReader(value, func(given *structpb.Value, v *Value) { v.Int = oneIf(given.GetBoolValue()) })
	case surprisev1.AttributeType_STRING_LIST:
		owner, name := splitCustom(path)
		out.kind, out.read = Texts, func(f *Facts, v *Value) { v.Texts, v.Absent = f.customTexts(owner, name) }
	default:
		return field{}
	}
	return out
}

func customReader(value func(f *Facts) *structpb.Value, read func(given *structpb.Value, v *Value)) func(f *Facts, v *Value) {
	return func(f *Facts, v *Value) {
		given := value(f)
		if v.Absent = isNull(given); !v.Absent {
			read(given, v)
		}
	}
}

// splitCustom splits the path of a custom attribute into customer.attributes. or moment.attributes. and its name.
func splitCustom(path string) (owner, name string) {
	if name, ok := strings.CutPrefix(path, customerAttributes); ok {
		return customerAttributes, name
	}
	return momentAttributes, strings.TrimPrefix(path, momentAttributes)
}

// customValue looks a custom attribute up by its path.
func customValue(path string) func(f *Facts) *structpb.Value {
	owner, name := splitCustom(path)
	if owner == customerAttributes {
		return func(f *Facts) *structpb.Value { return f.customer.GetAttributes()[name] }
	}
	return func(f *Facts) *structpb.Value { return f.moment.GetAttributes()[name] }
}

// customPresence is has() of a custom attribute: CEL asks whether the map has the name, null or not.
func customPresence(path string) field {
	owner, name := splitCustom(path)
	if owner == customerAttributes {
		return boolField(func(f *Facts) bool { _, ok := f.customer.GetAttributes()[name]; return ok })
	}
	return boolField(func(f *Facts) bool { _, ok := f.moment.GetAttributes()[name]; return ok })
}

// isNull tells that an attribute was sent without a value, or not at all.
func isNull(v *structpb.Value) bool {
	if v == nil {
		return true
	}
	_, null := v.GetKind().(*structpb.Value_NullValue)
	return null
}

// customList is where the texts of one list of a request stand.
type customList struct {
	owner, name string
	start, end  int
}

// customTexts returns the texts of a list that was sent.
func (f *Facts) customTexts(owner, name string) (texts []string, absent bool) {
	for i := range f.lists {
		if l := &f.lists[i]; l.name == name && l.owner == owner {
			return f.texts[l.start:l.end:l.end], false
		}
	}
	return nil, true
}

// take checks the custom attributes that were sent, and copies the texts of lists. Undeclared ones are passed over.
func (f *request) take(owner string, declared map[string]surprisev1.AttributeType, given map[string]*structpb.Value) error {
	for name, v := range given {
		t, ok := declared[name]
		if !ok || isNull(v) {
			continue
		}
		if !f.takeValue(owner, name, t, v) {
			return &AttributeError{Field: owner + name, Want: t, Got: describe(v)}
		}
	}
	return nil
}

func (f *request) takeValue(owner, name string, t surprisev1.AttributeType, v *structpb.Value) bool {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		f.oversize = f.oversize || len(k.StringValue) > maxCustomText
		return t == surprisev1.AttributeType_STRING
	case *structpb.Value_BoolValue:
		return t == surprisev1.AttributeType_BOOL
	case *structpb.Value_NumberValue:
		return t == surprisev1.AttributeType_DOUBLE || t == surprisev1.AttributeType_INT && isWhole(k.NumberValue)
	case *structpb.Value_ListValue:
		return t == surprisev1.AttributeType_STRING_LIST && f.takeList(owner, name, k.ListValue.GetValues())
	default:
		return false
	}
}

// isWhole tells whether a JSON number is exactly an integer: numbers are doubles, those beyond 2^53 would not be exact.
func isWhole(n float64) bool { return n == math.Trunc(n) && math.Abs(n) <= 1<<53 }

func (f *request) takeList(owner, name string, values []*structpb.Value) bool {
	start := len(f.texts)
	f.oversize = f.oversize || len(values) > maxCustomList
	for _, v := range values {
		k, ok := v.GetKind().(*structpb.Value_StringValue)
		if !ok {
			return false
		}
		f.oversize = f.oversize || len(k.StringValue) > maxCustomText
		f.texts = append(f.texts, k.StringValue)
	}
	f.lists = append(f.lists, customList{owner: owner, name: name, start: start, end: len(f.texts)})
	return true
}
