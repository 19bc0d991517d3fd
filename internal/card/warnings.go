package card

import (
	"slices"

	"github.com/surprise-service/surprised/internal/catalog"
)

// warnings are the allergies first, for they can do harm; then dislikes, and what the template warns of.
func (in *Input) warnings(locale string) []string {
	allergies, dislikes := in.Customer.GetAllergies(), in.Customer.GetDislikes()
	n := len(allergies) + len(dislikes)
	if in.Customer != nil && n == 0 {
		return in.cautions(nil) // most offers: no words are needed
	}
	w := warningWordsOf(locale)
	if in.Customer == nil {
		return []string{w.unknown}
	}
	out := make([]string, 0, n)
	for _, a := range allergies {
		out = append(out, w.allergy+line(a))
	}
	for _, d := range dislikes {
		out = append(out, w.dislikes+line(d))
	}
	return in.cautions(out)
}

// cautions adds those of the template for this customer's words.
func (in *Input) cautions(to []string) []string {
	if in.Template == nil {
		return to
	}
	for i := range in.Template.Cautions {
		c := &in.Template.Cautions[i]
		if in.has(c.When, true) {
			to = append(to, c.Text(in.Locale))
		}
	}
	return to
}

// has reports whether one of some words, in the form of Fold, is among the customer's allergies or dislikes; with tags, among those too.
func (in *Input) has(any []string, tags bool) bool {
	found := func(own []string) bool {
		return slices.ContainsFunc(own, func(w string) bool { return slices.Contains(any, catalog.Fold(w)) })
	}
	return found(in.Customer.GetAllergies()) || found(in.Customer.GetDislikes()) || tags && found(in.Customer.GetTags())
}

// items are what this customer may be shown of the corner; all of it where nothing is known of the customer.
func (in *Input) items() []string {
	s := in.Catalog.Store(in.Store)
	if s == nil || s.Corner == nil {
		return nil
	}
	out := make([]string, 0, len(s.Corner.Items))
	for i := range s.Corner.Items {
		if item := &s.Corner.Items[i]; !in.has(item.Contains, false) {
			out = append(out, item.Name(in.Locale))
		}
	}
	return out
}
