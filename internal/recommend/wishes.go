package recommend

import (
	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
	"github.com/surprise-service/surprised/internal/wish"
)

// taggedWish is a wish that may be granted now, with the tags found in its text.
type taggedWish struct {
	wish *storev1.Wish
	tags []string
}

// recallWishes reads the wishes of the record that are open and old enough, the oldest first. Most customers have none, which costs nothing.
func (q *query) recallWishes(m *wish.Matcher) {
	if len(q.rec.GetWishes()) == 0 {
		return
	}
	for _, w := range ledger.OpenWishes(q.rec, q.now) {
		q.wishes = append(q.wishes, taggedWish{wish: w, tags: tagsOf(w, q.cat, m)})
	}
}

// tagsOf returns the tags that were found when the wish was posted or, if that was under another catalogue, those that are found now.
func tagsOf(w *storev1.Wish, cat *catalog.Catalog, m *wish.Matcher) []string {
	switch {
	case w.GetCatalogRevision() == cat.Revision:
		return w.GetTags()
	case m == nil:
		return nil
	default:
		return m.Tags(w.GetText())
	}
}

// wishGate keeps templates that are there to grant wishes for those who wished. A rule says otherwise, for example for wishes that staff heard.
func wishGate(q *query, o *option) stop {
	if grantsNoWish(o.template) || q.granted(o.template) != nil {
		return stop{}
	}
	return stop{reason: surprise.AudienceMismatch, text: "it grants a wish, and the customer has no open one that it grants"}
}

// granted returns the oldest wish that a template grants; nil: none.
func (q *query) granted(t *catalog.Template) *storev1.Wish {
	for _, w := range q.wishes {
		if matches(t.Grants, w.tags) > 0 {
			return w.wish
		}
	}
	return nil
}
