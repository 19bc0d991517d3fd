package recommend

import (
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/match"
	"github.com/surprise-service/surprised/internal/rank"
)

// Ceiling returns how high templates of a catalogue can score: at their best level, where the kind is least usual, for somebody who never had one,
// whose likes, pains and wish it all meets.
func Ceiling(cat *catalog.Catalog) match.Ceiling {
	p := cat.Policies
	market := leastUsual(cat)
	weights := rank.FitWeights{Like: p.LikeWeight, Pain: p.PainWeight, Wish: p.WishWeight, Max: p.MaxFit}
	return func(t *catalog.Template, factor float64) float64 {
		met := rank.Needs{Likes: len(t.AppealsTo), Pains: len(t.Solves), Wishes: min(len(t.Grants), 1)}
		in := rank.Input{Market: market[t.Kind], Moment: factor, Fit: rank.Fit(met, weights), Effect: 1, CostWeight: p.CostWeight}
		highest := bound(in, t.Levels[0])
		for _, l := range t.Levels[1:] {
			highest = max(highest, bound(in, l))
		}
		return highest
	}
}

// slack is more than what rounding can add to a score, as a share of its parts.
const slack = 1e-9

func bound(in rank.Input, l catalog.Level) float64 {
	in.Value, in.CostMinor = l.Value, l.CostMinor
	s := rank.Compute(in)
	cost := in.CostWeight * float64(in.CostMinor)
	return s.Total + slack*(1+s.Total+2*cost)
}

// leastUsual is the lowest that Catalog.Market says of each kind. Kinds of which nothing is said are not usual at all.
func leastUsual(cat *catalog.Catalog) map[surprisev1.Kind]float64 {
	out := map[surprisev1.Kind]float64{}
	for _, m := range cat.Source.GetMarket() {
		out[m.GetKind()] = cat.Market(m.GetKind(), "")
	}
	for _, m := range cat.Source.GetMarket() {
		out[m.GetKind()] = min(out[m.GetKind()], m.GetUsual())
	}
	return out
}
