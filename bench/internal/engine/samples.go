package engine

import (
	"context"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Sample is a claim that a store sees most of its kind: the first one of a customer, at a store where others claimed before.
type Sample struct {
	Request *surprisev1.ClaimRequest
	// Names are all that only this claim has of what keys and members in a store are named after.
	Names []string
}

// Samples returns claims that together are what a kind of claims is like, each as often as the others. It makes the claims that go before.
func (e *Engine) Samples(ctx context.Context, kind Kind) ([]Sample, error) {
	if kind == Hot {
		s, err := e.sample(ctx, string(Hot), hotStore)
		return []Sample{s}, err
	}
	var out []Sample
	for _, takes := range []string{string(Spread), free} {
		store := "store-of-" + takes
		s, err := e.sample(ctx, takes, store)
		if err != nil {
			return nil, err
		}
		s.Names = append(s.Names, store)
		out = append(out, s)
	}
	return out, nil
}

func (e *Engine) sample(ctx context.Context, takes, store string) (Sample, error) {
	before, err := e.sign("before-"+takes, templateID(takes, 0), store)
	if err != nil {
		return Sample{}, err
	}
	if err := e.Claim(ctx, before); err != nil {
		return Sample{}, err
	}
	customer := "sample-" + takes
	req, err := e.sign(customer, templateID(takes, 0), store)
	key := e.hash(customer)
	return Sample{Request: req, Names: []string{key.String(), string(key[:])}}, err
}
