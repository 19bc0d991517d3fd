package match

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/surprise-service/surprised/internal/rule"
)

// TestSlotsNeverLie draws predicates, also such as need more slots than there are, and asks them of values on, beside and between their bounds:
// yes and no must be right, and with slots enough there is no maybe.
func TestSlotsNeverLie(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]rule.Kind{rule.Text, rule.Int, rule.Double, rule.Bool}).Draw(t, "kind")
		attr := &rule.Attribute{Kind: kind}
		var preds []asked
		for range rapid.IntRange(1, 12).Draw(t, "predicates") {
			preds = append(preds, asked{drawPredicate(t, attr), rapid.IntRange(1, 9).Draw(t, "rows")})
		}
		budget := rapid.SampledFrom([]int{8, 10, 1000}).Draw(t, "slots")
		s := newSlots(kind, preds, budget)
		if s.count > budget {
			t.Fatalf("%d slots, want at most %d", s.count, budget)
		}
		for _, p := range preds {
			yes, maybe := s.answers(p.Predicate)
			if budget == 1000 && !maybe.empty() {
				t.Fatalf("%+v is not sure of all slots", *p.Predicate)
			}
			for _, v := range testValues(kind) {
				slot, want := slotOf(s, &v), p.Of(&v)
				if !maybe.has(slot) && yes.has(slot) != want {
					t.Fatalf("%+v of %+v: slot %d says %v", *p.Predicate, v, slot, !want)
				}
			}
		}
	})
}

func slotOf(s *slots, v *rule.Value) int {
	switch {
	case v.Absent:
		return absent
	case s.kind == rule.Text:
		return s.ofText(v.Text)
	case s.kind == rule.Double:
		return s.ofDouble(v.Double)
	default:
		return s.ofInt(v.Int)
	}
}

func testInts() []int64 { return []int64{math.MinInt64, -3, -1, 0, 1, 2, 5, 6, 7, math.MaxInt64} }

func testDoubles() []float64 {
	return []float64{math.Inf(-1), -1e300, -1, math.Copysign(0, -1), 0, 0.5, 2, math.Nextafter(2, 3), 2.5, 1e300, math.Inf(1)}
}

func testTexts() []string { return []string{"", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} }

func testValues(kind rule.Kind) []rule.Value {
	out := []rule.Value{{Absent: true}}
	switch kind {
	case rule.Text:
		for _, x := range append(testTexts(), "never listed") {
			out = append(out, rule.Value{Text: x})
		}
	case rule.Double:
		for _, x := range append(testDoubles(), math.NaN(), 1.75) {
			out = append(out, rule.Value{Double: x})
		}
	case rule.Bool:
		out = append(out, rule.Value{Int: 0}, rule.Value{Int: 1})
	default:
		for _, x := range append(testInts(), 3, 100) {
			out = append(out, rule.Value{Int: x})
		}
	}
	return out
}

func drawPredicate(t *rapid.T, attr *rule.Attribute) *rule.Predicate {
	p := &rule.Predicate{Attribute: attr, Test: rapid.SampledFrom([]rule.Test{rule.In, rule.NotIn, rule.Between}).Draw(t, "test")}
	switch attr.Kind {
	case rule.Text:
		p.Test = min(p.Test, rule.NotIn)
		p.Texts = drawSome(t, testTexts())
	case rule.Double:
		p.Min, p.Max = rapid.SampledFrom(testDoubles()).Draw(t, "min"), rapid.SampledFrom(testDoubles()).Draw(t, "max")
		p.OpenMin, p.OpenMax = rapid.Bool().Draw(t, "open min"), rapid.Bool().Draw(t, "open max")
		p.Doubles = drawSome(t, testDoubles())
	case rule.Bool:
		p.Test, p.Ints = rule.In, drawSome(t, []int64{0, 1})
	default:
		p.MinInt, p.MaxInt = rapid.SampledFrom(testInts()).Draw(t, "min"), rapid.SampledFrom(testInts()).Draw(t, "max")
		p.Ints = drawSome(t, testInts())
	}
	if p.Test == rule.Between {
		p.Texts, p.Ints, p.Doubles = nil, nil, nil
	}
	return p
}

func drawSome[T comparable](t *rapid.T, from []T) (out []T) {
	for _, x := range from {
		if rapid.IntRange(0, 3).Draw(t, "listed") == 0 && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
