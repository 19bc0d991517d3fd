package match

import (
	"context"
	"math"
	"slices"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
)

// MaxStages is how many stages one search can ask for.
const MaxStages = 64

// Query is what a request asks for.
type Query struct {
	// Context ends the search early; what was found by then is incomplete. Nil: nothing ends it.
	Context context.Context //nolint:containedctx // a query lives as long as its call
	// Facts are those at the first of the stages.
	Facts *rule.Facts
	// Stages are those of one journey at which a template may match, 1 to MaxStages: that of the request, and others to plan for.
	Stages  []*catalog.Stage
	Channel surprisev1.Channel
}

// Match is a template that fits at some of the stages of a query. What callers ask of each match is here, for templates are far apart in memory:
// to look at one takes longer than to find it.
type Match struct {
	Template *catalog.Template
	// At has bit i for Stages[i].
	At uint64
	// Most is the ceiling of the template at the highest factor of all stages; without one, +Inf.
	Most float64
	// Position is that of the template in the catalogue.
	Position int
}

// Here tells that it fits at the first stage.
func (m Match) Here() bool { return m.At&1 != 0 }

// Search goes through the templates in blocks, those first that could have the best score. It is for one goroutine.
type Search interface {
	// Next goes on to the next block. It returns false at the end, and once the context is done.
	Next() bool
	// Ceiling is more than any template of this block, and of those to come, can score at Stages[i].
	Ceiling(i int) float64
	// Seen is how many templates there are in the blocks so far, this one included, matching or not.
	Seen() int
	// Matches are those of this block, until the next call.
	Matches() []Match
	// Close ends the search; nothing of it may be used afterwards.
	Close()
}

// Matcher finds templates. Implementations are immutable, belong to one catalogue and are safe for concurrent use.
type Matcher interface {
	// Search begins a search. A rule that cannot be evaluated does not fit.
	Search(q Query) Search
}

// Ceiling returns more than what any customer's score of a template can be at a stage with this factor.
type Ceiling func(t *catalog.Template, factor float64) float64

// All appends the templates that match at the first stage of the query, in the order of the catalogue.
func All(m Matcher, q Query, into []*catalog.Template) []*catalog.Template {
	begin := len(into)
	s := m.Search(q)
	defer s.Close()
	for s.Next() {
		for _, found := range s.Matches() {
			if found.Here() {
				into = append(into, found.Template)
			}
		}
	}
	slices.SortFunc(into[begin:], func(a, b *catalog.Template) int { return a.Position - b.Position })
	return into
}

// Scan asks every template in turn. It is the reference for every other matcher.
type Scan struct {
	cat *catalog.Catalog
}

var _ Matcher = (*Scan)(nil)

// NewScan returns the scan over a catalogue.
func NewScan(cat *catalog.Catalog) *Scan { return &Scan{cat: cat} }

// Search implements Matcher: all templates are in one block.
func (s *Scan) Search(q Query) Search {
	facts := make([]*rule.Facts, len(q.Stages))
	for i, stage := range q.Stages {
		facts[i] = q.Facts
		if i > 0 {
			facts[i] = q.Facts.AtStage(stage.ID)
		}
	}
	return &scan{Query: q, cat: s.cat, facts: facts}
}

type scan struct {
	Query
	cat   *catalog.Catalog
	facts []*rule.Facts // by stage
	found []Match
	begun bool
}

// checkEvery is how many templates are asked between two looks at the clock.
const checkEvery = 16

func (s *scan) Next() bool {
	if s.begun {
		return false
	}
	s.begun = true
	for i, t := range s.cat.Templates {
		if i%checkEvery == 0 && s.Context != nil && s.Context.Err() != nil {
			return false
		}
		if at := s.at(t); at != 0 {
			s.found = append(s.found, Match{Template: t, At: at, Most: math.Inf(1), Position: t.Position})
		}
	}
	return true
}

// at returns the stages at which a template fits.
func (s *scan) at(t *catalog.Template) (at uint64) {
	if !t.OnChannel(s.Channel) {
		return 0
	}
	for i, stage := range s.Stages {
		if t.OnStage(stage) && holds(t.Rule, s.facts[i]) {
			at |= 1 << i
		}
	}
	return at
}

func (s *scan) Ceiling(int) float64 { return math.Inf(1) }
func (s *scan) Seen() int           { return len(s.cat.Templates) }
func (s *scan) Matches() []Match    { return s.found }
func (s *scan) Close()              {}

func holds(r *rule.Rule, f *rule.Facts) bool {
	if r == nil {
		return true
	}
	ok, err := r.Holds(f)
	return err == nil && ok
}
