package rule

import (
	"regexp"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

var (
	undefinedField = regexp.MustCompile(`undefined field '([^']+)'`)
	undeclaredName = regexp.MustCompile(`undeclared reference to '([^']+)'`)
)

// hint guesses what was meant by a misspelt field or name.
func (s *Set) hint(msg string) string {
	if m := undefinedField.FindStringSubmatch(msg); m != nil {
		return s.schema.Speller.DidYouMean(m[1], fieldNames)
	}
	if m := undeclaredName.FindStringSubmatch(msg); m != nil {
		return s.schema.Speller.DidYouMean(m[1], rootNames)
	}
	return ""
}

func rootNames() []string {
	return []string{"customer", "moment", "now", "segment", "days_since", "has", "size"}
}

// fieldNames returns the names of all fields that a rule can reach.
func fieldNames() []string {
	var out []string
	for _, root := range []protoreflect.FullName{"surprise.v1.CustomerProfile", "surprise.v1.Moment", "surprise.v1.Visits", "surprise.v1.Weather",
		"surprise.v1.Party", "surprise.v1.Basket", "surprise.v1.Birthday", "surprise.v1.Relation", "surprise.v1.Consents", "surprise.v1.Date"} {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(root)
		if err != nil {
			continue
		}
		fields := d.(protoreflect.MessageDescriptor).Fields()
		for i := range fields.Len() {
			out = append(out, string(fields.Get(i).Name()))
		}
	}
	return out
}
