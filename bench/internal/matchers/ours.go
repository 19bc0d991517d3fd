package matchers

import (
	"fmt"
	"time"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/bench/internal/rules"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rule"
)

// ours is the service's own matcher over the service's own catalogue. Its inputs are the messages of a request: what it needs of them
// is taken within the time that is measured.
type ours struct {
	catalog  *catalog.Catalog
	matcher  match.Matcher
	journey  *catalog.Journey
	now      time.Time
	requests []*surprisev1.RecommendRequest
	facts    rule.Facts // of one request after the other, as the service keeps them in a pool
	stages   [1]*catalog.Stage
}

func (e *ours) Build(c *rules.Catalog) error {
	cat, problems := catalog.Load(c.Files())
	if cat == nil {
		return fmt.Errorf("the generated catalogue: %v", problems[0])
	}
	e.catalog, e.matcher, e.journey, e.now = cat, NewMatcher(cat), cat.Journey(""), time.Now()
	return nil
}

func (e *ours) Prepare(c *rules.Catalog, profiles []rules.Profile) error {
	for i, p := range profiles {
		e.requests = append(e.requests, c.Request(p, fmt.Sprintf("c%d", i)))
	}
	return nil
}

func (e *ours) Match(profile int, into []int32) ([]int32, error) {
	q, err := e.query(profile)
	if err != nil {
		return into, err
	}
	s := e.matcher.Search(q)
	defer s.Close()
	for s.Next() {
		for _, found := range s.Matches() {
			if found.Here() {
				into = append(into, int32(found.Position)) //nolint:gosec // far fewer
			}
		}
	}
	return into, nil
}

// query makes a query of a request. It ends the one before.
func (e *ours) query(profile int) (match.Query, error) { return e.queryWith(&e.facts, profile) }

// queryWith has facts of its own.
func (e *ours) queryWith(facts *rule.Facts, profile int) (match.Query, error) {
	req := e.requests[profile]
	err := e.catalog.Rules.Fill(facts, req.GetCustomer(), req.GetMoment(), e.now)
	e.stages[0] = e.journey.Stage(req.GetMoment().GetStage())
	return match.Query{Facts: facts, Stages: e.stages[:], Channel: req.GetMoment().GetChannel()}, err
}

// reach is how far the factor that depends on the customer moves a score, up and down.
const reach = 0.25

// NewMatcher returns the matcher of the service.
func NewMatcher(cat *catalog.Catalog) match.Matcher { return match.NewIndex(cat, ceiling) }

// highest is the highest factor of all stages, which Most is for.
func (e *ours) highest() float64 {
	out := 0.0
	for _, s := range e.journey.Stages {
		out = max(out, s.Factor)
	}
	return out
}

// ceiling is more than what a template can score.
func ceiling(t *catalog.Template, factor float64) float64 {
	return t.Levels[0].Value * factor * (1 + reach) * (1 + 1e-9)
}
