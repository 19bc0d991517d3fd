package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/surprise-service/surprised/internal/surprise"
)

// indexEntry compares an entry of an index with what records say.
func (s *survey) indexEntry(index string, e IndexEntry) error {
	s.seen.IndexEntries++
	kind, name, _ := strings.Cut(index, "|")
	switch {
	case index == lineIndex:
		s.listed[e.Member] = place{score: e.Score}
	case index == taskStores: // where to look, and no more
	case index == codeOwners:
		s.owners[e.Member] = string(e.Data)
	case kind == "codes":
		if s.codes[name] == nil {
			s.codes[name] = map[string]int64{}
		}
		s.codes[name][e.Member] = e.Score
	case kind == "slots":
		s.slotEntry(index, e)
	case strings.HasPrefix(index, waitPrefix):
		s.waitEntry(index, e)
	default:
		s.listEntry(index, e)
	}
	return nil
}

func (s *survey) slotEntry(index string, e IndexEntry) {
	slot, err := decodeSlot(e)
	if err != nil || slot.GetId() != e.Member || slot.GetStarts().AsTime().UnixMicro() != e.Score {
		s.find(problem{Finding: Finding{Kind: FoundPool, Where: index, Entry: e.Member, What: "the slot cannot be read, or is filed under another id or time"}})
	}
}

func (s *survey) waitEntry(index string, e IndexEntry) {
	line := strings.TrimPrefix(index, waitPrefix)
	ticket, ok := s.lines[e.Member]
	if !ok || !slices.Contains(ticket.lists, line) {
		s.orphanIn(index, e, "no ticket waits here with this id")
		return
	}
	delete(s.lines, e.Member)
	if latest, ok := s.waits[line]; !ok || latest.score < e.Score {
		s.waits[line] = place{key: ticket.key, score: e.Score}
	}
}

func (s *survey) listEntry(index string, e IndexEntry) {
	want, ok := s.indexed[index][e.Member]
	if !ok || want.score != e.Score {
		s.orphanIn(index, e, "nothing that is open has this id and time")
		return
	}
	delete(s.indexed[index], e.Member)
}

func (s *survey) orphanIn(index string, e IndexEntry, what string) {
	key, ours := surprise.ClaimID(e.Member).Customer()
	if s.unreadable[key] {
		return
	}
	s.find(problem{key: key, Finding: Finding{Kind: FoundIndexOrphan, Where: index, Entry: e.Member, What: what, Repairable: ours},
		index: &IndexOp{Index: index, IndexEntry: e, Remove: true}})
}

// missingIndexes is called after all indexes were seen. A ticket may be in one of two lines, as the catalogue was when it joined: nobody can tell
// now.
func (s *survey) missingIndexes() {
	for index, members := range s.indexed {
		for member, p := range members {
			s.missingIn(index, member, p, "it is open, and the index does not have it", true)
		}
	}
	for ticket, p := range s.lines {
		s.missingIn(waitPrefix+p.lists[len(p.lists)-1], ticket, p, "the ticket waits and is in no line", len(p.lists) == 1)
	}
	for line, p := range s.waits {
		if _, ok := s.listed[line]; !ok {
			s.missingIn(lineIndex, line, p, "somebody waits in this line, and nobody serves it", true)
		}
	}
}

func (s *survey) missingIn(index, member string, p place, what string, repairable bool) {
	s.find(problem{key: p.key, Finding: Finding{Kind: FoundIndexMissing, Where: index, Entry: member, What: what, Repairable: repairable},
		index: &IndexOp{Index: index, IndexEntry: IndexEntry{IndexPlace: IndexPlace{Score: p.score, Member: member}}}})
}

// pools checks that codes are numbered from 1 without gaps, as many as were counted, and that each is of the pool that owns it. Codes never get
// into a finding: who reads it may not be who may spend them.
func (s *survey) pools(ctx context.Context) error {
	foreign := map[string]int{}
	for code, pool := range s.owners {
		if _, ok := s.codes[pool][code]; !ok {
			foreign[pool]++
		}
	}
	for pool, n := range foreign {
		s.inPool(pool, fmt.Sprintf("it owns %d codes that it does not have", n))
	}
	for pool, codes := range s.codes {
		numbers := slices.Sorted(maps.Values(codes))
		if gap := firstGap(numbers); gap != 0 {
			s.inPool(pool, fmt.Sprintf("no code, or more than one, has the number %d", gap))
			continue
		}
		loaded, err := s.store.Load(ctx, s.opts.Hash(ownPrefix+"pool\x00"+pool))
		if err != nil {
			return Unavailable(err)
		}
		rec, err := DecodeRecord(loaded[0].Data)
		if loaded[0].Version == 0 {
			s.inPool(pool, fmt.Sprintf("there are %d codes, and nothing that counts them: it is lost, or the store is of another tenant than was named", len(numbers)))
			continue
		}
		if err == nil && rec.GetPoolSize() != int64(len(numbers)) { // what cannot be read was found already
			s.inPool(pool, fmt.Sprintf("there are %d codes, and %d were counted", len(numbers), rec.GetPoolSize()))
		}
	}
	return nil
}

func (s *survey) inPool(pool, what string) {
	s.find(problem{Finding: Finding{Kind: FoundPool, Where: codesIndex(pool), What: what}})
}

// firstGap returns the first number from 1 that sorted numbers lack, or have twice; 0: none.
func firstGap(numbers []int64) int64 {
	for i, n := range numbers {
		if n != int64(i)+1 {
			return int64(i) + 1
		}
	}
	return 0
}
