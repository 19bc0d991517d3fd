package history

import (
	"fmt"
	"math"
	"slices"

	"github.com/anishathalye/porcupine"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// claimsAndLimits is the specification of one group. A call whose outcome is unknown has its effect at some time after its beginning: where it had none,
// that time is after all that anybody saw.
//
// In a staged store, reservations of claims that come to nothing take room for a while. So it may say that nothing is left while something is, and count
// too many, but never gives more than there is.
func claimsAndLimits(staged bool) porcupine.Model {
	return porcupine.Model{
		Partition: byGroup,
		Init:      func() any { return parts{expiredSlot: {phase: expired}} },
		Step: func(state, input, output any) (bool, any) {
			g, in, out := state.(parts), input.(call), output.(answer)
			if staged && g.needless(in, out) {
				return true, g
			}
			if in.kind == sawFull {
				return g.taken() >= groupCakes, g
			}
			if p := g[in.slot].phase; in.kind == confirmingOver && p != expired && p != explained {
				return false, g
			}
			after, want := g.next(in)
			if out.number == 0 || staged { // there, the order of numbers is not that of claims
				want.number, out.number = 0, 0
			}
			return out.unknown || out == want, after
		},
		DescribeOperation: func(input, output any) string { return describe(input.(call), output.(answer)) },
		DescribeState:     func(state any) string { return fmt.Sprint(state) },
	}
}

// needless reports whether an answer is one that only a staged store may give: that less is left than is.
func (g parts) needless(in call, out answer) bool {
	switch in.kind {
	case sawFull:
		return true
	case counting:
		return g.taken() <= out.taken && out.taken <= groupCakes
	case claiming:
		return out.reason == surprise.LimitExhausted && isCake(in.slot) && g[in.slot].phase == unclaimed && g.admits(in.slot) == ""
	default:
		return false
	}
}

// withDenials adds what claims of a staged store do that are refused after they reserved: they give their id up, at some time. Only where it shows, for
// it makes the search longer.
func withDenials(history []porcupine.Operation) []porcupine.Operation {
	type place struct{ group, slot int }
	shown := map[place]bool{}
	for _, op := range history {
		c, a := op.Input.(call), op.Output.(answer)
		if a.reason == surprise.ClaimDenied || a.state == surprisev1.ClaimState_DENIED {
			shown[place{c.group, c.slot}] = true
		}
	}
	out := slices.Clone(history)
	for _, op := range history {
		c, a := op.Input.(call), op.Output.(answer)
		if shown[place{c.group, c.slot}] && c.kind == claiming && (a.unknown || a.reason != "" && a.reason != surprise.ClaimDenied) {
			c.kind = denying
			out = append(out, porcupine.Operation{Input: c, Output: answer{unknown: true}, Call: op.Call, Return: math.MaxInt64})
		}
	}
	return out
}

func describe(c call, a answer) string {
	return fmt.Sprintf("%s of group %d slot %d: unknown %v, %q %v, replayed %v, over %v, taken %d, number %d", c.kind, c.group, c.slot, a.unknown, a.reason, a.state, a.replayed, a.over, a.taken, a.number)
}

func byGroup(history []porcupine.Operation) [][]porcupine.Operation {
	var out [][]porcupine.Operation
	at := map[int]int{}
	for _, op := range history {
		g := op.Input.(call).group
		if _, ok := at[g]; !ok {
			at[g] = len(out)
			out = append(out, nil)
		}
		out[at[g]] = append(out[at[g]], op)
	}
	return out
}
