package match

import (
	"cmp"
	"slices"
)

// group are words that the same predicates list: for rules they are one.
type group struct {
	words []string
	rows  int
}

// groupWords gives words that the same predicates list one slot, from slot 2 on. Where that makes more than budget slots, the rarer words share.
// Sizes are the numbers of words by slot; what no rule lists has slot 1.
func groupWords(preds []asked, budget int) (table *wordTable, sizes []int) {
	groups, words := groupsOf(preds)
	exact := len(groups)
	if exact > budget {
		slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(b.rows, a.rows) })
		exact = budget / 2
	}
	table, sizes = newWordTable(words), make([]int, 2, 2+len(groups))
	for i, g := range groups {
		slot := 2 + i
		if i >= exact {
			slot = 2 + exact + (i-exact)%(budget-exact)
		}
		if slot == len(sizes) {
			sizes = append(sizes, 0)
		}
		sizes[slot] += len(g.words)
		for _, w := range g.words {
			table.put(w, uint32(slot)) //nolint:gosec // far below 4 billion
		}
	}
	return table, sizes
}

// mention is what tells of a word by which predicates it is listed: a sum of numbers drawn for each of them. If two sums should ever be
// equal by chance, the slot is "maybe" for those that list only one of the words.
type mention struct {
	sum  uint64
	rows int
}

func groupsOf(preds []asked) (groups []*group, words int) {
	mentions := map[string]*mention{}
	var order []string
	for i, p := range preds {
		for _, w := range p.Texts {
			m := mentions[w]
			if m == nil {
				m = &mention{}
				mentions[w] = m
				order = append(order, w)
			}
			m.sum += mix(uint64(i))
			m.rows += p.rows
		}
	}
	bySum := map[uint64]*group{}
	for _, w := range order {
		m := mentions[w]
		g := bySum[m.sum]
		if g == nil {
			g = &group{rows: m.rows}
			bySum[m.sum] = g
			groups = append(groups, g)
		}
		g.words = append(g.words, w)
	}
	return groups, len(order)
}

// mix is splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
func mix(x uint64) uint64 {
	x = (x + 1) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
