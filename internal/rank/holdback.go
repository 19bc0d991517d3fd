package rank

import "slices"

// Node is a stage of a journey as hold-back sees it.
type Node struct {
	// Scores are those of the surprises that could be given here, each above 0, the best first.
	Scores []float64
	Next   []Edge
}

// Edge leads to the node at position To with a probability.
type Edge struct {
	To int
	P  float64
}

// Plan compares giving a surprise now with waiting, in delight points expected over the rest of the visit.
type Plan struct {
	// Give is the value of giving at least one surprise now, Wait that of giving none now; both go on optimally.
	Give, Wait float64
	// Target is the stage for which waiting is worth most, and Probability that of giving the next surprise there when waiting. They are
	// found only where waiting is worth more.
	Target      int
	Probability float64
}

// Gain is what waiting is worth beyond giving now.
func (p Plan) Gain() float64 { return p.Wait - p.Give }

// Planner keeps the room that plans need for the next one. The zero value is ready. It is for one goroutine.
type Planner struct {
	value []float64
}

// HoldBack finds the best time for up to k surprises in a visit that is at start, by backward induction over horizon steps. With
// S_j(s) the sum of the j best scores at stage s,
//
//	V_k(s, t) = max over j = 0..k of S_j(s) + sum over s' of P(s -> s') V_{k-j}(s', t-1)      V(s, 0) = S_k(s)
//
// which is the optimal policy of a finite Markov decision process (Bellman 1957). A journey with cycles is followed for so many steps as
// the horizon has; what lies beyond is worth nothing.
func (r *Planner) HoldBack(nodes []Node, start, k, horizon int) Plan {
	in := r.induction(nodes, k, horizon)
	in.run()
	r.value = in.value
	var p Plan
	_, p.Give = in.best(horizon, k, start, 1)
	p.Wait = in.later(horizon, k, start)
	if p.Gain() > 0 {
		p.Target, p.Probability = in.target(start)
	}
	return p
}

// induction holds V by steps left, surprises left and stage.
type induction struct {
	nodes   []Node
	k       int
	horizon int
	// value has a row of V by surprises left and stage, for no step left, one, and so on. From a row that is the same as that before it no step
	// makes a difference any more, and it stands for all that would follow: journeys without cycles come to that after their longest way.
	value []float64
	rows  int
}

// usualRows has room for a journey of ten stages without cycles.
const usualRows = 12

func (r *Planner) induction(nodes []Node, k, horizon int) *induction {
	return &induction{nodes: nodes, k: k, horizon: horizon, value: slices.Grow(r.value[:0], min(horizon+1, usualRows)*k*len(nodes))}
}

// run goes back in time until nothing changes, at most over the horizon.
func (in *induction) run() {
	size := in.k * len(in.nodes)
	for t := 0; t <= in.horizon; t++ {
		for left := 1; left <= in.k; left++ {
			for s := range in.nodes {
				_, v := in.best(t, left, s, 0)
				in.value = append(in.value, v)
			}
		}
		in.rows++
		if last := len(in.value) - size; t > 0 && slices.Equal(in.value[last:], in.value[last-size:last]) {
			return
		}
	}
}

// worth is V with so many steps and surprises left at a stage.
func (in *induction) worth(t, left, s int) float64 {
	if left == 0 {
		return 0
	}
	return in.value[(min(t, in.rows-1)*in.k+left-1)*len(in.nodes)+s]
}

// best returns how many surprises, at least least, to give at a stage with so many steps and surprises left, and what that is worth. Of
// equal choices it takes the one that gives more: a surprise now is certain.
func (in *induction) best(t, left, s, least int) (give int, value float64) {
	sum := 0.0
	value = -1
	scores := in.nodes[s].Scores
	for j := 0; j <= min(left, len(scores)); j++ {
		if j > 0 {
			sum += scores[j-1]
		}
		if v := sum + in.later(t, left-j, s); j >= least && v >= value {
			give, value = j, v
		}
	}
	return give, max(value, 0)
}

// later is what the stages after s are worth.
func (in *induction) later(t, left, s int) float64 {
	if t == 0 || left == 0 {
		return 0
	}
	v := 0.0
	for _, e := range in.nodes[s].Next {
		v += e.P * in.worth(t-1, left, e.To)
	}
	return v
}

// target follows the optimal policy from start, after waiting there, to where the next surprise is given.
func (in *induction) target(start int) (stage int, probability float64) {
	n := len(in.nodes)
	space := make([]float64, 3*n)
	given, mass, next := space[:n], space[n:2*n], space[2*n:]
	in.move(mass, start, 1)
	for t := in.horizon - 1; t >= 0 && slices.Max(mass) > 0; t-- {
		clear(next)
		for s, m := range mass {
			if m == 0 {
				continue
			}
			if j, _ := in.best(t, in.k, s, 0); j > 0 {
				given[s] += m
			} else {
				in.move(next, s, m)
			}
		}
		mass, next = next, mass
	}
	worth := 0.0
	for s, p := range given {
		if p > 0 && p*in.nodes[s].Scores[0] > worth {
			stage, probability, worth = s, p, p*in.nodes[s].Scores[0]
		}
	}
	return stage, probability
}

func (in *induction) move(mass []float64, from int, m float64) {
	for _, e := range in.nodes[from].Next {
		mass[e.To] += m * e.P
	}
}
