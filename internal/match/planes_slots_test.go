package match_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule/ruletest"
)

// values is how many an attribute has in crowded rules.
const values = 24

// crowded writes three ORs that hold about half of the time each, over attributes with many values; some are alternatives to another question.
func crowded(r *rand.Rand) string {
	out := make([]string, 3)
	for i := range out {
		parts := make([]string, 3)
		for j := range parts {
			parts[j] = crowdedAtom(r)
		}
		out[i] = "(" + strings.Join(parts, " || ") + ")"
	}
	all := strings.Join(out, " && ")
	if r.IntN(6) == 0 {
		return "(" + all + `) || customer.tier == "nobody"`
	}
	return all
}

func crowdedAtom(r *rand.Rand) string {
	n := func() int { return r.IntN(values) }
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf(`customer.tier in ["v%d", "v%d", "v%d", "v%d"]`, n(), n(), n(), n())
	case 1:
		return fmt.Sprintf(`!(moment.store in ["v%d", "v%d"]) && !(moment.store == "v%d")`, n(), n(), n())
	case 2:
		return fmt.Sprintf("customer.visits.total < %d", n()/2)
	case 3:
		return fmt.Sprintf("customer.attributes.int in [%d, %d, %d]", n(), n(), n())
	case 4:
		return fmt.Sprintf("customer.attributes.double > %d.5", values/2+n()/2)
	case 5:
		return fmt.Sprintf(`"v%d" in customer.likes`, n())
	case 6:
		return fmt.Sprintf(`!customer.likes.exists(v, v in ["v%d", "v%d", "v%d"])`, n(), n(), n()%6)
	default:
		return fmt.Sprintf(`!("v%d" in customer.tags) || !("v%d" in customer.tags)`, n()%4, n()%4)
	}
}

// crowdedRequest has all attributes, or lacks one.
func crowdedRequest(r *rand.Rand) ruletest.Request {
	n := func() int { return r.IntN(values) }
	word := func() string { return fmt.Sprintf("v%d", n()) }
	attrs := map[string]*structpb.Value{"int": structpb.NewNumberValue(float64(n())), "double": structpb.NewNumberValue(float64(n()) + float64(r.IntN(2))/2)}
	delete(attrs, []string{"int", "double", "", "", ""}[r.IntN(5)])
	return ruletest.Request{
		Customer: &surprisev1.CustomerProfile{
			Tier: word(), Visits: &surprisev1.Visits{Total: int32(n())}, Attributes: attrs, //nolint:gosec // small
			Likes: []string{word(), word(), word(), "v1", "v2"}[r.IntN(4):], Tags: []string{"v0", "v1", "v2", "v3"}[r.IntN(4):],
		},
		Moment: &surprisev1.Moment{Store: word()},
	}
}

// TestPlanesWithSharedSlots: columns leave over too many rows where values share slots, and checks remove them; where each value has its own, there
// are no checks that matter, and columns must be right by themselves.
func TestPlanesWithSharedSlots(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(9, 9))
	for range 4 {
		w.set(w.draw(t, r, crowded, 300))
		for _, slots := range []int{8, 12, 1024} {
			index := match.NewTuned(w.Catalog, ceiling, 512, slots, 1e9)
			if stats := index.Stats(); stats.Planes == 0 || slots < 1024 && stats.CheckedRows < 100 {
				t.Fatalf("want planes, and checks where slots are few: %+v", stats)
			}
			for range 30 {
				w.same(t, index, w.query(t, crowdedRequest(r), w.stages("visit", 0, 1)))
			}
		}
	}
}

// TestClausesWithoutPlanes: what is costly to read, or differs between stages, stays in checks.
func TestClausesWithoutPlanes(t *testing.T) {
	w := newWorld(t)
	for _, atom := range []string{`days_to("birthday") == %d`, `customer.tier.endsWith("%d")`, `moment.stage == "s%d"`} {
		w.set(w.draw(t, rand.New(rand.NewPCG(1, 2)), func(r *rand.Rand) string {
			out := make([]string, 3)
			for i := range out {
				out[i] = fmt.Sprintf(`(customer.tier == "a%d" || customer.visits.total == %d || `+atom+")", r.IntN(20), r.IntN(20), r.IntN(20))
			}
			return strings.Join(out, " && ")
		}, 50))
		if stats := match.NewTuned(w.Catalog, ceiling, 512, 1024, 1e9).Stats(); stats.Planes != 0 || stats.Checks == 0 {
			t.Errorf("%s: want checks and no planes: %+v", atom, stats)
		}
	}
}
