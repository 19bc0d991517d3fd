package rule

import (
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// The bounds of cost are no smaller than what the protos allow.
func TestProtosKeepTheBounds(t *testing.T) {
	checked := 0
	for _, m := range []proto.Message{&surprisev1.CustomerProfile{}, &surprisev1.Moment{}} {
		checked += checkBounds(t, m.ProtoReflect().Descriptor(), map[protoreflect.FullName]bool{})
	}
	if checked < 20 {
		t.Errorf("only %d texts and lists found", checked)
	}
}

func checkBounds(t *testing.T, d protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) (checked int) {
	t.Helper()
	if seen[d.FullName()] || d.ParentFile().Package() != "surprise.v1" {
		return 0
	}
	seen[d.FullName()] = true
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
		switch {
		case f.IsMap():
		case f.IsList():
			limit := uint64(maxList)
			if f.Name() == "categories" {
				limit = maxCategories
			}
			if n := rules.GetRepeated().GetMaxItems(); n == 0 || n > limit {
				t.Errorf("%s has up to %d items, the bound is %d", f.FullName(), n, limit)
			}
			if f.Kind() == protoreflect.StringKind {
				checkText(t, f, rules.GetRepeated().GetItems().GetString())
			}
			checked++
		case f.Kind() == protoreflect.StringKind:
			checkText(t, f, rules.GetString())
			checked++
		}
		if f.Message() != nil && !f.IsMap() {
			checked += checkBounds(t, f.Message(), seen)
		}
	}
	return checked
}

func checkText(t *testing.T, f protoreflect.FieldDescriptor, rules *validate.StringRules) {
	t.Helper()
	if n := max(rules.GetMaxLen(), rules.GetMaxBytes()); n == 0 || n > maxText {
		t.Errorf("%s is up to %d long, the bound is %d", f.FullName(), n, maxText)
	}
}
