package recommend

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// gateSet is a set of barring gates: bit i is that of gate i.
type gateSet uint32

// outlook is what can be told of a catalogue before any customer comes.
type outlook struct {
	cat *catalog.Catalog
	// gates are those that can stop a template, by its position: all that is looked at of most templates.
	gates []gateSet
	// highest is the highest factor of all stages.
	highest float64
}

// outlookOn returns that on a catalogue. It is worked out when decisions about a catalogue begin.
func (r *Recommender) outlookOn(cat *catalog.Catalog) *outlook {
	if known := r.outlook.Load(); known != nil && known.cat == cat {
		return known
	}
	out := &outlook{cat: cat, gates: make([]gateSet, len(cat.Templates))}
	for i, t := range cat.Templates {
		for bit, g := range r.barring {
			if g.spares == nil || !g.spares(t) {
				out.gates[i] |= 1 << bit
			}
		}
	}
	for _, id := range cat.JourneyIDs() {
		for _, s := range cat.Journey(id).Stages {
			out.highest = max(out.highest, s.Factor)
		}
	}
	r.outlook.Store(out)
	return out
}

// asked returns the gates that can stop something of a query.
func (r *Recommender) asked(q *query) (set gateSet) {
	for bit, g := range r.barring {
		if g.idle == nil || !g.idle(q) {
			set |= 1 << bit
		}
	}
	return set
}

// Most templates need not be asked of most gates. What follows tells so once for all queries.

func recovers(t *catalog.Template) bool { return t.Purpose == surprisev1.Purpose_RECOVERY }

func delights(t *catalog.Template) bool { return !recovers(t) }

func alwaysValid(t *catalog.Template) bool { return t.From.IsZero() && t.Until.IsZero() }

func seemly(t *catalog.Template) bool {
	return t.Visibility != surprisev1.Visibility_PUBLIC || recovers(t) || t.Source.GetEarnedReason() != ""
}

func ofNothing(t *catalog.Template) bool { return len(t.Contains) == 0 && inNoCorner(t) }

func inNoCorner(t *catalog.Template) bool { return t.Kind != surprisev1.Kind_CORNER }

func grantsNoWish(t *catalog.Template) bool {
	return t.Kind != surprisev1.Kind_WISH || len(t.Grants) == 0 || t.Rule != nil
}

func atAnyTime(t *catalog.Template) bool { return t.Occasion == nil }

func quicklyReady(t *catalog.Template) bool { return t.Occasion == nil || t.LeadTime.IsZero() }
