package rule

import (
	"math"

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

// custom is what a request sent of one custom attribute.
type custom struct {
	sent sent
	// list is the place of a list among those of the request.
	list   int32
	number float64 // of a BOOL 0 or 1
	text   string
}

type sent uint8

const (
	notSent sent = iota
	null
	there
)

// customField reads a custom attribute of a declared type, by its place. Its type was checked when the facts were filled.
func customField(place int, t surprisev1.AttributeType) field {
	out := field{optional: true}
	switch t {
	case surprisev1.AttributeType_STRING:
		out.kind, out.text = Text, func(f *Facts) (string, bool) {
			c := &f.custom[place]
			return c.text, c.sent == there
		}
	case surprisev1.AttributeType_INT, surprisev1.AttributeType_BOOL:
		out.kind, out.int = Int, func(f *Facts) (int64, bool) {
			c := &f.custom[place]
			return int64(c.number), c.sent == there
		}
		if t == surprisev1.AttributeType_BOOL {
			out.kind = Bool
		}
	case surprisev1.AttributeType_DOUBLE:
		out.kind, out.double = Double, func(f *Facts) (float64, bool) {
			c := &f.custom[place]
			return c.number, c.sent == there
		}
	case surprisev1.AttributeType_STRING_LIST:
		out.kind, out.texts = Texts, func(f *Facts) ([]string, bool) { return f.customTexts(&f.custom[place]) }
	default:
		return field{}
	}
	return out
}

// customPresence is has() of a custom attribute: CEL asks whether the map has the name, null or not.
func customPresence(path string, place int) field {
	out := boolField(func(f *Facts) bool { return f.custom[place].sent != notSent })
	out.presence = path
	return out
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
type customList struct{ start, end int }

// customTexts returns the texts of a list that was sent.
func (f *request) customTexts(c *custom) (texts []string, ok bool) {
	if c.sent != there {
		return nil, false
	}
	l := f.lists[c.list]
	return f.texts[l.start:l.end:l.end], true
}

// take checks the custom attributes that were sent and keeps each at its place, as it is read. Undeclared ones are passed over.
// Whichever are fewer are gone through, those declared or those sent. Of several with another type, the error is of the first by name.
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
	first, wrong := len(declared.all), error(nil)
	for name, v := range given {
		if i, ok := declared.index[name]; ok {
			if err := f.takeAt(declared, i, v); err != nil && i < first {
				first, wrong = i, err
			}
		}
	}
	return wrong
}

func (f *request) takeAt(declared *declarations, i int, v *structpb.Value) error {
	d := &declared.all[i]
	if !f.takeValue(&f.custom[declared.first+i], d.kind, v) {
		return &AttributeError{Field: declared.owner + d.name, Want: d.kind, Got: describe(v)}
	}
	return nil
}

// takeValue returns false where the value has another type.
func (f *request) takeValue(into *custom, t surprisev1.AttributeType, v *structpb.Value) bool {
	into.sent = there
	switch k := v.GetKind().(type) {
	case *structpb.Value_NumberValue:
		into.number = k.NumberValue
		return t == surprisev1.AttributeType_DOUBLE || t == surprisev1.AttributeType_INT && isWhole(k.NumberValue)
	case *structpb.Value_BoolValue:
		if k.BoolValue {
			into.number = 1
		}
		return t == surprisev1.AttributeType_BOOL
	case *structpb.Value_StringValue:
		into.text = k.StringValue
		f.oversize = f.oversize || len(k.StringValue) > maxCustomText
		return t == surprisev1.AttributeType_STRING
	case *structpb.Value_ListValue:
		return t == surprisev1.AttributeType_STRING_LIST && f.takeList(into, k.ListValue.GetValues())
	default:
		into.sent = null
		return isNull(v)
	}
}

// isWhole tells whether a JSON number is exactly an integer: numbers are doubles, those beyond 2^53 would not be exact.
func isWhole(n float64) bool { return math.Abs(n) <= 1<<53 && n == float64(int64(n)) }

func (f *request) takeList(into *custom, values []*structpb.Value) bool {
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
	into.list = int32(len(f.lists)) //nolint:gosec // as many as are declared
	f.lists = append(f.lists, customList{start, len(f.texts)})
	return true
}
