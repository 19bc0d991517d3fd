package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/surprise-service/surprised/internal/surprise"
)

// limit compares what a limit has with what records say.
func (s *survey) limit(limit string, sum int64, entries []LimitEntry) {
	s.seen.Limits++
	if isReturnMark(limit) {
		return
	}
	var total, capacity int64
	allKnown := true
	numbers := map[int64]surprise.ClaimID{}
	entries = slices.Clone(entries) // in one order, so that a second look finds the same again
	slices.SortFunc(entries, func(a, b LimitEntry) int { return cmp.Compare(a.ClaimID, b.ClaimID) })
	for _, e := range entries {
		total += e.Amount
		ref := LimitRef{Limit: limit, ClaimID: e.ClaimID}
		want, ok := s.takes[ref]
		if e.Number != 0 && numbers[e.Number] != "" {
			s.inLimit(FoundNumber, ref, want.key, fmt.Sprintf("the number %d is also had by %s", e.Number, numbers[e.Number]), false)
		}
		numbers[e.Number] = e.ClaimID
		if !ok {
			allKnown = false
			s.orphan(ref, e)
			continue
		}
		capacity = max(capacity, want.take.GetCapacity())
		s.compare(ref, e, want)
		delete(s.takes, ref)
	}
	if total != sum {
		s.limits[limit] = slices.Clone(entries)
		s.find(problem{Finding: Finding{Kind: FoundSum, Where: limit, What: fmt.Sprintf("it counts %d, and its entries add up to %d", sum, total), Repairable: true}})
	}
	// Claims that are no longer kept may have known of a greater capacity.
	if allKnown && total > capacity {
		s.find(problem{Finding: Finding{Kind: FoundOver, Where: limit, What: fmt.Sprintf("%d are taken, and no claim knows of more than %d", total, capacity)}})
	}
}

func (s *survey) inLimit(kind string, ref LimitRef, key surprise.CustomerKey, what string, repairable bool) {
	s.find(problem{key: key, ref: ref, Finding: Finding{Kind: kind, Where: ref.Limit, Entry: string(ref.ClaimID), What: what, Repairable: repairable}})
}

// orphan judges an entry that no claim takes. A final one whose claim is no longer kept is what was given long ago, or to somebody who was erased.
func (s *survey) orphan(ref LimitRef, e LimitEntry) {
	key, ours := ref.ClaimID.Customer()
	switch {
	case s.unreadable[key] || !s.ids[ref.ClaimID] && e.Posted:
		return
	case !e.Posted && s.underWay(ref):
		return
	case s.ids[ref.ClaimID]:
		s.inLimit(FoundOrphan, ref, key, fmt.Sprintf("it has %d for a claim that is over, or does not take it", e.Amount), true)
	default:
		s.inLimit(FoundOrphan, ref, key, fmt.Sprintf("it has %d for a claim that there is not", e.Amount), ours)
	}
}

func (s *survey) compare(ref LimitRef, e LimitEntry, want taking) {
	switch {
	case e.Amount != want.take.GetAmount():
		s.inLimit(FoundAmount, ref, want.key, fmt.Sprintf("it has %d, and its claim takes %d", e.Amount, want.take.GetAmount()), false)
	case want.posted && !e.Posted && !s.underWay(ref):
		s.inLimit(FoundUnposted, ref, want.key, "it was given, and could still be given back", true)
	case !want.posted && e.Posted:
		s.inLimit(FoundPosted, ref, want.key, "it is on hold, and could not be given back", false)
	}
	switch has, needs := e.Number, numbered(want.take); {
	case needs && has == 0:
		s.inLimit(FoundNumber, ref, want.key, "it has no number", false)
	case !needs && has != 0:
		s.inLimit(FoundNumber, ref, want.key, fmt.Sprintf("it has the number %d, and its claim takes none", has), false)
	case has > want.take.GetCapacity():
		s.inLimit(FoundNumber, ref, want.key, fmt.Sprintf("its number %d is beyond the %d that there were", has, want.take.GetCapacity()), false)
	}
}

// missingEntries is called after all limits were seen. A number cannot be made up: the customer may have been told another one.
func (s *survey) missingEntries() {
	for ref, want := range s.takes {
		if s.opts.Retention > 0 && limitOver(ref.Limit, s.opts.Now.Add(-s.opts.Retention)) {
			continue
		}
		s.inLimit(FoundMissing, ref, want.key, fmt.Sprintf("the claim takes %d, and the limit has nothing for it", want.take.GetAmount()), !numbered(want.take))
	}
}
