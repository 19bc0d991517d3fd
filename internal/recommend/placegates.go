package recommend

import (
	"slices"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/surprise"
)

// The gates in this file are about what a surprise consists of, and where it is.

// contentGate protects from allergies, and from what the customer dislikes.
func contentGate(q *query, o *option) stop {
	if reason, _ := q.unfit(o.template.Contains); reason != "" {
		return stop{reason: reason, write: func(q *query, o *option) string {
			reason, word := q.unfit(o.template.Contains)
			return "it contains " + word + ", " + why(reason)
		}}
	}
	if corner := q.corner(o.template); corner != nil {
		return q.emptyFor(corner)
	}
	return stop{}
}

// unfit returns the first of some contents that the customer must not get, and the reason; empty where there is none.
func (q *query) unfit(contents []string) (reason surprise.Reason, word string) {
	for _, c := range contents {
		switch {
		case slices.Contains(q.words.allergies, c):
			return surprise.Allergy, c
		case slices.Contains(q.words.dislikes, c):
			return surprise.Disliked, c
		}
	}
	return "", ""
}

func why(r surprise.Reason) string {
	if r == surprise.Allergy {
		return "to which the customer is allergic"
	}
	return "which the customer dislikes"
}

// corner returns the surprise corner at which a template is given here; nil: it is of another kind, or there is none.
func (q *query) corner(t *catalog.Template) *catalog.Corner {
	if inNoCorner(t) {
		return nil
	}
	if s := q.cat.Store(q.moment.GetStore()); s != nil {
		return s.Corner
	}
	return nil
}

// emptyFor stops a corner in which every item has something that the customer must not get.
func (q *query) emptyFor(c *catalog.Corner) stop {
	var empty stop
	for i := range c.Items {
		reason, word := q.unfit(c.Items[i].Contains)
		if reason == "" {
			return stop{}
		}
		if !empty.stops() || reason == surprise.Allergy {
			empty = stopf(reason, "all that is in the corner has something in it that is not for this customer, such as %s, %s", word, why(reason))
		}
	}
	return empty
}

// openGate asks whether the customer can get to the surprise corner now. Only corners are bound to hours: where a till asks for anything else
// after closing time, somebody is still being served, and that is better evidence than the hours in the catalogue.
func openGate(q *query, o *option) stop {
	if inNoCorner(o.template) || q.withoutStores() {
		return stop{}
	}
	id := q.moment.GetStore()
	store := q.cat.Store(id)
	switch {
	case id == "":
		return stopf(surprise.NoCorner, "it is in the corner of a store, and the moment names no store")
	case store == nil:
		return stopf(surprise.NoCorner, "it is in the corner of a store, and the catalogue has no store %q", id)
	case store.Corner == nil:
		return stopf(surprise.NoCorner, "the store %s has no surprise corner", id)
	}
	open, next := store.Corner.Hours.Open(q.now, q.cat.Location)
	if open {
		return stop{}
	}
	closed := stop{reason: surprise.Closed, until: next, text: "the surprise corner of the store " + id + " is closed"}
	if !next.IsZero() {
		closed.text += " until " + next.In(q.cat.Location).Format("2006-01-02 15:04")
	}
	return closed
}
