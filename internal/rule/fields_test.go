package rule_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// readable are the paths of all that a message has: plain values and lists of texts, and what can only be asked for by has() or size().
type readable struct{ values, present, sized []string }

func (r *readable) walk(d protoreflect.MessageDescriptor, path string) {
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		at := path + "." + string(f.Name())
		switch {
		case f.IsMap():
			continue
		case f.IsList():
			r.sized = append(r.sized, at)
			if f.Kind() == protoreflect.StringKind {
				r.values = append(r.values, at)
			}
		case f.Message() == nil:
			r.values = append(r.values, at)
			if f.Kind() == protoreflect.StringKind {
				r.sized = append(r.sized, at)
			}
		case f.Message().ParentFile().Package() == d.ParentFile().Package():
			r.walk(f.Message(), at)
		}
		r.present = append(r.present, at)
	}
}

// fill sets about half of the fields.
func fill(random *rand.Rand, m protoreflect.Message) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case f.IsMap() || random.IntN(2) == 0:
		case f.IsList():
			list := m.Mutable(f).List()
			for range random.IntN(3) {
				element := list.NewElement()
				if f.Message() == nil {
					element = plainValue(random, f)
				}
				list.Append(element)
			}
		case f.Message() != nil:
			fill(random, m.Mutable(f).Message())
		default:
			m.Set(f, plainValue(random, f))
		}
	}
}

func plainValue(random *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	n := random.IntN(4)
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString([]string{"", "a", "čaj", "李"}[n])
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n > 1)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64([]float64{0, 0.5, -3, 1e9}[n])
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64([]int64{0, 1, math.MaxInt64, 7}[n])
	default:
		return protoreflect.ValueOfInt32(int32(n))
	}
}

// Every field that rules can reach has a reader of its own, and it reads what CEL reads.
func TestFieldsAreReadAsByCEL(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	var all readable
	all.walk((&surprisev1.CustomerProfile{}).ProtoReflect().Descriptor(), "customer")
	all.walk((&surprisev1.Moment{}).ProtoReflect().Descriptor(), "moment")
	names := slices.Clone(all.values)
	for _, path := range all.present {
		names = append(names, "has("+path+")")
	}
	for _, path := range all.sized {
		names = append(names, "size("+path+")")
	}
	if len(names) < 100 {
		t.Fatalf("only %d names", len(names))
	}
	attributes := attributesOf(t, set, names)
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		customer, moment := &surprisev1.CustomerProfile{}, &surprisev1.Moment{}
		fill(random, customer.ProtoReflect())
		fill(random, moment.ProtoReflect())
		f, err := set.NewFacts(customer, moment, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range attributes {
			checkReader(t, set, f, a)
		}
	}
}

func checkReader(t *testing.T, set *rule.Set, f *rule.Facts, a *rule.Attribute) {
	t.Helper()
	var v rule.Value
	a.Read(f, &v)
	literal := map[rule.Kind]string{rule.Text: strconv.Quote(v.Text), rule.Int: fmt.Sprint(v.Int), rule.Bool: fmt.Sprint(v.Int == 1),
		rule.Double: fmt.Sprintf("double(%q)", fmt.Sprint(v.Double)), rule.Texts: fmt.Sprintf("[%s]", quoted(v.Texts))}[a.Kind]
	r, problems := set.Compile(a.Name + " == " + literal)
	if r == nil {
		t.Fatalf("%s == %s: %v", a.Name, literal, problems)
	}
	if holds, err := r.Holds(f); !holds || v.Absent {
		t.Errorf("%s reads as %s (absent: %t), CEL says %t, %v", a.Name, literal, v.Absent, holds, err)
	}
}

// attributesOf returns the attributes of names, which the set knows once rules ask for them.
func attributesOf(t *testing.T, set *rule.Set, names []string) []*rule.Attribute {
	t.Helper()
	for _, name := range names {
		for _, clause := range []string{`%s == ""`, "%s == 0", "%s < 0.0", "%s == true", `"x" in %s`} {
			set.Compile(fmt.Sprintf(clause, name))
		}
	}
	known := set.Attributes()
	var out []*rule.Attribute
	for _, name := range names {
		i := slices.IndexFunc(known, func(a *rule.Attribute) bool { return a.Name == name })
		if i < 0 {
			t.Fatalf("%s has no reader", name)
		}
		out = append(out, known[i])
	}
	return out
}

func quoted(texts []string) string {
	out := ""
	for i, text := range texts {
		if i > 0 {
			out += ", "
		}
		out += strconv.Quote(text)
	}
	return out
}

// The stage is the only attribute that differs between the stages of a journey.
func TestStageIsMarked(t *testing.T) {
	set, err := ruletest.NewSet()
	if err != nil {
		t.Fatal(err)
	}
	request := ruletest.Requests().Example(1)
	f, err := request.Facts(set)
	if err != nil {
		t.Fatal(err)
	}
	before := proto.CloneOf(request.Moment)
	elsewhere := f.AtStage("elsewhere")
	for _, a := range set.Attributes() {
		var here, there rule.Value
		a.Read(f, &here)
		a.Read(elsewhere, &there)
		if differs := here.Text != there.Text || here.Int != there.Int; differs != a.Stage {
			t.Errorf("%s: stage is %t, differs %t", a.Name, a.Stage, differs)
		}
	}
	if !proto.Equal(before, request.Moment) {
		t.Error("the request was changed")
	}
}
