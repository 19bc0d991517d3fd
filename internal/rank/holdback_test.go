package rank

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The peak is worth 30 and reached in four of five visits: waiting is worth 24, more than 20 at the door.
func ExamplePlanner_HoldBack() {
	door := Node{Scores: []float64{20}, Next: []Edge{{To: 1, P: 0.8}}}
	peak := Node{Scores: []float64{30}}
	p := new(Planner).HoldBack([]Node{door, peak}, 0, 1, 4)
	fmt.Printf("give %.0f, wait %.0f, for stage %d with probability %.1f\n", p.Give, p.Wait, p.Target, p.Probability)
	// Output: give 20, wait 24, for stage 1 with probability 0.8
}

func TestHoldBackByHand(t *testing.T) {
	for _, tc := range []struct {
		name       string
		nodes      []Node
		k          int
		give, wait float64
	}{
		{"nothing anywhere", []Node{{Next: []Edge{{1, 1}}}, {}}, 1, 0, 0},
		{"nothing here", []Node{{Next: []Edge{{1, 0.5}}}, {Scores: []float64{10}}}, 1, 0, 5},
		{"the last stage", []Node{{Scores: []float64{10}}}, 1, 10, 0},
		{"two surprises, one here and one there", []Node{{Scores: []float64{10, 4}, Next: []Edge{{1, 0.5}}}, {Scores: []float64{20}}}, 2, 20, 10},
		{"two surprises, both here", []Node{{Scores: []float64{10, 9}, Next: []Edge{{1, 0.5}}}, {Scores: []float64{12}}}, 2, 19, 6},
		// Around the loop the peak comes sooner or later: 0.5 + 0.5 * 0.5 + ... within the horizon of 4 steps.
		{"a loop", []Node{{Next: []Edge{{0, 0.5}, {1, 0.5}}}, {Scores: []float64{16}}}, 1, 0, 15},
	} {
		p := new(Planner).HoldBack(tc.nodes, 0, tc.k, 4)
		if math.Abs(p.Give-tc.give) > 1e-9 || math.Abs(p.Wait-tc.wait) > 1e-9 {
			t.Errorf("%s: got give %v, wait %v; want %v, %v", tc.name, p.Give, p.Wait, tc.give, tc.wait)
		}
	}
}

// drawJourney returns a small random journey, cycles included.
func drawJourney(t *rapid.T, stages int) []Node {
	nodes := make([]Node, stages)
	for s := range nodes {
		n := rapid.IntRange(0, 2).Draw(t, "scores")
		best := rapid.Float64Range(1, 50).Draw(t, "best")
		for j := range n {
			nodes[s].Scores = append(nodes[s].Scores, best/float64(j+1))
		}
		left := 1.0
		for to := range nodes {
			p := rapid.Float64Range(0, 1).Draw(t, "p") * left
			left -= p
			nodes[s].Next = append(nodes[s].Next, Edge{To: to, P: p})
		}
	}
	return nodes
}

// policy says how many surprises to give, by steps left, surprises left and stage.
type policy map[[3]int]int

// worth follows one policy to the end.
func worth(nodes []Node, pol policy, t, left, s int) float64 {
	give := pol[[3]int{t, left, s}]
	v := 0.0
	for j := range give {
		v += nodes[s].Scores[j]
	}
	if t == 0 {
		return v
	}
	for _, e := range nodes[s].Next {
		if e.P > 0 && left > give {
			v += e.P * worth(nodes, pol, t-1, left-give, e.To)
		}
	}
	return v
}

// everyPolicy tries all policies over all points of decision.
func everyPolicy(nodes []Node, points [][3]int, pol policy, try func(policy)) {
	if len(points) == 0 {
		try(pol)
		return
	}
	at := points[0]
	for give := 0; give <= min(at[1], len(nodes[at[2]].Scores)); give++ {
		pol[at] = give
		everyPolicy(nodes, points[1:], pol, try)
	}
}

// No policy whatsoever is better than the induction says, and one is as good.
func TestHoldBackIsOptimal(t *testing.T) {
	for _, size := range []struct{ stages, k, horizon int }{{3, 1, 2}, {2, 2, 1}, {2, 1, 3}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				nodes := drawJourney(t, size.stages)
				var points [][3]int
				for step := range size.horizon + 1 {
					for left := 1; left <= size.k; left++ {
						for s := range nodes {
							points = append(points, [3]int{step, left, s})
						}
					}
				}
				give, wait := 0.0, 0.0
				everyPolicy(nodes, points, policy{}, func(pol policy) {
					v := worth(nodes, pol, size.horizon, size.k, 0)
					if pol[[3]int{size.horizon, size.k, 0}] > 0 {
						give = max(give, v)
					} else {
						wait = max(wait, v)
					}
				})
				p := new(Planner).HoldBack(nodes, 0, size.k, size.horizon)
				if len(nodes[0].Scores) > 0 && math.Abs(p.Give-give) > 1e-9 || math.Abs(p.Wait-wait) > 1e-9 {
					t.Fatalf("got give %v, wait %v; the best policies reach %v, %v", p.Give, p.Wait, give, wait)
				}
			})
		})
	}
}
