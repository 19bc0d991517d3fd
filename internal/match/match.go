// Package match finds the templates that fit a request: right stage, right channel, and a rule that holds.
package match

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
)

// Query is what a request asks for.
type Query struct {
	// Context ends the search early; what was found by then is incomplete. Nil: nothing ends it.
	Context context.Context //nolint:containedctx // a query lives as long as its call
	Facts   *rule.Facts
	// Stage may be nil: any stage.
	Stage   *catalog.Stage
	Channel surprisev1.Channel
}

// Matcher finds templates. Implementations are immutable, belong to one catalogue and are safe for concurrent use.
type Matcher interface {
	// Match appends the templates that fit to into, in the order of the catalogue. A rule that cannot be evaluated does not fit.
	Match(q Query, into []*catalog.Template) []*catalog.Template
}

// Scan asks every template in turn. It is the reference for every other matcher.
type Scan struct {
	cat *catalog.Catalog
}

var _ Matcher = (*Scan)(nil)

// NewScan returns the scan over a catalogue.
func NewScan(cat *catalog.Catalog) *Scan { return &Scan{cat: cat} }

// checkEvery is how many templates are asked between two looks at the clock.
const checkEvery = 16

// Match implements Matcher.
func (s *Scan) Match(q Query, into []*catalog.Template) []*catalog.Template {
	for i, t := range s.cat.Templates {
		if i%checkEvery == 0 && q.Context != nil && q.Context.Err() != nil {
			return into
		}
		if (q.Stage == nil || t.OnStage(q.Stage)) && t.OnChannel(q.Channel) && holds(t.Rule, q.Facts) {
			into = append(into, t)
		}
	}
	return into
}

func holds(r *rule.Rule, f *rule.Facts) bool {
	if r == nil {
		return true
	}
	ok, err := r.Holds(f)
	return err == nil && ok
}
