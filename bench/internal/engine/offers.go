package engine

import (
	"fmt"
	"strings"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

const (
	// Customers is how many there are. All make one claim before any of them makes another.
	Customers = 20_000
	// templates is how many claims a customer holds at once: one of each. Whoever has them all is followed by a new customer.
	templates = 16

	hotLimit = "hot"
	hotStore = "taipei-1"
	free     = "free" // in the place of a limit: none
)

// Kind tells what claims take.
type Kind string

// The kinds of claims.
const (
	Hot    Kind = "hot"    // a unit of one limit that all share
	Spread Kind = "spread" // for every other customer a unit of a limit of its own, for the rest nothing
)

// Offers makes the offers of one kind, each to be claimed once.
type Offers struct {
	engine *Engine
	kind   Kind
	next   int // number of the next offer
}

// Offers returns the offers of a kind, from the first. It is asked for once for each kind.
func (e *Engine) Offers(kind Kind) *Offers { return &Offers{engine: e, kind: kind} }

// Next returns the requests that claim the next n offers.
func (o *Offers) Next(n int) ([]*surprisev1.ClaimRequest, error) {
	out := make([]*surprisev1.ClaimRequest, n)
	for i := range out {
		var err error
		if out[i], err = o.one(o.next + i); err != nil {
			return nil, err
		}
	}
	o.next += n
	return out, nil
}

// one returns the claim of offer n. A limit of one customer is one for each store, with a store for each customer.
func (o *Offers) one(n int) (*surprisev1.ClaimRequest, error) {
	number, lap := n%Customers, n/Customers
	customer := fmt.Sprintf("%s-%d-%d", o.kind, lap/templates, number)
	takes, store := string(o.kind), hotStore
	if o.kind == Spread {
		store = customer
		if number%2 == 1 {
			takes = free
		}
	}
	return o.engine.sign(customer, templateID(takes, lap%templates), store)
}

func templateID(takes string, number int) string { return fmt.Sprintf("%s_%d", takes, number) }

// text is the catalogue: templates without cooldowns, over limits that never run out.
func text() []byte {
	var out strings.Builder
	out.WriteString(`default_locale: en
journeys:
  - {id: visit, stages: [{id: till}]}
limits:
  - {id: hot, unit: UNITS, capacity: 9000000000000}
  - {id: spread, unit: UNITS, capacity: 9000000000000, per_store: true}
policies:
  hold: 30m
templates:
`)
	for _, takes := range []string{string(Hot), string(Spread), free} {
		limits := ", limits: [" + takes + "]"
		if takes == free {
			limits = ""
		}
		for i := range templates {
			fmt.Fprintf(&out, "  - {id: %s, kind: NOTE, levels: [{id: small, value: 10}]%s, texts: {en: {title: t, message: m}}}\n", templateID(takes, i), limits)
		}
	}
	return []byte(out.String())
}
