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

// declarations are the custom attributes that a catalogue declares for customers, or for moments.
type declarations struct {
	owner string // customer.attributes. or moment.attributes.
	// all are in the order of their names; first is the place of the first one among those of both owners.
	all   []declaration
	first int
	index map[string]int // into all
}

type declaration struct {
	name string
	kind surprisev1.AttributeType
}

func newDeclarations(owner string, first int, declared map[string]surprisev1.AttributeType) *declarations {
	d := &declarations{owner: owner, first: first, index: make(map[string]int, len(declared))}
	for i, name := range names(declared) {
		d.all = append(d.all, declaration{name, declared[name]})
		d.index[name] = i
	}
	return d
}

// customField reads a custom attribute of a declared type, by its place. Its type was checked when the facts were filled.
func customField(path string, place int, t surprisev1.AttributeType) field {
	out := field{optional: true}
	switch t {
	case surprisev1.AttributeType_STRING:
		out.kind, out.read = Text, func(f *Facts, v *Value) {
			k, ok := f.custom[place].GetKind().(*structpb.Value_StringValue)
			if v.Absent = !ok; ok {
				v.Text = k.StringValue
			}
		}
	case surprisev1.AttributeType_INT:
		out.kind, out.read = Int, numberReader(place, func(n float64, v *Value) { v.Int = int64(n) })
	case surprisev1.AttributeType_DOUBLE:
		out.kind, out.read = Double, numberReader(place, func(n float64, v *Value) { v.Double = n })
	case surprisev1.AttributeType_BOOL:
		out.kind, out.read = Bool, func(f *Facts, v *Value) {
			k, ok := f.custom[place].GetKind().(*structpb.Value_BoolValue)
			if v.Absent = !ok; ok {
				v.Int = oneIf(k.BoolValue)
			}
		}
	case surprisev1.AttributeType_STRING_LIST:
		owner, name := splitCustom(path)
		out.kind, out.read = Texts, func(f *Facts, v *Value) { v.Texts, v.Absent = f.customTexts(owner, name) }
	default:
		return field{}
	}
	return out
}

func numberReader(place int, read func(n float64, v *Value)) func(f *Facts, v *Value) {
	return func(f *Facts, v *Value) {
		k, ok := f.custom[place].GetKind().(*structpb.Value_NumberValue)
		if v.Absent = !ok; ok {
			read(k.NumberValue, v)
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

// take checks the custom attributes that were sent, keeps each at its place and copies the texts of lists. Undeclared ones are passed over.
// Whichever are fewer are gone through, those declared or those sent.
func (f *request) take(declared *declarations, given map[string]*structpb.Value) error {
	if len(declared.all) <= 2*len(given) {
		for i := range declared.all {
			if v, ok := given[declared.all[i].name]; ok {
				if err := f.takeAt(declared, i, v); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for name, v := range given {
		if i, ok := declared.index[name]; ok {
			if err := f.takeAt(declared, i, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *request) takeAt(declared *declarations, i int, v *structpb.Value) error {
	d := &declared.all[i]
	if isNull(v) {
		return nil
	}
	if !f.takeValue(declared.owner, d.name, d.kind, v) {
		return &AttributeError{Field: declared.owner + d.name, Want: d.kind, Got: describe(v)}
	}
	f.custom[declared.first+i] = v
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
