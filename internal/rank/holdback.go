package rank

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
	// meaningful only where Wait is above 0.
	Target      int
	Probability float64
}

// Gain is what waiting is worth beyond giving now.
func (p Plan) Gain() float64 { return p.Wait - p.Give }

// HoldBack finds the best time for up to k surprises in a visit that is at start, by backward induction over horizon steps. With
// S_j(s) the sum of the j best scores at stage s,
//
//	V_k(s, t) = max over j = 0..k of S_j(s) + sum over s' of P(s -> s') V_{k-j}(s', t-1)      V(s, 0) = S_k(s)
//
// which is the optimal policy of a finite Markov decision process (Bellman 1957). A journey with cycles is followed for so many steps as
// the horizon has; what lies beyond is worth nothing.
func HoldBack(nodes []Node, start, k, horizon int) Plan {
	in := newInduction(nodes, k, horizon)
	for t := 1; t <= horizon; t++ {
		for s := range nodes {
			for left := 1; left <= k; left++ {
				_, in.value[t][left][s] = in.best(t, left, s, 0)
			}
		}
	}
	var p Plan
	_, p.Give = in.best(horizon, k, start, 1)
	p.Wait = in.later(horizon, k, start)
	p.Target, p.Probability = in.target(start)
	return p
}

// induction holds V by steps left, surprises left and stage.
type induction struct {
	nodes   []Node
	k       int
	horizon int
	value   [][][]float64
}

func newInduction(nodes []Node, k, horizon int) *induction {
	in := &induction{nodes: nodes, k: k, horizon: horizon, value: make([][][]float64, horizon+1)}
	for t := range in.value {
		in.value[t] = make([][]float64, k+1)
		for left := range in.value[t] {
			in.value[t][left] = make([]float64, len(nodes))
		}
	}
	for s := range nodes {
		for left := 1; left <= k; left++ {
			_, in.value[0][left][s] = in.best(0, left, s, 0)
		}
	}
	return in
}

// best returns how many surprises, at least least, to give at a stage with so many steps and surprises left, and what that is worth. Of
// equal choices it takes the one that gives more: a surprise now is certain.
func (in *induction) best(t, left, s, least int) (give int, value float64) {
	sum := 0.0
	value = -1
	for j := 0; j <= min(left, len(in.nodes[s].Scores)); j++ {
		if j > 0 {
			sum += in.nodes[s].Scores[j-1]
		}
		if v := sum + in.later(t, left-j, s); j >= least && v >= value {
			give, value = j, v
		}
	}
	return give, max(value, 0)
}

// later is what the stages after s are worth.
func (in *induction) later(t, left, s int) float64 {
	if t == 0 {
		return 0
	}
	v := 0.0
	for _, e := range in.nodes[s].Next {
		v += e.P * in.value[t-1][left][e.To]
	}
	return v
}

// target follows the optimal policy from start, after waiting there, to where the next surprise is given.
func (in *induction) target(start int) (stage int, probability float64) {
	given := make([]float64, len(in.nodes))
	mass := make([]float64, len(in.nodes))
	in.move(mass, start, 1)
	for t := in.horizon - 1; t >= 0; t-- {
		next := make([]float64, len(in.nodes))
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
		mass = next
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
