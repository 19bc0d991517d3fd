package rule

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func mustCompile(t interface{ Fatalf(string, ...any) }, s *Set, source string) *Rule {
	r, problems := s.Compile(source)
	if r == nil {
		t.Fatalf("%s: does not compile: %v", source, problems)
	}
	return r
}

func TestFalseAtomsOfAnEmptyRequest(t *testing.T) {
	s := atomSet(t)
	f, err := s.NewFacts(&surprisev1.CustomerProfile{}, &surprisev1.Moment{}, time.Date(2026, 3, 2, 0, 0, 0, 0, time.FixedZone("", 8*3600)))
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		`customer.satisfaction > 0.5`:                     `1:0 customer.satisfaction > 0.5 (absent)`,
		`moment.weather.temperature > 30.0`:               `1:0 moment.weather.temperature > 30.0 (absent)`,
		`customer.visits.last_365d > 3`:                   `1:0 customer.visits.last_365d > 3 (absent)`,
		`customer.tier == "gold"`:                         `1:0 customer.tier == "gold" ("")`,
		`customer.open_complaints > 0`:                    `1:0 customer.open_complaints > 0 (0)`,
		`moment.channel == Channel.POS`:                   `1:0 moment.channel == Channel.POS (CHANNEL_UNSPECIFIED)`,
		`customer.consents.surprises == Consent.GIVEN`:    `1:0 customer.consents.surprises == Consent.GIVEN (absent)`,
		`now > timestamp("2026-03-02T00:00:00Z")`:         `1:0 now > timestamp("2026-03-02T00:00:00Z") (2026-03-02T00:00:00+08:00)`,
		`days_since(customer.complaint_resolved) + 1 > 3`: `1:0 days_since(customer.complaint_resolved) + 1 > 3 (absent)`,
	} {
		if diff := cmp.Diff([]string{want}, list(mustCompile(t, s, source).FalseAtoms(f))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}

func TestFalseAtomsOfOccasions(t *testing.T) {
	s, _, err := NewSet(Schema{Occasions: []string{"birthday", "name_day"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := testFacts(t, s)
	f.SetDaysTo(func(occasion string) (int, bool) { return 9, occasion == "birthday" })
	r := mustCompile(t, s, `occasion("birthday") && days_to("birthday") <= 7 && days_to("name_day") <= 7`)
	want := []string{`1:0 occasion("birthday") (false)`, `1:24 days_to("birthday") <= 7 (9)`, `1:52 days_to("name_day") <= 7 (absent)`}
	if diff := cmp.Diff(want, list(r.FalseAtoms(f))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !r.Mentions("now") || r.Mentions("moment") {
		t.Error("occasions are counted from the day and read nothing of the moment")
	}
}

func TestAtomsAreShort(t *testing.T) {
	s := atomSet(t)
	likes := make([]string, 100)
	for i := range likes {
		likes[i] = strings.Repeat("茶", 100)
	}
	f, err := s.NewFacts(&surprisev1.CustomerProfile{Likes: likes, Tags: likes, Id: strings.Repeat("x", 5000)}, &surprisev1.Moment{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{
		`customer.likes == customer.tags.map(t, t + "!")`,
		`customer.id == "` + strings.Repeat("生", 1000) + `"`,
		`"tea" in customer.likes`,
		`customer == CustomerProfile{id: "x"}`,
		`{"a": customer.likes}.exists(k, k == customer.id)`,
		`bytes(customer.id) == b"x"`,
	} {
		atoms := mustCompile(t, s, source).FalseAtoms(f)
		if len(atoms) != 1 {
			t.Fatalf("%s: got %v", source, atoms)
		}
		if a := atoms[0]; len([]rune(a.Expression)) > maxExpression || len([]rune(a.Was)) > maxExpression || a.Was == "" {
			t.Errorf("too long, or nothing: %+v", a)
		}
	}
}

func TestARuleThatCannotBeDividedIsOneAtom(t *testing.T) {
	s := atomSet(t)
	r := mustCompile(t, s, `customer.tier == "x" && true`)
	other := mustCompile(t, s, `customer.tier == "gold" || segment("vip")`)
	r.explain = other.explain // as if it had come out true in the second program
	want := []string{`1:0 customer.tier == "gold" || segment("vip") (false)`}
	if diff := cmp.Diff(want, list(r.FalseAtoms(testFacts(t, s)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.explain = func() (*explanation, error) { return nil, errors.New("no program") }
	want = []string{`1:0 customer.tier == "x" && true (no program)`}
	if diff := cmp.Diff(want, list(r.FalseAtoms(testFacts(t, s)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A segment that uses the one before it twice would be told 2^40 times.
func TestSegmentsAreToldOnce(t *testing.T) {
	segments := map[string]string{"s0": `customer.tier == "x"`}
	for i := range 40 {
		segments[fmt.Sprint("s", i+1)] = fmt.Sprintf(`segment("s%d") || !!segment("s%d")`, i, i)
	}
	s, _ := testSet(t, segments)
	r := mustCompile(t, s, `segment("s40")`)
	if diff := cmp.Diff([]string{`s0 1:0 customer.tier == "x" ("gold")`}, list(r.FalseAtoms(testFacts(t, s)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Mentions("moment") || !r.Mentions("customer.tier") {
		t.Error("the segments read customer.tier alone")
	}
}

func TestAMissingSegmentIsAnAtom(t *testing.T) {
	s, _ := testSet(t, map[string]string{"bad": `customer.nme == ""`})
	r, _ := s.compile(`segment("bad")`)
	want := []string{`1:0 segment("bad") (segment "bad" does not exist)`}
	if diff := cmp.Diff(want, list(r.FalseAtoms(testFacts(t, s)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFalseAtomsFromManyGoroutines(t *testing.T) {
	s := atomSet(t)
	r := mustCompile(t, s, `segment("rich") && customer.visits.last_365d >= 12`)
	want := list(mustCompile(t, s, r.Source()).FalseAtoms(testFacts(t, s)))
	var wg sync.WaitGroup
	for range 8 {
		f := testFacts(t, s)
		wg.Go(func() {
			if diff := cmp.Diff(want, list(r.FalseAtoms(f))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	wg.Wait()
}

func TestMentions(t *testing.T) {
	s, _ := testSet(t, map[string]string{
		"at_till": `moment.stage == "checkout"`, "deep": `customer.tier == "x" || segment("at_till")`, "whole": `moment == Moment{}`,
	})
	const stage = "moment.stage"
	for _, test := range []struct {
		source, path string
		want         bool
	}{
		{`moment.stage == "checkout"`, stage, true},
		{`moment.stage == "checkout"`, "moment", true},
		{`moment.stage == "checkout"`, "moment.sta", false},
		{`moment.store == "x"`, stage, false},
		{`has(moment.stage)`, stage, true},
		{`customer.tier == "moment.stage"`, stage, false},
		{`segment("at_till")`, stage, true},
		{`!segment("deep")`, stage, true},
		{`!segment("deep")`, "customer.tier", true},
		{`segment("deep")`, "moment.store", false},
		{`segment("whole")`, stage, true},
		{`moment == Moment{stage: "x"}`, "moment.weather.temperature", true},
		{`[moment].exists(m, m.store == "x")`, stage, true},
		{`{"a": moment.stage}.a == Moment{stage: moment.store}.stage`, stage, true},
		{`moment.weather == Weather{}`, "moment.weather.temperature", true},
		{`moment.weather.condition == "rain"`, "moment.weather.temperature", false},
		{`customer.likes.exists(moment, moment == "x")`, stage, false},
		{`customer.likes.exists(l, l == moment.stage)`, stage, true},
		{`customer.relations[0].kind == moment.stage`, "customer.relations.kind", true},
		{`customer.tier.startsWith(moment.stage)`, stage, true},
		{`true ? true : moment.stage == ""`, stage, true},
		{`customer.attributes.family_size > 3`, "customer.attributes.family_size", true},
		{`customer.attributes.family_size > 3`, "customer.attributes", true},
		{`customer.attributes.family_size > 3`, "customer.attributes.hobby", false},
		{`has(customer.attributes.hobby)`, "customer.attributes.hobby", true},
		{`days_since(customer.visits.last) > 3`, "customer.visits.last", true},
		{`days_since(customer.visits.last) > 3`, "now", true},
		{`now > timestamp("2026-01-01T00:00:00Z")`, "now", true},
		{`moment.channel == Channel.POS`, "now", false},
	} {
		if got := mustCompile(t, s, test.source).Mentions(test.path); got != test.want {
			t.Errorf("%s mentions %s: got %t", test.source, test.path, got)
		}
	}
}

func TestFormatDouble(t *testing.T) {
	for d, want := range map[float64]string{0: "0", 31: "31", 2.5: "2.5", -1e6: "-1000000", 1e300: "1e+300", 1e-9: "1e-09"} {
		if got := formatDouble(d); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func BenchmarkFalseAtoms(b *testing.B) {
	s, _, err := NewSet(Schema{}, map[string]string{"vip": `customer.tier in ["gold"]`})
	if err != nil {
		b.Fatal(err)
	}
	f, err := s.NewFacts(&surprisev1.CustomerProfile{Satisfaction: proto.Float64(1)}, &surprisev1.Moment{}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	r := mustCompile(b, s, `segment("vip") && customer.visits.last_365d >= 12 && moment.channel in [Channel.POS, Channel.APP]`)
	for b.Loop() {
		r.FalseAtoms(f)
	}
}
