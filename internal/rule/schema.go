package rule

import (
	"fmt"
	"maps"
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

// convert turns a request's attribute values, whose types were checked, into what CEL computes with. Undeclared ones are left out.
func convert(owner string, declared map[string]surprisev1.AttributeType, given map[string]*structpb.Value, into map[string]any) {
	for name, v := range given {
		if t, ok := declared[name]; ok && !isNull(v) {
			into[owner+name] = nativeValue(t, v)
		}
	}
}

func nativeValue(t surprisev1.AttributeType, v *structpb.Value) any {
	switch k := v.GetKind().(type) {
	case *structpb.Value_BoolValue:
		return k.BoolValue
	case *structpb.Value_NumberValue:
		if t == surprisev1.AttributeType_INT {
			return int64(k.NumberValue)
		}
		return k.NumberValue
	case *structpb.Value_ListValue:
		return nativeList(k.ListValue.GetValues())
	default:
		return v.GetStringValue()
	}
}

func nativeList(values []*structpb.Value) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = v.GetStringValue()
	}
	return out
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
