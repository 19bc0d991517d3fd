package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Auditor is offered by a Walker that keeps more of a limit than its entries and their sum, and that can put the rest right by itself.
type Auditor interface {
	// AuditLimit returns what is kept of a limit, as of one moment; the zero state where there is nothing but entries and their sum.
	AuditLimit(ctx context.Context, limit string) (LimitState, error)
	// MendLimit makes all else follow from the entries, at one moment: the sum, the highest number, the numbers below it that are free, the
	// reservations that are open, and that walks find the limit.
	MendLimit(ctx context.Context, limit string) error
	// Unlisted returns the limits that have entries and that walks do not find.
	Unlisted(ctx context.Context) ([]string, error)
}

// LimitState is what a store keeps of a limit.
type LimitState struct {
	Sum     int64
	Entries []LimitEntry
	// Highest is the highest number ever given, 0: none was. Free are those that wait to be given again, in any order.
	Highest int64
	Free    []int64
	// Open are the claims that Overdue would find; of a store that is not Staged there are none.
	Open []surprise.ClaimID
}

// The kinds of findings about what a limit keeps beside its entries. All of them are put right by MendLimit.
const (
	FoundFree     = "NUMBER_FREE"    // a number waits to be given that somebody has, or that never was
	FoundLost     = "NUMBER_LOST"    // numbers that nobody has and nobody would get
	FoundHighest  = "NUMBER_HIGHEST" // a number beyond what is said to be the highest one given
	FoundUnmarked = "ENTRY_UNMARKED" // a reservation that nobody would look after
	FoundMark     = "MARK_ORPHAN"    // a mark of an open reservation that there is not
	FoundUnlisted = "LIMIT_UNLISTED" // a limit that walks and those who look after reservations do not find
)

// mostGaps bounds the numbers that one repair frees. With more of them the highest one is not to be believed.
const mostGaps = 1_000_000

// mended says how MendLimit put a kind of finding right; empty: it does not.
func mended(kind string) string {
	switch kind {
	case FoundSum:
		return "it counts what its entries add up to"
	case FoundFree:
		return "it does not wait any more"
	case FoundLost:
		return "they will be given again"
	case FoundHighest:
		return "the highest one that is had counts"
	case FoundUnmarked:
		return "it is looked after from now on"
	case FoundMark:
		return "the mark was taken away"
	case FoundUnlisted:
		return "it was listed"
	default:
		return ""
	}
}

// Numbers tells what is wrong with the numbers of a limit: the kind of each fault, the claim that it is about, if any, and what it is.
func (st LimitState) Numbers(tell func(kind string, id surprise.ClaimID, what string)) {
	had := make(map[int64]surprise.ClaimID, len(st.Entries))
	free := make(map[int64]bool, len(st.Free))
	highest := st.Highest
	for _, e := range st.Entries {
		if e.Number != 0 {
			had[e.Number] = e.ClaimID
			highest = max(highest, e.Number)
		}
	}
	for _, n := range st.Free {
		free[n] = true
		switch id, taken := had[n]; {
		case taken:
			tell(FoundFree, id, fmt.Sprintf("its number %d waits to be given to another", n))
		case n < 1 || n > st.Highest:
			tell(FoundFree, "", fmt.Sprintf("the number %d waits to be given, and %d is said to be the highest that ever was", n, st.Highest))
		}
	}
	if highest > st.Highest {
		tell(FoundHighest, had[highest], fmt.Sprintf("its number is %d, and %d is said to be the highest that ever was given", highest, st.Highest))
		return
	}
	if lost, first := lostNumbers(highest, had, free); lost > 0 {
		tell(FoundLost, "", fmt.Sprintf("%d numbers are had by nobody, and would be given to nobody; the first of them is %d", lost, first))
	}
}

// lostNumbers counts the numbers from 1 to highest that are neither had nor free, and returns the first of them. It does not walk through all of
// them, for the highest one may be any.
func lostNumbers(highest int64, had map[int64]surprise.ClaimID, free map[int64]bool) (lost, first int64) {
	known := make([]int64, 0, len(had)+len(free))
	for n := range had {
		known = append(known, n)
	}
	for n := range free {
		if _, taken := had[n]; !taken && n >= 1 && n <= highest {
			known = append(known, n)
		}
	}
	slices.Sort(known)
	first = int64(len(known)) + 1
	if gap := firstGap(known); gap != 0 {
		first = gap
	}
	return highest - int64(len(known)), first
}

// audit compares what a limit keeps beside its entries with them.
func (s *survey) audit(limit string, st LimitState) {
	found := func(kind string, id surprise.ClaimID, what string) {
		s.inLimit(kind, LimitRef{Limit: limit, ClaimID: id}, surprise.CustomerKey{}, what, true)
	}
	believable := believable(st.Entries)
	st.Numbers(func(kind string, id surprise.ClaimID, what string) {
		s.inLimit(kind, LimitRef{Limit: limit, ClaimID: id}, surprise.CustomerKey{}, what, believable)
	})
	if s.pending == nil {
		return
	}
	open := make(map[surprise.ClaimID]bool, len(st.Open))
	for _, id := range st.Open {
		open[id] = true
	}
	for _, e := range st.Entries {
		if !e.Posted && !open[e.ClaimID] {
			found(FoundUnmarked, e.ClaimID, "it is reserved, and nobody would look after it if its claim were never made")
		}
		if !e.Posted {
			delete(open, e.ClaimID)
		}
	}
	for id := range open {
		found(FoundMark, id, "it is marked as reserved, and nothing is")
	}
}

// believable reports whether the numbers that are had leave no more gaps than a repair may fill.
func believable(entries []LimitEntry) bool {
	highest := int64(0)
	for _, e := range entries {
		highest = max(highest, e.Number)
	}
	return highest-int64(len(entries)) <= mostGaps
}

// walkLimits visits each limit once, those too that walks do not find.
func (s *survey) walkLimits(ctx context.Context) error {
	auditor, audits := s.walker.(Auditor)
	visited := map[string]bool{}
	err := s.walker.WalkLimits(ctx, func(limit string, sum int64, entries []LimitEntry) error {
		if visited[limit] {
			return nil
		}
		visited[limit] = true
		s.limit(limit, sum, entries)
		if !audits {
			return nil
		}
		state, err := auditor.AuditLimit(ctx, limit)
		if err == nil {
			s.audit(limit, state)
		}
		return err
	})
	if err != nil || !audits {
		return err
	}
	unlisted, err := auditor.Unlisted(ctx)
	if err != nil {
		return err
	}
	for _, limit := range slices.Compact(slices.Sorted(slices.Values(unlisted))) {
		if visited[limit] {
			continue
		}
		if err := s.unlisted(ctx, auditor, limit); err != nil {
			return err
		}
	}
	return nil
}

// unlisted looks at a limit that walks do not find, as if they did.
func (s *survey) unlisted(ctx context.Context, auditor Auditor, limit string) error {
	state, err := auditor.AuditLimit(ctx, limit)
	if err != nil {
		return err
	}
	s.find(problem{Finding: Finding{Kind: FoundUnlisted, Where: limit, Repairable: believable(state.Entries),
		What: fmt.Sprintf("it has %d entries, and those who give back, and drop what is over, do not find it", len(state.Entries))}})
	s.limit(limit, state.Sum, state.Entries)
	s.audit(limit, state)
	return nil
}
