package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// expression draws a boolean expression over leaves.
func expression(t *rapid.T, depth int, ternaries bool, leaf func() string) string {
	kinds := 5
	if ternaries {
		kinds = 6
	}
	kind := rapid.IntRange(0, kinds).Draw(t, "kind")
	if depth == 0 {
		kind = 0
	}
	sub := func() string { return expression(t, depth-1, ternaries, leaf) }
	switch kind {
	case 1, 2:
		return fmt.Sprintf("(%s && %s)", sub(), sub())
	case 3, 4:
		return fmt.Sprintf("(%s || %s)", sub(), sub())
	case 5:
		return fmt.Sprintf("!(%s)", sub())
	case 6:
		return fmt.Sprintf("(%s ? %s : %s)", sub(), sub(), sub())
	default:
		return leaf()
	}
}

// Every atom, taken for itself, is false or fails; and there are some exactly if the rule does not hold.
func TestEveryAtomIsFalse(t *testing.T) {
	s := atomSet(t)
	f := testFacts(t, s)
	leaves := []string{
		`customer.tier == "gold"`, `customer.tier == "x"`, `customer.visits.last_365d >= 12`, `"tea" in customer.likes`, `"x" in customer.likes`,
		`customer.attributes.hobby == "chess"`, `customer.attributes.family_size == 3`, `has(customer.attributes.hobby)`, `moment.attributes.vip_line`,
		`segment("vip")`, `segment("rich")`, `segment("gold")`, `segment("broken")`, `true`, `false`, `1 / customer.visits.total > 2`,
		`days_since(customer.visits.last) < 10`, `customer.likes.exists(l, l == "tea")`, `moment.channel == Channel.POS`,
	}
	rapid.Check(t, func(t *rapid.T) {
		source := expression(t, 5, true, func() string { return rapid.SampledFrom(leaves).Draw(t, "leaf") })
		r := mustCompile(t, s, source)
		holds, err := r.Holds(f)
		atoms := r.FalseAtoms(f)
		if (len(atoms) == 0) != (holds && err == nil) {
			t.Fatalf("%s: holds %t, %v, atoms %v", source, holds, err, atoms)
		}
		for _, a := range atoms {
			if holds, err := mustCompile(t, s, a.Expression).Holds(f); holds && err == nil {
				t.Fatalf("%s: the atom %s is true", source, a.Expression)
			}
			if operator := regexp.MustCompile(`&&|\|\||\?`).FindString(a.Expression); operator != "" || a.Was == "" {
				t.Fatalf("%s: the atom %+v can be divided, or says nothing", source, a)
			}
			checkPosition(t, s, source, a)
		}
	})
}

// checkPosition finds an atom's first word where it says that it stands.
func checkPosition(t *rapid.T, s *Set, source string, a Atom) {
	if a.Segment != "" {
		source = s.segments[a.Segment].Source()
	}
	line := strings.Split(source, "\n")[a.Line-1]
	begins := regexp.MustCompile(`^!?\(?`).ReplaceAllString(a.Expression, "")
	at := strings.TrimLeft(line[a.Column:], "!(")
	if !strings.HasPrefix(at, begins[:min(8, len(begins))]) {
		t.Fatalf("%s: %+v does not stand there but %s", source, a, at)
	}
}

// Where every leaf stands once and there are no branches, the rule holds as soon as all atoms are turned around.
func TestTurnedAroundTheAtomsSuffice(t *testing.T) {
	segments := map[string]string{}
	for i := range 64 {
		segments[fmt.Sprint("s", i)] = fmt.Sprintf(`!("a%d" in customer.tags) && "b%d" in customer.tags`, i, i)
	}
	s, _ := testSet(t, segments)
	facts := func(tags []string) *Facts {
		f, err := s.NewFacts(&surprisev1.CustomerProfile{Tags: tags}, &surprisev1.Moment{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		var tags []string
		source := expression(t, 5, false, func() string {
			n++
			for _, kind := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID).Draw(t, "tags") {
				tags = append(tags, fmt.Sprint(kind, n))
			}
			if rapid.Bool().Draw(t, "segment") {
				return fmt.Sprintf(`segment("s%d")`, n)
			}
			return fmt.Sprintf(`"c%d" in customer.tags`, n)
		})
		r := mustCompile(t, s, source)
		for _, a := range r.FalseAtoms(facts(tags)) {
			tags = turnAround(tags, a.Expression)
		}
		if holds, err := r.Holds(facts(tags)); !holds {
			t.Fatalf("%s does not hold of %v: %v", source, tags, err)
		}
	})
}

// turnAround makes an atom about a tag true.
func turnAround(tags []string, atom string) []string {
	tag := strings.Split(atom, `"`)[1]
	if strings.HasPrefix(atom, "!") {
		return slices.DeleteFunc(tags, func(t string) bool { return t == tag })
	}
	return append(tags, tag)
}
