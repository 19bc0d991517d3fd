package rule

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"cel.dev/cel-go/cel"
	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// maxHints bounds the hints on misspelt words in the rules of one set that shares no speller.
const maxHints = 200

// Schema holds what a catalogue declares beyond the API: custom attributes and occasions.
type Schema struct {
	Customer, Moment map[string]surprisev1.AttributeType
	// Occasions are the names that occasion() and days_to() take.
	Occasions []string
	// Speller gives the hints on misspelt words; nil: one of the set's own.
	Speller *surprise.Speller
}

func celType(t surprisev1.AttributeType) *cel.Type {
	switch t {
	case surprisev1.AttributeType_INT:
		return cel.IntType
	case surprisev1.AttributeType_DOUBLE:
		return cel.DoubleType
	case surprisev1.AttributeType_BOOL:
		return cel.BoolType
	case surprisev1.AttributeType_STRING_LIST:
		return cel.ListType(cel.StringType)
	default:
		return cel.StringType
	}
}

// AttributeError says which attribute of a request has the wrong type.
type AttributeError struct {
	// Field is the path in the request, for example "customer.attributes.family_size".
	Field string
	Want  surprisev1.AttributeType
	Got   string
}

// Error names the field and the type it should have.
func (e *AttributeError) Error() string {
	return fmt.Sprintf("%s is declared %s, got %s", e.Field, e.Want, e.Got)
}

// convert turns a request's attribute values into what rules compute with. Undeclared ones are left out.
func convert(owner string, declared map[string]surprisev1.AttributeType, given map[string]*structpb.Value, into map[string]any) error {
	for name, t := range declared {
		v, ok := given[name]
		if !ok || v == nil {
			continue
		}
		if _, null := v.GetKind().(*structpb.Value_NullValue); null {
			continue
		}
		field := owner + ".attributes." + name
		native, ok := nativeValue(t, v)
		if !ok {
			return &AttributeError{Field: field, Want: t, Got: describe(v)}
		}
		into[field] = native
	}
	return nil
}

func nativeValue(t surprisev1.AttributeType, v *structpb.Value) (any, bool) {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return k.StringValue, t == surprisev1.AttributeType_STRING
	case *structpb.Value_BoolValue:
		return k.BoolValue, t == surprisev1.AttributeType_BOOL
	case *structpb.Value_NumberValue:
		return nativeNumber(t, k.NumberValue)
	case *structpb.Value_ListValue:
		return nativeList(k.ListValue.GetValues(), t)
	default:
		return nil, false
	}
}

// nativeNumber takes whole numbers up to 2^53 for INT: JSON numbers are doubles and larger ones would not be exact.
func nativeNumber(t surprisev1.AttributeType, n float64) (any, bool) {
	if t == surprisev1.AttributeType_INT {
		return int64(n), n == math.Trunc(n) && math.Abs(n) <= 1<<53
	}
	return n, t == surprisev1.AttributeType_DOUBLE
}

func nativeList(values []*structpb.Value, t surprisev1.AttributeType) (any, bool) {
	if t != surprisev1.AttributeType_STRING_LIST {
		return nil, false
	}
	out := make([]string, len(values))
	for i, v := range values {
		s, ok := v.GetKind().(*structpb.Value_StringValue)
		if !ok {
			return nil, false
		}
		out[i] = s.StringValue
	}
	return out, true
}

func describe(v *structpb.Value) string {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return "a string"
	case *structpb.Value_BoolValue:
		return "a bool"
	case *structpb.Value_NumberValue:
		return fmt.Sprintf("the number %v", k.NumberValue)
	case *structpb.Value_ListValue:
		return "a list"
	default:
		return "an object"
	}
}

// declaredNames returns the declared names of an owner in order, for hints.
func (s *Set) declaredNames(owner string) []string {
	if owner == "customer" {
		return s.customerNames
	}
	return s.momentNames
}

func names(m map[string]surprisev1.AttributeType) []string { return slices.Sorted(maps.Keys(m)) }
