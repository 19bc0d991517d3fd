package recommend

import surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"

// Most queries need not be asked of most gates. What follows tells so once for all templates.

func (q *query) satisfied() bool { return q.dissatisfied == nil }

func (q *query) unsatisfied() bool { return q.dissatisfied != nil }

func (q *query) consents() bool {
	const withheld = surprisev1.Consent_WITHHELD
	c := q.customer.GetConsents()
	return c.GetSurprises() != withheld && c.GetPersonalOccasions() != withheld && c.GetPublicDelivery() != withheld
}

func (q *query) neverQuiet() bool { return len(q.cat.Policies.Quiet) == 0 }

func (q *query) getsAnything() bool { return len(q.words.allergies) == 0 && len(q.words.dislikes) == 0 }

func (q *query) withoutStores() bool { return !q.cat.HasStores() }

func (q *query) neverCoolsOff() bool { return q.cat.Policies.Satisfaction.CoolOff.IsZero() }

func (q *query) withoutPast() bool { return len(q.rec.GetEntries()) == 0 && len(q.rec.GetTried()) == 0 }

func (q *query) uncapped() bool { return len(q.cat.Policies.Caps) == 0 }

func (q *query) single() bool { return q.household == "" }
