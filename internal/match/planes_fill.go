package match

import "github.com/surprise-service/surprised/internal/rule"

// takePlanes keeps the planes that there is memory for, and of their clauses makes checks too where columns do not answer in full.
func (b *builder) takePlanes(fields []*field, left int) {
	if len(b.clauses) == 0 {
		return
	}
	left = min(left, b.room(len(b.clauses[0])))
	for i, clauses := range b.clauses {
		unsure := map[int32]bool{}
		left--
		for _, f := range fields {
			if len(f.clauses[i]) > 0 {
				left -= f.planeAt(i, 0, b.preds).end
			}
			for _, a := range f.clauses[i] {
				unsure[a.row] = unsure[a.row] || !f.exact[a.pred]
			}
		}
		if left < 0 {
			b.dropPlanes(i)
			return
		}
		for _, c := range clauses {
			if unsure[c.row] {
				b.checkClauses([]clause{c})
			}
		}
	}
}

// placePlanes gives planes their columns.
func (b *builder) placePlanes() {
	b.planes = &planes{deep: make([]uint8, b.blocks*b.words/chunk)}
	for i, clauses := range b.clauses {
		b.free = append(b.free, b.columns)
		b.columns++
		for _, f := range b.fields {
			if len(f.clauses[i]) > 0 {
				p := f.planeAt(i, b.columns, b.preds)
				f.planes = append(f.planes, p)
				b.columns = p.end
			}
		}
		b.claused = max(b.claused, len(clauses))
		for _, c := range clauses {
			b.deep[c.row/unitRows] = uint8(i + 1) //nolint:gosec // at most maxPlanes
		}
	}
}

// fillFree writes the columns of the rows without a clause, of one block.
func (b *builder) fillFree(bl block) {
	for i, c := range b.free {
		free := bl.column(c)
		copy(free, bl.alive)
		for _, c := range b.clauses[i] {
			if row := int(c.row); row >= bl.from && row < bl.to {
				free.clear(row - bl.from)
			}
		}
	}
}

// fillPlanes writes the columns for clauses of one block.
func (f *field) fillPlanes(b block, preds []asked) {
	for _, p := range f.planes {
		for _, a := range within(f.clauses[p.plane], b.from, b.to) {
			row, may := int(a.row)-b.from, f.may[a.pred]
			if preds[a.pred].Test == rule.Disjoint {
				f.fillBarring(b, p, row, may)
				continue
			}
			may.each(func(slot int) { b.column(p.column(slot)).set(row) })
		}
	}
}

// fillBarring writes a row that forbids the words of some slots.
func (f *field) fillBarring(b block, p planeColumns, row int, forbidden bitset) {
	b.column(p.barring).set(row)
	for slot := 1; slot < f.count; slot++ {
		if !forbidden.has(slot) {
			b.column(p.allowing(slot)).set(row)
		}
	}
}
